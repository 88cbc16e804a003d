"""Incidents: the queue of what officers have to do, the gravest first, and what came of earlier ones.

Which alerts belong together is decided by the fold that decisions use too; here it is only kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import msgspec
from asyncpg import Connection

from application.ports import Recorded, Sealed
from application.sealing import packed, unpacked
from domain.event import Event
from domain.incident.events import IncidentClosed, IncidentFact, IncidentHandedBack
from domain.incident.grouping import Incident, after
from domain.waiting_room.events import WaitingRoomOpened

NAME = "incidents"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE calls (
    call text PRIMARY KEY,
    starts_at timestamptz NOT NULL,
    prisoner text NOT NULL,
    visitors text[] NOT NULL
);
CREATE TABLE incidents (
    call text NOT NULL,
    incident text NOT NULL,
    prison text NOT NULL,
    rank smallint NOT NULL,
    opened_at timestamptz NOT NULL,
    taken_by text,
    done_at timestamptz,
    whole jsonb NOT NULL,
    PRIMARY KEY (call, incident)
);
CREATE TABLE notes (
    position bigint PRIMARY KEY,
    call text NOT NULL,
    incident text NOT NULL,
    at timestamptz NOT NULL,
    officer text NOT NULL,
    sealed jsonb NOT NULL
);
CREATE INDEX ON notes (call, incident, position);
CREATE INDEX ON incidents (prison, rank, opened_at, call, incident) WHERE done_at IS NULL;
CREATE INDEX ON incidents (prison, done_at, call, incident) WHERE done_at IS NOT NULL;
CREATE INDEX ON incidents (call) WHERE done_at IS NULL;
"""

EVENTS: tuple[type[Event], ...] = (WaitingRoomOpened, *get_args(IncidentFact))

Urgency = tuple[int, datetime, str, str]
Age = tuple[datetime, str, str]


@dataclass(frozen=True)
class Queued:
    """An incident with its place in the queue: when its call was planned, and whose call it is."""

    incident: Incident
    starts_at: datetime
    prisoner: str
    visitors: tuple[str, ...]

    @property
    def urgency(self) -> Urgency:
        """Its place among those that are open: the gravest first, of the same gravity what waits longest."""
        one = self.incident
        return -one.severity, one.opened_at, one.call, one.incident

    @property
    def age(self) -> Age:
        """Its place among those that are done, the newest first."""
        one = self.incident
        return one.done_at or one.opened_at, one.call, one.incident


@dataclass(frozen=True)
class Note:
    """What an officer wrote when they handed an incident back or closed it: sealed, for whoever may read it."""

    at: datetime
    officer: str
    sealed: Mapping[str, Sealed]


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    if isinstance(event, WaitingRoomOpened):
        visitors = list(event.visitor.persons)
        await db.execute(_OPENED, event.call, event.starts_at, event.prisoner.persons[0], visitors)
    elif isinstance(event, IncidentFact):
        text = await db.fetchval(_OPEN, event.call)
        before = None if text is None else msgspec.json.decode(text, type=Incident)
        newest = after(before, event)
        if newest is not None and newest != before:
            await _save(db, newest)
        if recorded.sealed and isinstance(event, IncidentHandedBack | IncidentClosed):
            sealed = packed(recorded.sealed)
            await db.execute(
                _NOTE, recorded.position, event.call, event.incident, event.at, event.officer, sealed
            )


async def _save(db: Connection, one: Incident) -> None:
    await db.execute(
        _SAVE,
        one.call,
        one.incident,
        one.prison,
        -one.severity,
        one.opened_at,
        one.taken_by,
        one.done_at,
        msgspec.json.encode(one).decode(),
    )


_NOTE = "INSERT INTO notes VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)"
_OPENED = "INSERT INTO calls VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
_OPEN = "SELECT whole::text FROM incidents WHERE call = $1 AND done_at IS NULL"
_SAVE = """
INSERT INTO incidents VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb)
ON CONFLICT (call, incident) DO UPDATE SET rank = $4, taken_by = $6, done_at = $7, whole = $8::text::jsonb
"""


# The questions


async def incidents_to_do(
    db: Connection, prison: str, *, taken_by: str | None = None, after: Urgency | None = None, limit: int = 50
) -> list[Queued]:
    """The prison's open incidents, the gravest first; or those that one officer has taken.

    `after`: the `urgency` of the last one told.
    """
    rank, opened_at, call, incident = after or (None, None, "", "")
    found = await db.fetch(
        f"""{_SELECT} WHERE prison = $1 AND done_at IS NULL AND ($2::text IS NULL OR taken_by = $2)
              AND ($3::smallint IS NULL OR (rank, opened_at, call, incident) > ($3, $4::timestamptz, $5, $6))
            ORDER BY rank, opened_at, call, incident LIMIT $7""",
        prison,
        taken_by,
        rank,
        opened_at,
        call,
        incident,
        limit,
    )
    return [_queued(record) for record in found]


async def incidents_done(
    db: Connection, prison: str, *, after: Age | None = None, limit: int = 50
) -> list[Queued]:
    """The prison's incidents that are done, the newest first. `after`: the `age` of the last one told."""
    done_at, call, incident = after or (None, "", "")
    found = await db.fetch(
        f"""{_SELECT} WHERE prison = $1 AND done_at IS NOT NULL
              AND ($2::timestamptz IS NULL OR (done_at, call, incident) < ($2, $3, $4))
            ORDER BY done_at DESC, call DESC, incident DESC LIMIT $5""",
        prison,
        done_at,
        call,
        incident,
        limit,
    )
    return [_queued(record) for record in found]


async def incident_of(db: Connection, call: str, incident: str) -> Queued | None:
    """One incident of a call."""
    found = await db.fetchrow(f"{_SELECT} WHERE call = $1 AND incident = $2", call, incident)
    return None if found is None else _queued(found)


async def notes_of(db: Connection, call: str, incident: str) -> list[Note]:
    """What officers wrote about an incident, in order."""
    found = await db.fetch(
        """SELECT at, officer, sealed::text AS sealed FROM incidents_notes
           WHERE call = $1 AND incident = $2 ORDER BY position""",
        call,
        incident,
    )
    return [Note(each["at"], each["officer"], unpacked(each["sealed"])) for each in found]


async def incidents_waiting(db: Connection, prison: str) -> int:
    """How many incidents wait for an officer, or are not closed by the one who has them."""
    counted = "SELECT count(*) FROM incidents_incidents WHERE prison = $1 AND done_at IS NULL"
    return int(await db.fetchval(counted, prison))


_SELECT = """SELECT whole::text AS whole, starts_at, prisoner, visitors
             FROM incidents_incidents JOIN incidents_calls USING (call)"""


def _queued(record: Mapping[str, Any]) -> Queued:
    return Queued(
        incident=msgspec.json.decode(record["whole"], type=Incident),
        starts_at=record["starts_at"],
        prisoner=record["prisoner"],
        visitors=tuple(record["visitors"]),
    )
