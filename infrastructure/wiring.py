"""What the API process is made of, put together once: the log, the vault, the workers, and who follows what."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg
import structlog

from application.conductor import Conductor
from application.live import Live
from application.notifications.rendering import Addresses
from application.notifications.writer import Writer
from application.ports import Notifier, Recorded, StoreAway
from domain.event import Refused
from domain.events import EVENTS
from infrastructure.barred import BarredFaces
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.idempotency import KeptAnswers
from infrastructure.media.workers import Bounds, MediaWorkers
from infrastructure.migrations import Databases
from infrastructure.notify.chosen import chosen_notifier
from infrastructure.outbound import Outbound
from infrastructure.outbox import Outbox
from infrastructure.reactor import LOOK_AGAIN_S, Follower, Reactor
from infrastructure.recorder import Recorder
from infrastructure.roll_call import RollCall
from infrastructure.rpc import PeerGone, PeerRefused, Server, connect
from infrastructure.settings import Settings
from infrastructure.transit import Transit
from infrastructure.vault import FolderKeys, PostgresKeys, PostgresVault
from infrastructure.webhooks import Sender
from infrastructure.weeder import Weeder

READ_CONNECTIONS = 8
MODERATION_PATIENCE_S = 2.0
FORGET_EVERY_S = 3600.0

log = structlog.get_logger()


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Backend:
    """Everything behind the routes."""

    store: PostgresEventStore
    read: "asyncpg.Pool[Any]"
    answers: KeptAnswers
    keys: PostgresKeys
    vault: PostgresVault
    engine: MediaWorkers
    conductor: Conductor
    live: Live
    recorder: Recorder
    gateway: Gateway
    outbound: Outbound
    notifier: Notifier
    now: Callable[[], datetime]
    settings: Settings
    tasks: list["asyncio.Task[Any]"] = field(default_factory=list)

    async def until_failure(self, serving: "asyncio.Task[Any]") -> None:
        """Wait until serving ends; raise what ended a follower, should one end before."""
        done, _ = await asyncio.wait([serving, *self.tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task

    async def moderation_health(self) -> dict[str, dict[str, Any]]:
        """Whether moderation answers, for /health."""
        try:
            async with asyncio.timeout(MODERATION_PATIENCE_S):
                peer = await connect(self.settings.run_folder / "moderation.sock")
                try:
                    await peer.call("status")
                finally:
                    await peer.close()
        except (OSError, TimeoutError, PeerGone, PeerRefused):
            return {"moderation": {"status": "DOWN"}}
        return {"moderation": {"status": "UP"}}


@asynccontextmanager
async def backend(settings: Settings, databases: Databases) -> AsyncIterator[Backend]:
    """Open everything; close it in reverse. A follower that fails ends the process: it is started again."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(Gateway(databases.vault))
        folder_keys = FolderKeys.open(settings.keys)
        keys = PostgresKeys(gateway, folder_keys)
        transit = Transit(folder_keys.transit)
        vault = PostgresVault(gateway, keys)
        store = await stack.enter_async_context(PostgresEventStore(databases.app, Envelopes(EVENTS), keys))
        read = await asyncpg.create_pool(databases.app, min_size=0, max_size=READ_CONNECTIONS)
        stack.push_async_callback(_close, read)
        app = await stack.enter_async_context(Gateway(databases.app))
        engine = MediaWorkers(_bounds(settings), transit)
        conductor = Conductor(store, vault, engine)
        recorder = Recorder(store, vault, engine, transit, utc_now)
        answers = KeptAnswers(app, keys)
        outbound = await stack.enter_async_context(Outbound(settings.webhooks_allow))
        notifier = chosen_notifier(settings, app, keys, utc_now)
        built = Backend(
            store=store,
            read=read,
            answers=answers,
            keys=keys,
            vault=vault,
            engine=engine,
            conductor=conductor,
            live=Live(),
            recorder=recorder,
            gateway=app,
            outbound=outbound,
            notifier=notifier,
            now=utc_now,
            settings=settings,
        )
        await stack.enter_async_context(Server(settings.run_folder / "recorder.sock", recorder.handlers))
        await stack.enter_async_context(recorder)
        built.tasks.extend(asyncio.create_task(task, name=name) for name, task in _followers(built).items())
        stack.push_async_callback(_cancel, built.tasks)
        yield built


def _followers(built: Backend) -> dict[str, Any]:
    reactor = Reactor(built.store, built.gateway, built.now)
    addresses = Addresses(built.settings.pages, built.settings.sender)
    writer = Writer(built.store, built.keys, addresses)
    outbox = Outbox(built.store, built.gateway, writer, built.notifier, built.now)
    weeder, barred = Weeder(built.store, built.keys, built.vault, built.now), BarredFaces(built.keys)
    return {
        "live": _publish(built),
        "conductor": Follower(built.store, built.gateway, "conductor", partial(_conduct, built)).run(),
        "reactions": Follower(built.store, built.gateway, "reactions", reactor.take).run(),
        "outbox": Follower(built.store, built.gateway, "outbox", outbox.take).run(),
        "sender": outbox.run(),
        "weeder": Follower(built.store, built.gateway, "weeder", partial(_destroy, weeder, barred)).run(),
        "deadlines": _deadlines(built, reactor),
        "answers": _forget_answers(built.answers),
        "webhooks": Sender(built.store, built.gateway, built.vault, built.outbound, built.now).run(),
    }


def _bounds(settings: Settings) -> Bounds:
    return Bounds(settings.media_calls_max, settings.media_lag_ms_max, settings.media_verdict_ms_max)


async def _deadlines(built: Backend, reactor: Reactor) -> None:
    """A call that was cut off is interrupted first: its time does not run out as if people had talked."""
    expected = built.settings.media_workers
    roll_call = RollCall(built.store, built.gateway, built.engine, built.recorder, expected, built.now)
    await roll_call.hold()
    await reactor.run_deadlines()


async def _forget_answers(answers: KeptAnswers) -> None:
    while True:
        with contextlib.suppress(StoreAway):
            await answers.forget_old()
        await asyncio.sleep(FORGET_EVERY_S)


async def _conduct(built: Backend, recorded: Recorded[Any]) -> None:
    """What the media plane could not do leaves its call closed, and is tried again when a side connects."""
    try:
        await built.conductor.take(recorded)
    except (PeerRefused, Refused, LookupError) as error:
        call = getattr(recorded.event, "call", None)
        log.error(
            "The media plane did not do what is on record.",
            call=call,
            error=error,
            position=recorded.position,
        )


async def _destroy(weeder: Weeder, barred: BarredFaces, recorded: Recorded[Any]) -> None:
    """What the log says is to be destroyed, by one follower: each holds connections of its own."""
    await weeder.take(recorded)
    await barred.take(recorded)


async def _publish(built: Backend) -> None:
    async for recorded in built.store.follow(await _head(built)):
        built.live.publish(recorded)


async def _head(built: Backend) -> int:
    while True:
        try:
            return await built.store.head()
        except StoreAway:
            await asyncio.sleep(LOOK_AGAIN_S)


async def _close(pool: "asyncpg.Pool[Any]") -> None:
    pool.terminate()


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
