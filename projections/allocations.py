"""Allocations: which officer is to watch which call, who works at a prison, and who cannot come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.allocation.events import CallAllocated, CallDeallocated, OfficerAvailable, OfficerUnavailable
from domain.event import Event
from domain.person import PersonKind, PersonRegistered

NAME = "allocations"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE staff (
    person text PRIMARY KEY,
    prison text NOT NULL
);
CREATE INDEX ON staff (prison);
CREATE TABLE calls (
    call text PRIMARY KEY,
    prison text NOT NULL,
    officer text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX ON calls (prison, starts_at);
CREATE TABLE away (
    unavailability text PRIMARY KEY,
    prison text NOT NULL,
    officer text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL
);
CREATE INDEX ON away (prison, until);
"""

EVENTS: tuple[type[Event], ...] = (
    PersonRegistered,
    CallAllocated,
    CallDeallocated,
    OfficerUnavailable,
    OfficerAvailable,
)


@dataclass(frozen=True)
class Absence:
    """A time in which an officer cannot watch calls."""

    unavailability: str
    officer: str
    since: datetime
    until: datetime


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case PersonRegistered(kind=PersonKind.STAFF, person=person, prison=prison) if prison is not None:
            await db.execute(_STAFF, person, prison)
        case CallAllocated(call=call, officer=officer, starts_at=starts_at):
            end = starts_at + timedelta(minutes=event.minutes)
            await db.execute(_ALLOCATE, call, event.prison, officer, starts_at, end)
        case CallDeallocated(call=call, officer=officer):
            await db.execute("DELETE FROM calls WHERE call = $1 AND officer = $2", call, officer)
        case OfficerUnavailable():
            await db.execute(
                _AWAY, event.unavailability, event.prison, event.officer, event.since, event.until
            )
        case OfficerAvailable(unavailability=unavailability):
            await db.execute("DELETE FROM away WHERE unavailability = $1", unavailability)
        case _:
            return  # of no interest here


_STAFF = "INSERT INTO staff VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET prison = $2"
_ALLOCATE = """
INSERT INTO calls VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (call) DO UPDATE SET officer = $3, starts_at = $4, ends_at = $5
"""
_AWAY = "INSERT INTO away VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"


# The questions


async def officers_of(db: Connection, calls: list[str]) -> Mapping[str, str]:
    """Who has each of these calls."""
    found = await db.fetch(
        "SELECT call, officer FROM allocations_calls WHERE call = ANY($1::text[])", list(calls)
    )
    return {record["call"]: record["officer"] for record in found}


async def staff_of(db: Connection, prison: str) -> list[str]:
    """Everybody who works at the prison."""
    found = await db.fetch("SELECT person FROM allocations_staff WHERE prison = $1 ORDER BY person", prison)
    return [record["person"] for record in found]


async def absences(db: Connection, prison: str, since: datetime) -> list[Absence]:
    """Who cannot come, from a moment on, in the order of time."""
    found = await db.fetch(
        """SELECT unavailability, officer, since, until FROM allocations_away
           WHERE prison = $1 AND until > $2 ORDER BY since, unavailability""",
        prison,
        since,
    )
    return [Absence(**record) for record in found]
