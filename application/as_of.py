"""The log as it was at a position: what a reaction reads, so that following the log again finds the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from application.ports import Context, EventStore, Recorded
from domain.decider import Boundary
from domain.event import Event


@dataclass(frozen=True)
class AsOf:
    """A store whose newest fact is the one at `position`. Whoever only reads cannot tell that time went on."""

    store: EventStore
    position: int
    cmd: UUID | None = None  # what was decided together with the fact at the position is known with it

    async def read(self, boundary: Boundary) -> tuple[Sequence[Recorded[Any]], int]:
        """The facts of the boundary up to the position, and those of the same command."""
        facts, head = await self.store.read(boundary)
        known = [fact for fact in facts if fact.position <= self.position or fact.cmd == self.cmd]
        return known, min(head, self.position)

    async def append(self, events: Sequence[Event], boundary: Boundary, after: int, context: Context) -> int:
        """History is not changed. Raises TypeError."""
        raise TypeError("nothing is appended to the past")

    async def head(self) -> int:
        """The position."""
        return self.position

    async def after(
        self, position: int, *, limit: int, types: Sequence[type[Event]] = ()
    ) -> Sequence[Recorded[Any]]:
        """The events behind a position, up to ours."""
        facts = await self.store.after(position, limit=limit, types=types)
        return [fact for fact in facts if fact.position <= self.position]
