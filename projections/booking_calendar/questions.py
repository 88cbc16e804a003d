"""What is asked of the booking calendar."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from asyncpg import Connection

from domain.booking.events import AskedAs, Method, Video
from domain.calendar import day_bounds, local_day
from domain.policy import Policy
from domain.timetable.events import (
    CallType,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from domain.timetable.slot import Slot, slot_on, slot_opened
from projections.booking_calendar.times import (
    GONE,
    BookingStatus,
    CalendarBooking,
    CalendarSession,
    SessionTime,
    Taken,
)

LONGEST = timedelta(days=1)  # no time for calls is longer

_STANDS = "NOT (status = 'reserved' AND expires_at <= $4)"  # a reservation past its end is free
_FREE_AGAIN = [status.value for status in GONE]
_BOOKING = """
call, session, prison, starts_at, minutes, prisoner, visitors, children, call_type, video, device, status, outcome,
requested_by, requested_at, method, asked_as, for_staff, decide_by, expires_at, cardinality(flags) AS flags, version
"""


async def zone_of(db: Connection, prison: str, at: datetime) -> str:
    """The time zone that the prison's policy has at a moment."""
    zone: str | None = await db.fetchval(
        """SELECT zone FROM booking_calendar_policies
           WHERE prison = $1 AND takes_effect <= $2 ORDER BY version DESC LIMIT 1""",
        prison,
        at,
    )
    return zone or Policy().time_zone


async def sessions_between(
    db: Connection, prison: str, first: date, last: date, at: datetime
) -> list[SessionTime]:
    """The times on these days, both included, in order, with what is free in each at this moment."""
    table = await _timetable(db, prison, first, last, at)
    taken = await _taken(db, prison, table.since, table.until, at)
    return list(table.times(taken))


async def calendar_day(db: Connection, prison: str, day: date, at: datetime) -> list[CalendarSession]:
    """The times of a day, as the prison's clock counts days, in order, and every call in them.

    Calls are shown too whose time the timetable no longer has: it was retired under them.
    """
    table = await _timetable(db, prison, day, day, at)
    taken = await _taken(db, prison, table.since, table.until, at)
    found = await db.fetch(
        f"""SELECT {_BOOKING} FROM booking_calendar_bookings
            WHERE prison = $1 AND starts_at >= $2 AND starts_at < $3 AND {_STANDS}
            ORDER BY requested_at, call""",  # noqa: S608 - constants of ours
        prison,
        table.since,
        table.until,
        at,
    )
    bookings = [_booking(record) for record in found]
    times = list(table.times(taken))
    left = {booking.session for booking in bookings} - {time.session for time in times}
    times += [_no_longer_given(session, prison, bookings) for session in sorted(left)]
    return [_with_calls(time, bookings) for time in sorted(times, key=_order)]


async def booking(db: Connection, call: str) -> CalendarBooking | None:
    """One call's place in the calendar."""
    found = await db.fetchrow(
        f"SELECT {_BOOKING} FROM booking_calendar_bookings WHERE call = $1",  # noqa: S608 - constants of ours
        call,
    )
    return None if found is None else _booking(found)


async def calls_of(
    db: Connection, person: str, *, after: tuple[datetime, str] | None = None, limit: int = 100
) -> list[CalendarBooking]:
    """The calls somebody is named on or asked for, the newest time first; `after`: time and id of the last one told.

    A place that is only reserved is no call yet.
    """
    starts_at, call = after or (None, "")
    found = await db.fetch(
        f"""SELECT {_BOOKING} FROM booking_calendar_bookings
            WHERE (people @> ARRAY[$1] OR requested_by = $1) AND status <> 'reserved'
              AND ($2::timestamptz IS NULL OR starts_at < $2 OR (starts_at = $2 AND call > $3))
            ORDER BY starts_at DESC, call LIMIT $4""",  # noqa: S608 - constants of ours
        person,
        starts_at,
        call,
        limit,
    )
    return [_booking(each) for each in found]


async def devices_of(db: Connection, prison: str) -> dict[str, str]:
    """What staff call each of the prison's rooms and devices, by id; those out of use too."""
    return dict(
        await db.fetch("SELECT device, label FROM booking_calendar_devices WHERE prison = $1", prison)
    )


# The timetable of some days


@dataclass(frozen=True)
class _Timetable:
    slots: Sequence[Slot]  # in order
    blocked: Mapping[tuple[date, str], str]  # day and template; an empty one is the whole prison
    withdrawn: frozenset[str]
    zone: str
    since: datetime
    until: datetime

    def times(self, taken: Sequence[Taken]) -> Iterator[SessionTime]:
        """Each time with the places that are taken in it, and those elsewhere that hold one of its rooms."""
        in_session: dict[str, list[Taken]] = {}
        on_device: dict[str, list[Taken]] = {}
        for place in sorted(taken, key=_starts_at):
            in_session.setdefault(place.session, []).append(place)
            if place.device is not None:
                on_device.setdefault(place.device, []).append(place)
        for slot in self.slots:
            elsewhere = [
                place
                for device in slot.devices
                for place in _near(on_device.get(device, ()), slot)
                if place.session != slot.session and place.overlaps(slot.starts_at, slot.minutes)
            ]
            yield self._time(slot, (*in_session.get(slot.session, ()), *elsewhere))

    def _time(self, slot: Slot, taken: tuple[Taken, ...]) -> SessionTime:
        day = local_day(slot.starts_at, self.zone)
        why = self.blocked.get((day, "")) or self.blocked.get((day, slot.template or ""))
        usable = tuple(device for device in slot.devices if device not in self.withdrawn)
        return SessionTime(slot, usable, taken, why)


def _near(places: Sequence[Taken], slot: Slot) -> Sequence[Taken]:
    """Of places in the order in which they start, those that can still last when the slot begins."""
    first = bisect_right(places, slot.starts_at - LONGEST, key=_starts_at)
    return places[first : bisect_left(places, slot.ends_at, lo=first, key=_starts_at)]


def _starts_at(place: Taken) -> datetime:
    return place.starts_at


async def _timetable(db: Connection, prison: str, first: date, last: date, at: datetime) -> _Timetable:
    zone = await zone_of(db, prison, at)
    since, until = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    opened = await db.fetch(
        """SELECT opened FROM booking_calendar_sessions
           WHERE prison = $1 AND starts_at >= $2 AND starts_at < $3""",
        prison,
        since,
        until,
    )
    templates = await db.fetch(
        "SELECT published, retired FROM booking_calendar_templates WHERE prison = $1", prison
    )
    blocked = await db.fetch(
        """SELECT day, template, reason FROM booking_calendar_blocked
           WHERE prison = $1 AND day BETWEEN $2 AND $3""",
        prison,
        first,
        last,
    )
    withdrawn = await db.fetch(
        "SELECT device FROM booking_calendar_devices WHERE prison = $1 AND withdrawn", prison
    )
    slots = [slot_opened(SessionOpened.model_validate_json(record["opened"])) for record in opened]
    slots += [slot for record in templates for slot in _given(record, first, last, zone)]
    return _Timetable(
        slots=sorted(slots, key=lambda slot: (slot.starts_at, slot.session)),
        blocked={(record["day"], record["template"]): record["reason"] for record in blocked},
        withdrawn=frozenset(record["device"] for record in withdrawn),
        zone=zone,
        since=since,
        until=until,
    )


def _given(record: Mapping[str, Any], first: date, last: date, zone: str) -> Iterator[Slot]:
    template = SessionTemplatePublished.model_validate_json(record["published"])
    gone = record["retired"]
    retired = None if gone is None else SessionTemplateRetired.model_validate_json(gone)
    day = first + timedelta(days=(template.weekday - first.weekday()) % 7)
    while day <= last:
        slot = slot_on(template, retired, day, zone)
        if slot is not None:
            yield slot
        day += timedelta(days=7)


async def _taken(
    db: Connection, prison: str, since: datetime, until: datetime, at: datetime
) -> Sequence[Taken]:
    """Every place that is taken on these days, and on those beside them from which a room may still be in use."""
    found = await db.fetch(
        f"""SELECT session, starts_at, minutes, video, device FROM booking_calendar_bookings
            WHERE prison = $1 AND starts_at >= $2 AND starts_at < $3 AND status <> ALL($5::text[])
              AND {_STANDS}""",  # noqa: S608 - constants of ours
        prison,
        since - LONGEST,
        until + LONGEST,
        at,
        _FREE_AGAIN,
    )
    return [Taken(r["session"], r["starts_at"], r["minutes"], Video(r["video"]), r["device"]) for r in found]


def _no_longer_given(session: str, prison: str, bookings: Sequence[CalendarBooking]) -> SessionTime:
    mine = [booking for booking in bookings if booking.session == session]
    minutes = max(booking.minutes for booking in mine)
    slot = Slot(session, prison, mine[0].starts_at, minutes, stations=0)
    return SessionTime(slot, devices=(), taken=(), given=False)


def _with_calls(time: SessionTime, bookings: Sequence[CalendarBooking]) -> CalendarSession:
    mine = tuple(booking for booking in bookings if booking.session == time.session)
    return CalendarSession(time.slot, time.devices, time.taken, time.blocked, time.given, mine)


def _order(time: SessionTime) -> tuple[datetime, str]:
    return time.starts_at, time.session


def _booking(record: Mapping[str, Any]) -> CalendarBooking:
    method, asked_as = record["method"], record["asked_as"]
    return CalendarBooking(
        **{
            **dict(record),
            "visitors": tuple(record["visitors"]),
            "children": tuple(record["children"]),
            "for_staff": tuple(record["for_staff"]),
            "call_type": CallType(record["call_type"]),
            "video": Video(record["video"]),
            "status": BookingStatus(record["status"]),
            "method": None if method is None else Method(method),
            "asked_as": None if asked_as is None else AskedAs(asked_as),
        }
    )
