"""What a machine runs on: a log, keys, and the loop in which both live."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from application.handle import handle
from application.ports import Actor, ActorKind, Context, EventStore, Recorded
from domain.event import Command, Event, Refused
from domain.events import EVENTS
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore, PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.migrations import migrate
from tests.application.history import ALWAYS
from tests.machine.answers import Answer
from tests.machine.following import Due, DueInMemory
from tests.stores import MemoryKeys

T = TypeVar("T")
SYSTEM = Actor(ActorKind.SYSTEM, "machine")


@dataclass
class Ground:
    """A log and whatever is needed to send commands to it."""

    runner: asyncio.Runner
    store: EventStore
    keys: MemoryKeys
    due: Due = field(default_factory=DueInMemory)
    head: int = 0
    number: int = 0  # of the run on this log: ids of one run mean nothing to another

    def __post_init__(self) -> None:
        self._commands = count()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for it."""
        return self.runner.run(work)

    def context(self, actor: str = "machine") -> Context:
        """The context of the next command. Nothing is left to chance: a failure can be repeated."""
        cmd = uuid5(NAMESPACE_URL, f"{self.number}/{next(self._commands)}")
        return Context(Actor(ActorKind.STAFF, actor), cmd, cmd)

    def do(self, decider: Any, command: Command) -> Answer:
        """Send a command the one way there is; what was answered."""
        return self.run(self._answer(decider, command))

    async def _answer(self, decider: Any, command: Command) -> Answer:
        try:
            handled = await handle(self.store, decider, command, self.context())
        except Refused as refused:
            return frozenset(refused.rules)
        return names(handled.events)

    def put(self, *events: Event) -> None:
        """Facts that come from elsewhere."""
        self.run(self._put(events))

    async def _put(self, events: Sequence[Event]) -> None:
        _, head = await self.store.read((ALWAYS,))
        await self.store.append(events, (ALWAYS,), head, self.context())

    def news(self) -> list[Recorded[Any]]:
        """What was appended since the last time somebody asked."""
        found = list(self.run(self.store.after(self.head, limit=100_000)))
        self.head = found[-1].position if found else self.head
        return found


def names(events: Sequence[Event]) -> tuple[str, ...]:
    """The events as an answer."""
    return tuple(type(event).__name__ for event in events)


Grounds = Callable[[], Ground]


@contextlib.contextmanager
def in_memory() -> Iterator[Grounds]:
    """Each run has a log of its own."""
    with asyncio.Runner() as runner:

        def ground() -> Ground:
            keys = MemoryKeys()
            return Ground(runner, InMemoryEventStore(Envelopes(EVENTS), keys), keys)

        yield ground


@contextlib.contextmanager
def on_postgres(database: str) -> Iterator[Grounds]:
    """All runs share one log on PostgreSQL, each with ids of its own."""
    with asyncio.Runner() as runner:
        numbers, keys = count(1), MemoryKeys()
        store, due, closing = runner.run(_opened(database, keys))

        def ground() -> Ground:
            return Ground(runner, store, keys, due, runner.run(store.head()), next(numbers))

        try:
            yield ground
        finally:
            runner.run(closing.aclose())


async def _opened(
    database: str, keys: MemoryKeys
) -> tuple[PostgresEventStore, Gateway, contextlib.AsyncExitStack]:
    databases = await migrate(database, trusted_socket=True)
    stack = contextlib.AsyncExitStack()
    due = await stack.enter_async_context(Gateway(databases.app))
    store = await stack.enter_async_context(PostgresEventStore(databases.app, Envelopes(EVENTS), keys))
    return store, due, stack


async def all_of(store: EventStore) -> AsyncIterator[Recorded[Any]]:
    """The whole log from its first event."""
    position = 0
    while found := await store.after(position, limit=1000):
        for recorded in found:
            yield recorded
        position = found[-1].position
