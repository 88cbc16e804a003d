"""How good moderation is, in the word of those who looked: what was raised, what of it was true, what is not reviewed.

A finding belongs to the engine that made it, and so does the time that engine judged. No person is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from asyncpg import Connection

from application.ports import Recorded
from domain.clearance import Side
from domain.event import Event
from domain.evidence_picture import EvidencePictureKept
from domain.kept import MediaKept, WeedingBegun
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.moderation.kind import Action, Kind, Severity
from domain.stream import ModerationStarted
from domain.violation import ViolationRaised, ViolationReviewed

NAME = "moderation_quality"
VERSION = 2
AUDIT = False

TABLES = """
CREATE TABLE calls (
    call text PRIMARY KEY,
    prison text NOT NULL,
    engine text NOT NULL,
    over_at timestamptz,
    talk_ms bigint NOT NULL DEFAULT 0
);
CREATE INDEX ON calls (prison, over_at);
CREATE TABLE violations (
    call text NOT NULL,
    violation text NOT NULL,
    prison text NOT NULL,
    side text NOT NULL,
    kind text NOT NULL,
    severity smallint NOT NULL,
    paused boolean NOT NULL,
    engine text NOT NULL,
    raised_at timestamptz NOT NULL,
    media_ms bigint NOT NULL,
    evidence jsonb NOT NULL,
    over_at timestamptz,
    outcome text,
    pictured boolean NOT NULL DEFAULT false, -- a picture of it is kept
    PRIMARY KEY (call, violation)
);
CREATE INDEX ON violations (prison, paused DESC, raised_at, call, violation)
    WHERE outcome IS NULL AND over_at IS NOT NULL;
CREATE INDEX ON violations (prison, raised_at) WHERE paused;
"""

EVENTS: tuple[type[Event], ...] = (
    ModerationStarted,
    ViolationRaised,
    ViolationReviewed,
    EvidencePictureKept,
    WeedingBegun,
    CallCompleted,
    CallTerminated,
    CallMissed,
)

UNKNOWN = "unknown"  # as an engine: reported without the one that judged
Place = tuple[int, datetime, str, str]


@dataclass(frozen=True)
class Unreviewed:
    """Something the machine found in a call that is over, about which nobody has said what it was."""

    call: str
    violation: str
    side: Side
    kind: Kind
    severity: Severity
    paused: bool  # it stopped the call
    engine: str
    raised_at: datetime
    media_ms: int
    evidence: Mapping[str, Any]
    over_at: datetime  # when the call ended: from then on it can be looked at in peace
    pictured: bool  # a picture of it is kept

    @property
    def place(self) -> Place:
        """Its place in the list: what stopped a call first, and of that the oldest."""
        return 0 if self.paused else 1, self.raised_at, self.call, self.violation


@dataclass(frozen=True)
class Quality:
    """What came of one engine's automatic pauses of one kind."""

    kind: Kind
    engine: str
    raised: int
    confirmed: int
    dismissed: int
    unclear: int
    talk_ms: int  # of all calls that this engine judged

    @property
    def reviewed(self) -> int:
        """How many somebody looked at."""
        return self.confirmed + self.dismissed + self.unclear

    @property
    def decided(self) -> int:
        """How many were said to be true or not: the n of the precision."""
        return self.confirmed + self.dismissed

    @property
    def precision(self) -> float | None:
        """The share of true ones among those decided; None where none was."""
        return self.confirmed / self.decided if self.decided else None

    @property
    def dismissed_an_hour(self) -> float | None:
        """Needless pauses in an hour of call; None where no call was judged to its end."""
        return self.dismissed * 3_600_000 / self.talk_ms if self.talk_ms else None


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case ModerationStarted(models=models, setup=setup):
            await db.execute(_JUDGED, event.call, event.prison, models.get("engine", setup))
        case ViolationRaised(action=Action.COACH):
            return  # only the person concerned was told: nobody reviews it
        case ViolationRaised():
            await _raised(db, event)
        case ViolationReviewed(violation=violation, outcome=outcome):
            await db.execute(_REVIEWED, event.call, violation, outcome.value)
        case EvidencePictureKept(violation=violation):
            await db.execute(_PICTURED, event.call, violation)
        case WeedingBegun(media=MediaKept.PICTURES):
            await db.execute("UPDATE violations SET pictured = false WHERE call = $1", event.call)
        case CallCompleted(talk_ms=talk_ms) | CallTerminated(talk_ms=talk_ms):
            await _over(db, event, talk_ms)
        case CallMissed():
            await _over(db, event, 0)
        case _:
            return  # of no interest here


async def _raised(db: Connection, event: ViolationRaised) -> None:
    await db.execute(
        _RAISED,
        event.call,
        event.violation,
        event.prison,
        event.side.value,
        event.kind.value,
        event.severity.value,
        event.action is Action.PAUSE,
        event.evidence.get("engine"),
        event.at,
        event.media_ms,
        msgspec.json.encode(event.evidence).decode(),
    )


async def _over(db: Connection, event: CallCompleted | CallTerminated | CallMissed, talk_ms: int) -> None:
    await db.execute("UPDATE violations SET over_at = $2 WHERE call = $1", event.call, event.at)
    await db.execute(
        "UPDATE calls SET over_at = $2, talk_ms = $3 WHERE call = $1", event.call, event.at, talk_ms
    )


_JUDGED = "INSERT INTO calls VALUES ($1, $2, $3) ON CONFLICT (call) DO UPDATE SET engine = $3"
_RAISED = """
INSERT INTO violations (call, violation, prison, side, kind, severity, paused, engine, raised_at, media_ms, evidence,
                        over_at)
SELECT $1, $2, $3, $4, $5, $6, $7, coalesce($8, calls.engine, 'unknown'), $9, $10, $11::text::jsonb, calls.over_at
FROM (VALUES (1)) AS one LEFT JOIN calls ON calls.call = $1
ON CONFLICT DO NOTHING
"""
_PICTURED = "UPDATE violations SET pictured = true WHERE call = $1 AND violation = $2"
_REVIEWED = "UPDATE violations SET outcome = $3 WHERE call = $1 AND violation = $2 AND outcome IS NULL"


# The questions


async def unreviewed(
    db: Connection, prison: str, *, after: Place | None = None, limit: int = 50
) -> list[Unreviewed]:
    """What nobody has reviewed of calls that are over: automatic pauses first, the oldest at the head.

    `after`: the `place` of the last one told.
    """
    rank, raised_at, call, violation = after or (None, None, "", "")
    found = await db.fetch(
        """SELECT call, violation, side, kind, severity, paused, engine, raised_at, media_ms, over_at, pictured,
                  evidence::text AS evidence
           FROM moderation_quality_violations
           WHERE prison = $1 AND outcome IS NULL AND over_at IS NOT NULL
             AND ($2::integer IS NULL OR (NOT paused, raised_at, call, violation) > ($2 = 1, $3, $4, $5))
           ORDER BY paused DESC, raised_at, call, violation LIMIT $6""",
        prison,
        rank,
        raised_at,
        call,
        violation,
        limit,
    )
    return [_unreviewed(record) for record in found]


async def pauses_to_review(db: Connection, prison: str) -> int:
    """How many automatic pauses of calls that are over nobody has reviewed."""
    counted = """SELECT count(*) FROM moderation_quality_violations
                 WHERE prison = $1 AND paused AND outcome IS NULL AND over_at IS NOT NULL"""
    return int(await db.fetchval(counted, prison))


async def quality(db: Connection, prison: str, since: datetime) -> list[Quality]:
    """What came of the automatic pauses since a moment, by kind and engine."""
    found = await db.fetch(
        """SELECT kind, engine, count(*) AS raised,
                   count(*) FILTER (WHERE outcome = 'confirmed') AS confirmed,
                   count(*) FILTER (WHERE outcome = 'dismissed') AS dismissed,
                   count(*) FILTER (WHERE outcome = 'unclear') AS unclear,
                   coalesce((SELECT sum(talk_ms) FROM moderation_quality_calls AS calls
                             WHERE calls.prison = $1 AND calls.engine = found.engine AND over_at >= $2), 0)::bigint
                   AS talk_ms
            FROM moderation_quality_violations AS found WHERE prison = $1 AND paused AND raised_at >= $2
            GROUP BY kind, engine ORDER BY kind, engine""",
        prison,
        since,
    )
    return [Quality(**{**record, "kind": Kind(record["kind"])}) for record in found]


def _unreviewed(record: Mapping[str, Any]) -> Unreviewed:
    return Unreviewed(
        **{
            **record,
            "side": Side(record["side"]),
            "kind": Kind(record["kind"]),
            "severity": Severity(record["severity"]),
            "evidence": msgspec.json.decode(record["evidence"]),
        }
    )
