"""The read models of Kinline behind the real log: kept by their runners, read by a page with few rights."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import date

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from domain.booking.events import CallBooked, CallRequested
from domain.call.events import CallPaused
from domain.decider import about
from domain.event import Event
from domain.lifecycle import CallStarted
from domain.policy import PolicyPublished
from domain.stream import StreamReleased
from domain.timetable.events import SessionOpened
from domain.violation import ViolationRaised
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases
from infrastructure.projector import PROJECTIONS
from projections import booking_calendar, call_timeline, call_wall, usage
from projections.progress import wait_for
from projections.runner import Runner
from tests.facts import CALL, NOON, PRISON, fact
from tests.stores import context

pytestmark = pytest.mark.postgres

STORY: Sequence[Event] = (
    fact(PolicyPublished),
    fact(SessionOpened),
    fact(CallRequested),
    fact(CallBooked),
    fact(WaitingRoomOpened, -900),
    fact(CallStarted),
    fact(StreamReleased, 1),
    fact(ViolationRaised, 9),
    fact(CallPaused, 9, reason="An officer wrote this"),
)


@pytest_asyncio.fixture
async def page(databases: Databases) -> AsyncIterator[Connection]:
    """A page of the application, in its own role."""
    connection = await asyncpg.connect(databases.app)
    yield connection
    await connection.close()


@contextlib.asynccontextmanager
async def running(databases: Databases, log: PostgresEventStore) -> AsyncIterator[None]:
    """All read models are kept up to date until the block ends."""
    tasks = [asyncio.create_task(Runner(databases.projector, log, each).run()) for each in PROJECTIONS]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def append(log: PostgresEventStore, events: Sequence[Event]) -> int:
    return await log.append(events, (about("cmd:none"),), 0, context())


async def up_to_date(page: Connection, position: int) -> None:
    for each in PROJECTIONS:
        assert await wait_for(page, each.NAME, position, seconds=20), each.NAME


async def test_a_page_reads_what_the_runners_have_made_of_the_log(
    databases: Databases, log: PostgresEventStore, page: Connection
) -> None:
    async with running(databases, log):
        position = await append(log, STORY)
        await up_to_date(page, position)
        (call,) = await call_wall.calls_on_wall(page, PRISON, NOON)
        assert (call.status, call.version) == (call_wall.WallStatus.PAUSED, position)
        entries = await call_timeline.timeline(page, CALL)
        assert entries[-1].seen == call_timeline.Seen("slate:unapproved_face", "nothing")
        assert entries[-1].sealed["reason"].subject == CALL
        (session,) = await booking_calendar.calendar_day(page, PRISON, date(2026, 11, 23), NOON)
        assert [booking.call for booking in session.bookings] == [CALL]
        (day,) = await usage.usage(page, PRISON, date(2026, 11, 23), date(2026, 11, 23))
        assert (day.calls_held, day.pauses) == (1, {"unapproved_face": 1})


async def test_a_runner_that_starts_again_takes_nothing_in_twice(
    databases: Databases, log: PostgresEventStore, page: Connection
) -> None:
    async with running(databases, log):
        position = await append(log, STORY[:5])
        await up_to_date(page, position)
    before = await everything(page)
    async with running(databases, log):
        await up_to_date(page, position)
    assert await everything(page) == before
    async with running(databases, log):
        await up_to_date(page, await append(log, STORY[5:]))
    after = await everything(page)
    assert len(after) > len(before)
    async with running(databases, log):
        await up_to_date(page, position)
    assert await everything(page) == after


async def everything(page: Connection) -> list[str]:
    """Every row that a page can read."""
    views = await page.fetch("SELECT viewname FROM pg_views WHERE schemaname = 'public' ORDER BY viewname")
    found = [await page.fetch(f"SELECT t::text FROM {name} AS t ORDER BY 1") for (name,) in views]
    return [row[0] for rows in found for row in rows]
