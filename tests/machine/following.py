"""The reactions beside a machine: they follow its log as it grows, and deadlines come when its clock passes them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, cast
from uuid import UUID

from application.ports import EventStore, Recorded
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.reactor import Reactor

YEARS = timedelta(days=800)


class Due(Protocol):
    """The table of what is put off, on PostgreSQL or in memory."""

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        """The rows of a question."""

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        """The answer to a question."""

    async def execute(self, statement: str, *arguments: Any) -> str:
        """A change."""


@dataclass
class DueInMemory:
    """What is put off, with the answers that PostgreSQL gives to the few questions that a reactor asks."""

    rows: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    async def execute(self, statement: str, ident: UUID, *values: Any) -> str:
        """A row is kept once, or done."""
        if statement.startswith("UPDATE"):
            self.rows[ident]["done"] = values[0]
        else:
            names = ("due_at", "command", "body", "done")
            self.rows.setdefault(ident, {"id": ident} | dict(zip(names, values, strict=True)))
        return ""

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        """Whether a row is done; or when the next one is due."""
        if "min(due_at)" in statement:
            return min((row["due_at"] for row in self._waiting(arguments[0])), default=None)
        if "count(*)" in statement:
            return len(self.rows)
        row = self.rows.get(arguments[0])
        return True if row is not None and row["done"] is not None else None

    async def fetch(self, statement: str, until: datetime, most: int) -> list[Any]:
        """What is due, the longest first."""
        return sorted(self._waiting(until), key=lambda row: row["due_at"])[:most]

    def _waiting(self, until: datetime) -> list[dict[str, Any]]:
        return [row for row in self.rows.values() if row["done"] is None and row["due_at"] <= until]


class Following:
    """Reactions at work on one log."""

    def __init__(self, store: EventStore, due: Due, position: int, now: datetime) -> None:
        self._store, self._due, self._position, self.now = store, due, position, now
        self._reactor = Reactor(cast(PostgresEventStore, store), cast(Gateway, due), lambda: self.now)

    async def follow(self) -> None:
        """React to whatever is new, and to what that causes."""
        while found := await self._store.after(self._position, limit=500):
            for recorded in found:
                await self._reactor.take(recorded)
                self._position = recorded.position

    async def to(self, moment: datetime) -> None:
        """Let time pass: every deadline comes at its own moment, and what follows from it follows then."""
        await self.follow()
        while next_at := await self._due.fetchval(_NEXT, moment):
            self.now = max(self.now, next_at)
            await self._reactor._fire(self._due)
            await self.follow()
        self.now = moment

    async def to_the_end(self) -> None:
        """Until nothing is left to be done."""
        await self.to(self.now + YEARS)

    async def again(self, log: list[Recorded[Any]]) -> tuple[int, int]:
        """Take every event once more, from the first on: how much was appended, and newly put off."""
        head, kept = await self._store.head(), await self._due.fetchval(_COUNT)
        for recorded in log:
            await self._reactor.take(recorded)
        appended = len(await self._store.after(head, limit=1000))
        return appended, await self._due.fetchval(_COUNT) - kept


_NEXT = "SELECT min(due_at) FROM due WHERE done IS NULL AND due_at <= $1"
_COUNT = "SELECT count(*) FROM due"
