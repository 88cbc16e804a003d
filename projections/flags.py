"""Flags: calls under which a fact changed, those of running calls first; and how earlier ones were cleared.

A flag is closed by whoever clears it, by the fact that ends its cause, and with the call itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
)
from domain.event import Event
from domain.flag.events import STOPS, BookingFlagged, BookingUnflagged, FlagKind
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated

NAME = "flags"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE calls (
    call text PRIMARY KEY,
    starts_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    prisoner text NOT NULL,
    visitors text[] NOT NULL,
    booked boolean NOT NULL
);
CREATE TABLE flags (
    call text NOT NULL,
    flag text NOT NULL,
    prison text NOT NULL,
    kind text NOT NULL,
    cause text NOT NULL,
    since timestamptz NOT NULL,
    urgency smallint NOT NULL,
    starts_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    prisoner text NOT NULL,
    visitors text[] NOT NULL,
    booked boolean NOT NULL,
    closed_at timestamptz,
    because text,
    closed_by text,
    version bigint NOT NULL,
    PRIMARY KEY (call, flag)
);
CREATE INDEX ON flags (prison, urgency, starts_at, call, flag) WHERE closed_at IS NULL;
CREATE INDEX ON flags (prison, closed_at) WHERE closed_at IS NOT NULL;
"""

EVENTS: tuple[type[Event], ...] = (
    CallRequested,
    CallBooked,
    BookingChanged,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    BookingCancelled,
    BookingFlagged,
    BookingUnflagged,
    CallCompleted,
    CallTerminated,
    CallMissed,
)

DURING_CALL, BEFORE_CALL = 0, 1
CALL_OVER = "call_over"  # nobody cleared it: the call is over, or will not be held


@dataclass(frozen=True)
class Flag:
    """One flag on one call. `because` says how it was closed."""

    call: str
    flag: str
    prison: str
    kind: FlagKind
    cause: str  # id of the event that changed the fact
    since: datetime
    during_call: bool
    starts_at: datetime
    minutes: int
    prisoner: str
    visitors: tuple[str, ...]
    booked: bool  # False: it was only asked for
    closed_at: datetime | None
    because: str | None
    closed_by: str | None  # None: a rule
    version: int

    @property
    def stops(self) -> bool:
        """Whether the call is neither approved nor starts before somebody has cleared it."""
        return self.kind in STOPS

    @property
    def key(self) -> tuple[int, datetime, str, str]:
        """Its place among the open ones."""
        return (DURING_CALL if self.during_call else BEFORE_CALL, self.starts_at, self.call, self.flag)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case CallRequested():
            await _placed(db, event, booked=False)
        case CallBooked():
            await _placed(db, event, booked=True)
        case BookingChanged(booked=booked):
            await _placed(db, event, booked=booked)
        case BookingFlagged():
            await _raised(db, event, recorded.position)
        case BookingUnflagged(because=because, cleared_by=by):
            position = recorded.position
            await db.execute(_CLEAR, event.call, event.flag, event.at, because.value, by, position)
        case (
            CallRequestRejected()
            | CallRequestAutoRejected()
            | CallRequestWithdrawn()
            | BookingCancelled()
            | CallCompleted()
            | CallTerminated()
            | CallMissed()
        ):
            await db.execute("DELETE FROM calls WHERE call = $1", event.call)
            await db.execute(_OVER, event.call, event.at, CALL_OVER, recorded.position)
        case _:
            return  # of no interest here


async def _placed(
    db: Connection, event: CallRequested | CallBooked | BookingChanged, *, booked: bool
) -> None:
    place = (event.call, event.starts_at, event.minutes, event.prisoner, list(event.visitors), booked)
    await db.execute(_PLACE, *place)
    await db.execute(_MOVE, *place)


async def _raised(db: Connection, event: BookingFlagged, position: int) -> None:
    await db.execute(
        _RAISE,
        event.call,
        event.flag,
        event.prison,
        event.kind.value,
        event.cause,
        event.at,
        DURING_CALL if event.during_call else BEFORE_CALL,
        position,
    )


_PLACE = """
INSERT INTO calls VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (call) DO UPDATE SET starts_at = $2, minutes = $3, prisoner = $4, visitors = $5, booked = $6
"""
_MOVE = """
UPDATE flags SET starts_at = $2, minutes = $3, prisoner = $4, visitors = $5, booked = $6
WHERE call = $1 AND closed_at IS NULL
"""
_RAISE = """
INSERT INTO flags (call, flag, prison, kind, cause, since, urgency, starts_at, minutes, prisoner, visitors, booked,
                   version)
SELECT call, $2, $3, $4, $5, $6, $7, starts_at, minutes, prisoner, visitors, booked, $8 FROM calls WHERE call = $1
ON CONFLICT DO NOTHING
"""
_CLEAR = """
UPDATE flags SET closed_at = $3, because = $4, closed_by = $5, version = $6
WHERE call = $1 AND flag = $2 AND closed_at IS NULL
"""
_OVER = """
UPDATE flags SET closed_at = $2, because = $3, version = $4 WHERE call = $1 AND closed_at IS NULL
"""


# The questions


async def open_flags(
    db: Connection, prison: str, *, after: tuple[int, datetime, str, str] | None = None, limit: int = 50
) -> list[Flag]:
    """The prison's open flags: those raised during a call first, then by the time of the call.

    `after`: the `key` of the last one told.
    """
    urgency, starts_at, call, flag = after or (None, None, "", "")
    found = await db.fetch(
        """SELECT * FROM flags_flags
           WHERE prison = $1 AND closed_at IS NULL
             AND ($2::smallint IS NULL OR (urgency, starts_at, call, flag) > ($2, $3::timestamptz, $4, $5))
           ORDER BY urgency, starts_at, call, flag LIMIT $6""",
        prison,
        urgency,
        starts_at,
        call,
        flag,
        limit,
    )
    return [_flag(record) for record in found]


async def closed_flags(db: Connection, prison: str, *, limit: int = 20) -> list[Flag]:
    """The flags that were closed last, the newest first."""
    found = await db.fetch(
        """SELECT * FROM flags_flags WHERE prison = $1 AND closed_at IS NOT NULL
           ORDER BY closed_at DESC LIMIT $2""",
        prison,
        limit,
    )
    return [_flag(record) for record in found]


async def flags_open(db: Connection, prison: str) -> int:
    """How many flags wait for a person."""
    counted = "SELECT count(*) FROM flags_flags WHERE prison = $1 AND closed_at IS NULL"
    return int(await db.fetchval(counted, prison))


def _flag(record: Mapping[str, Any]) -> Flag:
    fields = {name: record[name] for name in Flag.__dataclass_fields__ if name != "during_call"}
    kind, visitors = FlagKind(record["kind"]), tuple(record["visitors"])
    return Flag(
        **{**fields, "kind": kind, "visitors": visitors}, during_call=record["urgency"] == DURING_CALL
    )
