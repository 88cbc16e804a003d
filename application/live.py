"""What happens now, for pages that are open: every event as it is recorded, in the API process only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from application.ports import Recorded
from domain.event import Event

EVENTS_WAITING_MAX = (
    1000  # a page that is so far behind is cut off; it connects again and asks for a snapshot
)


AndOf = tuple[str, tuple[type[Event], ...]]
"""A prison, and the events about it as a whole that a page of one of its calls shows too."""


@dataclass(eq=False)
class _Follower:
    call: str | None
    prison: str | None
    and_of: AndOf | None
    waiting: asyncio.Queue[Recorded[Any] | None] = field(
        default_factory=lambda: asyncio.Queue(EVENTS_WAITING_MAX + 1)
    )

    def wants(self, recorded: Recorded[Any]) -> bool:
        event = recorded.event
        if self.and_of is not None and isinstance(event, self.and_of[1]):
            return getattr(event, "prison", None) == self.and_of[0]
        if self.call is not None and getattr(event, "call", None) != self.call:
            return False
        return self.prison is None or getattr(event, "prison", None) == self.prison


class Live:
    """A hub: one task publishes what the log's follower reads, any number of pages follow."""

    def __init__(self) -> None:
        self._followers: set[_Follower] = set()

    def publish(self, recorded: Recorded[Any]) -> None:
        """Hand an event to every follower that asked for its call or prison."""
        for follower in list(self._followers):
            if not follower.wants(recorded):
                continue
            if follower.waiting.qsize() >= EVENTS_WAITING_MAX:
                self._followers.discard(follower)
                follower.waiting.put_nowait(None)
            else:
                follower.waiting.put_nowait(recorded)

    async def follow(
        self, *, call: str | None = None, prison: str | None = None, and_of: AndOf | None = None
    ) -> AsyncIterator[Recorded[Any]]:
        """Events from now on, of one call or of one prison. Ends when the reader is too slow."""
        with self._following(_Follower(call, prison, and_of)) as follower:
            while (recorded := await follower.waiting.get()) is not None:
                yield recorded

    @contextmanager
    def _following(self, follower: _Follower) -> Any:
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)
