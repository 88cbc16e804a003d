"""The overbooking report: times of the next days that hold more calls than stations, and who let them.

Only a rule that was set aside for one call makes it possible; a governor and the officers on duty look here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRuleOverridden,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    PlacedCall,
    ReservationReleased,
    Video,
)
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.timetable.events import SessionOpened, SessionTemplatePublished
from domain.timetable.slot import template_of

NAME = "overbooking"
VERSION = 1
AUDIT = False

AHEAD = timedelta(days=7)

TABLES = """
CREATE TABLE stations (
    source text PRIMARY KEY,
    stations integer NOT NULL,
    one_way_stations integer NOT NULL
);
CREATE TABLE places (
    call text PRIMARY KEY,
    prison text NOT NULL,
    session text NOT NULL,
    template text,
    starts_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    video text NOT NULL,
    expires_at timestamptz
);
CREATE INDEX ON places (prison, starts_at);
CREATE TABLE overrides (
    call text PRIMARY KEY,
    overridden_by text NOT NULL,
    approved_by text
);
"""

EVENTS: tuple[type[Event], ...] = (
    SessionOpened,
    SessionTemplatePublished,
    CallReserved,
    ReservationReleased,
    CallRequested,
    CallBooked,
    BookingChanged,
    BookingRuleOverridden,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    BookingCancelled,
    CallCompleted,
    CallTerminated,
    CallMissed,
)


@dataclass(frozen=True)
class Override:
    """A call that was given a place in a full session, by whom and with whose consent."""

    call: str
    overridden_by: str
    approved_by: str | None


@dataclass(frozen=True)
class Overbooked:
    """One time with more calls than stations; of calls with video one way, where those have their own."""

    session: str
    starts_at: datetime
    video: Video | None  # None: both kinds share the stations
    stations: int
    calls: int
    overrides: tuple[Override, ...]

    @property
    def over(self) -> int:
        """Calls too many."""
        return self.calls - self.stations


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event = recorded.event
    match event:
        case SessionOpened():
            await db.execute(_STATIONS, event.session, event.stations, 0)
        case SessionTemplatePublished():
            await db.execute(_STATIONS, event.template, event.stations, event.one_way_stations)
        case CallReserved(expires_at=expires_at):
            await _place(db, event, expires_at)
        case CallRequested() | CallBooked() | BookingChanged():
            await _place(db, event, None)
        case BookingRuleOverridden(call=call, rules=rules, overridden_by=by, approved_by=second):
            if "session_full" in rules:
                await db.execute(_OVERRIDE, call, by, second)
        case (
            ReservationReleased(call=call)
            | CallRequestRejected(call=call)
            | CallRequestAutoRejected(call=call)
            | CallRequestWithdrawn(call=call)
            | BookingCancelled(call=call)
            | CallCompleted(call=call)
            | CallTerminated(call=call)
            | CallMissed(call=call)
        ):
            await db.execute("DELETE FROM places WHERE call = $1", call)
            await db.execute("DELETE FROM overrides WHERE call = $1", call)
        case _:
            return  # of no interest here


async def _place(db: Connection, event: PlacedCall, expires_at: datetime | None) -> None:
    given = template_of(event.session)
    await db.execute(
        _PLACE,
        event.call,
        event.prison,
        event.session,
        None if given is None else given[0],
        event.starts_at,
        event.minutes,
        event.video.value,
        expires_at,
    )


_STATIONS = """
INSERT INTO stations VALUES ($1, $2, $3) ON CONFLICT (source) DO UPDATE SET stations = $2, one_way_stations = $3
"""
_PLACE = """
INSERT INTO places VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (call) DO UPDATE SET
    prison = $2, session = $3, template = $4, starts_at = $5, minutes = $6, video = $7, expires_at = $8
"""
_OVERRIDE = """
INSERT INTO overrides VALUES ($1, $2, $3) ON CONFLICT (call) DO UPDATE SET overridden_by = $2, approved_by = $3
"""


async def overbooked(db: Connection, prison: str, at: datetime) -> list[Overbooked]:
    """The times from this moment on, for seven days, that hold more calls than stations."""
    found = await db.fetch(_OVERBOOKED, prison, at, at + AHEAD)
    return [_overbooked(record) for record in found]


def _overbooked(record: Mapping[str, Any]) -> Overbooked:
    video = None if record["video"] is None else Video(record["video"])
    aside = zip(record["aside"], record["bys"], record["seconds"], strict=True)
    return Overbooked(
        session=record["session"],
        starts_at=record["starts_at"],
        video=video,
        stations=record["stations"],
        calls=record["calls"],
        overrides=tuple(Override(*each) for each in aside if each[0] is not None),
    )


_OVERBOOKED = """
WITH kinds AS (
    SELECT place.call, place.session, place.starts_at,
           CASE WHEN coalesce(opened.one_way_stations, given.one_way_stations) > 0 THEN place.video END AS video,
           coalesce(opened.stations, given.stations) AS stations,
           coalesce(opened.one_way_stations, given.one_way_stations) AS one_way_stations
    FROM overbooking_places AS place
    LEFT JOIN overbooking_stations AS opened ON opened.source = place.session
    LEFT JOIN overbooking_stations AS given ON given.source = place.template
    WHERE place.prison = $1 AND place.starts_at >= $2 AND place.starts_at < $3
      AND (place.expires_at IS NULL OR place.expires_at > $2)
), counted AS (
    SELECT session, video, min(starts_at) AS starts_at, count(*) AS calls,
           min(CASE WHEN video = 'one_way' THEN one_way_stations ELSE stations END) AS stations,
           array_agg(call) AS those
    FROM kinds GROUP BY session, video
)
SELECT counted.session, counted.video, counted.starts_at, counted.calls, counted.stations,
       array_agg(aside.call ORDER BY aside.call) AS aside,
       array_agg(aside.overridden_by ORDER BY aside.call) AS bys,
       array_agg(aside.approved_by ORDER BY aside.call) AS seconds
FROM counted LEFT JOIN overbooking_overrides AS aside ON aside.call = ANY (counted.those)
WHERE counted.calls > counted.stations
GROUP BY counted.session, counted.video, counted.starts_at, counted.calls, counted.stations
ORDER BY counted.starts_at, counted.session, counted.video
"""
