"""Usage: numbers for policy teams, per prison and day, with no person in them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRefused,
    BookingRuleOverridden,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
)
from domain.call.events import CallPaused, CallResumed
from domain.event import Event
from domain.flag.events import BookingFlagged
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallMissed, CallStarted, CallTerminated
from domain.policy import Policy, PolicyPublished
from domain.stream import StreamFrozen
from domain.timetable.events import CallType
from domain.violation import ReviewOutcome, ViolationReviewed
from projections import usage as read_model
from projections.usage import UsageDay, usage
from tests.facts import NOON, PRISON, PRISONER, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

DAY = date(2026, 11, 23)


async def day_of(fill: Fill, *events: Event) -> UsageDay:
    (day,) = await usage(await fill(read_model, events), PRISON, DAY, DAY)
    return day


async def test_a_day_counts_what_became_of_its_calls(fill: Fill) -> None:
    day = await day_of(
        fill,
        *[fact(CallBooked, call=f"call-{number}") for number in range(4)],
        fact(BookingCancelled, call="call-0"),
        fact(CallMissed, call="call-1"),
        fact(CallStarted, call="call-2"),
        fact(CallCompleted, call="call-2"),
        fact(CallStarted, call="call-3"),
        fact(CallTerminated, call="call-3"),
    )
    assert (day.calls_booked, day.calls_held, day.calls_terminated) == (4, 2, 1)
    assert (day.calls_cancelled, day.calls_missed) == ({"booker_cancelled": 1}, {"visitor": 1})
    assert day.calls_completed == {"completed_normally": 1}
    assert (day.talk_s, day.paused_s) == (1780 + 60, 20 + 20)


async def test_a_booking_counts_on_the_day_of_its_call_and_not_of_its_making(fill: Fill) -> None:
    assert (await day_of(fill, fact(CallBooked, -10 * 86400))).calls_booked == 1


async def test_a_day_counts_what_became_of_its_requests(fill: Fill) -> None:
    day = await day_of(
        fill,
        *[fact(CallRequested, -3 * 86_400, call=f"call-{number}") for number in range(3)],
        fact(CallRequested, -3 * 86_400, call="call-3", call_type=CallType.LEGAL),
        fact(CallRequestRejected, -86_400),
        fact(CallRequestAutoRejected, -86_400, call="call-2"),
        fact(CallRequestWithdrawn, -86_400, call="call-0"),
    )
    assert day.calls_requested == {"social": 3, "legal": 1}
    assert day.calls_rejected == {"timetable": 1, "minimum_notice": 1}
    assert day.calls_withdrawn == 1


async def test_a_booked_call_that_was_moved_counts_on_its_new_day_alone(fill: Fill) -> None:
    tomorrow = NOON + timedelta(days=1)
    moved = fact(BookingChanged, was_at=NOON, starts_at=tomorrow, was_booked=True, booked=True)
    db = await fill(read_model, [fact(CallBooked), moved])
    days = await usage(db, PRISON, DAY, DAY + timedelta(days=1))
    assert {day.day: day.calls_booked for day in days} == {DAY: 0, DAY + timedelta(days=1): 1}


async def test_a_moved_call_on_which_staff_decide_again_counts_when_they_have(fill: Fill) -> None:
    again = fact(BookingChanged, was_at=NOON, was_booked=True, booked=False)
    assert (await day_of(fill, fact(CallBooked), again)).calls_booked == 0
    assert (await day_of(fill, fact(CallBooked), again, fact(CallBooked))).calls_booked == 1


async def test_a_day_counts_rules_set_aside_and_facts_that_changed(fill: Fill) -> None:
    day = await day_of(
        fill, fact(BookingRuleOverridden, rules=("session_full", "notice_min")), fact(BookingFlagged)
    )
    assert day.overrides == {"session_full": 1, "notice_min": 1}
    assert day.flags == {"relationship_restriction": 1}


async def test_a_day_counts_stops_by_cause_refusals_by_rule_and_reviews_by_outcome(fill: Fill) -> None:
    day = await day_of(
        fill,
        fact(CallPaused),
        fact(CallPaused, call="call-2", cause="camera_covered"),
        fact(StreamFrozen),
        fact(StreamFrozen, cause="head_count"),
        fact(StreamFrozen, cause="head_count"),
        fact(BookingRefused),
        fact(BookingRefused, rule="allowance"),
        fact(CallMinutesCredited),
        fact(CallMinutesCredited, seconds=5),
        fact(ViolationReviewed),
        fact(ViolationReviewed, outcome=ReviewOutcome.DISMISSED),
    )
    assert day.pauses == {"unapproved_face": 1, "camera_covered": 1}
    assert day.freezes == {"new_face": 1, "head_count": 2}
    assert day.refusals == {"session_full": 1, "allowance": 1}
    assert day.reviews == {"confirmed": 1, "dismissed": 1}
    assert day.credited_s == 25


async def test_a_pause_that_is_handed_to_staff_counts_once(fill: Fill) -> None:
    handed = [fact(CallPaused, 1, for_staff=False), fact(CallPaused, 21)]
    assert (await day_of(fill, *handed)).pauses == {"unapproved_face": 1}


@pytest.mark.parametrize("between", [CallResumed, CallCompleted, CallTerminated])
async def test_a_pause_after_the_call_went_on_counts_again(fill: Fill, between: type[Event]) -> None:
    events = [fact(CallPaused, 1), fact(between, 2), fact(CallPaused, 3)]
    assert (await day_of(fill, *events)).pauses == {"unapproved_face": 2}


async def test_days_without_a_count_are_left_out_and_others_come_in_order(fill: Fill) -> None:
    db = await fill(read_model, [fact(CallStarted, 2 * 86400), fact(CallStarted), fact(CallStarted, -86400)])
    days = await usage(db, PRISON, DAY, date(2026, 11, 30))
    assert [day.day for day in days] == [DAY, date(2026, 11, 25)]


async def test_another_prisons_calls_are_not_counted(fill: Fill) -> None:
    assert await usage(await fill(read_model, [fact(CallStarted, prison="LEI")]), PRISON, DAY, DAY) == []


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
async def test_a_day_is_the_day_of_the_prisons_own_clock(fill: Fill, at: datetime, day: date) -> None:
    policy = fact(PolicyPublished, document=Policy(time_zone="Europe/London").document())
    db = await fill(read_model, [policy, fact(CallStarted, (at - NOON).total_seconds())])
    assert [each.day for each in await usage(db, PRISON, date(2026, 1, 1), date(2026, 12, 31))] == [day]


async def test_no_person_is_in_the_numbers(fill: Fill) -> None:
    db = await fill(read_model, [fact(CallBooked), fact(BookingRefused), fact(CallMissed), fact(CallPaused)])
    text = str(await db.fetch("SELECT days::text FROM days UNION SELECT stopped::text FROM stopped"))
    assert "session_full" in text
    assert PRISONER not in text
    assert VISITOR not in text


async def test_a_stop_without_a_cause_is_counted_too(fill: Fill) -> None:
    assert (await day_of(fill, fact(StreamFrozen, cause=""))).freezes == {"unknown": 1}
