"""What is kept of calls: until when, what keeps it longer, and what should be gone already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from application.weeding import Weeding
from domain.appeal import AppealDecided, AppealLodged
from domain.calendar import local_day
from domain.concern import ConcernClosed, ConcernRaised
from domain.event import Event
from domain.evidence import EvidenceHeld
from domain.evidence_picture import EvidencePictureKept
from domain.kept import MediaKept, MediaWeeded, RetentionExtended, WeedingBegun
from domain.lifecycle import CallCompleted, CallTerminated
from domain.monitoring.events import Ground
from domain.policy import Policy, PolicyPublished
from domain.recording import RecordingSealed
from domain.retention import days_kept
from domain.stream import ObservationsSealed
from domain.waiting_room.events import WaitingRoomOpened

NAME = "kept"
VERSION = 2
AUDIT = False

TABLES = """
CREATE TABLE policies (name text PRIMARY KEY, zone text NOT NULL, observations int NOT NULL, recording int NOT NULL,
                       pictures int NOT NULL);
CREATE TABLE calls (
    call text PRIMARY KEY,
    prison text NOT NULL,
    version text NOT NULL,
    starts_at timestamptz NOT NULL,
    ended_on date,
    open text[] NOT NULL DEFAULT '{}', -- concerns and appeals
    held_until date,
    extended_until date,
    ground text
);
CREATE INDEX ON calls (prison, ended_on);
CREATE TABLE media (
    call text NOT NULL,
    media text NOT NULL,
    pieces int NOT NULL,
    begun boolean NOT NULL DEFAULT false,
    PRIMARY KEY (call, media)
);
"""

EVENTS: tuple[type[Event], ...] = (
    PolicyPublished,
    WaitingRoomOpened,
    ObservationsSealed,
    RecordingSealed,
    EvidencePictureKept,
    CallCompleted,
    CallTerminated,
    ConcernRaised,
    ConcernClosed,
    AppealLodged,
    AppealDecided,
    EvidenceHeld,
    RetentionExtended,
    WeedingBegun,
    MediaWeeded,
)


@dataclass(frozen=True)
class Kept:
    """One kind of media of one call."""

    call: str
    media: MediaKept
    pieces: int
    starts_at: datetime  # of its call
    last_day: date
    begun: bool
    open: int  # concerns and appeals that keep it
    held_until: date | None
    extended_until: date | None
    ground: Ground | None

    def weeding(self, day: date) -> Weeding:
        """Where it stands on a day."""
        if self.begun:
            return Weeding.UNDER_WAY
        if day <= self.last_day:
            return Weeding.DUE
        lasts = any(last is not None and day <= last for last in (self.held_until, self.extended_until))
        return Weeding.KEPT_LONGER if self.open or lasts else Weeding.OVERDUE


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case PolicyPublished():
            policy = Policy.model_validate(event.document)
            days = (days_kept(policy, media) for media in MediaKept)
            await db.execute(_POLICY, event.name, policy.time_zone, *days)
        case WaitingRoomOpened():
            await db.execute(_CALL, event.call, event.prison, event.policy_version, event.starts_at)
        case ObservationsSealed(digests=digests):
            await db.execute(_SEAL, event.call, MediaKept.OBSERVATIONS.value, len(digests))
        case RecordingSealed(digests=digests):
            await db.execute(_SEAL, event.call, MediaKept.RECORDING.value, len(digests))
        case EvidencePictureKept():
            await db.execute(_SEAL, event.call, MediaKept.PICTURES.value, 1)
        case CallCompleted() | CallTerminated():
            zone = await db.fetchval(_ZONE, event.call)
            await db.execute(_END, event.call, local_day(event.at, zone or Policy().time_zone))
        case ConcernRaised(concern=ident) | AppealLodged(appeal=ident):
            await db.execute(_OPEN, event.call, ident)
        case ConcernClosed(concern=ident) | AppealDecided(appeal=ident):
            await db.execute(_CLOSE, event.call, ident)
        case EvidenceHeld(review_by=last):
            await db.execute(_HOLD, event.call, last)
        case RetentionExtended(until=last, ground=ground):
            await db.execute(_EXTEND, event.call, last, ground.value)
        case WeedingBegun(media=media):
            await db.execute(_BEGIN, event.call, media.value)
        case MediaWeeded(media=media):
            await db.execute("DELETE FROM media WHERE call = $1 AND media = $2", event.call, media.value)
        case _:
            return  # of no interest here


_POLICY = "INSERT INTO policies VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
_CALL = "INSERT INTO calls (call, prison, version, starts_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
_SEAL = """
INSERT INTO media (call, media, pieces) VALUES ($1, $2, $3)
ON CONFLICT (call, media) DO UPDATE SET pieces = media.pieces + $3
"""
_ZONE = "SELECT zone FROM policies JOIN calls ON version = name WHERE call = $1"
_END = "UPDATE calls SET ended_on = $2 WHERE call = $1"
_OPEN = "UPDATE calls SET open = array_append(array_remove(open, $2), $2) WHERE call = $1"
_CLOSE = "UPDATE calls SET open = array_remove(open, $2) WHERE call = $1"
_HOLD = "UPDATE calls SET held_until = greatest(held_until, $2) WHERE call = $1"
_EXTEND = """
UPDATE calls SET extended_until = greatest(extended_until, $2), ground = $3 WHERE call = $1
"""
_BEGIN = "UPDATE media SET begun = true WHERE call = $1 AND media = $2"


# The question


async def kept_until(db: Connection, prison: str, day: date, *, limit: int = 200) -> list[Kept]:
    """What is kept of the prison's calls and has its last day up to this one, the oldest first."""
    found = await db.fetch(
        """SELECT * FROM (
               SELECT call, media, pieces, begun, starts_at, cardinality(open) AS open, held_until, extended_until,
                      ground, ended_on + CASE media WHEN 'recording' THEN recording WHEN 'pictures' THEN pictures
                                                 ELSE observations END AS last_day
               FROM kept_media JOIN kept_calls USING (call) JOIN kept_policies ON name = version
               WHERE prison = $1
           ) AS told WHERE last_day <= $2 ORDER BY last_day, call, media LIMIT $3""",
        prison,
        day,
        limit,
    )
    return [_kept(record) for record in found]


def _kept(record: Mapping[str, Any]) -> Kept:
    fields = {name: record[name] for name in Kept.__dataclass_fields__}
    ground = record["ground"]
    return Kept(
        **{
            **fields,
            "media": MediaKept(record["media"]),
            "ground": None if ground is None else Ground(ground),
        }
    )
