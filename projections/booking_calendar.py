"""The booking calendar: a prison's day, with its sessions and the calls that were asked for and booked.

People are random ids here; a page puts names to them for whoever may read names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.booking.events import BookingCancelled, CallBooked, CallRequested
from domain.calendar import day_bounds
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.policy import Policy, PolicyPublished
from domain.timetable.events import SessionOpened, Starts

NAME = "booking_calendar"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE zones (
    prison text PRIMARY KEY,
    zone text NOT NULL
);
CREATE TABLE sessions (
    session text PRIMARY KEY,
    prison text NOT NULL,
    starts_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    stations integer NOT NULL,
    starts text NOT NULL
);
CREATE INDEX ON sessions (prison, starts_at);
CREATE TABLE bookings (
    call text PRIMARY KEY,
    session text NOT NULL,
    prison text NOT NULL,
    starts_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    prisoner text NOT NULL,
    visitors text[] NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    status text NOT NULL,
    outcome text,
    version bigint NOT NULL
);
CREATE INDEX ON bookings (prison, starts_at);
CREATE INDEX ON bookings (session);
"""

EVENTS: tuple[type[Event], ...] = (
    PolicyPublished,
    SessionOpened,
    CallRequested,
    CallBooked,
    BookingCancelled,
    CallStarted,
    CallCompleted,
    CallTerminated,
    CallMissed,
)


class BookingStatus(StrEnum):
    """How far a call has come."""

    REQUESTED = "requested"  # waits for the prison's decision; its place is kept
    BOOKED = "booked"
    STARTED = "started"
    HELD = "held"  # it is over, however it ended
    MISSED = "missed"
    CANCELLED = "cancelled"


KEEP_A_PLACE = frozenset(BookingStatus) - {BookingStatus.CANCELLED}


@dataclass(frozen=True)
class CalendarBooking:
    """One call in the calendar; `version` is the position of its newest event here."""

    call: str
    session: str
    prison: str
    starts_at: datetime
    minutes: int
    prisoner: str
    visitors: tuple[str, ...]
    requested_by: str
    requested_at: datetime
    status: BookingStatus
    outcome: str | None
    version: int


@dataclass(frozen=True)
class CalendarSession:
    """One time for calls, with everything that was asked for in it."""

    session: str
    starts_at: datetime
    minutes: int
    stations: int
    starts: Starts
    bookings: tuple[CalendarBooking, ...]

    @property
    def free(self) -> int:
        """Stations that can still be booked."""
        return self.stations - sum(booking.status in KEEP_A_PLACE for booking in self.bookings)


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    position, event = recorded.position, recorded.event
    match event:
        case PolicyPublished(prison=prison, document=document):
            await db.execute(
                """INSERT INTO zones VALUES ($1, $2)
                   ON CONFLICT (prison) DO UPDATE SET zone = EXCLUDED.zone""",
                prison,
                Policy.model_validate(document).time_zone,
            )
        case SessionOpened():
            await db.execute(
                "INSERT INTO sessions VALUES ($1, $2, $3, $4, $5, $6)",
                event.session,
                event.prison,
                event.starts_at,
                event.minutes,
                event.stations,
                event.starts.value,
            )
        case CallRequested():
            await _requested(db, event, position)
        case CallBooked():
            await _is(db, event, position, BookingStatus.BOOKED)
        case BookingCancelled(outcome=outcome):
            await _is(db, event, position, BookingStatus.CANCELLED, outcome.value)
        case _:
            await _lived(db, event, position)


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
        case _:
            return  # of no interest to a calendar


async def _requested(db: Connection, event: CallRequested, position: int) -> None:
    await db.execute(
        "INSERT INTO bookings VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, $11)",
        event.call,
        event.session,
        event.prison,
        event.starts_at,
        event.minutes,
        event.prisoner,
        list(event.visitors),
        event.requested_by,
        event.at,
        BookingStatus.REQUESTED.value,
        position,
    )


async def _is(
    db: Connection, event: Any, position: int, status: BookingStatus, outcome: str | None = None
) -> None:
    await db.execute(
        "UPDATE bookings SET status = $2, outcome = $3, version = $4 WHERE call = $1",
        event.call,
        status.value,
        outcome,
        position,
    )


# The questions


async def calendar_day(db: Connection, prison: str, day: date) -> list[CalendarSession]:
    """The sessions that start on a day, as the prison's clock counts days, in the order of their time."""
    zone = await db.fetchval("SELECT zone FROM booking_calendar_zones WHERE prison = $1", prison)
    since, until = day_bounds(day, zone or Policy().time_zone)
    sessions = await db.fetch(
        """SELECT * FROM booking_calendar_sessions
           WHERE prison = $1 AND starts_at >= $2 AND starts_at < $3 ORDER BY starts_at, session""",
        prison,
        since,
        until,
    )
    bookings = await db.fetch(
        """SELECT * FROM booking_calendar_bookings
           WHERE session = ANY($1::text[]) ORDER BY requested_at, call""",
        [session["session"] for session in sessions],
    )
    return [
        _session(session, [b for b in bookings if b["session"] == session["session"]]) for session in sessions
    ]


async def booking(db: Connection, call: str) -> CalendarBooking | None:
    """One call's place in the calendar."""
    found = await db.fetchrow("SELECT * FROM booking_calendar_bookings WHERE call = $1", call)
    return None if found is None else _booking(found)


async def calls_of(
    db: Connection, person: str, *, after: tuple[datetime, str] | None = None, limit: int = 100
) -> list[CalendarBooking]:
    """The calls somebody is named on, the newest time first; `after`: time and id of the last one told."""
    starts_at, call = after or (None, "")
    found = await db.fetch(
        """SELECT * FROM booking_calendar_bookings
           WHERE (prisoner = $1 OR $1 = ANY(visitors))
             AND ($2::timestamptz IS NULL OR starts_at < $2 OR (starts_at = $2 AND call > $3))
           ORDER BY starts_at DESC, call LIMIT $4""",
        person,
        starts_at,
        call,
        limit,
    )
    return [_booking(each) for each in found]


def _session(record: Mapping[str, Any], bookings: list[Mapping[str, Any]]) -> CalendarSession:
    return CalendarSession(
        session=record["session"],
        starts_at=record["starts_at"],
        minutes=record["minutes"],
        stations=record["stations"],
        starts=Starts(record["starts"]),
        bookings=tuple(_booking(each) for each in bookings),
    )


def _booking(record: Mapping[str, Any]) -> CalendarBooking:
    status, visitors = BookingStatus(record["status"]), tuple(record["visitors"])
    return CalendarBooking(**{**dict(record), "status": status, "visitors": visitors})
