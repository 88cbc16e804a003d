"""Handover notes of a prison, with who has read them. The texts stay sealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded, Sealed
from application.sealing import packed, unpacked
from domain.event import Event
from domain.handover import HandoverNoteRead, HandoverNoteWritten

NAME = "handover_notes"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE notes (
    handover text PRIMARY KEY,
    prison text NOT NULL,
    about text,
    at timestamptz NOT NULL,
    written_by text NOT NULL,
    sealed jsonb NOT NULL
);
CREATE INDEX ON notes (prison, at);
CREATE TABLE reads (
    handover text NOT NULL,
    officer text NOT NULL,
    PRIMARY KEY (handover, officer)
);
"""

EVENTS: tuple[type[Event], ...] = (HandoverNoteWritten, HandoverNoteRead)


@dataclass(frozen=True)
class Note:
    """A note, sealed, and who has said that they read it."""

    handover: str
    about: str | None
    at: datetime
    written_by: str
    sealed: Mapping[str, Sealed]
    read_by: tuple[str, ...]


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case HandoverNoteWritten(handover=handover, about=call, at=at, written_by=writer):
            await db.execute(_WRITE, handover, event.prison, call, at, writer, packed(recorded.sealed))
        case HandoverNoteRead(handover=handover, read_by=officer):
            await db.execute("INSERT INTO reads VALUES ($1, $2) ON CONFLICT DO NOTHING", handover, officer)
        case _:
            return  # of no interest here


_WRITE = "INSERT INTO notes VALUES ($1, $2, $3, $4, $5, $6::text::jsonb) ON CONFLICT DO NOTHING"


async def notes_since(db: Connection, prison: str, since: datetime) -> list[Note]:
    """The prison's notes from a moment on, the newest first."""
    found = await db.fetch(
        """SELECT handover, about, at, written_by, sealed::text AS sealed,
                  ARRAY(SELECT officer FROM handover_notes_reads AS reads
                        WHERE reads.handover = notes.handover ORDER BY officer) AS read_by
           FROM handover_notes_notes AS notes WHERE prison = $1 AND at > $2 ORDER BY at DESC, handover""",
        prison,
        since,
    )
    return [
        Note(**{**each, "sealed": unpacked(each["sealed"]), "read_by": tuple(each["read_by"])})
        for each in found
    ]
