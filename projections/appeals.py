"""Appeals: who asks that what is looked at again, until when, by whom, and what came of it.

Words that people typed stay sealed: whoever may read them opens them one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded, Sealed
from application.sealing import packed, unpacked
from domain.appeal import AppealAgainst, AppealAssigned, AppealDecided, AppealLodged, AppealOutcome
from domain.booking.events import BookingChanged, CallBooked
from domain.event import Event

NAME = "appeals"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE calls (
    call text PRIMARY KEY,
    starts_at timestamptz NOT NULL,
    prisoner text NOT NULL,
    visitors text[] NOT NULL
);
CREATE TABLE appeals (
    appeal text PRIMARY KEY,
    call text NOT NULL,
    prison text NOT NULL,
    lodged_by text NOT NULL,
    against text NOT NULL,
    sanction text,
    lodged_at timestamptz NOT NULL,
    decide_by date NOT NULL,
    starts_at timestamptz NOT NULL,
    prisoner text NOT NULL,
    visitors text[] NOT NULL,
    words jsonb NOT NULL,
    reviewer text,
    decided_at timestamptz,
    decided_by text,
    outcome text,
    overturned text[] NOT NULL DEFAULT '{}',
    reasons jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX ON appeals (prison, decide_by, appeal) WHERE decided_at IS NULL;
CREATE INDEX ON appeals (prison, decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX ON appeals (lodged_by, lodged_at);
CREATE INDEX ON appeals (call);
"""

EVENTS: tuple[type[Event], ...] = (CallBooked, BookingChanged, AppealLodged, AppealAssigned, AppealDecided)


@dataclass(frozen=True)
class Appeal:
    """One appeal as it stands. `words`: of whoever lodged it; `reasons`: of whoever decided, for them."""

    appeal: str
    call: str
    prison: str
    lodged_by: str
    against: AppealAgainst
    sanction: str | None
    lodged_at: datetime
    decide_by: date
    starts_at: datetime  # of its call
    prisoner: str
    visitors: tuple[str, ...]
    words: Mapping[str, Sealed]
    reviewer: str | None
    decided_at: datetime | None
    decided_by: str | None
    outcome: AppealOutcome | None
    overturned: tuple[str, ...]  # violations
    reasons: Mapping[str, Sealed]

    @property
    def key(self) -> tuple[date, str]:
        """Its place among the open ones."""
        return (self.decide_by, self.appeal)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case CallBooked() | BookingChanged():
            await db.execute(_CALL, event.call, event.starts_at, event.prisoner, list(event.visitors))
        case AppealLodged():
            await _lodged(db, recorded)
        case AppealAssigned(appeal=appeal, reviewer=reviewer):
            await db.execute("UPDATE appeals SET reviewer = $2 WHERE appeal = $1", appeal, reviewer)
        case AppealDecided():
            await db.execute(
                _DECIDE,
                event.appeal,
                event.at,
                event.decided_by,
                event.outcome.value,
                list(event.overturned),
                packed(recorded.sealed),
            )
        case _:
            return  # of no interest here


async def _lodged(db: Connection, recorded: Recorded[Any]) -> None:
    event = recorded.event
    await db.execute(
        _LODGE,
        event.appeal,
        event.call,
        event.prison,
        event.lodged_by,
        event.against.value,
        event.sanction,
        event.at,
        event.decide_by,
        packed(recorded.sealed),
    )


_CALL = """
INSERT INTO calls VALUES ($1, $2, $3, $4)
ON CONFLICT (call) DO UPDATE SET starts_at = $2, prisoner = $3, visitors = $4
"""
_LODGE = """
INSERT INTO appeals (appeal, call, prison, lodged_by, against, sanction, lodged_at, decide_by, words, starts_at,
                     prisoner, visitors)
SELECT $1, call, $3, $4, $5, $6, $7, $8, $9, starts_at, prisoner, visitors FROM calls WHERE call = $2
ON CONFLICT DO NOTHING
"""
_DECIDE = """
UPDATE appeals SET decided_at = $2, decided_by = $3, outcome = $4, overturned = $5, reasons = $6
WHERE appeal = $1
"""


# The questions


async def open_appeals(
    db: Connection, prison: str, *, after: tuple[date, str] | None = None, limit: int = 50
) -> list[Appeal]:
    """The prison's appeals that wait for an answer, the one that is due first at the head.

    `after`: the `key` of the last one told.
    """
    decide_by, appeal = after or (None, "")
    found = await db.fetch(
        f"""{_SELECT} WHERE prison = $1 AND decided_at IS NULL
             AND ($2::date IS NULL OR (decide_by, appeal) > ($2, $3))
           ORDER BY decide_by, appeal LIMIT $4""",
        prison,
        decide_by,
        appeal,
        limit,
    )
    return [_appeal(record) for record in found]


async def decided_appeals(db: Connection, prison: str, *, limit: int = 20) -> list[Appeal]:
    """The appeals that were answered last, the newest first."""
    found = await db.fetch(
        f"{_SELECT} WHERE prison = $1 AND decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT $2",
        prison,
        limit,
    )
    return [_appeal(record) for record in found]


async def appeals_by(db: Connection, person: str, *, limit: int = 50) -> list[Appeal]:
    """What one person asked to be looked at again, the newest first."""
    found = await db.fetch(
        f"{_SELECT} WHERE lodged_by = $1 ORDER BY lodged_at DESC, appeal LIMIT $2", person, limit
    )
    return [_appeal(record) for record in found]


async def appeal_of(db: Connection, call: str, appeal: str) -> Appeal | None:
    """One appeal about a call."""
    found = await db.fetchrow(f"{_SELECT} WHERE call = $1 AND appeal = $2", call, appeal)
    return None if found is None else _appeal(found)


async def appeals_open(db: Connection, prison: str) -> int:
    """How many appeals wait for an answer."""
    counted = "SELECT count(*) FROM appeals_appeals WHERE prison = $1 AND decided_at IS NULL"
    return int(await db.fetchval(counted, prison))


_SELECT = "SELECT *, words::text AS words_text, reasons::text AS reasons_text FROM appeals_appeals"


def _appeal(record: Mapping[str, Any]) -> Appeal:
    fields = {name: record[name] for name in Appeal.__dataclass_fields__}
    outcome = record["outcome"]
    return Appeal(
        **{
            **fields,
            "against": AppealAgainst(record["against"]),
            "outcome": None if outcome is None else AppealOutcome(outcome),
            "visitors": tuple(record["visitors"]),
            "overturned": tuple(record["overturned"]),
            "words": unpacked(record["words_text"]),
            "reasons": unpacked(record["reasons_text"]),
        }
    )
