"""Concerns: who raised what on which call, who has it, what was done, and until when the evidence is kept.

Open ones stand first, those that nobody has taken up at the head. Words that people typed stay sealed: whoever
may read them opens them one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded, Sealed
from application.sealing import packed, unpacked
from domain.concern import (
    ConcernAbout,
    ConcernAssigned,
    ConcernClosed,
    ConcernKind,
    ConcernOutcome,
    ConcernRaised,
    ConcernReferred,
)
from domain.event import Event
from domain.evidence import EvidenceHeld
from domain.waiting_room.events import WaitingRoomOpened

NAME = "concerns"
VERSION = 2
AUDIT = False

TABLES = """
CREATE TABLE calls (
    call text PRIMARY KEY,
    starts_at timestamptz NOT NULL,
    prisoner_side text[] NOT NULL,
    visitor_side text[] NOT NULL
);
CREATE TABLE concerns (
    call text NOT NULL,
    concern text NOT NULL,
    prison text NOT NULL,
    kind text NOT NULL,
    about text,
    raised_by text,
    raised_at timestamptz NOT NULL,
    starts_at timestamptz NOT NULL,
    prisoner_side text[] NOT NULL,
    visitor_side text[] NOT NULL,
    assigned_to text,
    held_until date,
    closed_at timestamptz,
    outcome text,
    PRIMARY KEY (call, concern)
);
CREATE INDEX ON concerns (prison, raised_at) WHERE closed_at IS NULL;
CREATE INDEX ON concerns (prison, closed_at) WHERE closed_at IS NOT NULL;
CREATE TABLE steps (
    position bigint PRIMARY KEY,
    call text NOT NULL,
    concern text NOT NULL,
    at timestamptz NOT NULL,
    type text NOT NULL,
    by text,
    what text,
    sealed jsonb NOT NULL
);
CREATE INDEX ON steps (call, concern, position);
"""

EVENTS: tuple[type[Event], ...] = (
    WaitingRoomOpened,
    ConcernRaised,
    ConcernAssigned,
    ConcernReferred,
    ConcernClosed,
    EvidenceHeld,
)


@dataclass(frozen=True)
class Concern:
    """One concern as it stands."""

    call: str
    concern: str
    prison: str
    kind: ConcernKind
    about: ConcernAbout | None
    raised_by: str | None  # None: the checks
    raised_at: datetime
    starts_at: datetime  # of its call
    prisoner_side: tuple[str, ...]
    visitor_side: tuple[str, ...]
    assigned_to: str | None
    held_until: date | None  # None: the hold follows in a moment
    closed_at: datetime | None
    outcome: ConcernOutcome | None

    @property
    def key(self) -> tuple[bool, datetime, str, str]:
        """Its place among the open ones."""
        return (self.assigned_to is not None, self.raised_at, self.call, self.concern)


@dataclass(frozen=True)
class Step:
    """One thing that happened to a concern. `what`: the code of the referral, the outcome or the last day."""

    at: datetime
    type: str
    by: str | None  # None: a rule
    what: str | None
    sealed: Mapping[str, Sealed]


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case WaitingRoomOpened(prisoner=prisoner, visitor=visitor, starts_at=starts_at):
            await db.execute(_CALL, event.call, starts_at, list(prisoner.persons), list(visitor.persons))
        case ConcernRaised(kind=kind, about=about, raised_by=by):
            what = None if about is None else about.value
            await db.execute(_RAISE, event.call, event.concern, event.prison, kind.value, what, by, event.at)
            await _step(db, recorded, by, what)
        case ConcernAssigned(assigned_to=assigned_to, assigned_by=by):
            await db.execute(_ASSIGN, event.call, event.concern, assigned_to)
            await _step(db, recorded, by, assigned_to)
        case ConcernReferred(referred_to=referred_to, referred_by=by):
            await _step(db, recorded, by, referred_to.value)
        case ConcernClosed(outcome=outcome, closed_by=by):
            await db.execute(_CLOSE, event.call, event.concern, event.at, outcome.value)
            await _step(db, recorded, by, outcome.value)
        case EvidenceHeld(review_by=review_by, held_by=by):
            await db.execute(_HOLD, event.call, event.concern, review_by)
            await _step(db, recorded, by, review_by.isoformat())
        case _:
            return  # of no interest here


async def _step(db: Connection, recorded: Recorded[Any], by: str | None, what: str | None) -> None:
    event = recorded.event
    await db.execute(
        "INSERT INTO steps VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        recorded.position,
        event.call,
        event.concern,
        event.at,
        type(event).__name__,
        by,
        what,
        packed(recorded.sealed),
    )


_CALL = "INSERT INTO calls VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
_RAISE = """
INSERT INTO concerns (call, concern, prison, kind, about, raised_by, raised_at, starts_at, prisoner_side, visitor_side)
SELECT call, $2, $3, $4, $5, $6, $7, starts_at, prisoner_side, visitor_side FROM calls WHERE call = $1
ON CONFLICT DO NOTHING
"""
_ASSIGN = "UPDATE concerns SET assigned_to = $3 WHERE call = $1 AND concern = $2"
_CLOSE = "UPDATE concerns SET closed_at = $3, outcome = $4 WHERE call = $1 AND concern = $2"
_HOLD = "UPDATE concerns SET held_until = $3 WHERE call = $1 AND concern = $2"


# The questions


async def open_concerns(
    db: Connection, prison: str, *, after: tuple[bool, datetime, str, str] | None = None, limit: int = 50
) -> list[Concern]:
    """The prison's open concerns: those nobody has first, then by the time at which they were raised.

    `after`: the `key` of the last one told.
    """
    taken, raised_at, call, concern = after or (None, None, "", "")
    found = await db.fetch(
        """SELECT * FROM concerns_concerns
           WHERE prison = $1 AND closed_at IS NULL
             AND ($2::boolean IS NULL
                  OR (assigned_to IS NOT NULL, raised_at, call, concern) > ($2, $3::timestamptz, $4, $5))
           ORDER BY assigned_to IS NOT NULL, raised_at, call, concern LIMIT $6""",
        prison,
        taken,
        raised_at,
        call,
        concern,
        limit,
    )
    return [_concern(record) for record in found]


async def closed_concerns(db: Connection, prison: str, *, limit: int = 20) -> list[Concern]:
    """The concerns that were closed last, the newest first."""
    found = await db.fetch(
        """SELECT * FROM concerns_concerns WHERE prison = $1 AND closed_at IS NOT NULL
           ORDER BY closed_at DESC LIMIT $2""",
        prison,
        limit,
    )
    return [_concern(record) for record in found]


async def concern_of(db: Connection, call: str, concern: str) -> tuple[Concern, list[Step]] | None:
    """One concern, and everything that happened to it."""
    record = await db.fetchrow(
        "SELECT * FROM concerns_concerns WHERE call = $1 AND concern = $2", call, concern
    )
    if record is None:
        return None
    steps = await db.fetch(
        """SELECT *, sealed::text AS sealed_text FROM concerns_steps
           WHERE call = $1 AND concern = $2 ORDER BY position""",
        call,
        concern,
    )
    return _concern(record), [
        Step(one["at"], one["type"], one["by"], one["what"], unpacked(one["sealed_text"])) for one in steps
    ]


async def concerns_open(db: Connection, prison: str) -> int:
    """How many concerns wait for a person."""
    counted = "SELECT count(*) FROM concerns_concerns WHERE prison = $1 AND closed_at IS NULL"
    return int(await db.fetchval(counted, prison))


def _concern(record: Mapping[str, Any]) -> Concern:
    fields = {name: record[name] for name in Concern.__dataclass_fields__}
    about, outcome = record["about"], record["outcome"]
    return Concern(
        **{
            **fields,
            "kind": ConcernKind(record["kind"]),
            "about": None if about is None else ConcernAbout(about),
            "outcome": None if outcome is None else ConcernOutcome(outcome),
            "prisoner_side": tuple(record["prisoner_side"]),
            "visitor_side": tuple(record["visitor_side"]),
        }
    )
