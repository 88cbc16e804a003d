"""The day's schedule as a table for programs: CSV with columns that stay, with and without names."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.guard import Acting, require
from api.looking import DaySchedule, schedule_of
from api.scope import PrisonId, the_prison
from api.services import Use
from api.web.names import names_of
from projections.booking_calendar import BookingStatus, CalendarBooking

router = APIRouter(prefix="/v1", tags=["lists"])

COLUMNS = (
    "day",
    "starts_at",
    "ends_at",
    "session",
    "call",
    "call_type",
    "status",
    "minutes",
    "video",
    "room",
    "prisoner",
    "prisoner_name",
    "visitors",
    "visitor_names",
    "children",
    "open_flags",
)
"""Their names and order stay; new ones are added at the end."""

HELD = (
    BookingStatus.REQUESTED,
    BookingStatus.BOOKED,
    BookingStatus.STARTED,
    BookingStatus.HELD,
    BookingStatus.MISSED,
)
"""Calls that are to be held on the day, or were."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet calculate instead of show."""

Names = Annotated[bool, Query(description="open people's names; that they are read is on record")]
Day = Annotated[
    date | None,
    Query(alias="day", ge=date(2000, 1, 1), le=date(2199, 12, 31), description="a day; none: today"),
]


@router.get("/prisons/{prison}/schedule.csv", response_class=Response)
async def read_schedule(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("calendar.read", the_prison)],
    on: Day = None,
    names: Names = False,
) -> Response:
    """The calls of a day, in the order of their time."""
    schedule = await schedule_of(services, acting, prison, on, names=names)
    persons = [person for each in calls(schedule) for person in (each.prisoner, *each.visitors)]
    known = await names_of(services, persons) if names else {}
    return Response(
        table(schedule, known),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="schedule-{prison}-{schedule.day}.csv"'},
    )


def calls(schedule: DaySchedule) -> Iterator[CalendarBooking]:
    """The calls of the day that are to be held, or were."""
    for session in schedule.sessions:
        yield from (booking for booking in session.bookings if booking.status in HELD)


def table(schedule: DaySchedule, names: Mapping[str, str]) -> str:
    """The schedule as CSV. Times are those of the prison's own clock."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    rows.writerows([cell(value) for value in _row(each, schedule, names)] for each in calls(schedule))
    return written.getvalue()


def cell(value: str) -> str:
    """A value as a cell in which no spreadsheet sees a formula."""
    return f"'{value}" if value.startswith(FORMULA) else value


def _row(call: CalendarBooking, schedule: DaySchedule, names: Mapping[str, str]) -> Iterator[str]:
    starts_at = call.starts_at.astimezone(schedule.zone)
    yield str(schedule.day)
    yield f"{starts_at:%H:%M}"
    yield f"{(call.starts_at + timedelta(minutes=call.minutes)).astimezone(schedule.zone):%H:%M}"
    yield call.session
    yield call.call
    yield call.call_type.value
    yield call.status.value
    yield str(call.minutes)
    yield call.video.value
    yield "" if call.device is None else schedule.rooms.get(call.device, call.device)
    yield call.prisoner
    yield names.get(call.prisoner, "")
    yield "; ".join(call.visitors)
    yield "; ".join(names[visitor] for visitor in call.visitors if visitor in names)
    yield str(len(call.children))
    yield str(call.flags)
