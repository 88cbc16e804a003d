"""Who was shown sensitive pictures, and how often: so that nobody has to look at too many.

A raw picture that an officer opens while something sensitive was found counts as well: it is seen all the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.access import StreamLookedAt
from domain.call.events import CallResumed
from domain.event import Event
from domain.exposure import SensitiveImageRevealed, hides
from domain.lifecycle import CallCompleted, CallTerminated
from domain.violation import ViolationCleared, ViolationRaised

NAME = "exposure"
VERSION = 1
AUDIT = False

WEEK, FOUR_WEEKS = timedelta(days=7), timedelta(days=28)

TABLES = """
CREATE TABLE hidden (
    call text NOT NULL,
    violation text NOT NULL,
    PRIMARY KEY (call, violation)
);
CREATE TABLE exposures (
    position bigint PRIMARY KEY,
    prison text NOT NULL,
    officer text NOT NULL,
    at timestamptz NOT NULL,
    call text NOT NULL
);
CREATE INDEX ON exposures (prison, at);
CREATE INDEX ON exposures (officer, at);
"""

EVENTS: tuple[type[Event], ...] = (
    ViolationRaised,
    ViolationCleared,
    CallResumed,
    CallCompleted,
    CallTerminated,
    SensitiveImageRevealed,
    StreamLookedAt,
)


@dataclass(frozen=True)
class Exposure:
    """How many sensitive pictures one officer was shown lately."""

    officer: str
    within_7_days: int
    within_28_days: int
    last_at: datetime | None


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case ViolationRaised() if hides(event):
            await db.execute(_HIDE, event.call, event.violation)
        case ViolationCleared(call=call, violation=violation):
            await db.execute("DELETE FROM hidden WHERE call = $1 AND violation = $2", call, violation)
        case CallResumed(call=call) | CallCompleted(call=call) | CallTerminated(call=call):
            await db.execute("DELETE FROM hidden WHERE call = $1", call)
        case SensitiveImageRevealed():
            await db.execute(
                _SEEN, recorded.position, event.prison, event.officer, event.at, event.call, False
            )
        case StreamLookedAt():
            await db.execute(
                _SEEN, recorded.position, event.prison, event.officer, event.at, event.call, True
            )
        case _:
            return  # of no interest here


_HIDE = "INSERT INTO hidden VALUES ($1, $2) ON CONFLICT DO NOTHING"
_SEEN = """
INSERT INTO exposures SELECT $1, $2, $3, $4, $5
WHERE NOT $6::boolean OR EXISTS (SELECT FROM hidden WHERE call = $5)
"""


# The questions


async def exposures(db: Connection, prison: str, now: datetime) -> list[Exposure]:
    """Every officer of the prison who was shown any within 28 days, those who saw most first."""
    found = await db.fetch(
        f"{_COUNT} WHERE prison = $1 AND at > $2 AND at <= $4 GROUP BY officer ORDER BY 3 DESC, 2 DESC, officer",
        prison,
        now - FOUR_WEEKS,
        now - WEEK,
        now,
    )
    return [Exposure(**record) for record in found]


async def exposure_of(db: Connection, officer: str, now: datetime) -> Exposure:
    """What one officer was shown within 28 days, wherever they work."""
    record = await db.fetchrow(
        f"{_COUNT} WHERE officer = $1 AND at > $2 AND at <= $4 GROUP BY officer",
        officer,
        now - FOUR_WEEKS,
        now - WEEK,
        now,
    )
    return Exposure(officer, 0, 0, None) if record is None else Exposure(**record)


_COUNT = """
SELECT officer, count(*) FILTER (WHERE at > $3) AS within_7_days, count(*) AS within_28_days, max(at) AS last_at
FROM exposure_exposures
"""
