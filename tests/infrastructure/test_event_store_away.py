"""When the log goes away: callers hear of it in time, nothing happens twice, followers go on."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from application.handle import Handled, handle
from application.ports import Context, StoreAway
from domain.decider import Boundary
from domain.event import Command, Event
from infrastructure import gateway
from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import APPEND_LOCK, Databases
from infrastructure.postgres import EmbeddedPostgres
from tests.infrastructure.sample_events import EVENTS, NOW, SeatTaken, fresh, seat, seats_of
from tests.stores import context

pytestmark = pytest.mark.postgres


class TakeSeat(Command):
    show: str


@dataclass(frozen=True)
class Theatre:
    """A decider: a show has two seats."""

    initial: tuple[SeatTaken, ...] = ()

    def boundary(self, command: TakeSeat) -> Boundary:
        return seats_of(command.show)

    def evolve(self, state: tuple[SeatTaken, ...], event: SeatTaken) -> tuple[SeatTaken, ...]:
        return (*state, event)

    def decide(self, state: tuple[SeatTaken, ...], command: TakeSeat) -> Sequence[SeatTaken]:
        return [seat(command.show)] if len(state) < 2 else []


@pytest.fixture
def event_types() -> Mapping[str, type[Event]]:
    return EVENTS


async def take(log: PostgresEventStore, asked: Context) -> Handled[SeatTaken]:
    return await handle(log, Theatre(), TakeSeat(at=NOW, show="hamlet"), asked)


@contextlib.asynccontextmanager
async def nobody_appends(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    """Holds the lock of all appenders: whoever appends waits."""
    connection = await asyncpg.connect(databases.owner)
    await connection.execute("SELECT pg_advisory_lock($1)", APPEND_LOCK)
    try:
        yield connection
    finally:
        await connection.close()


async def until_somebody_waits(connection: asyncpg.Connection) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with asyncio.timeout(20):
        while not await connection.fetchval(waiting):
            await asyncio.sleep(0.01)


async def until_nobody_holds(databases: Databases) -> None:
    connection = await asyncpg.connect(databases.owner)
    async with asyncio.timeout(20):
        while await connection.fetchval("SELECT count(*) FROM pg_locks WHERE objid = $1", APPEND_LOCK):
            await asyncio.sleep(0.01)
    await connection.close()


async def test_a_connection_lost_under_an_append_is_told_and_the_command_may_be_sent_again(
    databases: Databases, log: PostgresEventStore
) -> None:
    asked = context()
    async with nobody_appends(databases) as blocker:
        first = asyncio.create_task(take(log, asked))
        await until_somebody_waits(blocker)
        await blocker.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        with pytest.raises(StoreAway):
            await first
    again = await take(log, asked)
    assert not again.again
    assert len(await log.after(0, limit=10)) == 1


async def test_an_append_whose_outcome_was_unknown_is_not_done_twice(
    databases: Databases, log: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "PATIENCE_S", 0.5)
    asked = context()
    async with nobody_appends(databases):
        with pytest.raises(StoreAway):
            await take(log, asked)
    # The server never heard that we gave up: with the lock free it commits what we do not know of.
    await until_nobody_holds(databases)
    again = await take(log, asked)
    assert again.again
    assert len(await log.after(0, limit=10)) == 1


async def test_every_waiting_caller_hears_that_the_log_is_away(
    databases: Databases, log: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "PATIENCE_S", 0.3)
    async with nobody_appends(databases):
        appending = (log.append([seat(f"show{i}")], fresh(), 0, context()) for i in range(100))
        outcomes = await asyncio.wait_for(asyncio.gather(*appending, return_exceptions=True), 20)
    assert {type(outcome) for outcome in outcomes} == {StoreAway}


async def test_a_follower_goes_on_after_its_connections_were_cut(
    databases: Databases, log: PostgresEventStore
) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def follow() -> None:
        async for recorded in log.follow(0):
            heard.put_nowait(recorded.position)

    following = asyncio.create_task(follow())
    first = await log.append([seat()], fresh(), 0, context())
    assert await asyncio.wait_for(heard.get(), 20) == first
    owner = await asyncpg.connect(databases.owner)
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'kinline_app'"
    assert await owner.fetchval(cut) >= 2
    await owner.close()
    second = await _append_patiently(log)
    assert await asyncio.wait_for(heard.get(), 20) == second
    following.cancel()


async def _append_patiently(log: PostgresEventStore) -> int:
    asked = context()
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(StoreAway):
                return (await take(log, asked)).position


async def test_a_server_that_stands_still_is_away_and_comes_back(
    postgres: EmbeddedPostgres, log: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "PATIENCE_S", 0.5)
    await log.append([seat()], fresh(), 0, context())
    stopped = postgres.pids()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreAway):
            await asyncio.wait_for(log.read(seats_of()), 5)
        with pytest.raises(StoreAway):
            await asyncio.wait_for(log.append([seat()], fresh(), 0, context()), 5)
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    monkeypatch.setattr(gateway, "PATIENCE_S", 10.0)
    facts, _ = await log.read(seats_of())
    assert len(facts) >= 1


async def test_the_same_command_is_answered_twice_and_done_once(log: PostgresEventStore) -> None:
    asked = context()
    first, second = await take(log, asked), await take(log, asked)
    assert (first.again, second.again) == (False, True)
    assert first.position == second.position
    assert len(second.events) == 1
    third = await take(log, replace(asked, cmd=uuid4()))
    assert third.position > first.position
