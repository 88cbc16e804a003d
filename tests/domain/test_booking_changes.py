"""Changing a call: another time, another length, other people; never another person in prison or prison."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain import booking
from domain.booking.commands import ApproveCall, BookCall, ChangeCall
from domain.booking.events import (
    AskedAs,
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequested,
    CallRequestWithdrawn,
    PlacedCall,
)
from domain.event import Event
from domain.lifecycle import CallStarted
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.relationship import RelationshipApproved
from domain.restriction import RestrictionKind, RestrictionPlaced
from domain.timetable.events import CallType, SessionOpened
from tests.asked import ask
from tests.bookings import (
    AHEAD,
    DAY,
    KNOWN_AGE,
    another,
    approved,
    by_rule,
    held,
    opened,
    policy,
    usual,
    verified,
)
from tests.facts import NOON, PRISONER, VISITOR, fact
from tests.scenario import given

SOON = AHEAD + 3600
LATER = NOON + timedelta(days=1)
second_time = fact(SessionOpened, session="session-2", starts_at=LATER)
also_approved = fact(RelationshipApproved, visitor="visitor-2")
asked_for = fact(CallRequested, AHEAD)
booked = fact(CallBooked, AHEAD)
mine: list[Event] = [asked_for, booked]


def to_the_second_time(**changes: Any) -> ChangeCall:
    return ask(ChangeCall, SOON, session="session-2", starts_at=LATER, **changes)


an_hour_before = Policy().merged({"waiting_room": {"opens_before_s": 3600}}).document()


def changed_by(history: list[Event], command: ChangeCall) -> BookingChanged:
    (event,) = given(booking, *history).when(command).outcome()
    assert isinstance(event, BookingChanged)
    return event


def test_a_booked_call_has_another_time_at_once_where_a_rule_decides() -> None:
    moved = fact(
        BookingChanged,
        SOON,
        session="session-2",
        starts_at=LATER,
        visitor_day=(f"{VISITOR}/2026-11-24",),
        changed=("time",),
        was_at=NOON,
        booked=True,
        left=("session:session-1", f"visitor_day:{VISITOR}/2026-11-23"),
    )
    given(booking, *by_rule, *mine, second_time).when(to_the_second_time(**KNOWN_AGE)).then(moved)


def test_what_changed_is_on_record() -> None:
    both = {"visitors": (VISITOR, "visitor-2")}
    history = [*usual, also_approved, second_time, *mine]
    assert changed_by(history, to_the_second_time()).changed == ("time",)
    assert changed_by(history, ask(ChangeCall, SOON, minutes=60)).changed == ("length",)
    assert changed_by(history, ask(ChangeCall, SOON, **both)).changed == ("people",)
    assert changed_by(history, to_the_second_time(minutes=60, **both)).changed == ("time", "length", "people")


def test_the_same_session_at_another_moment_is_another_time() -> None:
    moved = fact(SessionOpened, starts_at=NOON + timedelta(minutes=30))
    history = [held, moved, approved, policy(), *mine]
    assert changed_by(history, ask(ChangeCall, SOON, starts_at=NOON + timedelta(minutes=30))).changed == (
        "time",
    )


def test_another_session_at_the_same_moment_is_another_time() -> None:
    beside = fact(SessionOpened, session="session-2")
    assert changed_by([*usual, beside, *mine], ask(ChangeCall, SOON, session="session-2")).changed == (
        "time",
    )


def test_when_the_call_would_have_been_is_on_record() -> None:
    assert changed_by([*usual, second_time, *mine], to_the_second_time()).was_at == NOON


@pytest.mark.parametrize("before", [[asked_for], mine], ids=["requested", "booked"])
def test_a_change_to_what_is_already_so_changes_nothing(before: list[Event]) -> None:
    given(booking, *usual, *before).when(ask(ChangeCall, SOON)).then_nothing()


def test_the_same_people_in_another_order_are_the_same_people() -> None:
    both = fact(CallBooked, AHEAD, visitors=(VISITOR, "visitor-2"))
    command = ask(ChangeCall, SOON, visitors=("visitor-2", VISITOR))
    given(booking, *usual, also_approved, both).when(command).then_nothing()


def test_staff_decide_again_where_no_rule_can() -> None:
    again = changed_by(
        [*usual, second_time, *mine], to_the_second_time(support="  A sign language interpreter ")
    )
    assert not again.booked
    assert again.for_staff == ("policy", "identity", "age_unknown", "support")
    assert again.decide_by == datetime.fromisoformat("2026-11-22T20:00:00+00:00")
    assert again.support == "A sign language interpreter"


@pytest.mark.parametrize("support", [None, "", " \n"])
def test_where_nothing_is_needed_nothing_is_kept(support: str | None) -> None:
    plain = changed_by([*by_rule, second_time, *mine], to_the_second_time(**KNOWN_AGE, support=support))
    assert plain.support is None
    assert plain.for_staff == ()
    assert plain.decide_by is None
    assert plain.booked


def test_a_request_that_waits_still_waits_after_a_change() -> None:
    waiting = changed_by([*by_rule, second_time, asked_for], to_the_second_time(**KNOWN_AGE))
    assert not waiting.booked
    assert not waiting.was_booked
    assert waiting.decide_by == datetime.fromisoformat("2026-11-22T20:00:00+00:00")


def test_a_change_that_waits_is_not_booked_until_somebody_approves_it() -> None:
    waiting = fact(BookingChanged, SOON, booked=False, for_staff=("policy",))
    history = [approved, *mine, waiting]
    events = given(booking, *history).when(ask(ApproveCall, SOON + 60)).outcome()
    assert isinstance(events[1], CallBooked)
    given(booking, *history, events[1]).when(ask(ApproveCall, SOON + 120)).then_nothing()


@pytest.mark.parametrize("who", [VISITOR, "visitor-7"], ids=["asked for the call", "asked for the change"])
def test_nobody_approves_the_change_they_asked_for(who: str) -> None:
    waiting = fact(BookingChanged, SOON, booked=False, changed_by="visitor-7")
    own = ask(ApproveCall, SOON + 60, approved_by=who)
    given(booking, *mine, waiting).when(own).then_refused("second_person")


# The rules hold for a change as for a new call, and the call itself does not stand in its way


def test_a_call_does_not_stand_in_its_own_way() -> None:
    one = [held, fact(SessionOpened, stations=1), approved, policy(minutes_a_month=60)]
    history = [*one, fact(CallRequested, AHEAD), booked]
    assert changed_by(history, ask(ChangeCall, SOON, minutes=60)).minutes == 60


@pytest.mark.parametrize(
    ("history", "changes", "rule"),
    [
        (
            [
                fact(SessionOpened, session="session-2", starts_at=LATER, stations=1),
                another(session="session-2"),
            ],
            {},
            "session_full",
        ),
        ([second_time], {"visitors": (VISITOR, "visitor-2")}, "relationship_missing"),
        ([second_time], {"minutes": 45}, "call_length"),
        ([], {}, "session_unknown"),
        ([second_time, fact(RestrictionPlaced)], {}, "barred"),
    ],
    ids=["full", "people", "length", "unknown", "barred"],
)
def test_a_change_is_held_to_every_rule(history: list[Event], changes: dict[str, Any], rule: str) -> None:
    given(booking, *usual, *mine, *history).when(to_the_second_time(**changes)).then_refused(rule)


def moved_away(before: PlacedCall, **place: Any) -> BookingChanged:
    """What follows when a stranger's call is given another time, by the rules themselves."""
    theirs = [
        fact(PersonRegistered, person="prisoner-2"),
        fact(RelationshipApproved, prisoner="prisoner-2", visitor="visitor-2"),
        policy(),
        fact(SessionOpened, session=place["session"], starts_at=place["starts_at"]),
    ]
    asked = {"call": "call-2", "prisoner": "prisoner-2", "visitors": ("visitor-2",), **place}
    return changed_by([*theirs, before], ask(ChangeCall, SOON, **asked))


def test_a_change_frees_the_place_that_was_left() -> None:
    one = [held, fact(SessionOpened, stations=1), approved, policy()]
    theirs = another()
    given(booking, *one, theirs).when(ask(BookCall, SOON)).then_refused("session_full")
    moved = moved_away(theirs, session="session-2", starts_at=LATER)
    assert given(booking, *one, theirs, moved).when(ask(BookCall, SOON)).outcome()


def test_a_change_takes_the_place_that_was_chosen() -> None:
    one = [held, fact(SessionOpened, stations=1), approved, policy()]
    theirs = another(session="session-2", starts_at=LATER, visitor_day=("visitor-2/2026-11-24",))
    assert given(booking, *one, theirs).when(ask(BookCall, SOON)).outcome()
    moved = moved_away(theirs, session="session-1", starts_at=NOON)
    given(booking, *one, theirs, moved).when(ask(BookCall, SOON)).then_refused("session_full")


def test_the_tags_of_the_place_that_was_left_are_kept() -> None:
    """By them a decision that rests on the old session, month, day or room sees the call go."""
    december = NOON + timedelta(days=14)
    before = another(device="device-1", device_day=("device-1/2026-11-23",))
    moved = moved_away(before, session="session-2", starts_at=december)
    assert moved.left == (
        "device_day:device-1/2026-11-23",
        "prisoner_month:prisoner-2/2026-11",
        "session:session-1",
        "visitor_day:visitor-2/2026-11-23",
    )
    assert moved.tags() == {
        *moved.left,
        "call:call-2",
        "prisoner_month:prisoner-2/2026-12",
        "session:session-2",
        "visitor_day:visitor-2/2026-12-07",
    }


def test_the_minutes_of_a_call_that_was_moved_are_the_new_months() -> None:
    december = fact(SessionOpened, session="session-9", starts_at=NOON + timedelta(days=14))
    long = {"minutes": 60, "visitors": (VISITOR,)}
    spent = fact(
        CallBooked, AHEAD, call="call-3", session="session-0", starts_at=NOON + timedelta(days=2), **long
    )
    given(booking, *usual, spent).when(ask(BookCall, SOON)).then_refused("allowance")
    put_off = ask(
        ChangeCall, SOON, call="call-3", session="session-9", starts_at=NOON + timedelta(days=14), **long
    )
    moved = changed_by([*usual, december, spent], put_off)
    assert given(booking, *usual, spent, moved).when(ask(BookCall, SOON)).outcome()


def test_a_changed_call_with_a_closed_visitor_is_seen_one_way() -> None:
    closed = fact(RestrictionPlaced, visitor="visitor-2", kind=RestrictionKind.CLOSED)
    command = ask(ChangeCall, SOON, visitors=(VISITOR, "visitor-2"))
    assert changed_by([*usual, also_approved, closed, *mine], command).video.value == "one_way"


@pytest.mark.parametrize(
    "changes",
    [
        {"prison": "LEI"},
        {"prisoner": "prisoner-2"},
        {"call_type": CallType.LEGAL},
    ],
    ids=["prison", "person in prison", "type"],
)
def test_a_call_stays_with_its_person_its_prison_and_its_type(changes: dict[str, Any]) -> None:
    given(booking, *usual, second_time, *mine).when(to_the_second_time(**changes)).then_refused(
        "call_of_another"
    )


@pytest.mark.parametrize(
    "before",
    [
        [],
        [asked_for, fact(CallRequestWithdrawn)],
        [*mine, fact(BookingCancelled)],
    ],
    ids=["never asked for", "withdrawn", "cancelled"],
)
def test_what_does_not_stand_is_not_changed(before: list[Event]) -> None:
    given(booking, *usual, second_time, *before).when(to_the_second_time()).then_refused("call_unknown")


def test_a_call_is_not_changed_once_its_waiting_room_opens() -> None:
    opens = -15 * 60
    history = [*usual, second_time, *mine]
    in_time, late = (
        ask(ChangeCall, at, session="session-2", starts_at=LATER, asked_as=AskedAs.STAFF)
        for at in (opens - 1, opens)
    )
    assert changed_by(history, in_time).was_at == NOON
    given(booking, *history, fact(CallStarted, -60)).when(late).then_refused("call_opening")
    earlier_still = [*history, fact(PolicyPublished, -DAY, version=2, document=an_hour_before)]
    given(booking, *earlier_still).when(in_time).then_refused("call_opening")


def test_another_call_that_has_begun_changes_nothing() -> None:
    begun = fact(CallStarted, call="call-2")
    assert changed_by([*usual, second_time, *mine, begun], to_the_second_time()).call == "call-1"


def test_after_a_change_the_call_takes_its_new_place_and_no_other() -> None:
    moved = changed_by([*by_rule, second_time, *mine], to_the_second_time(**KNOWN_AGE))
    place = {name: getattr(moved, name) for name in PlacedCall.model_fields} | {"call": "call-2"}
    theirs = fact(BookingChanged, **place)
    at_noon = ask(BookCall, SOON, visitors=("visitor-2",))
    history = [held, opened, also_approved, verified, policy(approval="auto")]
    assert theirs.prisoner == PRISONER
    assert given(booking, *history, another(), theirs).when(at_noon).outcome()


def test_a_change_is_asked_early_enough() -> None:
    late = ask(ChangeCall, -DAY, minutes=60)
    given(booking, *usual, *mine).when(late).then_refused("notice_min")
