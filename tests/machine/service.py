"""The service around one media worker, in one process and on one loop: what a call needs, and no network.

The worker, the recorder, the conductor, the reactions and the deadlines are the real ones. Between worker and
recorder messages are handed over as they would be read from the socket.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import msgspec

from application.conductor import Conductor
from application.handle import handle
from application.ports import Actor, ActorKind, Context, Recorded
from domain.decider import Boundary
from domain.event import Command, Event, Purpose, Refused
from domain.events import EVENTS
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore, PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.media.clearance import TapForbidden
from infrastructure.media.engine import WorkerEngine
from infrastructure.media.seat import NetworkTerms, OfferRefused
from infrastructure.media.worker import MediaWorker, WorkerSettings
from infrastructure.media.workers import Bounds, MediaWorkers
from infrastructure.reactor import Reactor
from infrastructure.recorder import Recorder
from infrastructure.rpc import PeerGone, PeerRefused
from infrastructure.transit import Transit
from tests.application.history import ALWAYS
from tests.machine.edge import Eyes, JumpingLoop, wall_time
from tests.machine.following import DueInMemory
from tests.stores import MemoryKeys

EVERY_S = 0.1  # so often the followers look, and deadlines are fired


class MemoryVault:
    """A vault that keeps what it is given, in memory."""

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self._content = dict(content)

    async def put(self, subject: str, purpose: Purpose, kind: str, content: bytes) -> str:
        reference = f"sha256:{sha256(content).hexdigest()}"
        self._content[reference] = content
        return reference

    async def get(self, reference: str) -> bytes | None:
        return self._content.get(reference)


class Handed:
    """One end of a connection between two processes that are one here: bodies travel as bytes all the same."""

    def __init__(self, handlers: Mapping[str, Any]) -> None:
        self._handlers = handlers
        self.gone = asyncio.Event()
        self.away = False  # whoever is behind the other end, as the log is behind the recorder

    async def call(self, name: str, body: Any = None) -> Any:
        """As `rpc.Peer.call`."""
        if self.gone.is_set():
            raise PeerGone(name)
        if self.away:
            raise PeerRefused("StoreAway", "")
        body = msgspec.msgpack.decode(msgspec.msgpack.encode(body))
        try:
            answer = await self._handlers[name](self, body)
        except (Refused, OfferRefused, TapForbidden) as error:
            raise PeerRefused(type(error).__name__, str(error)) from error
        return msgspec.msgpack.decode(msgspec.msgpack.encode(answer))


class ReadOnce(Envelopes):
    """Reads each stored event once: the bytes never change."""

    def __init__(self) -> None:
        super().__init__(EVENTS)
        self._read: dict[int, Recorded[Any]] = {}

    def read(self, position: int, data: bytes) -> Recorded[Any]:
        """See `Envelopes`."""
        if position not in self._read:
            self._read[position] = super().read(position, data)
        return self._read[position]


class Service:
    """One call's world."""

    def __init__(self, loop: JumpingLoop, folder: Path, vault: Mapping[str, bytes]) -> None:
        self.loop, self._folder = loop, folder
        self.store = InMemoryEventStore(ReadOnce(), MemoryKeys(), now=self.now)
        transit = Transit(bytes(32))
        self.workers = MediaWorkers(Bounds(calls=8, lag_ms=60_000, verdict_ms=60_000), transit)
        self.workers.counted()
        self.eyes = Eyes()
        kept = MemoryVault(vault)
        self.recorder = Recorder(cast(PostgresEventStore, self.store), kept, self.workers, transit, self.now)
        self.conductor = Conductor(self.store, kept, self.workers)
        self._due = DueInMemory()
        self._reactor = Reactor(cast(PostgresEventStore, self.store), cast(Gateway, self._due), self.now)
        self._commands = 0
        self._numbers = 0
        self.on_told: Callable[[Recorded[Any]], None] = lambda _: None  # after the media plane was
        self.recorder_end = Handed(self.recorder.handlers)
        self._passed_on = 0
        self._passing = asyncio.Lock()
        self._running: list[asyncio.Task[None]] = []
        self.worker: MediaWorker | None = None
        self._peer: Handed | None = None

    def now(self) -> datetime:
        """What the clock on the wall shows."""
        return wall_time(self.loop)

    async def start(self) -> None:
        """Followers, deadlines, and a first worker."""
        await self.begin_worker()
        self._running = [asyncio.create_task(self._follow())]

    async def begin_worker(self) -> None:
        """A worker process begins, and reaches the recorder."""
        self._numbers += 1
        name = f"media-{self._numbers}"
        nowhere = self._folder / "nowhere"
        settings = WorkerSettings(name, nowhere, nowhere, self._folder, NetworkTerms())
        worker = MediaWorker(settings)
        worker._observers = cast(Any, self.eyes)
        worker._reporter.start()
        worker._reporter.reach(cast(Any, self.recorder_end))
        self.worker, self._peer = worker, Handed(worker._handlers())
        self.workers.add(name, WorkerEngine(cast(Any, self._peer)), [])

    async def worker_dies(self) -> None:
        """Its process is gone: everything it held closes at once, and what was recorded stays."""
        assert self.worker is not None
        assert self._peer is not None
        name, dead = f"media-{self._numbers}", self.worker
        self._peer.gone.set()
        engine = self.workers._workers[name]
        dead._reporter.reach(None)
        for one in dead._calls.values():
            await one.end()
        await dead._reporter.stop(0.0)
        at = self.now()
        for lost in self.workers.remove(name, engine):
            await self.recorder.interrupt(lost, "worker_lost", at)
        await self.begin_worker()

    async def stop(self) -> None:
        """End everything."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        assert self.worker is not None
        for one in list(self.worker._calls.values()):
            await one.end()
        await self.worker._reporter.stop(0.0)

    async def ask(self, decider: Any, command: Command, kind: ActorKind = ActorKind.STAFF) -> str:
        """Send a command the one way there is; the rule that refused it, or nothing."""
        try:
            await handle(self.store, decider, command, self.context(kind))
        except Refused as refused:
            return refused.rule
        return ""

    def context(self, kind: ActorKind = ActorKind.STAFF) -> Context:
        """The context of the next command. Nothing is left to chance: a failure can be repeated."""
        self._commands += 1
        cmd = uuid5(NAMESPACE_URL, f"{self._commands}")
        return Context(Actor(kind, "machine"), cmd, cmd)

    async def put(self, *events: Event) -> None:
        """Facts that come from elsewhere."""
        _, head = await self.store.read((ALWAYS,))
        await self.store.append(events, (ALWAYS,), head, self.context())

    async def read(self, boundary: Boundary) -> Sequence[Recorded[Any]]:
        """The facts of a boundary."""
        facts, _ = await self.store.read(boundary)
        return facts

    async def settle(self) -> None:
        """Until everything that was said is recorded, and everything recorded was passed on."""
        while True:
            assert self.worker is not None
            if not self.recorder_end.away:
                await self.worker._reporter.settled()
            if not await self._pass_on():
                return

    async def _follow(self) -> None:
        while True:
            await self._pass_on()
            await self._reactor._fire(self._due)
            await asyncio.sleep(EVERY_S)

    async def _pass_on(self) -> bool:
        """Tell the media plane first, then let reactions act; whether there was anything new."""
        async with self._passing:
            news = await self.store.after(self._passed_on, limit=1000)
            for recorded in news:
                self._passed_on = recorded.position
                with contextlib.suppress(Refused, PeerRefused, LookupError):
                    await self.conductor.take(recorded)
                self.on_told(recorded)
                await self._reactor.take(recorded)
            return bool(news)
