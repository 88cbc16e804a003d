"""Coverage: the calls that needed somebody to watch them, and whether and when somebody did.

A call needs a monitor when its policy says so, when faces in it are only counted, or when it was held for one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from asyncpg import Connection

from application.ports import Recorded
from domain.booking.events import BookingCancelled
from domain.clearance import ClearanceMode
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.waiting_room.events import (
    TOOK_OVER,
    CallHeldForMonitor,
    ClearanceModeSet,
    MonitorJoined,
    MonitorLeft,
    WaitingRoomOpened,
)

NAME = "monitoring_coverage"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE calls (
    call text PRIMARY KEY,
    prison text NOT NULL,
    starts_at timestamptz NOT NULL,
    needed boolean NOT NULL,
    whole jsonb NOT NULL
);
CREATE INDEX ON calls (prison, starts_at) WHERE needed;
"""

EVENTS: tuple[type[Event], ...] = (
    WaitingRoomOpened,
    ClearanceModeSet,
    CallHeldForMonitor,
    MonitorJoined,
    MonitorLeft,
    CallStarted,
    CallCompleted,
    CallTerminated,
    CallMissed,
    BookingCancelled,
)


class Needed(StrEnum):
    """Why somebody had to watch."""

    REQUIRED = "required"  # the policy asked for it before the start
    COUNTED = "counted"  # faces were counted and nobody was matched
    HELD = "held"  # everybody was ready, and the call waited for a monitor


class Watch(StrEnum):
    """How the call was watched."""

    WATCHED = "watched"  # from the start to the end
    LATE = "late"
    GAPS = "gaps"
    NOT_WATCHED = "not_watched"
    NOT_STARTED = "not_started"  # nobody could be seen


@dataclass(frozen=True)
class Span:
    """A time in which at least one officer watched. `until` None: still."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Coverage:
    """One call that needed a monitor."""

    call: str
    prison: str
    starts_at: datetime  # as planned
    needed: tuple[Needed, ...] = ()
    held_at: datetime | None = None
    started_at: datetime | None = None
    over_at: datetime | None = None
    monitors: tuple[str, ...] = ()  # who watch now
    spans: tuple[Span, ...] = ()

    def watched(self, now: datetime) -> list[tuple[datetime, datetime]]:
        """The times of the call, up to now, in which somebody watched."""
        if self.started_at is None:
            return []
        end = self.over_at or now
        cut = [(max(one.since, self.started_at), min(one.until or end, end)) for one in self.spans]
        return [(since, until) for since, until in cut if since < until]

    def late_s(self, now: datetime) -> int | None:
        """How long the call went on before anybody watched; None: nobody ever did."""
        watched = self.watched(now)
        return _seconds(self.started_at, watched[0][0]) if watched else None

    def gap_s(self, now: datetime) -> int:
        """How long nobody watched after somebody had begun to."""
        watched = self.watched(now)
        if not watched:
            return 0
        return _seconds(watched[0][0], self.over_at or now) - self.watched_s(now)

    def watched_s(self, now: datetime) -> int:
        """How long somebody watched."""
        return sum(_seconds(since, until) for since, until in self.watched(now))

    def held_s(self, now: datetime) -> int:
        """How long everybody waited for a monitor."""
        return _seconds(self.held_at, self.started_at or self.over_at or now)

    def watch(self, now: datetime) -> Watch:
        """How the call was watched, as one word."""
        if self.started_at is None:
            return Watch.NOT_STARTED
        late_s = self.late_s(now)
        if late_s is None:
            return Watch.NOT_WATCHED
        if self.gap_s(now) > 0:
            return Watch.GAPS
        return Watch.LATE if late_s > 0 else Watch.WATCHED


def _seconds(since: datetime | None, until: datetime) -> int:
    return 0 if since is None else max(0, round((until - since).total_seconds()))


# How a row changes


def after(row: Coverage | None, event: Any) -> Coverage | None:
    """The row after an event of its call; None while the waiting room is not open."""
    if isinstance(event, WaitingRoomOpened):
        return _opened(event)
    if row is None or row.over_at is not None:
        return row
    match event:
        case ClearanceModeSet(mode=ClearanceMode.COUNT, cause=cause) if cause != TOOK_OVER:
            return _needed(row, Needed.COUNTED)
        case CallHeldForMonitor(at=at):
            return replace(_needed(row, Needed.HELD), held_at=row.held_at or at)
        case MonitorJoined(officer=officer, at=at):
            return _joined(row, officer, at)
        case MonitorLeft(officer=officer, at=at):
            return _left(row, tuple(one for one in row.monitors if one != officer), at)
        case CallStarted(at=at):
            return replace(row, started_at=at)
        case CallCompleted(at=at) | CallTerminated(at=at) | CallMissed(at=at) | BookingCancelled(at=at):
            return replace(_left(row, (), at), over_at=at)
        case _:
            return row


def _opened(event: WaitingRoomOpened) -> Coverage:
    row = Coverage(event.call, event.prison, event.starts_at)
    if event.monitor_required:
        row = _needed(row, Needed.REQUIRED)
    if ClearanceMode.COUNT in (event.prisoner.mode, event.visitor.mode):
        row = _needed(row, Needed.COUNTED)
    return row


def _needed(row: Coverage, because: Needed) -> Coverage:
    return row if because in row.needed else replace(row, needed=(*row.needed, because))


def _joined(row: Coverage, officer: str, at: datetime) -> Coverage:
    spans = row.spans if row.monitors else (*row.spans, Span(at))
    monitors = row.monitors if officer in row.monitors else (*row.monitors, officer)
    return replace(row, monitors=monitors, spans=spans)


def _left(row: Coverage, monitors: tuple[str, ...], at: datetime) -> Coverage:
    spans = row.spans
    if row.monitors and not monitors:
        spans = (*spans[:-1], replace(spans[-1], until=at))
    return replace(row, monitors=monitors, spans=spans)


# The table


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    if not isinstance(event, EVENTS):
        return
    call: str = event.call  # type: ignore[attr-defined]  # each of these is about a call
    text = await db.fetchval("SELECT whole::text FROM calls WHERE call = $1", call)
    before = None if text is None else msgspec.json.decode(text, type=Coverage)
    row = after(before, event)
    if row is not None and row != before:
        whole = msgspec.json.encode(row).decode()
        await db.execute(_SAVE, row.call, row.prison, row.starts_at, bool(row.needed), whole)


_SAVE = """
INSERT INTO calls VALUES ($1, $2, $3, $4, $5::text::jsonb)
ON CONFLICT (call) DO UPDATE SET starts_at = $3, needed = $4, whole = $5::text::jsonb
"""


async def coverage(db: Connection, prison: str, since: datetime, until: datetime) -> list[Coverage]:
    """The prison's calls planned for this time that needed a monitor, in the order of their time."""
    found = await db.fetch(
        """SELECT whole::text FROM monitoring_coverage_calls
           WHERE prison = $1 AND needed AND starts_at >= $2 AND starts_at < $3 ORDER BY starts_at, call""",
        prison,
        since,
        until,
    )
    return [msgspec.json.decode(record[0], type=Coverage) for record in found]


def counted(rows: Sequence[Coverage], now: datetime) -> dict[Watch, int]:
    """How many calls were watched in which way."""
    numbers = Counter(row.watch(now) for row in rows)
    return {watch: numbers[watch] for watch in Watch}
