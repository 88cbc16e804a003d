"""Conduct: violations that an officer confirmed, and what followed from each for whom.

Words that people typed stay sealed: whoever may read them opens them one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded, Sealed
from application.sealing import packed, unpacked
from domain.appeal import AppealDecided
from domain.clearance import Side
from domain.conduct import LiftedBecause, SanctionImposed, SanctionLifted, WarningIssued
from domain.event import Event
from domain.moderation.kind import Kind
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed

NAME = "conduct"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE violations (
    call text NOT NULL,
    violation text NOT NULL,
    prison text NOT NULL,
    side text NOT NULL,
    kind text NOT NULL,
    raised_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    answered boolean NOT NULL DEFAULT false,
    overturned boolean NOT NULL DEFAULT false,
    PRIMARY KEY (call, violation)
);
CREATE INDEX ON violations (prison, confirmed_at) WHERE confirmed_at IS NOT NULL AND NOT answered AND NOT overturned;
CREATE TABLE measures (
    sanction text PRIMARY KEY,
    call text NOT NULL,
    prison text NOT NULL,
    person text NOT NULL,
    side text NOT NULL,
    violation text NOT NULL,
    kind text,
    at timestamptz NOT NULL,
    days integer NOT NULL,
    first date,
    last date,
    taken_by text NOT NULL,
    sealed jsonb NOT NULL,
    lifted_at timestamptz,
    lifted_because text
);
CREATE INDEX ON measures (prison, at);
CREATE INDEX ON measures (person, at);
CREATE INDEX ON measures (call);
"""

EVENTS: tuple[type[Event], ...] = (
    ViolationRaised,
    ViolationReviewed,
    WarningIssued,
    SanctionImposed,
    SanctionLifted,
    AppealDecided,
)


@dataclass(frozen=True)
class Confirmed:
    """A violation that an officer confirmed."""

    call: str
    violation: str
    side: Side
    kind: Kind
    raised_at: datetime
    confirmed_at: datetime
    overturned: bool  # on appeal: it no longer counts


@dataclass(frozen=True)
class MeasureTaken:
    """What followed for somebody. `days`: 0 is a warning. `sealed`: the words for the person concerned."""

    sanction: str
    call: str
    prison: str
    person: str
    side: Side
    violation: str
    kind: Kind | None  # of the violation
    at: datetime
    days: int
    first: date | None
    last: date | None
    taken_by: str
    sealed: Mapping[str, Sealed]
    lifted_at: datetime | None
    lifted_because: LiftedBecause | None

    @property
    def key(self) -> tuple[datetime, str]:
        """Its place among all."""
        return (self.at, self.sanction)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case ViolationRaised(side=side, kind=kind):
            await db.execute(
                _RAISED, event.call, event.violation, event.prison, side.value, kind.value, event.at
            )
        case ViolationReviewed(outcome=ReviewOutcome.CONFIRMED):
            await db.execute(_CONFIRMED, event.call, event.violation, event.at)
        case WarningIssued(issued_by=by):
            await _taken(db, recorded, (0, None, None, by))
        case SanctionImposed(days=days, first=first, last=last, imposed_by=by):
            await _taken(db, recorded, (days, first, last, by))
        case SanctionLifted(sanction=sanction, because=because):
            await db.execute(_LIFTED, sanction, event.at, because.value)
        case AppealDecided(overturned=overturned):
            await db.execute(_OVERTURNED, event.call, list(overturned))
        case _:
            return  # a review that confirmed nothing


async def _taken(db: Connection, recorded: Recorded[Any], what: tuple[Any, ...]) -> None:
    event = recorded.event
    found = (event.sanction, event.call, event.prison, event.person, event.side.value, event.violation)
    await db.execute(_TAKEN, *found, event.at, *what, packed(recorded.sealed))
    await db.execute(_ANSWERED, event.call, event.violation)


_RAISED = "INSERT INTO violations VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
_CONFIRMED = "UPDATE violations SET confirmed_at = $3 WHERE call = $1 AND violation = $2"
_ANSWERED = "UPDATE violations SET answered = true WHERE call = $1 AND violation = $2"
_OVERTURNED = "UPDATE violations SET overturned = true WHERE call = $1 AND violation = ANY($2::text[])"
_LIFTED = "UPDATE measures SET lifted_at = $2, lifted_because = $3 WHERE sanction = $1"
_TAKEN = """
INSERT INTO measures VALUES ($1, $2, $3, $4, $5, $6,
    (SELECT kind FROM violations WHERE call = $2 AND violation = $6), $7, $8, $9, $10, $11, $12)
ON CONFLICT DO NOTHING
"""


# The questions


async def confirmed_unanswered(
    db: Connection, prison: str, since: datetime, *, limit: int = 50
) -> list[Confirmed]:
    """Violations that were confirmed since then, and from which nothing followed yet; the newest first."""
    found = await db.fetch(
        """SELECT * FROM conduct_violations
           WHERE prison = $1 AND confirmed_at >= $2 AND NOT answered AND NOT overturned
           ORDER BY confirmed_at DESC LIMIT $3""",
        prison,
        since,
        limit,
    )
    return [_confirmed(record) for record in found]


async def confirmed_of_call(db: Connection, call: str) -> list[Confirmed]:
    """The violations of a call that an officer confirmed, in the order in which they were found."""
    found = await db.fetch(
        """SELECT * FROM conduct_violations WHERE call = $1 AND confirmed_at IS NOT NULL
           ORDER BY raised_at, violation""",
        call,
    )
    return [_confirmed(record) for record in found]


async def measures(
    db: Connection,
    *,
    prison: str | None = None,
    person: str | None = None,
    call: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[MeasureTaken]:
    """What followed, in a prison, for one person or from one call; the newest first.

    `after`: the `key` of the last one told.
    """
    at, sanction = after or (None, "")
    found = await db.fetch(
        """SELECT *, sealed::text AS sealed_text FROM conduct_measures
           WHERE ($1::text IS NULL OR prison = $1) AND ($2::text IS NULL OR person = $2)
             AND ($3::text IS NULL OR call = $3)
             AND ($4::timestamptz IS NULL OR (at, sanction) < ($4, $5))
           ORDER BY at DESC, sanction DESC LIMIT $6""",
        prison,
        person,
        call,
        at,
        sanction,
        limit,
    )
    return [_measure(record) for record in found]


def _confirmed(record: Mapping[str, Any]) -> Confirmed:
    fields = {name: record[name] for name in Confirmed.__dataclass_fields__}
    return Confirmed(**{**fields, "side": Side(record["side"]), "kind": Kind(record["kind"])})


def _measure(record: Mapping[str, Any]) -> MeasureTaken:
    fields = {name: record[name] for name in MeasureTaken.__dataclass_fields__}
    kind, because = record["kind"], record["lifted_because"]
    return MeasureTaken(
        **{
            **fields,
            "side": Side(record["side"]),
            "kind": None if kind is None else Kind(kind),
            "lifted_because": None if because is None else LiftedBecause(because),
            "sealed": unpacked(record["sealed_text"]),
        }
    )
