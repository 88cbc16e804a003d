"""The runner of read models: exactly once, whatever dies; rebuilt beside the live one; no silent hole."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from application.ports import Recorded
from domain.event import Event
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases
from projections import runner as runner_module
from projections.progress import Lag, catching_up, lag, wait_for
from projections.runner import Projection, Runner
from tests.infrastructure.sample_events import EVENTS, NOW, SeatTaken, ShowOpened, fresh, seat
from tests.stores import MemoryKeys, context

pytestmark = pytest.mark.postgres
TABLES = "CREATE TABLE seats (position bigint PRIMARY KEY, show text NOT NULL, note text)"


@dataclass
class Seats:
    """A read model of the theatre: one row per seat taken."""

    NAME: str = "theatre"
    VERSION: int = 1
    TABLES: str = TABLES
    AUDIT: bool = False
    note: str = ""
    before_each: Callable[[Connection, Recorded[Any]], Awaitable[None]] | None = None
    taken_in: list[int] = field(default_factory=list)

    async def project(self, db: Connection, recorded: Recorded[Any]) -> None:
        if self.before_each:
            await self.before_each(db, recorded)
        if isinstance(recorded.event, SeatTaken):
            row = (recorded.position, recorded.event.show, self.note)
            await db.execute("INSERT INTO seats VALUES ($1, $2, $3)", *row)
        self.taken_in.append(recorded.position)


@dataclass
class SeatsInBatches(Seats):
    """The same, many at once."""

    batches: list[int] = field(default_factory=list)

    async def project_batch(self, db: Connection, recorded: Sequence[Recorded[Any]]) -> None:
        rows = [(each.position, each.event.show, "") for each in recorded]
        await db.copy_records_to_table("seats", records=rows)
        self.batches.append(len(rows))


@pytest.fixture
def event_types() -> Mapping[str, type[Event]]:
    return EVENTS


@pytest_asyncio.fixture
async def reader(databases: Databases) -> AsyncIterator[Connection]:
    """A page of the application: it reads through the views and may write nothing there."""
    connection = await asyncpg.connect(databases.app)
    yield connection
    await connection.close()


@contextlib.asynccontextmanager
async def running(
    databases: Databases, log: PostgresEventStore, projection: Projection
) -> AsyncIterator[asyncio.Task[None]]:
    """A runner at work until the block ends."""
    task = asyncio.create_task(Runner(databases.projector, log, projection, batch_max=10).run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def take_seats(log: PostgresEventStore, number: int, show: str = "hamlet") -> int:
    return await log.append([seat(show) for _ in range(number)], fresh(), 0, context())


async def seats(reader: Connection) -> list[int]:
    return [row["position"] for row in await reader.fetch("SELECT position FROM theatre_seats ORDER BY 1")]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.01)


async def lag_of(reader: Connection, version: int = 1) -> Lag:
    return next(each for each in await lag(reader) if each.schema == f"p_theatre_v{version}")


async def test_it_catches_up_and_then_follows(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    caught_up = await take_seats(log, 25)
    async with running(databases, log, Seats()):
        await until(lambda: is_taken_in(reader, caught_up))
        assert len(await seats(reader)) == 25
        live = await take_seats(log, 1)
        assert await wait_for(reader, "theatre", live, seconds=10)
        assert (await seats(reader))[-1] == live
    now = await lag_of(reader)
    assert (now.status, now.behind, now.seconds, now.parked) == ("live", 0, 0.0, 0)


async def test_the_first_event_after_a_quiet_hour_is_not_called_an_hour_behind(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    async with running(databases, log, Seats()):
        await until(lambda: is_there(reader))
        await wait_for(reader, "theatre", await take_seats(log, 1), seconds=10)
    owner = await asyncpg.connect(databases.owner)
    await owner.execute("UPDATE public.projections SET updated = now() - interval '1 hour'")
    await owner.close()
    await take_seats(log, 1)
    now = await lag_of(reader)
    assert now.behind > 0
    assert 0 < now.seconds < 600


async def test_pages_are_late_only_when_something_is_missing_that_happened_a_while_ago(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    owner = await asyncpg.connect(databases.owner)
    await owner.execute(
        "UPDATE public.projections SET status = 'retired'"
    )  # the others: nobody runs them here
    await owner.close()
    keys = MemoryKeys()
    async with PostgresEventStore(
        databases.app, Envelopes(EVENTS), keys, now=lambda: datetime.now(UTC) - timedelta(seconds=11)
    ) as past:
        async with running(databases, log, Seats()):
            await until(lambda: is_there(reader))
            assert await wait_for(reader, "theatre", await take_seats(past, 1), seconds=10)
        assert not await catching_up(reader)
        await take_seats(past, 1)
        assert await catching_up(reader)
    async with running(databases, log, Seats()):
        assert await wait_for(reader, "theatre", await take_seats(log, 1), seconds=10)
    await take_seats(log, 1)
    assert not await catching_up(reader)


async def is_there(reader: Connection) -> bool:
    return await is_taken_in(reader, 0)


async def is_taken_in(reader: Connection, position: int) -> bool:
    with contextlib.suppress(asyncpg.UndefinedTableError):
        return await wait_for(reader, "theatre", position, seconds=0.05)
    return False


async def test_waiting_for_a_position_that_never_comes_ends_in_time(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    assert not await wait_for(reader, "theatre", 1, seconds=0.05)


async def test_a_crash_between_two_rows_applies_nothing_twice(
    databases: Databases, log: PostgresEventStore, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "RETRY_S", 0.01)
    last = await take_seats(log, 30)
    killed: list[int] = []

    async def kill_once(db: Connection, recorded: Recorded[Any]) -> None:
        if recorded.position == 15 and not killed:
            killed.append(recorded.position)
            await db.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async with running(databases, log, Seats(before_each=kill_once)):
        await until(lambda: is_taken_in(reader, last))
    assert killed == [15]
    assert await seats(reader) == list(range(1, 31))


async def test_a_dashboard_parks_what_it_cannot_take_in_and_goes_on(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    last = await take_seats(log, 20)
    async with running(databases, log, Seats(before_each=fails_at(13))):
        await until(lambda: is_taken_in(reader, last))
    assert await seats(reader) == [*range(1, 13), *range(14, 21)]
    parked = await reader.fetch("SELECT schema, position, error FROM parked")
    assert [tuple(row) for row in parked] == [("p_theatre_v1", 13, "position 13: ZeroDivisionError")]
    assert (await lag_of(reader)).parked == 1


def fails_at(position: int, *, times: int = 1_000) -> Callable[[Connection, Recorded[Any]], Awaitable[None]]:
    failed: list[int] = []

    async def fail(db: Connection, recorded: Recorded[Any]) -> None:
        if recorded.position == position and len(failed) < times:
            failed.append(position)
            raise ZeroDivisionError

    return fail


async def test_an_audit_read_model_stops_at_what_it_cannot_take_in_and_says_so(
    databases: Databases, log: PostgresEventStore, reader: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "STOPPED_RETRY_S", 0.05)
    last = await take_seats(log, 20)
    async with running(databases, log, Seats(AUDIT=True, before_each=fails_at(13))):
        await until(lambda: has_status(reader, "stopped"))
        stopped = await lag_of(reader)
        assert (stopped.position, stopped.error) == (12, "position 13: ZeroDivisionError")
        assert await seats(reader) == list(range(1, 13))
    async with running(databases, log, Seats(AUDIT=True)):  # the release that understands it
        await until(lambda: is_taken_in(reader, last))
    assert (await lag_of(reader)).status == "live"
    assert await seats(reader) == list(range(1, 21))


async def has_status(reader: Connection, status: str) -> bool:
    return any(each.status == status for each in await lag(reader))


async def test_an_event_of_a_later_release_is_parked_too(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    await take_seats(log, 3)
    await reader.fetch(
        "SELECT kinline_append(ARRAY[ROW('{}', ARRAY['x'])]::dcb_query_item_tt[], 0, ARRAY[$1]::dcb_event_tt[])",
        ("SeatSold", b'{"type": "SeatSold"}', ["show:hamlet"]),
    )
    last = await take_seats(log, 3)
    async with running(databases, log, Seats()):
        await until(lambda: is_taken_in(reader, last))
    assert await seats(reader) == [1, 2, 3, 5, 6, 7]
    assert (await lag_of(reader)).parked == 1


async def test_a_new_version_is_built_beside_the_live_one_and_then_swapped_in(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    last = await take_seats(log, 30)
    gate = asyncio.Event()

    async def wait_at_the_end(db: Connection, recorded: Recorded[Any]) -> None:
        if recorded.position == last:
            await gate.wait()

    async with running(databases, log, Seats()) as old:
        await until(lambda: is_taken_in(reader, last))
        newer = Seats(
            VERSION=2, note="new", TABLES=TABLES + "; CREATE TABLE rows (n int)", before_each=wait_at_the_end
        )
        async with running(databases, log, newer):
            await until(lambda: has_status(reader, "building"))
            assert await notes(reader) == {""}, "the old one is read until the new one is complete"
            live = await take_seats(log, 1)
            await until(lambda: is_taken_in(reader, live))
            gate.set()
            await until(lambda: all_are(reader, "new"))
            assert await seats(reader) == list(range(1, live + 1))
            assert await reader.fetchval("SELECT count(*) FROM theatre_rows") == 0
            after_swap = await take_seats(log, 1)
            assert await wait_for(reader, "theatre", after_swap, seconds=10)
            await asyncio.wait_for(old, 20)
    theatres = [each for each in await lag(reader) if each.name == "theatre"]
    assert [(each.schema, each.status) for each in theatres] == [("p_theatre_v2", "live")]
    assert await reader.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = 'p_theatre_v1'") == 0


async def notes(reader: Connection) -> set[str]:
    return {row["note"] for row in await reader.fetch("SELECT DISTINCT note FROM theatre_seats")}


async def all_are(reader: Connection, note: str) -> bool:
    return await notes(reader) == {note}


async def test_an_older_release_does_not_take_a_newer_read_model_back(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    last = await take_seats(log, 5)
    async with running(databases, log, Seats(VERSION=2, note="new")):
        await until(lambda: is_taken_in(reader, last))
    async with running(databases, log, Seats()) as older:
        await asyncio.wait_for(older, 20)
    assert await notes(reader) == {"new"}


async def test_a_standby_goes_on_where_the_working_one_ended(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    first, second = Seats(), Seats()
    last = await take_seats(log, 12)
    async with running(databases, log, first) as working:
        await until(lambda: is_taken_in(reader, last))
        async with running(databases, log, second):
            further = await take_seats(log, 1)
            assert await wait_for(reader, "theatre", further, seconds=10)
            assert second.taken_in == []
            working.cancel()
            handed_over = await take_seats(log, 1)
            assert await wait_for(reader, "theatre", handed_over, seconds=10)
    assert set(second.taken_in) == {handed_over}


async def test_a_runner_that_lost_its_lock_cannot_write(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    last = await take_seats(log, 2)
    owner = await asyncpg.connect(databases.owner)
    moved: list[int] = []

    async def move_position_elsewhere(db: Connection, recorded: Recorded[Any]) -> None:
        if not moved:
            moved.append(recorded.position)
            await owner.execute("UPDATE projections SET position = 1 WHERE schema = 'p_theatre_v1'")

    projection = Seats(before_each=move_position_elsewhere)
    async with running(databases, log, projection):
        await until(lambda: is_taken_in(reader, last))
    await owner.close()
    assert await seats(reader) == [2], "the first attempt was fenced off, and the second began behind 1"


async def test_batches_give_the_same_rows(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    last = await take_seats(log, 25)
    projection = SeatsInBatches()
    async with running(databases, log, projection):
        await until(lambda: is_taken_in(reader, last))
    assert projection.batches == [10, 10, 5]
    assert len(await seats(reader)) == 25


async def test_readers_may_not_write_a_read_model(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    last = await take_seats(log, 1)
    async with running(databases, log, Seats()):
        await until(lambda: is_taken_in(reader, last))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.execute("DELETE FROM theatre_seats")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.execute("UPDATE projections SET position = 0")


async def test_events_that_it_does_not_need_move_it_on_as_well(
    databases: Databases, log: PostgresEventStore, reader: Connection
) -> None:
    last = await log.append([ShowOpened(at=NOW, show="lear", seats=2)], fresh(), 0, context())
    async with running(databases, log, Seats()):
        await until(lambda: is_taken_in(reader, last))
    assert await seats(reader) == []
