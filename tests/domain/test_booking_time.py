"""Booking, rules about when a call may be: notice, length, blocked days, types of call."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from domain import booking
from domain.booking.commands import BookCall
from domain.booking.events import AskedAs
from domain.event import Event, Refused
from domain.timetable.events import (
    BlockScope,
    CallType,
    DateBlocked,
    DateUnblocked,
    SessionOpened,
    SessionTemplateRetired,
)
from tests.asked import ON_MONDAY, ask
from tests.bookings import (
    AHEAD,
    DAY,
    ON_TEMPLATE,
    approved,
    held,
    opened,
    policy,
    policy_with,
    templated,
    usual,
)
from tests.facts import NOON, TEMPLATE, fact
from tests.scenario import given

blocked = fact(DateBlocked, -10 * DAY)
without_session = fact(DateBlocked, -10 * DAY, scope=BlockScope.SESSION, template=TEMPLATE)


def sentence_of(history: list[Event], command: BookCall) -> str:
    with pytest.raises(Refused) as refused:
        given(booking, *history).when(command).outcome()
    return str(refused.value)


# Notice


def test_a_call_is_booked_early_enough() -> None:
    given(booking, *usual).when(ask(BookCall, -DAY)).then_refused("notice_min")


def test_a_call_is_not_booked_long_before() -> None:
    given(booking, *usual).when(ask(BookCall, -29 * DAY)).then_refused("notice_max")


NOTICES = [
    (AskedAs.PUBLIC, "notice_days_min", "notice_days_max"),
    (AskedAs.PRISONER, "notice_days_min_prisoner", "notice_days_max_prisoner"),
    (AskedAs.STAFF, "notice_days_min_staff", "notice_days_max_staff"),
]


@pytest.mark.parametrize(("asked_as", "least", "most"), NOTICES)
def test_each_kind_of_person_has_notice_of_its_own(asked_as: AskedAs, least: str, most: str) -> None:
    history = [held, opened, approved, policy(**{least: 5, most: 9})]
    asked = {days: ask(BookCall, -days * DAY, asked_as=asked_as) for days in (4, 5, 9, 10)}
    given(booking, *history).when(asked[4]).then_refused("notice_min")
    assert given(booking, *history).when(asked[5]).outcome()
    assert given(booking, *history).when(asked[9]).outcome()
    given(booking, *history).when(asked[10]).then_refused("notice_max")


def test_staff_book_for_the_same_day() -> None:
    assert given(booking, *usual).when(ask(BookCall, -60, asked_as=AskedAs.STAFF)).outcome()


@pytest.mark.parametrize(("days", "words"), [(1, "1 day"), (2, "2 days"), (3, "3 days")])
def test_the_notice_is_said_in_words(days: int, words: str) -> None:
    early = [held, opened, approved, policy(notice_days_min=days)]
    assert sentence_of(early, ask(BookCall, 0)) == f"A call must be booked at least {words} ahead."
    late = [held, opened, approved, policy(notice_days_min=0, notice_days_max=days)]
    assert sentence_of(late, ask(BookCall, -4 * DAY)) == f"A call can be booked at most {words} ahead."


@pytest.mark.parametrize(
    ("call_type", "days", "allowed"),
    [
        (CallType.LEGAL, 1, True),
        (CallType.LEGAL, 0, False),
        (CallType.COURT, 0, True),
        (CallType.INTERVIEW, 0, False),
        (CallType.SOCIAL, 1, False),
    ],
)
def test_each_type_of_call_has_notice_of_its_own(call_type: CallType, days: int, allowed: bool) -> None:
    asked = given(booking, *usual).when(ask(BookCall, -days * DAY - 60, call_type=call_type))
    if allowed:
        assert asked.outcome()
    else:
        asked.then_refused("notice_min")


def test_where_the_general_notice_holds_the_longer_one_counts() -> None:
    longer = policy_with(call_types={"social": {"notice_days_min": 3}})
    given(booking, held, opened, approved, longer).when(ask(BookCall, -2 * DAY)).then_refused("notice_min")
    shorter = policy_with(call_types={"social": {"notice_days_min": 1}})
    given(booking, held, opened, approved, shorter).when(ask(BookCall, -DAY)).then_refused("notice_min")


# Length


def test_a_call_lasts_whole_blocks() -> None:
    given(booking, *usual).when(ask(BookCall, AHEAD, minutes=45)).then_refused("call_length")


def test_how_long_a_call_lasts_is_said_in_words() -> None:
    assert (
        sentence_of(usual, ask(BookCall, AHEAD, minutes=45))
        == "A call lasts 30 minutes or a multiple of it, and at most 60 minutes."
    )


@pytest.mark.parametrize(
    ("call_type", "minutes", "allowed"),
    [
        (CallType.SOCIAL, 90, False),
        (CallType.LEGAL, 120, True),
        (CallType.LEGAL, 150, False),
        (CallType.COURT, 240, True),
        (CallType.PROBATION, 60, True),
        (CallType.PROBATION, 90, False),
    ],
)
def test_each_type_of_call_has_a_longest_of_its_own(call_type: CallType, minutes: int, allowed: bool) -> None:
    long = [
        held,
        fact(SessionOpened, minutes=480),
        approved,
        policy(call_minutes_max=60, minutes_a_month=600),
    ]
    asked = given(booking, *long).when(ask(BookCall, AHEAD, call_type=call_type, minutes=minutes))
    if allowed:
        assert asked.outcome()
    else:
        asked.then_refused("call_length")


def test_a_social_call_is_bound_by_the_prison_and_by_its_type() -> None:
    shorter = policy_with(call_types={"social": {"minutes_max": 30}})
    given(booking, held, opened, approved, shorter).when(ask(BookCall, AHEAD, minutes=60)).then_refused(
        "call_length"
    )


# The session


def test_a_call_ends_with_its_session() -> None:
    short = [held, fact(SessionOpened, minutes=30), approved, policy()]
    given(booking, *short).when(ask(BookCall, AHEAD, minutes=60)).then_refused("outside_session")
    assert (
        sentence_of(short, ask(BookCall, AHEAD, minutes=60))
        == "At this time a call lasts at most 30 minutes."
    )


def test_nobody_is_booked_into_a_time_that_is_over() -> None:
    command = ask(BookCall, 3600, asked_as=AskedAs.STAFF)
    given(booking, *usual).when(command).then_refused("session_over")


def test_a_session_takes_the_types_of_call_that_it_names() -> None:
    legal = ask(BookCall, AHEAD, call_type=CallType.LEGAL, **ON_TEMPLATE)
    given(booking, *templated()).when(legal).then_refused("call_type")
    assert sentence_of(templated(), legal) == "There are no legal calls at this time."
    both = templated(call_types=(CallType.SOCIAL, CallType.LEGAL))
    assert given(booking, *both).when(legal).outcome()


@pytest.mark.parametrize("call_type", list(CallType))
def test_a_time_opened_by_itself_takes_every_type(call_type: CallType) -> None:
    assert given(booking, *usual).when(ask(BookCall, AHEAD, call_type=call_type)).outcome()


@pytest.mark.parametrize(
    ("session", "extra"),
    [
        (f"{TEMPLATE}.2026-11-24", []),
        (f"{TEMPLATE}.2026-10-26", []),
        ("template-2.2026-11-23", []),
        (f"{TEMPLATE}.soon", []),
        (ON_MONDAY, [fact(SessionTemplateRetired, from_day=date(2026, 11, 23))]),
    ],
    ids=["another weekday", "before the first", "another template", "no day", "retired"],
)
def test_a_template_gives_no_other_times(session: str, extra: list[Event]) -> None:
    given(booking, *templated(), *extra).when(ask(BookCall, AHEAD, session=session)).then_refused(
        "session_unknown"
    )


def test_a_template_of_another_prison_gives_no_time_here() -> None:
    given(booking, *templated(prison="LEI")).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused(
        "session_unknown"
    )


def test_a_template_that_now_starts_otherwise_is_looked_up_anew() -> None:
    history = templated(starts="12:30")
    given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused("session_changed")


# Blocked days


def test_there_are_no_calls_on_a_blocked_day() -> None:
    given(booking, *usual, blocked).when(ask(BookCall, AHEAD)).then_refused("date_blocked")


def test_there_are_no_calls_in_a_blocked_session() -> None:
    history = [*templated(), without_session]
    given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused("session_blocked")


@pytest.mark.parametrize(
    "blocks",
    [
        [blocked, fact(DateUnblocked, -9 * DAY)],
        [without_session, fact(DateUnblocked, -9 * DAY, scope=BlockScope.SESSION, template=TEMPLATE)],
        [fact(DateBlocked, day=date(2026, 11, 22))],
        [fact(DateBlocked, day=date(2026, 11, 24))],
        [fact(DateBlocked, prison="LEI")],
        [fact(DateBlocked, template="template-2", scope=BlockScope.SESSION)],
    ],
    ids=["unblocked", "session unblocked", "day before", "day after", "another prison", "another session"],
)
def test_a_block_holds_for_its_day_and_place_only(blocks: list[Event]) -> None:
    assert given(booking, *templated(), *blocks).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).outcome()


def test_to_unblock_the_prison_unblocks_no_session() -> None:
    history = [*templated(), without_session, blocked, fact(DateUnblocked, -9 * DAY)]
    given(booking, *history).when(ask(BookCall, AHEAD, **ON_TEMPLATE)).then_refused("session_blocked")


# All that stands against a call is told at once


def test_every_rule_that_says_no_is_told_in_order() -> None:
    with pytest.raises(Refused) as refused:
        given(booking, held, opened, policy(), blocked).when(ask(BookCall, -DAY, minutes=45)).outcome()
    assert refused.value.rules == ("relationship_missing", "call_length", "notice_min", "date_blocked")
    assert refused.value.rule == "relationship_missing"
    assert str(refused.value) == "Somebody on this call is not yet approved for calls with this person."
    assert len(refused.value.also) == 3
    assert refused.value.also[-1] == "There are no calls on this day."


# Which policy holds


def future(at: datetime, **rules: Any) -> Event:
    return fact(type(policy()), -30 * DAY, version=2, document=policy(**rules).document, effective_from=at)


def test_a_policy_of_the_future_binds_nobody_yet() -> None:
    asked_at = NOON + timedelta(seconds=AHEAD)
    later = future(asked_at + timedelta(microseconds=1), block_minutes=20)
    assert given(booking, *usual, later).when(ask(BookCall, AHEAD)).outcome()
    given(booking, *usual, future(asked_at, block_minutes=20)).when(ask(BookCall, AHEAD)).then_refused(
        "call_length"
    )
