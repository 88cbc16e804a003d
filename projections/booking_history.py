"""The history of one booking: everything that happened to it, in order, by whom, and what was written with it.

It is read by auditors, so it stops at an event that it does not understand instead of leaving it out.
Words that people typed stay sealed: whoever may read them opens them one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from asyncpg import Connection

from application.ports import ActorKind, Recorded, Sealed
from application.sealing import packed, unpacked
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRuleOverridden,
    CallBooked,
    CallRequestApproved,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    ReservationReleased,
)
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallMissed, CallStarted, CallTerminated
from domain.standby import StandbyJoined, StandbyOffered

NAME = "booking_history"
VERSION = 1
AUDIT = True

TABLES = """
CREATE TABLE entries (
    position bigint PRIMARY KEY,
    call text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    type text NOT NULL,
    actor_kind text NOT NULL,
    actor_role text,
    actor_id text NOT NULL,
    data jsonb NOT NULL,
    sealed jsonb NOT NULL
);
CREATE INDEX ON entries (call, position);
"""

EVENTS: tuple[type[Event], ...] = (
    StandbyJoined,
    StandbyOffered,
    CallReserved,
    ReservationReleased,
    CallRequested,
    CallRequestApproved,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    BookingRuleOverridden,
    CallBooked,
    BookingChanged,
    BookingFlagged,
    BookingUnflagged,
    BookingCancelled,
    CallStarted,
    CallCompleted,
    CallTerminated,
    CallMissed,
    CallMinutesCredited,
)

BESIDE = frozenset({"at", "prison", "call", "prisoner_month", "visitor_day", "device_day"})
"""What stands in a column of its own, or only serves to find an event again."""


@dataclass(frozen=True)
class HistoryEntry:
    """One event of a booking. `data` are its open fields; `sealed` the personal ones, for the key's holder."""

    position: int
    at: datetime
    recorded_at: datetime
    type: str
    actor_kind: ActorKind
    actor_role: str | None
    actor_id: str
    data: Mapping[str, Any]
    sealed: Mapping[str, Sealed]


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Add the event to its call's history."""
    await project_batch(db, [recorded])


async def project_batch(db: Connection, batch: list[Recorded[Any]]) -> None:
    """Add many events at once."""
    rows = [_row(recorded) for recorded in batch if isinstance(recorded.event, EVENTS)]
    if rows:
        await db.copy_records_to_table("entries", records=rows)


def _row(recorded: Recorded[Any]) -> tuple[Any, ...]:
    event, actor = recorded.event, recorded.actor
    kind: type[Event] = type(event)
    return (
        recorded.position,
        event.call,
        event.at,
        recorded.recorded_at,
        kind.__name__,
        actor.kind.value,
        actor.role,
        actor.id,
        event.model_dump_json(include=_open_fields(kind)),
        packed(recorded.sealed),
    )


@cache
def _open_fields(kind: type[Event]) -> set[str]:
    policy = {"rules"} if kind is CallStarted else set()  # its version is named: the rules are those
    return set(kind.model_fields) - set(kind.personal_fields()) - BESIDE - policy


async def history(db: Connection, call: str) -> list[HistoryEntry]:
    """Everything that happened to a booking, in the order of the log."""
    found = await db.fetch(
        """SELECT *, data::text AS data_text, sealed::text AS sealed_text FROM booking_history_entries
           WHERE call = $1 ORDER BY position""",
        call,
    )
    return [_entry(record) for record in found]


async def rejection(db: Connection, call: str) -> Mapping[str, Sealed]:
    """What was written, sealed, when the prison said no to a request; nothing where it did not."""
    found = await db.fetchval(
        """SELECT sealed::text FROM booking_history_entries
           WHERE call = $1 AND type = 'CallRequestRejected' ORDER BY position DESC LIMIT 1""",
        call,
    )
    return {} if found is None else unpacked(found)


def _entry(record: Mapping[str, Any]) -> HistoryEntry:
    return HistoryEntry(
        position=record["position"],
        at=record["at"],
        recorded_at=record["recorded_at"],
        type=record["type"],
        actor_kind=ActorKind(record["actor_kind"]),
        actor_role=record["actor_role"],
        actor_id=record["actor_id"],
        data=msgspec.json.decode(record["data_text"]),
        sealed=unpacked(record["sealed_text"]),
    )
