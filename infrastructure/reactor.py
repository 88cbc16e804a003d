"""Follows the log in the API process: lets reactions act, fires what is due, tells the media plane.

Each follower keeps its own position in the database and moves it after it has acted: after a crash an
event may be taken twice, which does nothing twice, because commands carry an id made from the event.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid5

import msgspec
import structlog

from application.as_of import AsOf
from application.commands import FOLLOWING, decider_of
from application.handle import handle
from application.ports import Actor, ActorKind, BoundaryMoved, Context, Recorded, StoreAway
from application.reactions import REACTIONS, Reaction, Reacts
from domain.event import Command, Refused
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.leader import lead

SYSTEM = Actor(ActorKind.SYSTEM, "system")
DUE_LOCK = 5_301_979
LOOK_AGAIN_S = 0.5  # how often deadlines are looked at: the precision of a deadline
DUE_MAX = 200

_IS_DONE = "SELECT true FROM due WHERE id = $1 AND done IS NOT NULL"
_KEEP = """
INSERT INTO due (id, due_at, command, body, done) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""

T = TypeVar("T")

log = structlog.get_logger()


class Follower:
    """Takes every event once, in order, from where it stopped last."""

    def __init__(
        self,
        store: PostgresEventStore,
        gateway: Gateway,
        name: str,
        take: Callable[[Recorded[Any]], Awaitable[None]],
    ) -> None:
        self._store, self._gateway, self._name, self._take = store, gateway, name, take

    async def run(self) -> None:
        """Follow for ever; waits while the log is away."""
        position = await self._patiently(self._position)
        async for recorded in self._store.follow(position):
            await self._patiently(partial(self._take_one, recorded))

    async def _take_one(self, recorded: Recorded[Any]) -> None:
        await self._take(recorded)
        await self._gateway.execute(
            "INSERT INTO followers VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET position = $2",
            self._name,
            recorded.position,
        )

    async def _position(self) -> int:
        found = await self._gateway.fetchval("SELECT position FROM followers WHERE name = $1", self._name)
        return int(found or 0)

    async def _patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await act()
            except (StoreAway, BoundaryMoved) as error:
                log.warning("A follower waits.", follower=self._name, error=error)
                await asyncio.sleep(LOOK_AGAIN_S)


class Reactor:
    """Turns events into the commands that follow from them, at once or when they are due."""

    def __init__(self, store: PostgresEventStore, gateway: Gateway, now: Callable[[], datetime]) -> None:
        self._store, self._gateway, self._now = store, gateway, now

    async def take(self, recorded: Recorded[Any]) -> None:
        """Every reaction to one event."""
        for reaction in REACTIONS:
            if isinstance(recorded.event, reaction.EVENTS):
                await self._react(reaction, recorded)

    async def _react(self, reaction: Reacts, recorded: Recorded[Any]) -> None:
        then = AsOf(self._store, recorded.position, recorded.cmd)
        for index, follows in enumerate(await reaction.react(recorded, then)):
            ident = uuid5(recorded.id, f"{reaction.NAME}/{index}")
            if follows.due_at is not None and follows.due_at > self._now():
                await self._put_off(ident, follows, recorded)
            elif not await self._gateway.fetchval(_IS_DONE, ident):
                await self._at_once(ident, follows, recorded)

    async def _at_once(self, ident: UUID, follows: Reaction, recorded: Recorded[Any]) -> None:
        """What had no effect is kept as done: when the log is followed again, it has none either.

        Where it had one, the log itself knows the command.
        """
        if not await self._do(follows.command, _context(ident, recorded.corr, recorded.id)):
            due_at = follows.due_at or recorded.event.at
            await self._keep(ident, due_at, follows.command, "{}", done=self._now())

    async def _put_off(self, ident: UUID, follows: Reaction, recorded: Recorded[Any]) -> None:
        assert follows.due_at is not None
        body = {
            "command": follows.command.model_dump(mode="json"),
            "corr": str(recorded.corr),
            "cause": str(recorded.id),
        }
        await self._keep(ident, follows.due_at, follows.command, msgspec.json.encode(body).decode())

    async def _keep(
        self, ident: UUID, due_at: datetime, command: Command, body: str, *, done: datetime | None = None
    ) -> None:
        await self._gateway.execute(_KEEP, ident, due_at, type(command).__name__, body, done)

    async def run_deadlines(self) -> None:
        """Fire what is due, for ever. One process at a time leads; another takes over when its connection ends."""
        await lead(self._gateway.url, DUE_LOCK, self._fire, LOOK_AGAIN_S)

    async def _fire(self, leader: Any) -> None:
        rows = await leader.fetch(
            "SELECT id, command, body FROM due WHERE done IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2",
            self._now(),
            DUE_MAX,
        )
        for row in rows:
            body = msgspec.json.decode(row["body"])
            _, kind = FOLLOWING[row["command"]]
            # The command's own time is when it acts: after a downtime that is later than it was due.
            command = kind.model_validate({**body["command"], "at": self._now()})
            await self._do(command, _context(row["id"], UUID(body["corr"]), UUID(body["cause"])))
            await leader.execute("UPDATE due SET done = $2 WHERE id = $1", row["id"], self._now())

    async def _do(self, command: Command, context: Context) -> bool:
        """Whether it had an effect, now or when it was sent before."""
        try:
            handled = await handle(self._store, decider_of(command), command, context)
        except Refused as refused:
            log.info("A following command was refused.", command=type(command).__name__, rule=refused.rule)
            return False
        except BoundaryMoved:
            log.warning("A following command lost every race.", command=type(command).__name__)
            raise
        return bool(handled.events)


def _context(cmd: UUID, corr: UUID, cause: UUID) -> Context:
    return Context(actor=SYSTEM, cmd=cmd, corr=corr, cause=cause)
