"""Booking: every rule by its name, and the calendar it counts by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import booking
from domain.booking.commands import ApproveCall, BookCall, CancelCall
from domain.booking.events import BookingCancelled, CallBooked, CallRequestApproved, CallRequested, Outcome
from domain.event import Event
from domain.lifecycle import CallMissed, CallStarted
from domain.policy import PolicyPublished
from domain.relationship import ApprovalBasis, RelationshipApproved
from domain.timetable.events import SessionOpened
from tests.asked import ask
from tests.bookings import (
    AHEAD,
    DAY,
    KNOWN_AGE,
    another,
    approved,
    by_rule,
    earlier,
    held,
    opened,
    policy,
    policy_with,
    usual,
)
from tests.facts import CALL, NOON, PRISON, PRISONER, SESSION, VISITOR, fact
from tests.scenario import given

HALF_A_DAY = DAY // 2

requested = fact(
    CallRequested,
    AHEAD,
    lead=VISITOR,
    for_staff=("policy", "identity", "age_unknown"),
    decide_by=datetime(2026, 11, 21, 20, tzinfo=UTC),
)
booked = fact(CallBooked, AHEAD)
cancelled = fact(BookingCancelled, AHEAD)


def test_a_request_keeps_its_place_and_waits_for_the_prison() -> None:
    given(booking, *usual).when(ask(BookCall, AHEAD)).then(requested)


def test_where_a_rule_decides_the_call_is_booked_at_once() -> None:
    said = fact(CallRequestApproved, AHEAD, basis=ApprovalBasis.AUTO, approved_by=None)
    at_once = fact(CallRequested, AHEAD, lead=VISITOR)
    given(booking, *by_rule).when(ask(BookCall, AHEAD, **KNOWN_AGE)).then(at_once, said, booked)


def test_the_newest_policy_counts() -> None:
    newer = fact(
        PolicyPublished, -30 * DAY, version=2, document=policy(call_minutes_max=20, block_minutes=10).document
    )
    given(booking, *usual, newer).when(ask(BookCall, AHEAD)).then_refused("call_length")


@pytest.mark.parametrize("before", [requested, booked, cancelled], ids=["requested", "booked", "cancelled"])
def test_a_call_is_asked_for_once(before: Event) -> None:
    given(booking, *usual, before).when(ask(BookCall, AHEAD)).then_refused("call_known")


def test_a_call_is_asked_for_once_whatever_its_session() -> None:
    elsewhere = another(call=CALL, session="session-2")
    given(booking, *usual, elsewhere).when(ask(BookCall, AHEAD)).then_refused("call_known")


def test_a_call_is_booked_only_in_a_session() -> None:
    given(booking, held, approved, policy()).when(ask(BookCall, AHEAD)).then_refused("session_unknown")


def test_a_call_is_not_booked_in_a_session_of_another_prison() -> None:
    elsewhere = fact(SessionOpened, prison="LEI")
    given(booking, held, elsewhere, approved, policy()).when(ask(BookCall, AHEAD)).then_refused(
        "session_unknown"
    )


def test_a_prison_without_rules_takes_no_bookings() -> None:
    given(booking, held, opened, approved).when(ask(BookCall, AHEAD)).then_refused("policy_missing")


@pytest.mark.parametrize(
    "changes", [{"starts_at": NOON + timedelta(minutes=1)}, {"zone": "Europe/Paris"}], ids=["time", "zone"]
)
def test_what_was_looked_up_must_still_be_true(changes: dict[str, Any]) -> None:
    given(booking, *usual).when(ask(BookCall, AHEAD, **changes)).then_refused("session_changed")


@pytest.mark.parametrize(
    ("minutes", "rules"),
    [(45, {}), (20, {}), (60, {"call_minutes_max": 30})],
    ids=["no whole blocks", "less than a block", "longer than the policy"],
)
def test_a_call_lasts_whole_blocks_up_to_the_longest(minutes: int, rules: dict[str, int]) -> None:
    history = [held, opened, approved, policy(**rules)]
    given(booking, *history).when(ask(BookCall, AHEAD, minutes=minutes)).then_refused("call_length")


def test_a_call_ends_no_later_than_its_session() -> None:
    long = policy_with(
        booking={"call_minutes_max": 90, "minutes_a_month": 90}, call_types={"social": {"minutes_max": 90}}
    )
    history = [held, opened, approved, long]
    given(booking, *history).when(ask(BookCall, AHEAD, minutes=90)).then_refused("outside_session")


def test_a_call_may_last_as_long_as_the_longest() -> None:
    assert given(booking, *usual).when(ask(BookCall, AHEAD, minutes=60)).outcome()


def test_a_call_is_booked_whole_days_ahead_by_the_prisons_calendar() -> None:
    given(booking, *usual).when(ask(BookCall, -DAY - HALF_A_DAY)).then_refused("notice_min")
    assert given(booking, *usual).when(ask(BookCall, -DAY - HALF_A_DAY - 1)).outcome()


def test_a_call_is_not_booked_too_far_ahead() -> None:
    given(booking, *usual).when(ask(BookCall, -28 * DAY - HALF_A_DAY - 1)).then_refused("notice_max")
    assert given(booking, *usual).when(ask(BookCall, -28 * DAY - HALF_A_DAY)).outcome()


def test_a_time_that_has_passed_is_not_booked() -> None:
    history = [held, opened, approved, policy(notice_days_min=0)]
    given(booking, *history).when(ask(BookCall, 3600)).then_refused("session_over")
    assert given(booking, *history).when(ask(BookCall, 3599)).outcome()


def test_each_visitor_is_named_once() -> None:
    given(booking, *usual).when(ask(BookCall, AHEAD, visitors=(VISITOR, VISITOR))).then_refused(
        "visitor_twice"
    )


def test_only_so_many_people_take_part() -> None:
    five = tuple(f"visitor-{number}" for number in range(5))
    all_approved = [fact(RelationshipApproved, visitor=visitor) for visitor in five]
    given(booking, *usual, *all_approved).when(ask(BookCall, AHEAD, visitors=five)).then_refused(
        "visitors_max"
    )
    assert given(booking, *usual, *all_approved).when(ask(BookCall, AHEAD, visitors=five[:4])).outcome()


@pytest.mark.parametrize(
    "relationships",
    [
        [],
        [fact(RelationshipApproved, prisoner="prisoner-2")],
        [fact(RelationshipApproved, visitor="visitor-2")],
    ],
    ids=["none", "with another prisoner", "of another visitor"],
)
def test_every_visitor_must_be_approved_for_this_prisoner(relationships: list[Event]) -> None:
    given(booking, held, opened, policy(), *relationships).when(ask(BookCall, AHEAD)).then_refused(
        "relationship_missing"
    )


def test_one_unapproved_visitor_is_enough() -> None:
    both = ask(BookCall, AHEAD, visitors=(VISITOR, "visitor-2"))
    given(booking, *usual).when(both).then_refused("relationship_missing")


def test_no_station_is_given_twice() -> None:
    second = another(
        call="call-3", prisoner="prisoner-3", visitors=("visitor-3",), visitor_day=("visitor-3/2026-11-23",)
    )
    given(booking, *usual, another(), second).when(ask(BookCall, AHEAD)).then_refused("session_full")
    assert given(booking, *usual, another()).when(ask(BookCall, AHEAD)).outcome()


def test_a_booked_call_takes_one_station_and_not_two() -> None:
    history = [*usual, another(), another(CallBooked)]
    assert given(booking, *history).when(ask(BookCall, AHEAD)).outcome()


def test_a_cancelled_call_gives_its_station_back() -> None:
    one = fact(SessionOpened, stations=1)
    history = [held, one, approved, policy(), another(), another(CallBooked)]
    given(booking, *history).when(ask(BookCall, AHEAD)).then_refused("session_full")
    assert given(booking, *history, another(BookingCancelled)).when(ask(BookCall, AHEAD)).outcome()


def test_another_session_has_stations_of_its_own() -> None:
    one = fact(SessionOpened, stations=1)
    elsewhere = another(session="session-2")
    assert given(booking, held, one, approved, policy(), elsewhere).when(ask(BookCall, AHEAD)).outcome()


def test_no_month_is_overspent() -> None:
    given(booking, *usual, earlier()).when(ask(BookCall, AHEAD, minutes=60)).then_refused("allowance")
    assert given(booking, *usual, earlier()).when(ask(BookCall, AHEAD)).outcome()


def test_a_cancelled_call_gives_its_minutes_back() -> None:
    place: dict[str, Any] = {
        "session": "session-0",
        "prisoner": PRISONER,
        "prisoner_month": f"{PRISONER}/2026-11",
    }
    history = [*usual, earlier(minutes=60), another(BookingCancelled, **place, minutes=60)]
    assert given(booking, *history).when(ask(BookCall, AHEAD)).outcome()


def test_the_minutes_of_another_month_or_prisoner_are_not_counted() -> None:
    last_month = earlier(prisoner_month=f"{PRISONER}/2026-10", minutes=60)
    somebody = another(minutes=60)
    assert given(booking, *usual, last_month, somebody).when(ask(BookCall, AHEAD)).outcome()


@pytest.mark.parametrize(
    ("starts_at", "month"),
    [
        (datetime(2026, 3, 31, 22, 59, tzinfo=UTC), "2026-03"),
        (datetime(2026, 3, 31, 23, 0, tzinfo=UTC), "2026-04"),
        (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), "2026-10"),
        (datetime(2028, 2, 29, 23, 59, tzinfo=UTC), "2028-02"),
        (datetime(2028, 3, 1, 0, 0, tzinfo=UTC), "2028-03"),
    ],
)
def test_a_call_counts_in_the_month_of_the_prisons_own_clock(starts_at: datetime, month: str) -> None:
    session = fact(SessionOpened, starts_at=starts_at)
    seconds = (starts_at - NOON).total_seconds() - 3 * DAY
    placed = (
        given(booking, held, session, approved, policy(-400 * DAY))
        .when(ask(BookCall, seconds, starts_at=starts_at))
        .outcome()
    )
    assert isinstance(placed[0], CallRequested)
    assert placed[0].prisoner_month == f"{PRISONER}/{month}"
    assert placed[0].visitor_day[0].startswith(f"{VISITOR}/{month}-")


def at(start: datetime, **people: Any) -> Any:
    """Another session's call with some of our people, that starts then."""
    return another(session="session-2", starts_at=start, minutes=30, **people)


ours = {"prisoner": PRISONER, "prisoner_month": f"{PRISONER}/2026-11"}
visitors = {
    "visitors": (VISITOR, "visitor-9"),
    "visitor_day": (f"{VISITOR}/2026-11-23", "visitor-9/2026-11-23"),
}


@pytest.mark.parametrize("people", [ours, visitors], ids=["prisoner", "visitor"])
@pytest.mark.parametrize("minutes", [-29, 0, 29])
def test_nobody_is_in_two_calls_at_once(people: dict[str, Any], minutes: int) -> None:
    other = at(NOON + timedelta(minutes=minutes), **people)
    given(booking, *usual, other).when(ask(BookCall, AHEAD)).then_refused("double_booking")


@pytest.mark.parametrize("people", [ours, visitors], ids=["prisoner", "visitor"])
@pytest.mark.parametrize("minutes", [-30, 30])
def test_one_call_may_follow_another(people: dict[str, Any], minutes: int) -> None:
    other = at(NOON + timedelta(minutes=minutes), **people)
    assert given(booking, *usual, other).when(ask(BookCall, AHEAD)).outcome()


@pytest.mark.parametrize(
    ("ours_at", "other_at", "people"),
    [
        ("2026-11-30T23:45", "2026-12-01T00:00", {**ours, "prisoner_month": f"{PRISONER}/2026-12"}),
        ("2026-12-01T00:00", "2026-11-30T23:45", ours),
        ("2026-11-23T23:45", "2026-11-24T00:00", {**visitors, "visitor_day": (f"{VISITOR}/2026-11-24",)}),
        ("2026-11-24T00:00", "2026-11-23T23:45", visitors),
    ],
    ids=["month before", "month after", "day before", "day after"],
)
def test_nobody_is_in_two_calls_at_once_over_midnight(
    ours_at: str, other_at: str, people: dict[str, Any]
) -> None:
    start, other = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (ours_at, other_at))
    session = fact(SessionOpened, starts_at=start)
    command = ask(BookCall, (start - NOON).total_seconds() - 3 * DAY, starts_at=start)
    given(booking, held, session, approved, policy(), at(other, **people)).when(command).then_refused(
        "double_booking"
    )


@pytest.mark.parametrize(
    ("ours_at", "other_at", "their_day"),
    [
        ("2026-11-23T22:30", "2026-11-23T23:00", "2026-11-24"),
        ("2026-11-24T00:00", "2026-11-23T23:45", "2026-11-23"),
    ],
    ids=["in Berlin it is tomorrow", "it began before midnight"],
)
def test_a_visitor_is_in_one_call_at_once_also_where_another_prison_has_another_day(
    ours_at: str, other_at: str, their_day: str
) -> None:
    start, other = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (ours_at, other_at))
    session = fact(SessionOpened, starts_at=start)
    theirs = at(other, visitors=(VISITOR,), visitor_day=(f"{VISITOR}/{their_day}",))
    command = ask(BookCall, (start - NOON).total_seconds() - 3 * DAY, starts_at=start, minutes=60)
    given(booking, held, session, approved, policy(), theirs).when(command).then_refused("double_booking")


def test_a_booking_reads_a_bounded_number_of_facts() -> None:
    tags = {tag for facts in booking.boundary(ask(BookCall, AHEAD)) for tag in facts.tags}
    assert tags == {
        "call:call-1",
        f"session:{SESSION}",
        f"blocked:{PRISON}/2026-11-23",
        f"policy:{PRISON}",
        f"person:{PRISONER}",
        f"person:{VISITOR}",
        f"prisoner_month:{PRISONER}/2026-11",
        f"visitor_day:{VISITOR}/2026-11-22",
        f"visitor_day:{VISITOR}/2026-11-23",
        f"visitor_day:{VISITOR}/2026-11-24",
        f"relationship:{PRISONER}/{VISITOR}",
        f"restricted:{VISITOR}",
        f"restricted:{PRISONER}/{VISITOR}",
    }


def test_an_officer_approves_a_request() -> None:
    said = fact(CallRequestApproved, AHEAD)
    given(booking, approved, requested).when(ask(ApproveCall, AHEAD)).then(said, booked)


def test_a_second_approval_changes_nothing() -> None:
    given(booking, requested, booked).when(ask(ApproveCall, AHEAD)).then_nothing()


def test_nobody_approves_their_own_request() -> None:
    own = ask(ApproveCall, AHEAD, approved_by=VISITOR)
    given(booking, requested).when(own).then_refused("second_person")


@pytest.mark.parametrize("history", [[], [requested, cancelled]], ids=["never asked for", "cancelled"])
def test_only_a_request_that_stands_is_approved(history: list[Event]) -> None:
    given(booking, *history).when(ask(ApproveCall, AHEAD)).then_refused("call_unknown")


@pytest.mark.parametrize("history", [[requested], [requested, booked]], ids=["requested", "booked"])
def test_a_call_is_given_up_with_its_place_and_a_cause(history: list[Event]) -> None:
    command = ask(CancelCall, AHEAD, outcome=Outcome.ESTABLISHMENT_CANCELLED, cancelled_by="officer-1")
    gone = fact(BookingCancelled, AHEAD, outcome=Outcome.ESTABLISHMENT_CANCELLED, cancelled_by="officer-1")
    given(booking, *history).when(command).then(gone)


def test_a_call_is_cancelled_once() -> None:
    given(booking, requested, cancelled).when(ask(CancelCall, AHEAD)).then_nothing()


def test_a_call_nobody_asked_for_is_not_cancelled() -> None:
    given(booking).when(ask(CancelCall, AHEAD)).then_refused("call_unknown")


def test_a_call_that_has_started_is_ended_and_not_cancelled() -> None:
    given(booking, requested, booked, fact(CallStarted)).when(ask(CancelCall, 60)).then_refused(
        "call_started"
    )


def test_a_missed_call_is_not_cancelled_afterwards() -> None:
    given(booking, requested, booked, fact(CallMissed, 600)).when(ask(CancelCall, 700)).then_refused(
        "call_missed"
    )
