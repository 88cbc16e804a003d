"""A call that is ready does not start while what is known may no longer be true; and it opens where it is now."""

from datetime import timedelta
from typing import Any

import pytest

from domain import waiting_room
from domain.booking.events import BookingChanged, CallBooked, Video
from domain.clearance import Side
from domain.enrolment import FaceTemplateEnrolled
from domain.event import Event
from domain.flag.events import STOPS, BookingFlagged, BookingUnflagged, FlagKind
from domain.lifecycle import CallStarted
from domain.policy import PolicyPublished
from domain.prisoner.events import FactsReceived
from domain.timetable.events import SessionOpened
from domain.waiting_room.commands import OpenWaitingRoom, StartCall
from domain.waiting_room.events import (
    CallHeldForFacts,
    HeldBecause,
    ParticipantAdmitted,
    ParticipantArrived,
    WaitingRoomOpened,
)
from tests.asked import ask
from tests.bookings import DAY, policy_with
from tests.facts import NOON, PRISON, PRISONER, VISITOR, fact
from tests.scenario import given

here: list[Event] = [
    fact(ParticipantArrived, -60, side=Side.PRISONER, person=PRISONER),
    fact(ParticipantArrived, -50),
    *(fact(ParticipantAdmitted, -40, side=side) for side in Side),
]
opened = fact(WaitingRoomOpened, -900)
fed = fact(WaitingRoomOpened, -900, facts_max_age_minutes=60)
started = fact(CallStarted)
stale = fact(CallHeldForFacts, because=HeldBecause.FACTS_STALE)
held = fact(CallHeldForFacts, because=HeldBecause.FLAGGED)
flagged = fact(BookingFlagged, -3600)


def heard(seconds: float, **day: Any) -> FactsReceived:
    return fact(FactsReceived, seconds, as_of=NOON + timedelta(seconds=seconds), **day)


@pytest.mark.parametrize("kind", sorted(STOPS))
def test_a_flagged_call_is_held_until_somebody_decides(kind: FlagKind) -> None:
    cleared = fact(BookingUnflagged, 60)
    changed = fact(BookingFlagged, -3600, kind=kind)
    given(waiting_room, opened, *here, changed).when(ask(StartCall)).then(held)
    given(waiting_room, opened, *here, changed, held).when(ask(StartCall, 30)).then_nothing()
    given(waiting_room, opened, *here, changed, held, cleared).when(ask(StartCall, 60)).then(
        fact(CallStarted, 60)
    )


@pytest.mark.parametrize("kind", sorted(set(FlagKind) - STOPS))
def test_a_flag_that_does_not_stop_a_call_does_not_hold_it(kind: FlagKind) -> None:
    changed = fact(BookingFlagged, -3600, kind=kind)
    given(waiting_room, opened, *here, changed).when(ask(StartCall)).then(started)


def test_a_call_is_not_held_before_everybody_is_there() -> None:
    given(waiting_room, opened, flagged).when(ask(StartCall)).then_nothing()


def test_with_facts_that_are_too_old_no_call_starts() -> None:
    given(waiting_room, fed, *here, heard(-3601)).when(ask(StartCall)).then(stale)
    given(waiting_room, fed, *here, heard(-3600)).when(ask(StartCall)).then(started)


def test_a_prison_that_was_never_heard_starts_no_call_where_it_should_be() -> None:
    given(waiting_room, fed, *here).when(ask(StartCall)).then(stale)
    given(waiting_room, opened, *here).when(ask(StartCall)).then(started)


def test_facts_of_another_prison_do_not_help() -> None:
    elsewhere = heard(-60, prison="LEI", facts_day="LEI/2026-11-23")
    given(waiting_room, fed, *here, elsewhere).when(ask(StartCall)).then(stale)


def test_the_newest_word_of_the_prison_counts_also_from_the_day_before() -> None:
    midnight = fact(WaitingRoomOpened, -900, facts_max_age_minutes=24 * 60)
    yesterday = heard(-23 * 3600, facts_day=f"{PRISON}/2026-11-22")
    older = heard(-2 * DAY, facts_day=f"{PRISON}/2026-11-21")
    given(waiting_room, midnight, *here, yesterday, older).when(ask(StartCall)).then(started)


def test_a_call_that_was_held_starts_when_the_prison_is_heard_again() -> None:
    given(waiting_room, fed, *here, stale, heard(20)).when(ask(StartCall, 30)).then(fact(CallStarted, 30))


# The opening of a call that was changed

EARLY = -900
booked = fact(CallBooked, -2 * DAY)
templates = [fact(FaceTemplateEnrolled), fact(FaceTemplateEnrolled, person=VISITOR, template="sha256:bb")]
ready: list[Event] = [booked, fact(SessionOpened), fact(PolicyPublished, -DAY), *templates]
moved = fact(BookingChanged, -DAY, session="session-2", starts_at=NOON + timedelta(days=1))


def test_the_room_of_a_call_that_was_moved_does_not_open_at_the_old_time() -> None:
    given(waiting_room, *ready, moved).when(ask(OpenWaitingRoom, EARLY)).then_nothing()


def test_the_room_of_a_call_with_other_people_opens_for_them() -> None:
    others = fact(BookingChanged, -DAY, visitors=(VISITOR, "child-1"))
    given(waiting_room, *ready, others).when(ask(OpenWaitingRoom, EARLY)).then_nothing()
    both = ask(OpenWaitingRoom, EARLY, persons=(PRISONER, VISITOR, "child-1"))
    (room,) = given(waiting_room, *ready, others).when(both).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert room.visitor.persons == (VISITOR, "child-1")


def test_a_call_on_which_staff_have_to_decide_again_has_no_room() -> None:
    undecided = fact(BookingChanged, -DAY, booked=False)
    given(waiting_room, *ready, undecided).when(ask(OpenWaitingRoom, EARLY)).then_refused("call_unknown")


def test_the_oldest_age_of_facts_is_pinned_at_the_opening() -> None:
    fed_prison = policy_with(neighbours={"facts_max_age_minutes": 90})
    history = [booked, fact(SessionOpened), fed_prison, *templates]
    (room,) = given(waiting_room, *history).when(ask(OpenWaitingRoom, EARLY)).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert room.facts_max_age_minutes == 90


def test_with_video_one_way_the_visitors_pictures_are_not_shown() -> None:
    one_way = fact(CallBooked, -2 * DAY, video=Video.ONE_WAY)
    history = [one_way, fact(SessionOpened), fact(PolicyPublished, -DAY), *templates]
    (room,) = given(waiting_room, *history).when(ask(OpenWaitingRoom, EARLY)).outcome()
    assert isinstance(room, WaitingRoomOpened)
    assert room.video is Video.ONE_WAY
