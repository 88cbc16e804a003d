"""The timeline: everything on record about one call, in order, and what each side saw from each moment on.

It is read by auditors, so it stops at an event that it does not understand instead of leaving it out.
Words that people typed stay sealed: whoever may read them opens them one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Connection

from application.ports import ActorKind, Recorded, Sealed
from application.sealing import packed, unpacked
from domain.access import RecordViewed
from domain.call.events import CallInterrupted, CallPaused, ParticipantLeft
from domain.clearance import Side
from domain.event import Event
from domain.events import EVENTS as ALL
from domain.lifecycle import CallCompleted, CallTerminated
from domain.stream import ModerationLost, SlateShown, StreamFrozen, StreamReleased
from domain.takeover import JudgingGivenBack
from domain.waiting_room.events import CallHeldForMonitor

NAME = "call_timeline"
VERSION = 1
AUDIT = True

TABLES = """
CREATE TABLE entries (
    position bigint PRIMARY KEY,
    call text NOT NULL,
    prison text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    type text NOT NULL,
    media_ms bigint,
    side text,
    actor_kind text NOT NULL,
    actor_role text,
    actor_id text NOT NULL,
    cmd uuid NOT NULL,
    cause uuid,
    policy text,
    data jsonb NOT NULL,
    sealed jsonb NOT NULL,
    prisoner_sees text NOT NULL,
    visitor_sees text NOT NULL
);
CREATE INDEX ON entries (call, position);
"""

_OF_CALLS = tuple(kind for kind in ALL.values() if "call" in kind.model_fields)
EVENTS: tuple[type[Event], ...] = (*_OF_CALLS, RecordViewed)

NOTHING, LIVE, FROZEN, SLATE = "nothing", "live", "frozen", "slate:"
"""What a side may see: nothing, moving pictures, the last one standing still, or a slate and its reason."""


@dataclass(frozen=True)
class Seen:
    """What each side sees of the other from a moment on."""

    prisoner: str = NOTHING
    visitor: str = NOTHING

    def of(self, viewer: Side) -> str:
        """What this side sees."""
        return self.prisoner if viewer is Side.PRISONER else self.visitor

    def showing(self, viewer: Side, sees: str) -> "Seen":
        """The same, but this side sees something else now."""
        return replace(self, **{viewer.value: sees})


@dataclass(frozen=True)
class Entry:
    """One event of a call. `data` are its open fields; `sealed` the personal ones, for the key's holder."""

    position: int
    at: datetime
    recorded_at: datetime
    type: str
    media_ms: int | None
    side: Side | None
    actor_kind: ActorKind
    actor_role: str | None
    actor_id: str
    cmd: UUID
    cause: UUID | None
    policy: str | None
    data: Mapping[str, Any]
    sealed: Mapping[str, Sealed]
    seen: Seen


@dataclass(frozen=True)
class Sight:
    """A span in which one side saw one thing. Media times are of the pictures it was sent."""

    viewer: Side
    sees: str
    since: datetime
    until: datetime | None  # None: to this moment
    from_position: int
    from_media_ms: int | None
    last_media_ms: int | None  # of the last picture that reached the viewer before


def seen_after(seen: Seen, event: Event) -> Seen:
    """What each side sees after the event. What stops a picture counts before its slate is reported."""
    match event:
        case StreamReleased(side=side):
            return seen.showing(side.other, LIVE)
        case StreamFrozen(side=side, last_media_ms=last):
            viewer = side.other
            return seen.showing(viewer, FROZEN) if seen.of(viewer) == LIVE and last is not None else seen
        case SlateShown(viewer=viewer, reason=reason):
            return seen.showing(viewer, SLATE + reason)
        case ModerationLost(side=side):
            return _covered(seen, "checking_interrupted", side.other)
        case JudgingGivenBack(side=side) if seen.of(side.other) == LIVE:
            return _covered(seen, "checking_interrupted", side.other)
        case CallPaused(cause=cause):
            return _covered(seen, cause, *Side)
        case CallInterrupted():
            return _covered(seen, "interrupted", *Side)
        case CallHeldForMonitor():
            return _covered(seen, "monitor_missing", *Side)
        case ParticipantLeft(side=side):
            return seen.showing(side, NOTHING)
        case CallCompleted() | CallTerminated():
            return Seen()
        case _:
            return seen


def _covered(seen: Seen, reason: str, *viewers: Side) -> Seen:
    """These sides see a slate, but for one that sees nothing: it is not connected, or not yet."""
    for viewer in viewers:
        if seen.of(viewer) != NOTHING:
            seen = seen.showing(viewer, SLATE + reason)
    return seen


# The table


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Add the event to its call's timeline."""
    await project_batch(db, [recorded])


async def project_batch(db: Connection, batch: Sequence[Recorded[Any]]) -> None:
    """Add many events at once."""
    ours = [(call, recorded) for recorded in batch if (call := _call_of(recorded.event)) is not None]
    if not ours:
        return
    seen = await _seen_so_far(db, list({call for call, _ in ours}))
    rows = []
    for call, recorded in ours:
        seen[call] = seen_after(seen.get(call, Seen()), recorded.event)
        rows.append(_row(call, recorded, seen[call]))
    await db.copy_records_to_table("entries", records=rows)


def _call_of(event: Any) -> str | None:
    """The call whose timeline it belongs to: its own, or the one whose record was viewed."""
    if isinstance(event, RecordViewed):
        kind, _, viewed = event.viewed.partition(":")
        return viewed if kind == "call" else None
    return getattr(event, "call", None)


async def _seen_so_far(db: Connection, calls: Sequence[str]) -> dict[str, Seen]:
    found = await db.fetch(
        """SELECT asked.call, prisoner_sees, visitor_sees FROM unnest($1::text[]) AS asked (call)
           CROSS JOIN LATERAL (
               SELECT prisoner_sees, visitor_sees FROM entries
               WHERE entries.call = asked.call ORDER BY position DESC LIMIT 1
           ) AS newest""",
        calls,
    )
    return {record["call"]: Seen(record["prisoner_sees"], record["visitor_sees"]) for record in found}


def _row(call: str, recorded: Recorded[Any], seen: Seen) -> tuple[Any, ...]:
    event, actor = recorded.event, recorded.actor
    kind: type[Event] = type(event)
    side = getattr(event, "side", None) or getattr(event, "viewer", None)
    return (
        recorded.position,
        call,
        event.prison,
        event.at,
        recorded.recorded_at,
        kind.__name__,
        _media_ms(event),
        side if isinstance(side, Side) else None,
        actor.kind.value,
        actor.role,
        actor.id,
        recorded.cmd,
        recorded.cause,
        recorded.policy,
        event.model_dump_json(include=_open_fields(kind)),
        packed(recorded.sealed),
        seen.prisoner,
        seen.visitor,
    )


@cache
def _open_fields(kind: type[Event]) -> set[str]:
    return set(kind.model_fields) - set(kind.personal_fields()) - {"at", "prison", "call"}


def _media_ms(event: Any) -> int | None:
    for name in ("media_ms", "to_ms", "last_media_ms"):
        if (found := getattr(event, name, None)) is not None:
            return int(found)
    return None


# The questions


async def timeline(
    db: Connection, call: str, *, after: int = 0, until: int | None = None, limit: int | None = None
) -> list[Entry]:
    """What is on record about a call, in the order of the log: all of it, or a part behind a position."""
    found = await db.fetch(
        """SELECT *, data::text AS data_text, sealed::text AS sealed_text FROM call_timeline_entries
           WHERE call = $1 AND position > $2 AND ($3::bigint IS NULL OR position <= $3)
           ORDER BY position LIMIT $4""",
        call,
        after,
        until,
        limit,
    )
    return [_entry(record) for record in found]


async def what_each_side_saw(db: Connection, call: str, *, until: int | None = None) -> list[Sight]:
    """The spans in which each side saw one thing, the prisoner's side first, each without gap or overlap."""
    found = await db.fetch(
        """SELECT *, data::text AS data_text, sealed::text AS sealed_text FROM (
               SELECT *, lag(prisoner_sees) OVER story IS DISTINCT FROM prisoner_sees
                      OR lag(visitor_sees) OVER story IS DISTINCT FROM visitor_sees AS turned
               FROM call_timeline_entries WHERE call = $1 AND ($2::bigint IS NULL OR position <= $2)
               WINDOW story AS (ORDER BY position)
           ) AS told WHERE turned ORDER BY position""",
        call,
        until,
    )
    turns = [_entry(record) for record in found]
    return [sight for viewer in Side for sight in sights(turns, viewer)]


def sights(entries: Sequence[Entry], viewer: Side) -> Iterator[Sight]:
    """What one side saw, span by span."""
    turns = [
        entry
        for before, entry in zip([None, *entries], entries, strict=False)
        if before is None or before.seen.of(viewer) != entry.seen.of(viewer)
    ]
    for entry, following in zip(turns, [*turns[1:], None], strict=True):
        yield Sight(
            viewer=viewer,
            sees=entry.seen.of(viewer),
            since=entry.at,
            until=following.at if following else None,
            from_position=entry.position,
            from_media_ms=entry.media_ms,
            last_media_ms=entry.data.get("last_media_ms"),
        )


def _entry(record: Mapping[str, Any]) -> Entry:
    return Entry(
        position=record["position"],
        at=record["at"],
        recorded_at=record["recorded_at"],
        type=record["type"],
        media_ms=record["media_ms"],
        side=Side(record["side"]) if record["side"] else None,
        actor_kind=ActorKind(record["actor_kind"]),
        actor_role=record["actor_role"],
        actor_id=record["actor_id"],
        cmd=record["cmd"],
        cause=record["cause"],
        policy=record["policy"],
        data=msgspec.json.decode(record["data_text"]),
        sealed=unpacked(record["sealed_text"]),
        seen=Seen(record["prisoner_sees"], record["visitor_sees"]),
    )
