"""The booking calendar: a prison's times and the calls that were asked for, booked and held in them.

Times that a weekly template gives are not rows: they follow from the template when somebody asks, by the
same function as in the rules. People are random ids here; a page puts names to them for whoever may read names.
"""

from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    PlacedCall,
    ReservationReleased,
)
from domain.event import Event
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.policy import Policy, PolicyPublished
from domain.timetable.events import (
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from projections.booking_calendar.questions import (
    booking,
    calendar_day,
    calls_of,
    devices_of,
    sessions_between,
    zone_of,
)
from projections.booking_calendar.times import (
    GONE,
    BookingStatus,
    CalendarBooking,
    CalendarSession,
    SessionTime,
    Taken,
)

__all__ = [
    "AUDIT",
    "EVENTS",
    "GONE",
    "NAME",
    "TABLES",
    "VERSION",
    "BookingStatus",
    "CalendarBooking",
    "CalendarSession",
    "SessionTime",
    "Taken",
    "booking",
    "calendar_day",
    "calls_of",
    "devices_of",
    "project",
    "sessions_between",
    "zone_of",
]

NAME = "booking_calendar"
VERSION = 3
AUDIT = False

TABLES = """
CREATE TABLE policies (
    prison text NOT NULL,
    version integer NOT NULL,
    takes_effect timestamptz NOT NULL,
    zone text NOT NULL,
    PRIMARY KEY (prison, version)
);
CREATE TABLE sessions (
    session text PRIMARY KEY,
    prison text NOT NULL,
    starts_at timestamptz NOT NULL,
    opened jsonb NOT NULL
);
CREATE INDEX ON sessions (prison, starts_at);
CREATE TABLE templates (
    template text PRIMARY KEY,
    prison text NOT NULL,
    published jsonb NOT NULL,
    retired jsonb
);
CREATE INDEX ON templates (prison);
CREATE TABLE blocked (
    prison text NOT NULL,
    day date NOT NULL,
    template text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (prison, day, template)
);
CREATE TABLE devices (
    device text PRIMARY KEY,
    prison text NOT NULL,
    label text NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false
);
CREATE INDEX ON devices (prison);
CREATE TABLE bookings (
    call text PRIMARY KEY,
    session text NOT NULL,
    prison text NOT NULL,
    starts_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    prisoner text NOT NULL,
    visitors text[] NOT NULL,
    children text[] NOT NULL,
    people text[] NOT NULL,
    call_type text NOT NULL,
    video text NOT NULL,
    device text,
    status text NOT NULL,
    outcome text,
    requested_by text,
    requested_at timestamptz,
    method text,
    asked_as text,
    for_staff text[] NOT NULL DEFAULT '{}',
    decide_by timestamptz,
    expires_at timestamptz,
    flags text[] NOT NULL DEFAULT '{}',
    version bigint NOT NULL
);
CREATE INDEX ON bookings (prison, starts_at);
CREATE INDEX ON bookings USING gin (people) WITH (fastupdate = off);
CREATE INDEX ON bookings (requested_by);
"""

EVENTS: tuple[type[Event], ...] = (
    PolicyPublished,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    CallReserved,
    ReservationReleased,
    CallRequested,
    CallBooked,
    BookingChanged,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    BookingCancelled,
    BookingFlagged,
    BookingUnflagged,
    CallStarted,
    CallCompleted,
    CallTerminated,
    CallMissed,
)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    position, event = recorded.position, recorded.event
    match event:
        case CallReserved() | CallRequested() | CallBooked() | BookingChanged():
            await _placed(db, event, position)
        case CallRequestRejected(because=because):
            await _is(db, event, position, BookingStatus.REJECTED, because.value)
        case CallRequestAutoRejected(because=because):
            await _is(db, event, position, BookingStatus.AUTO_REJECTED, because.value)
        case CallRequestWithdrawn():
            await _is(db, event, position, BookingStatus.WITHDRAWN)
        case BookingCancelled(outcome=outcome):
            await _is(db, event, position, BookingStatus.CANCELLED, outcome.value)
        case ReservationReleased(call=call):
            await db.execute("DELETE FROM bookings WHERE call = $1 AND status = 'reserved'", call)
        case BookingFlagged(call=call, flag=flag):
            await db.execute(_FLAG, call, flag)
        case BookingUnflagged(call=call, flag=flag):
            await db.execute(
                "UPDATE bookings SET flags = array_remove(flags, $2) WHERE call = $1", call, flag
            )
        case PolicyPublished():
            zone = Policy.model_validate(event.document).time_zone
            await db.execute(_POLICY, event.prison, event.version, event.takes_effect, zone)
        case _:
            await _lived(db, event, position)
            await _timed(db, event)


async def _lived(db: Connection, event: Any, position: int) -> None:
    match event:
        case CallStarted():
            await _is(db, event, position, BookingStatus.STARTED)
        case CallCompleted(outcome=outcome):
            await _is(db, event, position, BookingStatus.HELD, outcome.value)
        case CallTerminated():
            await _is(db, event, position, BookingStatus.HELD, "terminated_by_staff")
        case CallMissed(missed_by=missed_by):
            await _is(db, event, position, BookingStatus.MISSED, f"missed_by_{missed_by.value}")


async def _timed(db: Connection, event: Any) -> None:
    match event:
        case SessionOpened():
            opened = (event.session, event.prison, event.starts_at, event.model_dump_json())
            await db.execute("INSERT INTO sessions VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", *opened)
        case SessionTemplatePublished():
            await db.execute(_TEMPLATE, event.template, event.prison, event.model_dump_json())
        case SessionTemplateRetired():
            retired = "UPDATE templates SET retired = $2 WHERE template = $1"
            await db.execute(retired, event.template, event.model_dump_json())
        case DateBlocked():
            await db.execute(_BLOCK, event.prison, event.day, event.template or "", event.because)
        case DateUnblocked():
            unblock = "DELETE FROM blocked WHERE prison = $1 AND day = $2 AND template = $3"
            await db.execute(unblock, event.prison, event.day, event.template or "")
        case DeviceAdded():
            await db.execute(_DEVICE, event.device, event.prison, event.label)
        case DeviceWithdrawn(device=device):
            await db.execute("UPDATE devices SET withdrawn = true WHERE device = $1", device)


async def _placed(
    db: Connection, event: CallReserved | CallRequested | CallBooked | BookingChanged, position: int
) -> None:
    match event:
        case CallReserved():
            await _place(db, event, position, BookingStatus.RESERVED)
            reserved = (
                "UPDATE bookings SET expires_at = $2, requested_by = $3, requested_at = $4 WHERE call = $1"
            )
            await db.execute(reserved, event.call, event.expires_at, event.reserved_by, event.at)
        case CallRequested():
            await _place(db, event, position, BookingStatus.REQUESTED)
            asked = (event.requested_by, event.at, event.method.value, event.asked_as.value)
            await db.execute(_ASKED, event.call, *asked, list(event.for_staff), event.decide_by)
        case CallBooked():
            await _place(db, event, position, BookingStatus.BOOKED)
        case BookingChanged(booked=booked):
            status = BookingStatus.BOOKED if booked else BookingStatus.REQUESTED
            await _place(db, event, position, status)
            again = "UPDATE bookings SET for_staff = $2, decide_by = $3 WHERE call = $1"
            await db.execute(again, event.call, list(event.for_staff), event.decide_by)


async def _place(db: Connection, event: PlacedCall, position: int, status: BookingStatus) -> None:
    await db.execute(
        _PLACE,
        event.call,
        event.session,
        event.prison,
        event.starts_at,
        event.minutes,
        event.prisoner,
        list(event.visitors),
        list(event.children),
        [event.prisoner, *event.visitors],
        event.call_type.value,
        event.video.value,
        event.device,
        status.value,
        position,
    )


async def _is(
    db: Connection, event: Any, position: int, status: BookingStatus, outcome: str | None = None
) -> None:
    await db.execute(
        _STATUS, event.call, status.value, outcome, position, status is not BookingStatus.STARTED
    )


_PLACE = """
INSERT INTO bookings (call, session, prison, starts_at, minutes, prisoner, visitors, children, people, call_type,
                      video, device, status, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (call) DO UPDATE SET
    session = $2, prison = $3, starts_at = $4, minutes = $5, prisoner = $6, visitors = $7, children = $8, people = $9,
    call_type = $10, video = $11, device = $12, status = $13, version = $14, outcome = NULL, expires_at = NULL
"""
_ASKED = """
UPDATE bookings SET requested_by = $2, requested_at = $3, method = $4, asked_as = $5, for_staff = $6, decide_by = $7
WHERE call = $1
"""
_STATUS = """
UPDATE bookings SET status = $2, outcome = $3, version = $4, flags = CASE WHEN $5 THEN '{}' ELSE flags END
WHERE call = $1
"""
_FLAG = "UPDATE bookings SET flags = array_append(array_remove(flags, $2), $2) WHERE call = $1"
_POLICY = """
INSERT INTO policies VALUES ($1, $2, $3, $4)
ON CONFLICT (prison, version) DO UPDATE SET takes_effect = $3, zone = $4
"""
_TEMPLATE = "INSERT INTO templates VALUES ($1, $2, $3) ON CONFLICT (template) DO UPDATE SET published = $3"
_BLOCK = """
INSERT INTO blocked VALUES ($1, $2, $3, $4) ON CONFLICT (prison, day, template) DO UPDATE SET reason = $4
"""
_DEVICE = """
INSERT INTO devices VALUES ($1, $2, $3) ON CONFLICT (device) DO UPDATE SET prison = $2, label = $3
"""
