"""Booking by the prison's calendar: both clock changes, a leap day, and a month's end at midnight.

In London the clock goes on at 01:00 UTC on 29 March 2026, and back at 01:00 UTC on 25 October 2026.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain import booking
from domain.allowance import CallAllowanceGranted
from domain.booking.events import AskedAs, CallRequested
from domain.prisoner.events import (
    AlertChanged,
    AlertRaised,
    AppointmentRecorded,
    Conviction,
    NonAssociationRecorded,
    PrisonerProfileChanged,
)
from domain.restriction import RestrictionPlaced
from domain.timetable.events import DateBlocked
from tests.bookings import call_at, time_at, wish_at
from tests.facts import PRISONER, fact
from tests.scenario import given

SECOND = timedelta(seconds=1)
ON_REMAND = fact(PrisonerProfileChanged, conviction=Conviction.REMAND)


def utc(text: str) -> datetime:
    """`2026-03-29T01:00`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DAYS = [
    ("2026-03-29", "2026-03-29T00:00", "2026-03-29T23:00"),
    ("2026-10-25", "2026-10-24T23:00", "2026-10-26T00:00"),
    ("2028-02-29", "2028-02-29T00:00", "2028-03-01T00:00"),
    ("2026-11-30", "2026-11-30T00:00", "2026-12-01T00:00"),
    ("2026-03-31", "2026-03-30T23:00", "2026-03-31T23:00"),
]
"""A day of the prison, its first moment and the first of the next: 23, 25 and 24 hours long."""
IDS = ["clock goes on", "clock goes back", "leap day", "month's end", "month's end in summer"]
each_day = pytest.mark.parametrize(("day", "since", "until"), DAYS, ids=IDS)


@each_day
def test_notice_is_counted_in_whole_days(day: str, since: str, until: str) -> None:
    start = utc(until) + timedelta(days=1, hours=10)  # two days after the day
    given(booking, *time_at(start)).when(wish_at(start, utc(until))).then_refused("notice_min")
    assert given(booking, *time_at(start)).when(wish_at(start, utc(until) - SECOND)).outcome()


@each_day
def test_the_longest_notice_is_counted_in_whole_days(day: str, since: str, until: str) -> None:
    start = utc(until) + timedelta(days=27, hours=10)  # 28 days after the day
    assert given(booking, *time_at(start)).when(wish_at(start, utc(since))).outcome()
    given(booking, *time_at(start)).when(wish_at(start, utc(since) - SECOND)).then_refused("notice_max")


@pytest.mark.parametrize(
    ("last", "first"),
    [
        ("2026-03-31T22:30", "2026-03-31T23:00"),
        ("2026-10-31T23:30", "2026-11-01T00:00"),
        ("2028-02-29T23:30", "2028-03-01T00:00"),
        ("2026-12-31T23:30", "2027-01-01T00:00"),
    ],
    ids=["in summer", "in winter", "leap day", "end of the year"],
)
def test_a_month_ends_at_the_prisons_midnight(last: str, first: str) -> None:
    late, early = utc(last), utc(first)
    spent = call_at(late - timedelta(days=2), minutes=60)
    given(booking, *time_at(late), spent).when(wish_at(late)).then_refused("allowance")
    assert given(booking, *time_at(early), spent).when(wish_at(early)).outcome()
    spent = call_at(early + timedelta(days=2), minutes=60)
    assert given(booking, *time_at(late), spent).when(wish_at(late)).outcome()
    given(booking, *time_at(early), spent).when(wish_at(early)).then_refused("allowance")


def test_a_call_over_the_end_of_a_month_takes_from_the_month_in_which_it_begins() -> None:
    start = utc("2026-11-30T23:45")
    requested = given(booking, *time_at(start)).when(wish_at(start, minutes=30)).outcome()[0]
    assert isinstance(requested, CallRequested)
    assert requested.prisoner_month == f"{PRISONER}/2026-11"
    spent = call_at(utc("2026-12-03T12:00"), minutes=60)
    assert given(booking, *time_at(start), spent).when(wish_at(start)).outcome()


def test_what_was_granted_for_a_month_ends_with_it() -> None:
    start = utc("2026-03-31T23:00")  # midnight: the first of April
    spent = call_at(utc("2026-04-10T12:00"), minutes=60)
    for month, enough in [("2026-03", False), ("2026-04", True)]:
        granted = fact(CallAllowanceGranted, prisoner_month=f"{PRISONER}/{month}")
        asked = given(booking, *time_at(start), spent, granted).when(wish_at(start))
        if enough:
            assert asked.outcome()
        else:
            asked.then_refused("allowance")


WEEKS = [
    ("2026-03-25T12:00", 0, "2026-03-23T00:00", "2026-03-29T23:00"),
    ("2026-10-21T12:00", 0, "2026-10-18T23:00", "2026-10-26T00:00"),
    ("2028-03-02T12:00", 0, "2028-02-28T00:00", "2028-03-06T00:00"),
    ("2026-12-01T00:00", 0, "2026-11-30T00:00", "2026-12-07T00:00"),
    ("2027-01-02T12:00", 0, "2026-12-28T00:00", "2027-01-04T00:00"),
    ("2026-03-25T12:00", 6, "2026-03-22T00:00", "2026-03-29T00:00"),
    ("2026-12-31T12:00", 4, "2026-12-25T00:00", "2027-01-01T00:00"),
]
WEEK_IDS = [
    "clock goes on",
    "clock goes back",
    "leap day",
    "month's end",
    "New Year",
    "from Sunday",
    "from Friday",
]


@pytest.mark.parametrize(("call", "starts", "since", "until"), WEEKS, ids=WEEK_IDS)
def test_a_week_of_remand_holds_its_seven_days(call: str, starts: int, since: str, until: str) -> None:
    start = utc(call)
    history = [*time_at(start, remand_calls_a_week=2, week_starts=starts), ON_REMAND]
    first, last = utc(since), utc(until) - SECOND
    command = wish_at(start)
    given(booking, *history, call_at(first), call_at(last)).when(command).then_refused("remand_week")
    assert given(booking, *history, call_at(first - SECOND), call_at(last)).when(command).outcome()
    assert given(booking, *history, call_at(first), call_at(utc(until))).when(command).outcome()


@each_day
def test_two_are_kept_apart_for_the_whole_day(day: str, since: str, until: str) -> None:
    start = utc(since) + timedelta(hours=12)
    apart = fact(NonAssociationRecorded)
    command = wish_at(start, apart=("prisoner-2",))
    for moment in (utc(since), utc(until) - SECOND):
        other = call_at(moment, "prisoner-2")
        given(booking, *time_at(start), apart, other).when(command).then_refused("non_association")
    for moment in (utc(since) - SECOND, utc(until)):
        other = call_at(moment, "prisoner-2")
        assert given(booking, *time_at(start), apart, other).when(command).outcome()


@each_day
def test_a_blocked_day_lasts_from_midnight_to_midnight(day: str, since: str, until: str) -> None:
    blocked = fact(DateBlocked, day=date.fromisoformat(day))
    for start in (utc(since), utc(until) - SECOND):
        given(booking, *time_at(start), blocked).when(wish_at(start)).then_refused("date_blocked")
    for start in (utc(since) - SECOND, utc(until)):
        assert given(booking, *time_at(start), blocked).when(wish_at(start)).outcome()


@each_day
def test_a_restriction_holds_on_its_first_and_its_last_day(day: str, since: str, until: str) -> None:
    for start, bound in [
        (utc(since), True),
        (utc(until) - SECOND, True),
        (utc(since) - SECOND, False),
        (utc(until), False),
    ]:
        ban = fact(RestrictionPlaced, first=date.fromisoformat(day), last=date.fromisoformat(day))
        asked = given(booking, *time_at(start), ban).when(wish_at(start))
        if bound:
            asked.then_refused("barred")
        else:
            assert asked.outcome()


@each_day
def test_an_alert_holds_to_the_end_of_its_last_day(day: str, since: str, until: str) -> None:
    ends = [fact(AlertRaised), fact(AlertChanged, until=date.fromisoformat(day))]
    for start, asked_of_staff in [(utc(until) - SECOND, True), (utc(until), False)]:
        requested = given(booking, *time_at(start, approval="auto"), *ends).when(wish_at(start)).outcome()[0]
        assert isinstance(requested, CallRequested)
        assert ("alert" in requested.for_staff) is asked_of_staff


@pytest.mark.parametrize(
    ("start", "by"),
    [
        ("2026-03-31T12:00", "2026-03-29T19:00"),
        ("2026-03-30T12:00", "2026-03-28T20:00"),
        ("2026-10-27T12:00", "2026-10-25T20:00"),
        ("2026-10-26T12:00", "2026-10-24T19:00"),
        ("2028-03-02T12:00", "2028-02-29T20:00"),
        ("2028-03-01T12:00", "2028-02-28T20:00"),
        ("2026-12-02T00:00", "2026-11-30T20:00"),
        ("2026-12-01T23:59", "2026-11-29T20:00"),
    ],
)
def test_nobody_waits_past_the_set_time_of_the_last_day_of_notice(start: str, by: str) -> None:
    wish = wish_at(utc(start), utc(start) - timedelta(days=5))
    requested = given(booking, *time_at(utc(start))).when(wish).outcome()[0]
    assert isinstance(requested, CallRequested)
    assert requested.decide_by == utc(by)


@pytest.mark.parametrize(
    ("clock", "by"),
    [("01:30", "2026-03-29T01:30"), ("00:59", "2026-03-29T00:59"), ("02:00", "2026-03-29T01:00")],
    ids=["the hour left out", "before it", "after it"],
)
def test_a_set_time_that_the_clock_leaves_out_is_moved_on(clock: str, by: str) -> None:
    start = utc("2026-03-31T12:00")
    wish = wish_at(start, start - timedelta(days=5))
    requested = given(booking, *time_at(start, auto_reject_at=clock)).when(wish).outcome()[0]
    assert isinstance(requested, CallRequested)
    assert requested.decide_by == utc(by)


def test_a_set_time_that_the_clock_shows_twice_is_the_first() -> None:
    start = utc("2026-10-27T12:00")
    wish = wish_at(start, start - timedelta(days=5))
    requested = given(booking, *time_at(start, auto_reject_at="01:30")).when(wish).outcome()[0]
    assert isinstance(requested, CallRequested)
    assert requested.decide_by == utc("2026-10-25T00:30")


@each_day
def test_calls_that_meet_over_midnight_are_seen(day: str, since: str, until: str) -> None:
    midnight = utc(until)
    for start, other in [
        (midnight - timedelta(minutes=15), midnight),
        (midnight, midnight - timedelta(minutes=15)),
    ]:
        history = [*time_at(start, minutes_a_month=120), call_at(other)]
        given(booking, *history).when(wish_at(start)).then_refused("double_booking")
        visits = fact(
            AppointmentRecorded, starts_at=other, minutes=30, prisoner_month=call_at(other).prisoner_month
        )
        given(booking, *time_at(start), visits).when(wish_at(start)).then_refused("appointment")


def test_a_call_in_the_hour_that_comes_twice_is_held_once() -> None:
    """01:30 in London is 00:30 and 01:30 UTC: two calls an hour apart do not overlap."""
    start = utc("2026-10-25T00:30")
    after, during = call_at(utc("2026-10-25T01:30")), call_at(utc("2026-10-25T00:59"))
    assert given(booking, *time_at(start), after).when(wish_at(start)).outcome()
    given(booking, *time_at(start), during).when(wish_at(start)).then_refused("double_booking")


def test_staff_book_up_to_the_last_moment_of_a_day_whatever_its_length() -> None:
    for _day, since, until in DAYS:
        start = utc(until) - timedelta(minutes=30)
        assert (
            given(booking, *time_at(start)).when(wish_at(start, utc(since), asked_as=AskedAs.STAFF)).outcome()
        )


def test_the_record_says_on_which_day_of_the_prison_a_call_is() -> None:
    for day, since, until in DAYS:
        for start in (utc(since), utc(until) - SECOND):
            placed: Any = given(booking, *time_at(start)).when(wish_at(start)).outcome()[0]
            assert placed.visitor_day == (f"visitor-1/{day}",)
            assert placed.prisoner_month == f"{PRISONER}/{day[:7]}"
