"""Allowances: the ledger of a month, whose sums are those on which the rules of booking decide."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.ports import Sealed
from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.booking.commands import BookCall
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRuleOverridden,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    ReservationReleased,
)
from domain.booking.rules.case import Case
from domain.booking.state import evolve, initial
from domain.event import Event, Purpose
from domain.lifecycle import CallMinutesCredited
from domain.policy import Policy, PolicyPublished
from domain.prisoner.events import Conviction, PrisonerMerged, PrisonerProfileChanged
from domain.timetable.slot import slot_opened
from projections import allowances
from projections.allowances import BY_OVERRIDE, Ledger, LineKind, ledger
from projections.runner import project_all
from tests.asked import ask
from tests.bookings import opened
from tests.facts import NOON, PRISON, PRISONER, fact, recorded
from tests.projections.conftest import Fill
from tests.projections.test_replay import log_of, made

pytestmark = pytest.mark.postgres

MONTH = "2026-11"
ONE_HOUR = fact(PolicyPublished, -90 * 86400)


async def month(fill: Fill, *events: Event, at: datetime = NOON) -> Ledger:
    return await ledger(await fill(allowances, [ONE_HOUR, *events]), PRISONER, MONTH, PRISON, at)


def lines(found: Ledger) -> list[tuple[LineKind, int, int]]:
    """Kind, minutes and what is left of each line."""
    return [(line.kind, line.seconds // 60, line.left_s // 60) for line in found.lines]


async def test_a_month_begins_with_what_the_policy_gives(fill: Fill) -> None:
    found = await month(fill)
    assert lines(found) == [(LineKind.POLICY, 60, 60)]
    assert found.lines[0].at == datetime(2026, 11, 1, tzinfo=UTC)


async def test_every_line_says_what_is_left_after_it(fill: Fill) -> None:
    found = await month(
        fill,
        fact(CallRequested, -5000),
        fact(CallBooked, -4000),
        fact(CallAllowanceGranted, -3000),
        fact(CallAllowanceAdjusted, -2000, minutes=-10),
        fact(BookingCancelled, -1000),
        fact(CallMinutesCredited, -500, seconds=90),
    )
    assert lines(found) == [
        (LineKind.POLICY, 60, 60),
        (LineKind.USED, -30, 30),
        (LineKind.GRANTED, 30, 60),
        (LineKind.ADJUSTED, -10, 50),
        (LineKind.GIVEN_BACK, 30, 80),
        (LineKind.CREDITED, 1, 81),
    ]
    assert (found.given_minutes, found.used_minutes, found.left_minutes) == (21, 0, 81)


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        (BookingCancelled, "cancelled"),
        (CallRequestRejected, "rejected"),
        (CallRequestAutoRejected, "auto_rejected"),
        (CallRequestWithdrawn, "withdrawn"),
    ],
)
async def test_time_comes_back_and_the_line_says_why(fill: Fill, gone: type[Event], reason: str) -> None:
    found = await month(fill, fact(CallRequested, -500), fact(gone, -400))
    assert [line.reason for line in found.lines] == [None, None, reason]
    assert found.left_minutes == 60


async def test_a_changed_call_gives_back_the_old_time_and_takes_the_new(fill: Fill) -> None:
    longer = fact(BookingChanged, -300, minutes=60, changed=("length",))
    found = await month(fill, fact(CallRequested, -500), fact(CallBooked, -400), longer)
    assert [minutes for _, minutes, _ in lines(found)] == [60, -30, 30, -60]


async def test_a_call_that_moves_into_another_month_is_used_there(fill: Fill) -> None:
    moved = fact(
        BookingChanged, -300, prisoner_month=f"{PRISONER}/2026-12", starts_at=NOON + timedelta(days=10)
    )
    db = await fill(allowances, [ONE_HOUR, fact(CallRequested, -500), moved])
    left = [(await ledger(db, PRISONER, each, PRISON, NOON)).left_minutes for each in (MONTH, "2026-12")]
    assert left == [60, 30]


async def test_a_reserved_place_takes_time_until_it_lapses(fill: Fill) -> None:
    kept = fact(CallReserved, -300, expires_at=NOON)
    db = await fill(allowances, [ONE_HOUR, kept])
    left = [
        (await ledger(db, PRISONER, MONTH, PRISON, NOON + timedelta(seconds=each))).left_minutes
        for each in (-1, 0)
    ]
    assert left == [30, 60]
    taken_up = await month(fill, kept, fact(CallRequested, -200))
    assert lines(taken_up)[1:] == [(LineKind.USED, -30, 30)]
    assert lines(await month(fill, kept, fact(ReservationReleased, -200)))[1:] == []


async def test_a_call_that_does_not_count_takes_nothing(fill: Fill) -> None:
    assert lines(await month(fill, fact(CallRequested, counted=False)))[1:] == []


async def test_a_call_booked_by_override_overdraws_the_month_and_says_so(fill: Fill) -> None:
    first = fact(CallRequested, -500, call="call-0", minutes=60)
    let = fact(BookingRuleOverridden, -400, rules=("allowance",))
    found = await month(fill, first, let, fact(CallRequested, -400))
    assert (found.lines[-1].reason, found.left_minutes) == (BY_OVERRIDE, -30)
    after = await month(fill, first, let, fact(CallRequested, -400), at=NOON + timedelta(days=30))
    assert after.lines[-1].kind is LineKind.USED


async def test_what_is_left_expires_with_the_month_as_the_prison_counts(fill: Fill) -> None:
    events = [ONE_HOUR, fact(CallRequested)]
    db = await fill(allowances, events)
    end = datetime(2026, 12, 1, tzinfo=UTC)
    before, after = [
        await ledger(db, PRISONER, MONTH, PRISON, moment) for moment in (end - timedelta(seconds=1), end)
    ]
    assert (before.left_minutes, after.left_minutes) == (30, 0)
    assert (after.lines[-1].kind, after.lines[-1].seconds, after.lines[-1].at) == (
        LineKind.EXPIRED,
        -1800,
        end,
    )


async def test_a_month_that_is_over_keeps_the_policy_of_its_time(fill: Fill) -> None:
    more = fact(
        PolicyPublished,
        version=2,
        document=Policy().merged({"booking": {"minutes_a_month": 120}}).document(),
        effective_from=datetime(2026, 12, 1, tzinfo=UTC),
    )
    later = NOON + timedelta(days=30)
    db = await fill(allowances, [ONE_HOUR, more])
    minutes = [
        (await ledger(db, PRISONER, each, PRISON, later)).policy_minutes for each in (MONTH, "2026-12")
    ]
    assert minutes == [60, 120]


async def test_records_that_were_merged_count_together(fill: Fill) -> None:
    merged = fact(PrisonerMerged, removed="prisoner-9", kept=PRISONER)
    other = fact(CallRequested, prisoner="prisoner-9", prisoner_month=f"prisoner-9/{MONTH}")
    assert (await month(fill, merged, other)).used_minutes == 30


async def test_of_somebody_on_remand_the_week_counts(fill: Fill) -> None:
    remand = fact(PrisonerProfileChanged, conviction=Conviction.REMAND)
    place = fact(PrisonerProfileChanged, conviction=None, location="B-1")
    found = await month(fill, remand, place)
    assert (found.on_remand, found.remand_calls_a_week) == (True, 3)
    convicted = fact(PrisonerProfileChanged, conviction=Conviction.CONVICTED)
    assert not (await month(fill, remand, convicted)).on_remand


async def test_words_stay_sealed(fill: Fill) -> None:
    sealed = Sealed(PRISONER, Purpose.IDENTITY, 1, "commitment", "words", UUID(int=9), b"ciphertext")
    db = await fill(allowances, [ONE_HOUR])
    await project_all(
        db, allowances, [replace(recorded(2, fact(CallAllowanceGranted)), sealed={"words": sealed})]
    )
    found = await ledger(db, PRISONER, MONTH, PRISON, NOON)
    assert found.lines[-1].sealed == {"words": sealed}


# The sums are those of the rules

CALLS = ("call-1", "call-2", "call-3")
places = st.builds(
    lambda kind, call, prisoner, month, minutes, counted, expires: fact(
        kind,
        call=call,
        prisoner=prisoner,
        prisoner_month=f"{prisoner}/{month}",
        minutes=minutes,
        counted=counted,
        **({"expires_at": NOON + timedelta(minutes=expires)} if kind is CallReserved else {}),
    ),
    st.sampled_from(
        [
            CallReserved,
            CallRequested,
            CallBooked,
            BookingChanged,
            ReservationReleased,
            CallRequestRejected,
            CallRequestAutoRejected,
            CallRequestWithdrawn,
            BookingCancelled,
        ]
    ),
    st.sampled_from(CALLS),
    st.sampled_from([PRISONER, PRISONER, "prisoner-9"]),
    st.sampled_from([MONTH, MONTH, "2026-12"]),
    st.sampled_from([30, 60]),
    st.booleans(),
    st.sampled_from([-5, 5]),
)
gifts = st.one_of(
    st.builds(lambda n: fact(CallAllowanceGranted, minutes=n), st.integers(1, 90)),
    st.builds(lambda n: fact(CallAllowanceAdjusted, minutes=n), st.integers(-90, 90)),
    st.builds(lambda n: fact(CallMinutesCredited, seconds=n), st.integers(1, 400)),
    st.just(fact(BookingRuleOverridden, rules=("allowance",))),
    st.just(fact(PrisonerMerged, removed="prisoner-9", kept=PRISONER)),
)


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(st.one_of(places, gifts), max_size=14))
def test_the_ledger_adds_up_to_what_the_rules_count(read_models: str, history: Sequence[Event]) -> None:
    case = case_of(history)

    async def scenario() -> None:
        db = await asyncpg.connect(read_models)
        await made(db, allowances, [log_of([ONE_HOUR, *history])])
        found = await ledger(db, PRISONER, MONTH, PRISON, NOON)
        await db.close()
        assert (found.given_minutes, found.used_minutes) == (case.given_minutes, case.used_minutes)
        has = case.policy.booking.minutes_a_month + case.given_minutes
        assert found.left_minutes == has - case.used_minutes

    asyncio.run(scenario())


def case_of(history: Sequence[Any]) -> Case:
    """What the rules look at when this person wants another call at this moment."""
    state = reduce(evolve, history, initial)
    person = state.people.prisoners.get(PRISONER)
    merged = tuple(sorted(person.merged)) if person else ()
    wished = ask(BookCall, call="wish", starts_at=NOON, at=NOON, merged=merged)
    return Case(state, Policy(), slot_opened(opened), wished)
