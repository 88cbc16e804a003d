"""Barred faces as staff see them: what waits for a second person first, then what is in force, then what is over.

Whether one is in force is asked with the time of asking. Words stay sealed until somebody who may reads them;
no template and no picture is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded, Sealed
from application.sealing import packed, unpacked
from domain.barring.events import (
    BARRING,
    BarredFaceApproved,
    BarredFaceProposed,
    BarredFaceRejected,
    BarredFaceRemoved,
    BarringBasis,
    FaceSource,
)
from domain.barring.state import Stands, standing
from domain.event import Event

NAME = "barred_faces"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE entries (
    barred text PRIMARY KEY,
    prison text NOT NULL,
    barred_from text NOT NULL,
    basis text NOT NULL,
    source text NOT NULL,
    days integer NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    approved_by text,
    until timestamptz,
    over text,
    over_at timestamptz,
    sealed jsonb NOT NULL
);
CREATE INDEX ON entries (prison, over_at);
"""

EVENTS: tuple[type[Event], ...] = BARRING


@dataclass(frozen=True)
class Listed:
    """One entry. `over`: how it came to its end, where that was noted."""

    barred: str
    prison: str
    barred_from: str
    basis: BarringBasis
    source: FaceSource
    days: int
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    until: datetime | None
    over: Stands | None
    sealed: Mapping[str, Sealed]

    def stands(self, at: datetime) -> Stands:
        """How far it has come at this moment."""
        return standing(self.over, self.until, at)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event, words = recorded.event, packed(recorded.sealed)
    match event:
        case BarredFaceProposed():
            await db.execute(
                _PROPOSE,
                event.barred,
                event.prison,
                event.barred_from,
                event.basis.value,
                event.source.value,
                event.days,
                event.proposed_by,
                event.at,
                words,
            )
        case BarredFaceApproved():
            await db.execute(_APPROVE, event.barred, event.approved_by, event.until, words)
        case BarredFaceRejected():
            await db.execute(_END, event.barred, Stands.REJECTED.value, event.at, words)
        case BarredFaceRemoved(because=because):
            await db.execute(_END, event.barred, because.value, event.at, words)
        case _:
            return  # of no interest here


_PROPOSE = """
INSERT INTO entries (barred, prison, barred_from, basis, source, days, proposed_by, proposed_at, sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_APPROVE = "UPDATE entries SET approved_by = $2, until = $3, sealed = sealed || $4::jsonb WHERE barred = $1"
_END = "UPDATE entries SET over = $2, over_at = $3, sealed = sealed || $4::jsonb WHERE barred = $1"


# The questions


async def barred_alive(db: Connection, prison: str, now: datetime) -> list[Listed]:
    """What waits for a second person, and what is in force: at most a few for each person in prison."""
    found = await db.fetch(
        """SELECT * FROM barred_faces_entries
           WHERE prison = $1 AND over IS NULL AND (until IS NULL OR until > $2)
           ORDER BY until IS NOT NULL, coalesce(until, proposed_at), barred""",
        prison,
        now,
    )
    return [_listed(record) for record in found]


async def barred_over(db: Connection, prison: str, now: datetime, *, limit: int = 20) -> list[Listed]:
    """Those that came to their end last, the newest first."""
    found = await db.fetch(
        """SELECT * FROM barred_faces_entries
           WHERE prison = $1 AND (over IS NOT NULL OR until <= $2)
           ORDER BY coalesce(over_at, until) DESC, barred LIMIT $3""",
        prison,
        now,
        limit,
    )
    return [_listed(record) for record in found]


def _listed(record: Mapping[str, Any]) -> Listed:
    fields = {name: record[name] for name in Listed.__dataclass_fields__}
    read = {
        "basis": BarringBasis(record["basis"]),
        "source": FaceSource(record["source"]),
        "over": None if record["over"] is None else Stands(record["over"]),
        "sealed": unpacked(record["sealed"]),
    }
    return Listed(**{**fields, **read})
