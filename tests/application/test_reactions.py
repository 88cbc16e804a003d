"""What follows from events, now and in time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from application.handle import handle
from application.ports import EventStore
from application.reactions import (
    REACTIONS,
    Reaction,
    Reacts,
    ask_reenrolment,
    close_record,
    close_taps,
    complete_in_time,
    decide_in_time,
    give_back_judging,
    lapse_monitoring,
    miss_in_time,
    open_in_time,
    start_call,
)
from domain import reenrolment
from domain.access import StreamLookedAt
from domain.booking.events import CallBooked
from domain.call.commands import CompleteCall, EscalatePause
from domain.call.events import CallInterrupted, CallPaused, PausedBy
from domain.closing import CloseCall
from domain.enrolment import FaceTemplateEnrolled
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallStarted, CallTerminated
from domain.looking import CloseTaps
from domain.monitoring.commands import LapseMonitoring
from domain.monitoring.events import (
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringReview,
    MonitoringReviewed,
)
from domain.policy import Policy, PolicyPublished
from domain.reenrolment import AskReenrolment, ReenrolmentAsked
from domain.takeover import GiveBackJudging, GivenBack
from domain.timetable.events import Starts
from domain.violation import ViolationReviewed
from domain.waiting_room.commands import MissCall, OpenWaitingRoom, StartCall
from domain.waiting_room.events import (
    IdentityChecked,
    MonitorLeft,
    ParticipantAdmitted,
    SeenFace,
    WaitingRoomOpened,
)
from tests.application.history import put
from tests.facts import AUTHORISATION, CALL, NOON, OFFICER, VISITOR, fact, recorded
from tests.stores import context


async def _follows(reaction: Reacts, store: EventStore, event: Event) -> Sequence[Reaction]:
    position = await put(store, event)
    return await reaction.react(recorded(position, event), store)


def _at(seconds: float) -> Any:
    return NOON + timedelta(seconds=seconds)


async def test_the_waiting_room_opens_as_long_before_the_call_as_the_prison_says(store: EventStore) -> None:
    await put(
        store,
        fact(
            PolicyPublished,
            -100_000,
            document=Policy().merged({"waiting_room": {"opens_before_s": 300}}).document(),
        ),
    )

    (follows,) = await _follows(open_in_time, store, fact(CallBooked, -86400))

    assert isinstance(follows.command, OpenWaitingRoom)
    assert follows.due_at == _at(-300)


async def test_a_waiting_room_whose_time_has_come_when_the_call_is_booked_opens_at_once(
    store: EventStore,
) -> None:
    await put(store, fact(PolicyPublished))

    (follows,) = await _follows(open_in_time, store, fact(CallBooked, -60))

    assert follows.due_at == _at(-60)


async def test_a_call_is_tried_to_start_at_its_time_and_whenever_somebody_was_admitted(
    store: EventStore,
) -> None:
    (at_time,) = await _follows(start_call, store, fact(WaitingRoomOpened, -900, starts=Starts.AT_TIME))
    (now,) = await _follows(start_call, store, fact(ParticipantAdmitted, -30))

    assert isinstance(at_time.command, StartCall)
    assert at_time.due_at == NOON
    assert isinstance(now.command, StartCall)
    assert now.due_at is None


async def test_a_call_that_starts_when_all_are_there_waits_for_no_clock(store: EventStore) -> None:
    assert not await _follows(start_call, store, fact(WaitingRoomOpened, starts=Starts.WHEN_ADMITTED))


async def test_a_call_is_looked_at_for_having_been_missed_when_its_wait_is_over(store: EventStore) -> None:
    (follows,) = await _follows(miss_in_time, store, fact(WaitingRoomOpened, missed_at=_at(600)))

    assert isinstance(follows.command, MissCall)
    assert follows.due_at == _at(600)


async def test_credited_time_moves_the_end_of_a_call(store: EventStore) -> None:
    await put(store, fact(CallBooked, -86400))
    (first,) = await _follows(complete_in_time, store, fact(CallStarted, ends_at=_at(1800)))
    (credited,) = await _follows(complete_in_time, store, fact(CallMinutesCredited, 100, seconds=20))
    (again,) = await _follows(complete_in_time, store, fact(CallMinutesCredited, 200, seconds=15))

    assert isinstance(first.command, CompleteCall)
    assert [each.due_at for each in (first, credited, again)] == [_at(1800), _at(1820), _at(1835)]


async def test_a_call_that_staff_pause_is_looked_at_again_at_its_end(store: EventStore) -> None:
    await put(store, fact(CallStarted, ends_at=_at(1800)))
    (follows,) = await _follows(complete_in_time, store, fact(CallPaused, 100, paused_by=PausedBy.STAFF))
    (machine,) = await _follows(complete_in_time, store, fact(CallPaused, 130))
    (reviewed,) = await _follows(complete_in_time, store, fact(ViolationReviewed, 140))

    assert isinstance(follows.command, CompleteCall)
    assert [each.due_at for each in (follows, machine, reviewed)] == [_at(1800), _at(1800), _at(1810)]


async def test_a_call_nobody_comes_back_to_ends_when_the_grace_is_over(store: EventStore) -> None:
    (follows,) = await _follows(complete_in_time, store, fact(CallInterrupted, 50, rejoin_until=_at(110)))

    assert isinstance(follows.command, CompleteCall)
    assert follows.due_at == _at(110)


@pytest.mark.parametrize(("for_staff", "seconds"), [(True, 120), (False, 20)])
async def test_a_pause_is_looked_at_again_after_what_the_calls_own_policy_says(
    store: EventStore, for_staff: bool, seconds: int
) -> None:
    await put(store, fact(CallStarted))

    (follows,) = await _follows(decide_in_time, store, fact(CallPaused, 40, for_staff=for_staff))

    assert isinstance(follows.command, EscalatePause)
    assert follows.due_at == _at(40 + seconds)
    assert follows.command.paused_at == _at(40)


async def test_the_third_weak_match_in_a_row_asks_for_a_new_photograph(store: EventStore) -> None:
    await put(store, fact(PolicyPublished, -99_000), fact(FaceTemplateEnrolled, -98_000, person=VISITOR))
    weak = (SeenFace(person=VISITOR, distance=4900), SeenFace(person=None, distance=9000))
    outcomes = []
    for day in range(4):
        checked = fact(IdentityChecked, -86_400 * (4 - day), call=f"call-{day}", faces=weak)
        (follows,) = await _follows(ask_reenrolment, store, checked)
        assert isinstance(follows.command, AskReenrolment)
        handled = await handle(store, reenrolment, follows.command, context())
        outcomes.append(list(handled.events))

    asked = fact(ReenrolmentAsked, -86_400 * 2)
    assert outcomes == [[], [], [asked], []]


async def test_a_check_in_which_nobody_was_recognised_asks_nobody(store: EventStore) -> None:
    nobody = (SeenFace(person=None, distance=9000),)
    assert not await _follows(ask_reenrolment, store, fact(IdentityChecked, faces=nobody))


async def test_the_record_of_a_call_is_tried_to_be_closed_when_it_is_over(store: EventStore) -> None:
    (follows,) = await _follows(close_record, store, fact(CallCompleted, 1800))

    assert isinstance(follows.command, CloseCall)
    assert follows.due_at is None


def test_each_reaction_has_a_name_of_its_own_so_that_commands_never_share_an_id() -> None:
    assert len({reaction.NAME for reaction in REACTIONS}) == len(REACTIONS)


async def test_what_a_call_opened_on_an_authorisation_is_closed_at_its_end(store: EventStore) -> None:
    until = _at(600)
    room = fact(WaitingRoomOpened, -900, authorisation=AUTHORISATION, authorised_until=until)
    look = fact(StreamLookedAt, sound=True, authorisation=AUTHORISATION, sound_until=until)
    for opened in (room, look):
        (follows,) = await _follows(close_taps, store, opened)
        assert follows == Reaction(CloseTaps(at=until, call=CALL, authorisation=AUTHORISATION), until)
    for other in (fact(WaitingRoomOpened, -900, call="call-2"), fact(StreamLookedAt, call="call-2")):
        assert await _follows(close_taps, store, other) == []


@pytest.mark.parametrize(
    ("over", "due"),
    [
        (fact(MonitoringEnded, 30), 30),
        (fact(MonitoringReviewed, 30, result=MonitoringReview.END, expires_at=None), 30),
        (fact(MonitoringReviewed, 30, expires_at=NOON + timedelta(seconds=90)), 90),
    ],
    ids=["taken back", "ended by review", "less time"],
)
async def test_every_call_that_rests_on_it_is_looked_at_when_it_ends(
    store: EventStore, over: Event, due: float
) -> None:
    await put(
        store, *(fact(StreamLookedAt, call=name, authorisation=AUTHORISATION) for name in ("a", "b", "a"))
    )
    await put(store, fact(StreamLookedAt, call="c", authorisation="authorisation-2"))
    follows = await _follows(close_taps, store, over)
    assert [each.command.model_dump()["call"] for each in follows] == ["a", "b"]
    assert {each.due_at for each in follows} == {_at(due)}


async def test_an_authorisation_is_looked_at_when_its_time_is_over(store: EventStore) -> None:
    granted = fact(MonitoringAuthorised)
    (follows,) = await _follows(lapse_monitoring, store, granted)
    assert follows == Reaction(
        LapseMonitoring(at=granted.expires_at, authorisation=AUTHORISATION), granted.expires_at
    )
    over = fact(MonitoringReviewed, result=MonitoringReview.END, expires_at=None)
    assert await _follows(lapse_monitoring, store, over) == []


@pytest.mark.parametrize(
    ("event", "cause", "officer"),
    [
        (fact(MonitorLeft), GivenBack.OFFICER, OFFICER),
        (fact(CallInterrupted, cause="worker_lost"), GivenBack.OUT_OF_REACH, None),
        (fact(CallCompleted), GivenBack.CALL_OVER, None),
        (fact(CallTerminated), GivenBack.CALL_OVER, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else None,
)
async def test_judging_by_eye_is_given_back_when_the_officer_the_worker_or_the_call_is_gone(
    store: EventStore, event: Event, cause: GivenBack, officer: str | None
) -> None:
    (follows,) = await _follows(give_back_judging, store, event)
    assert follows == Reaction(GiveBackJudging(at=event.at, call=CALL, cause=cause, officer=officer))


async def test_an_officer_who_judges_by_eye_does_so_through_an_interruption(store: EventStore) -> None:
    stopped = fact(CallInterrupted, cause="moderation_lost", side=None)
    assert await _follows(give_back_judging, store, stopped) == []
