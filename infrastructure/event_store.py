"""The event store: the log on PostgreSQL through asyncpg, and the same in memory for tests of decisions.

An event is kept under the name of its class, as the bytes that `envelope` makes. A boundary is read
with the head position in one statement; an append holds only if nothing entered the boundary since.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Self

from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.popo import InMemoryDCBRecorder
from eventsourcing.persistence import IntegrityError

from application.ports import BoundaryMoved, Context, Keys, Recorded, StoreAway
from domain.decider import Boundary, Facts
from domain.event import Event
from infrastructure import migrations
from infrastructure.bell import Bell, heard_within, ring_on_notify
from infrastructure.envelope import Envelopes, Stored, Unreadable, tag_text
from infrastructure.gateway import AWAY, Gateway
from infrastructure.group_commit import COMMITS_MAX, SEPARATOR, GroupCommit, Item, Request
from projections.runner import Entry, Poison

POLL_S = 1.0  # a follower looks by itself this often, should a wake-up be lost
FOLLOW_MAX = 500  # events that a follower takes at once
PORTION = 50  # events that are read from their bytes without a pause for others

_READ = "SELECT head, id, data FROM public.kinline_read($1, $2)"
_AFTER = "SELECT id, data FROM public.dcb_events_tt_main WHERE id > $1 ORDER BY id LIMIT $2"
_KNOWN_AFTER = """
SELECT id, data FROM public.dcb_events_tt_main WHERE id > $1 AND type = ANY($3::text[]) ORDER BY id LIMIT $2
"""
_HEAD = "SELECT coalesce(max(id), 0) FROM public.dcb_events_tt_main"
_APPEND = "SELECT public.kinline_append_all($1, $2, $3, $4, $5, $6, $7, $8)"


def utc_now() -> datetime:
    """The time of recording."""
    return datetime.now(UTC)


class PostgresEventStore:
    """The log on PostgreSQL. Open it with `async with`: it is the one recorder of this event loop."""

    def __init__(
        self,
        url: str,
        envelopes: Envelopes,
        keys: Keys,
        *,
        now: Callable[[], datetime] = utc_now,
        connections: int = 8,
    ) -> None:
        self._log = Gateway(url, connections=connections)
        self._appending = Gateway(url, connections=COMMITS_MAX)  # apart: many readers never hold it up
        self._envelopes, self._keys, self._now = envelopes, keys, now
        self._known = list(envelopes.types)
        self._writer = GroupCommit(self._send)
        self._bell = Bell()

    async def __aenter__(self) -> Self:
        await self._log.__aenter__()
        await self._appending.__aenter__()
        await self._writer.__aenter__()
        self._listening = asyncio.create_task(
            ring_on_notify(self._log.url, migrations.CHANNEL, self._bell, AWAY)
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self._writer.__aexit__(*error)
        await self._appending.__aexit__(*error)
        await self._log.__aexit__(*error)

    async def read(self, boundary: Boundary) -> tuple[Sequence[Recorded[Any]], int]:
        """The facts of the boundary in order, and the head position, in one snapshot. Raises `StoreAway`."""
        rows = await self._log.fetch(_READ, *map(list, zip(*_items(boundary), strict=True)))
        facts = [self._envelopes.read(row["id"], row["data"]) for row in rows if row["id"]]
        return facts, rows[0]["head"]

    async def append(self, events: Sequence[Event], boundary: Boundary, after: int, context: Context) -> int:
        """Append all or nothing; the position of the last.

        Raises `BoundaryMoved`, or `StoreAway`, after which the outcome may be unknown: the same command
        sent again finds its own id in the boundary if it took effect.
        """
        stored = await _written(self._envelopes, events, context, self._now(), self._keys)
        request = (
            _items(boundary),
            after,
            [(each.type, each.data, SEPARATOR.join(each.tags)) for each in stored],
        )
        position = await self._writer.append(request)
        if position is None:
            raise BoundaryMoved
        return position

    async def after(
        self, position: int, *, limit: int, types: Sequence[type[Event]] = ()
    ) -> Sequence[Recorded[Any]]:
        """The events behind a position, in order, of these types; without any: of all that this release knows.

        Raises `StoreAway`.
        """
        wanted = [kind.__name__ for kind in types] or self._known
        rows = await self._log.fetch(_KNOWN_AFTER, position, limit, wanted)
        return [self._envelopes.read(row["id"], row["data"]) for row in rows]

    async def entries_after(self, position: int, *, limit: int) -> Sequence[Entry]:
        """The whole log behind a position: what cannot be read stands in its place as `Poison`."""
        rows = await self._log.fetch(_AFTER, position, limit)
        entries: list[Entry] = []
        for row in rows:
            entries.append(_entry(self._envelopes, row["id"], row["data"]))
            if len(entries) % PORTION == 0:
                await asyncio.sleep(0)  # whoever writes the batch before this one has a turn
        return entries

    async def head(self) -> int:
        """The position of the newest event, 0 when there is none."""
        head: int = await self._log.fetchval(_HEAD)
        return head

    def hearing(self) -> contextlib.AbstractContextManager[asyncio.Event]:
        """An event that is set whenever something may have been appended."""
        return self._bell.hearing()

    def follow(self, position: int) -> AsyncIterator[Recorded[Any]]:
        """Every event behind the position, then those to come, for ever; waits while the log is away."""
        return _follow(self, position)

    async def _send(self, requests: Sequence[Request]) -> Sequence[int | None]:
        positions: Sequence[int | None] = await self._appending.fetchval(_APPEND, *_columns(requests))
        return positions


class InMemoryEventStore:
    """The same store on the library's in-memory recorder, with the same bytes: for tests of decisions."""

    def __init__(self, envelopes: Envelopes, keys: Keys, *, now: Callable[[], datetime] = utc_now) -> None:
        self._envelopes, self._keys, self._now = envelopes, keys, now
        self._recorder = InMemoryDCBRecorder()
        self._bell = Bell()

    async def read(self, boundary: Boundary) -> tuple[Sequence[Recorded[Any]], int]:
        """As `PostgresEventStore.read`."""
        found = self._recorder.read(_query(boundary))
        facts = [self._envelopes.read(each.position, each.event.data) for each in found]
        return facts, found.head or 0

    async def append(self, events: Sequence[Event], boundary: Boundary, after: int, context: Context) -> int:
        """As `PostgresEventStore.append`."""
        stored = await _written(self._envelopes, events, context, self._now(), self._keys)
        condition = DCBAppendCondition(_query(boundary), after)
        try:
            position = self._recorder.append([DCBEvent(e.type, e.data, e.tags) for e in stored], condition)
        except IntegrityError as error:
            raise BoundaryMoved from error
        self._bell.ring()
        return position

    async def after(
        self, position: int, *, limit: int, types: Sequence[type[Event]] = ()
    ) -> Sequence[Recorded[Any]]:
        """As `PostgresEventStore.after`."""
        found = self._recorder.read(after=position)
        entries = (_entry(self._envelopes, each.position, each.event.data) for each in found)
        wanted = tuple(types) or (Event,)
        known = (e for e in entries if isinstance(e, Recorded) and isinstance(e.event, wanted))
        return list(islice(known, limit))

    async def entries_after(self, position: int, *, limit: int) -> Sequence[Entry]:
        """As `PostgresEventStore.entries_after`."""
        found = self._recorder.read(after=position, limit=limit)
        return [_entry(self._envelopes, each.position, each.event.data) for each in found]

    async def head(self) -> int:
        """As `PostgresEventStore.head`."""
        return self._recorder.read().head or 0

    def hearing(self) -> contextlib.AbstractContextManager[asyncio.Event]:
        """As `PostgresEventStore.hearing`."""
        return self._bell.hearing()

    def follow(self, position: int) -> AsyncIterator[Recorded[Any]]:
        """As `PostgresEventStore.follow`."""
        return _follow(self, position)


async def _follow(
    store: PostgresEventStore | InMemoryEventStore, position: int
) -> AsyncIterator[Recorded[Any]]:
    with store.hearing() as heard:
        while True:
            heard.clear()
            found: Sequence[Recorded[Any]] = ()
            with contextlib.suppress(StoreAway):
                found = await store.after(position, limit=FOLLOW_MAX)
            for recorded in found:
                yield recorded
                position = recorded.position
            if len(found) < FOLLOW_MAX:
                await heard_within(heard, POLL_S)


async def _written(
    envelopes: Envelopes, events: Sequence[Event], context: Context, now: datetime, keys: Keys
) -> list[Stored]:
    if not events:
        raise ValueError("an append without events")
    return [await envelopes.write(event, context, now, keys.seal) for event in events]


def _entry(envelopes: Envelopes, position: int, data: bytes) -> Entry:
    try:
        return envelopes.read(position, data)
    except Unreadable as error:
        return Poison(position, str(error))


def _facts(boundary: Boundary) -> list[tuple[list[str], list[str]]]:
    """Types and tags of each part of the boundary, checked."""
    if not boundary:
        raise ValueError("every append has a condition: without one it would take no part in the order")
    return [([kind.__name__ for kind in facts.types], _tags(facts)) for facts in boundary]


def _tags(facts: Facts) -> list[str]:
    if not facts.tags:
        raise ValueError("facts are found by at least one tag")
    return sorted(map(tag_text, facts.tags))


def _items(boundary: Boundary) -> list[Item]:
    return [(SEPARATOR.join(types), SEPARATOR.join(tags)) for types, tags in _facts(boundary)]


def _columns(requests: Sequence[Request]) -> tuple[list[Any], ...]:
    """The requests as the append function takes them: flat lists, which travel at a third of the cost."""
    items = [(number, *item) for number, (asked, _, _) in enumerate(requests, start=1) for item in asked]
    events = [(number, *row) for number, (_, _, rows) in enumerate(requests, start=1) for row in rows]
    after = [position for _, position, _ in requests]
    return (after, *map(list, zip(*items, strict=True)), *map(list, zip(*events, strict=True)))


def _query(boundary: Boundary) -> DCBQuery:
    return DCBQuery([DCBQueryItem(types, tags) for types, tags in _facts(boundary)])
