"""What the API process is made of, put together once: the log, the vault, the workers, and who follows what."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from application.conductor import Conductor
from application.live import Live
from domain.events import EVENTS
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.media.workers import MediaWorkers
from infrastructure.migrations import Databases
from infrastructure.reactor import Follower, Reactor
from infrastructure.recorder import Recorder
from infrastructure.rpc import Server
from infrastructure.settings import Settings
from infrastructure.vault import FolderKeys, PostgresKeys, PostgresVault

READ_CONNECTIONS = 8


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Backend:
    """Everything behind the routes."""

    store: PostgresEventStore
    read: "asyncpg.Pool[Any]"
    keys: PostgresKeys
    vault: PostgresVault
    engine: MediaWorkers
    conductor: Conductor
    live: Live
    recorder: Recorder
    gateway: Gateway
    now: Callable[[], datetime]
    settings: Settings


@asynccontextmanager
async def backend(settings: Settings, databases: Databases) -> AsyncIterator[Backend]:
    """Open everything; close it in reverse. A follower that fails ends the process: it is started again."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(Gateway(databases.vault))
        keys = PostgresKeys(gateway, FolderKeys.open(settings.data / "keys"))
        vault = PostgresVault(gateway, keys)
        store = await stack.enter_async_context(PostgresEventStore(databases.app, Envelopes(EVENTS), keys))
        read = await asyncpg.create_pool(databases.app, min_size=0, max_size=READ_CONNECTIONS)
        stack.push_async_callback(_close, read)
        app = await stack.enter_async_context(Gateway(databases.app))
        engine = MediaWorkers(settings.media_rate_max)
        conductor = Conductor(store, vault, engine)
        recorder = Recorder(store, vault, engine, utc_now)
        built = Backend(store, read, keys, vault, engine, conductor, Live(), recorder, app, utc_now, settings)
        await stack.enter_async_context(Server(settings.run_folder / "recorder.sock", recorder.handlers))
        tasks = [asyncio.create_task(task, name=name) for name, task in _followers(built).items()]
        stack.push_async_callback(_cancel, tasks)
        yield built


def _followers(built: Backend) -> dict[str, Any]:
    reactor = Reactor(built.store, built.gateway, built.now)
    return {
        "live": _publish(built),
        "conductor": Follower(built.store, built.gateway, "conductor", built.conductor.take).run(),
        "reactions": Follower(built.store, built.gateway, "reactions", reactor.take).run(),
        "deadlines": reactor.run_deadlines(),
    }


async def _publish(built: Backend) -> None:
    async for recorded in built.store.follow(await built.store.head()):
        built.live.publish(recorded)


async def _close(pool: "asyncpg.Pool[Any]") -> None:
    pool.terminate()


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
