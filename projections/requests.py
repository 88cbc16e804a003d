"""Requests to decide: what is asked for and for when, until when staff may decide, and what no rule could answer.

A call waits here from the moment it is asked for until it is decided on; again after a change that staff have
to decide on. It stays known until it is over, so that a request that comes back still says who asked, and how.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.booking.events import (
    AskedAs,
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    Method,
    PlacedCall,
    Video,
)
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged, FlagKind
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.timetable.events import CallType

NAME = "requests"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE calls (
    call text PRIMARY KEY,
    prison text NOT NULL,
    session text NOT NULL,
    starts_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    prisoner text NOT NULL,
    visitors text[] NOT NULL,
    children text[] NOT NULL,
    call_type text NOT NULL,
    video text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    method text NOT NULL,
    asked_as text NOT NULL,
    lead text,
    waiting boolean NOT NULL,
    decide_by timestamptz NOT NULL,
    for_staff text[] NOT NULL,
    changed text[] NOT NULL DEFAULT '{}',
    was_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX ON calls (prison, decide_by, call) WHERE waiting;
CREATE TABLE flags (
    call text NOT NULL,
    flag text NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (call, flag)
);
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


@dataclass(frozen=True)
class Request:
    """One request that waits; `version` is the position of the newest event about its place."""

    call: str
    prison: str
    session: str
    starts_at: datetime
    minutes: int
    prisoner: str
    visitors: tuple[str, ...]
    children: tuple[str, ...]
    call_type: CallType
    video: Video
    requested_by: str
    requested_at: datetime
    method: Method
    asked_as: AskedAs
    lead: str | None
    decide_by: datetime
    for_staff: tuple[str, ...]
    changed: tuple[str, ...]  # what a change of an earlier call asks for; none: a new call
    was_at: datetime | None
    flags: Mapping[str, FlagKind]  # that are open
    version: int


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case CallRequested():
            await _asked(db, event, recorded.position)
        case BookingChanged():
            await _changed(db, event, recorded.position)
        case CallBooked(call=call):
            await db.execute("UPDATE calls SET waiting = false WHERE call = $1", call)
        case BookingFlagged(call=call, flag=flag, kind=kind):
            await db.execute("INSERT INTO flags VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", call, flag, kind)
        case BookingUnflagged(call=call, flag=flag):
            await db.execute("DELETE FROM flags WHERE call = $1 AND flag = $2", call, flag)
        case (
            CallRequestRejected(call=call)
            | CallRequestAutoRejected(call=call)
            | CallRequestWithdrawn(call=call)
            | BookingCancelled(call=call)
            | CallCompleted(call=call)
            | CallTerminated(call=call)
            | CallMissed(call=call)
        ):
            await db.execute("DELETE FROM calls WHERE call = $1", call)
            await db.execute("DELETE FROM flags WHERE call = $1", call)
        case _:
            return  # of no interest to whoever decides


async def _asked(db: Connection, event: CallRequested, position: int) -> None:
    await db.execute(
        _ASK,
        *_place(event),
        event.requested_by,
        event.at,
        event.method.value,
        event.asked_as.value,
        event.lead,
        event.decide_by or event.starts_at,
        list(event.for_staff),
        position,
    )


async def _changed(db: Connection, event: BookingChanged, position: int) -> None:
    await db.execute(
        _CHANGE,
        *_place(event),
        not event.booked,
        event.decide_by or event.starts_at,
        list(event.for_staff),
        list(event.changed),
        event.was_at,
        position,
    )


def _place(event: PlacedCall) -> tuple[Any, ...]:
    return (
        event.call,
        event.prison,
        event.session,
        event.starts_at,
        event.minutes,
        event.prisoner,
        list(event.visitors),
        list(event.children),
        event.call_type.value,
        event.video.value,
    )


_ASK = """
INSERT INTO calls VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, true, $16, $17, '{}',
                          NULL, $18)
ON CONFLICT (call) DO NOTHING
"""
_CHANGE = """
UPDATE calls SET prison = $2, session = $3, starts_at = $4, minutes = $5, prisoner = $6, visitors = $7, children = $8,
                 call_type = $9, video = $10, waiting = $11, decide_by = $12, for_staff = $13, changed = $14,
                 was_at = $15, version = $16
WHERE call = $1
"""


# The questions


async def requests_to_decide(
    db: Connection, prison: str, *, after: tuple[datetime, str] | None = None, limit: int = 50
) -> list[Request]:
    """The prison's requests, those to be decided first at the head.

    `after`: until when the last one told may be decided, and its call.
    """
    decide_by, call = after or (None, "")
    found = await db.fetch(
        """SELECT asked.*, coalesce(open.flags, '{}') AS flags, coalesce(open.kinds, '{}') AS kinds
           FROM requests_calls AS asked
           LEFT JOIN LATERAL (
               SELECT array_agg(flag ORDER BY flag) AS flags, array_agg(kind ORDER BY flag) AS kinds
               FROM requests_flags WHERE requests_flags.call = asked.call
           ) AS open ON true
           WHERE prison = $1 AND waiting
             AND ($2::timestamptz IS NULL OR (asked.decide_by, asked.call) > ($2, $3))
           ORDER BY asked.decide_by, asked.call LIMIT $4""",
        prison,
        decide_by,
        call,
        limit,
    )
    return [_request(record) for record in found]


async def requests_waiting(db: Connection, prison: str) -> int:
    """How many requests wait for the prison's decision."""
    counted = "SELECT count(*) FROM requests_calls WHERE prison = $1 AND waiting"
    return int(await db.fetchval(counted, prison))


def _request(record: Mapping[str, Any]) -> Request:
    fields = {name: record[name] for name in Request.__dataclass_fields__ if name != "flags"}
    kinds = zip(record["flags"], record["kinds"], strict=True)
    return Request(
        **{
            **fields,
            "visitors": tuple(record["visitors"]),
            "children": tuple(record["children"]),
            "for_staff": tuple(record["for_staff"]),
            "changed": tuple(record["changed"]),
            "call_type": CallType(record["call_type"]),
            "video": Video(record["video"]),
            "method": Method(record["method"]),
            "asked_as": AskedAs(record["asked_as"]),
        },
        flags={flag: FlagKind(kind) for flag, kind in kinds},
    )
