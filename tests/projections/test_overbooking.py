"""The overbooking report: times of the next seven days with more calls than stations."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.booking.events import (
    BookingCancelled,
    BookingRuleOverridden,
    CallBooked,
    CallReserved,
    Video,
)
from domain.event import Event
from domain.timetable.events import SessionOpened, SessionTemplatePublished
from domain.timetable.slot import session_id
from projections import overbooking as read_model
from projections.overbooking import Overbooked, Override, overbooked
from tests.facts import NOON, OFFICER, PRISON, SESSION, TEMPLATE, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

BEFORE = NOON - timedelta(days=1)
GIVEN = session_id(TEMPLATE, date(2026, 11, 23))


def calls(number: int, first: int = 1, **changes: Any) -> list[Event]:
    """So many booked calls in the usual session of two stations."""
    return [fact(CallBooked, call=f"call-{each}", **changes) for each in range(first, first + number)]


async def report(fill: Fill, *events: Event) -> list[Overbooked]:
    return await overbooked(await fill(read_model, [fact(SessionOpened), *events]), PRISON, BEFORE)


async def test_a_time_with_more_calls_than_stations_is_reported_with_whoever_let_it(fill: Fill) -> None:
    let = fact(BookingRuleOverridden, call="call-3")
    (found,) = await report(fill, *calls(2), let, *calls(1, first=3))
    assert (found.session, found.starts_at, found.stations, found.calls, found.over) == (
        SESSION,
        NOON,
        2,
        3,
        1,
    )
    assert found.overrides == (Override("call-3", OFFICER, "governor-1"),)


async def test_a_full_time_is_not_overbooked(fill: Fill) -> None:
    assert await report(fill, *calls(2)) == []


async def test_a_cancelled_call_makes_room(fill: Fill) -> None:
    assert await report(fill, *calls(3), fact(BookingCancelled, call="call-2")) == []


async def test_times_that_a_template_gives_are_counted_too(fill: Fill) -> None:
    (found,) = await report(fill, fact(SessionTemplatePublished), *calls(3, session=GIVEN))
    assert (found.session, found.stations, found.calls) == (GIVEN, 2, 3)


async def test_calls_with_video_one_way_have_their_own_stations(fill: Fill) -> None:
    template = fact(SessionTemplatePublished, one_way_stations=1)
    both, one_way = calls(2, session=GIVEN), calls(2, first=5, session=GIVEN, video=Video.ONE_WAY)
    (found,) = await report(fill, template, *both, *one_way)
    assert (found.video, found.stations, found.calls) == (Video.ONE_WAY, 1, 2)


async def test_a_reserved_place_counts_until_it_lapses(fill: Fill) -> None:
    kept = fact(CallReserved, call="call-9", expires_at=BEFORE + timedelta(minutes=5))
    db = await fill(read_model, [fact(SessionOpened), *calls(2), kept])
    counts = [len(await overbooked(db, PRISON, BEFORE + timedelta(minutes=each))) for each in (0, 5)]
    assert counts == [1, 0]


async def test_only_the_next_seven_days_are_looked_at(fill: Fill) -> None:
    db = await fill(read_model, [fact(SessionOpened), *calls(3)])
    moments = (NOON - timedelta(days=7), NOON - timedelta(days=6), NOON, NOON + timedelta(seconds=1))
    assert [len(await overbooked(db, PRISON, at)) for at in moments] == [0, 1, 1, 0]


async def test_a_rule_that_was_set_aside_for_something_else_is_not_named(fill: Fill) -> None:
    let = fact(BookingRuleOverridden, call="call-3", rules=("allowance",))
    (found,) = await report(fill, *calls(2), let, *calls(1, first=3))
    assert found.overrides == ()
