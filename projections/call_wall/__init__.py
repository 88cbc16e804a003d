"""The wall: every call from the opening of its waiting room until two hours after its end.

One row per call. What an officer has to do stands first: somebody asked for help, a pause waits for a
decision, a call waits for a monitor. No name and no reason is here, only ids and keys of texts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from asyncpg import Connection

from application.ports import Recorded
from domain.access import StreamLookedAt
from domain.audio_only import AudioOnlyEntered, AudioOnlyLeft
from domain.booking.events import BookingCancelled
from domain.call.events import (
    CallClosed,
    CallInterrupted,
    CallPaused,
    CallResumed,
    InterruptionOver,
    ParticipantLeft,
    ParticipantRejoined,
    PauseEscalated,
    PauseExplained,
)
from domain.concern import ConcernAssigned, ConcernRaised
from domain.device_check import DeviceChecked
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.hint import ClientHintReported
from domain.lifecycle import (
    CallCompleted,
    CallExtended,
    CallLocked,
    CallMissed,
    CallStarted,
    CallTerminated,
    CallUnlocked,
)
from domain.mute import StreamMuted, StreamUnmuted
from domain.stream import (
    ModerationLost,
    ModerationRestored,
    QualityDegraded,
    QualityRecovered,
    StreamFrozen,
    StreamReleased,
)
from domain.takeover import JudgingGivenBack, JudgingTakenOver
from domain.violation import ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import (
    CallHeldForFacts,
    CallHeldForMonitor,
    ClearanceModeSet,
    IdentityChecked,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    ParticipantRefused,
    WaitingRoomOpened,
)
from projections.call_wall.row import Freeze, OpenViolation, WallCall, WallStatus, after

__all__ = [
    "AUDIT",
    "EVENTS",
    "NAME",
    "TABLES",
    "VERSION",
    "Freeze",
    "OpenViolation",
    "WallCall",
    "WallStatus",
    "after",
    "call_on_wall",
    "calls_on_wall",
    "project",
    "project_batch",
]

NAME = "call_wall"
VERSION = 7
AUDIT = False

VISIBLE_AFTER_END = timedelta(minutes=120)
"""How long a call that is over stays on the wall, so that an officer can look back at it."""

TABLES = """
CREATE TABLE calls (
    call text PRIMARY KEY,
    prison text NOT NULL,
    status text NOT NULL,
    since timestamptz NOT NULL,
    stopped_at timestamptz,
    cause text,
    side text,
    for_staff boolean NOT NULL,
    escalated boolean NOT NULL,
    rejoin_until timestamptz,
    help_asked_at timestamptz,
    persons jsonb NOT NULL,
    arrived text[] NOT NULL,
    arrived_at timestamptz,
    identity jsonb NOT NULL,
    admitted text[] NOT NULL,
    refused text[] NOT NULL,
    away text[] NOT NULL,
    modes jsonb NOT NULL,
    people jsonb NOT NULL,
    frozen jsonb NOT NULL,
    unchecked text[] NOT NULL,
    lines jsonb NOT NULL,
    ways jsonb NOT NULL,
    audio_only text[] NOT NULL,
    monitor_required boolean NOT NULL,
    monitors text[] NOT NULL,
    violations jsonb NOT NULL,
    unreviewed text[] NOT NULL,
    policy_version text NOT NULL,
    starts_at timestamptz NOT NULL,
    started_at timestamptz,
    ends_at timestamptz,
    extended_s integer NOT NULL,
    may_leave boolean NOT NULL,
    ended_at timestamptz,
    outcome text,
    closed boolean NOT NULL,
    flags jsonb NOT NULL,
    muted jsonb NOT NULL,
    devices jsonb NOT NULL,
    locked boolean NOT NULL,
    hints jsonb NOT NULL,
    may_take_over boolean NOT NULL,
    by_eye jsonb NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX ON calls (prison);
CREATE INDEX ON calls (ended_at);
"""

EVENTS: tuple[type[Event], ...] = (
    WaitingRoomOpened,
    DeviceChecked,
    ParticipantArrived,
    IdentityChecked,
    ParticipantAdmitted,
    ParticipantRefused,
    ClearanceModeSet,
    MonitorJoined,
    MonitorLeft,
    CallHeldForMonitor,
    CallHeldForFacts,
    BookingFlagged,
    BookingUnflagged,
    CallStarted,
    StreamReleased,
    StreamFrozen,
    ModerationLost,
    ModerationRestored,
    QualityDegraded,
    QualityRecovered,
    AudioOnlyEntered,
    AudioOnlyLeft,
    ViolationRaised,
    ViolationCleared,
    ViolationReviewed,
    CallPaused,
    PauseEscalated,
    PauseExplained,
    CallResumed,
    CallInterrupted,
    InterruptionOver,
    CallExtended,
    ParticipantLeft,
    ParticipantRejoined,
    CallCompleted,
    CallTerminated,
    CallMissed,
    BookingCancelled,
    CallClosed,
    ConcernRaised,
    ClientHintReported,
    ConcernAssigned,
    StreamLookedAt,
    StreamMuted,
    StreamUnmuted,
    JudgingTakenOver,
    JudgingGivenBack,
    CallLocked,
    CallUnlocked,
)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Change the row of the event's call."""
    await project_batch(db, [recorded])


async def project_batch(db: Connection, batch: Sequence[Recorded[Any]]) -> None:
    """Change the rows of many events at once, and let go of calls that ended long before them."""
    ours = [recorded for recorded in batch if isinstance(recorded.event, EVENTS)]
    if not ours:
        return
    rows: dict[str, WallCall | None] = dict.fromkeys(recorded.event.call for recorded in ours)
    rows.update((row.call, row) for row in await _load(db, list(rows)))
    for recorded in ours:
        call = recorded.event.call
        rows[call] = after(rows[call], recorded)
    await _save(db, [row for row in rows.values() if row is not None])
    newest = max(recorded.event.at for recorded in ours)
    await db.execute("DELETE FROM calls WHERE ended_at < $1", newest - VISIBLE_AFTER_END)


async def _load(db: Connection, calls: Sequence[str]) -> list[WallCall]:
    found = await db.fetch("SELECT to_jsonb(calls)::text FROM calls WHERE call = ANY($1::text[])", calls)
    return [_row(record[0]) for record in found]


async def _save(db: Connection, rows: Sequence[WallCall]) -> None:
    text = msgspec.json.encode(rows).decode()
    await db.execute("DELETE FROM calls WHERE call = ANY($1::text[])", [row.call for row in rows])
    await db.execute(
        "INSERT INTO calls SELECT * FROM jsonb_populate_recordset(NULL::calls, $1::text::jsonb)", text
    )


async def calls_on_wall(db: Connection, prison: str, at: datetime | None = None) -> list[WallCall]:
    """The prison's calls at a moment (now, unless told), the most urgent first."""
    found = await db.fetch(
        """SELECT to_jsonb(wall)::text FROM call_wall_calls AS wall
           WHERE prison = $1 AND (ended_at IS NULL OR ended_at > coalesce($2, now()) - $3::interval)""",
        prison,
        at,
        VISIBLE_AFTER_END,
    )
    return sorted((_row(record[0]) for record in found), key=lambda row: row.urgency)


async def call_on_wall(db: Connection, call: str) -> WallCall | None:
    """One call, as long as its row is kept."""
    text = await db.fetchval("SELECT to_jsonb(wall)::text FROM call_wall_calls AS wall WHERE call = $1", call)
    return None if text is None else _row(text)


_row = partial(msgspec.json.decode, type=WallCall)
