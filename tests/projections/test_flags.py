"""Flags: calls under which a fact changed, those of running calls first, and how earlier ones were cleared."""

from datetime import timedelta
from typing import Any

import pytest

from domain.booking.events import BookingCancelled, BookingChanged, CallBooked, CallRequested
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged, ClearedBecause, FlagKind
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from projections import flags as read_model
from projections.flags import CALL_OVER, closed_flags, flags_open, open_flags
from tests.facts import CALL, NOON, OFFICER, PRISON, PRISONER, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

booked = fact(CallBooked, -86400)


def call(number: int, days: int = 0, **changes: Any) -> list[Event]:
    """A booked call so many days later, with a flag."""
    name = f"call-{number}"
    return [
        fact(CallBooked, -86400, call=name, starts_at=NOON + timedelta(days=days)),
        fact(BookingFlagged, -3600, call=name, **changes),
    ]


async def test_a_flag_says_which_call_which_fact_and_since_when(fill: Fill) -> None:
    db = await fill(read_model, [booked, fact(BookingFlagged, -3600)])
    (flag,) = await open_flags(db, PRISON)
    assert (flag.call, flag.flag, flag.kind) == (CALL, "flag-1", FlagKind.RELATIONSHIP_RESTRICTION)
    assert (flag.since, flag.cause, flag.stops) == (NOON - timedelta(hours=1), "event-1", True)
    assert (flag.starts_at, flag.prisoner, flag.visitors, flag.booked) == (NOON, PRISONER, (VISITOR,), True)
    assert await flags_open(db, PRISON) == 1


async def test_flags_of_running_calls_stand_first_then_those_of_the_next_calls(fill: Fill) -> None:
    db = await fill(read_model, [*call(1, days=2), *call(2, days=1), *call(3, days=3, during_call=True)])
    assert [flag.call for flag in await open_flags(db, PRISON)] == ["call-3", "call-2", "call-1"]


async def test_a_long_list_is_read_page_by_page(fill: Fill) -> None:
    events = [event for number in range(5) for event in call(number, during_call=number % 2 == 0)]
    db = await fill(read_model, events)
    first = await open_flags(db, PRISON, limit=3)
    rest = await open_flags(db, PRISON, after=first[-1].key, limit=3)
    assert [flag.call for flag in first] == ["call-0", "call-2", "call-4"]
    assert [flag.call for flag in rest] == ["call-1", "call-3"]


async def test_a_cleared_flag_says_by_whom_and_why(fill: Fill) -> None:
    db = await fill(read_model, [booked, fact(BookingFlagged, -3600), fact(BookingUnflagged, -60)])
    (flag,) = await closed_flags(db, PRISON)
    assert (flag.because, flag.closed_by) == (ClearedBecause.DO_NOT_CHANGE, OFFICER)
    assert flag.closed_at == NOON - timedelta(minutes=1)
    assert await open_flags(db, PRISON) == []


@pytest.mark.parametrize("over", [CallCompleted, CallTerminated, CallMissed, BookingCancelled])
async def test_flags_are_closed_with_their_call(fill: Fill, over: type[Event]) -> None:
    db = await fill(read_model, [booked, fact(BookingFlagged, -3600), fact(over)])
    assert await open_flags(db, PRISON) == []
    assert [flag.because for flag in await closed_flags(db, PRISON)] == [CALL_OVER]


async def test_a_flag_follows_its_call_to_another_time(fill: Fill) -> None:
    moved = fact(BookingChanged, -600, starts_at=NOON + timedelta(days=3), booked=False)
    db = await fill(read_model, [fact(CallRequested, -86400), booked, fact(BookingFlagged, -3600), moved])
    (flag,) = await open_flags(db, PRISON)
    assert (flag.starts_at, flag.booked) == (NOON + timedelta(days=3), False)


async def test_the_newest_decisions_stand_first_and_are_not_endless(fill: Fill) -> None:
    events = [event for number in range(4) for event in call(number)]
    cleared = [fact(BookingUnflagged, number, call=f"call-{number}") for number in (2, 0, 3)]
    db = await fill(read_model, [*events, *cleared])
    assert [flag.call for flag in await closed_flags(db, PRISON, limit=2)] == ["call-3", "call-2"]
