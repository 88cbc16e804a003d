"""Who watches which call: the calls of a day with their officers, and what is decided about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from api.asked import Done, IdempotencyKey, context, derived, do, on_record, say
from api.days import ADay, Moment
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After, caught_up
from api.scope import CallId, Id, Ident, PrisonId, the_call, the_prison
from api.services import Services, Use, tables
from application.booking import Lookup
from application.handle import Handled
from application.watching import Planned, to_be_watched
from domain import allocation
from domain.access import Viewed
from domain.allocation.decisions import AllocateCall, DeallocateCall, NoteAvailable, NoteUnavailable
from domain.allocation.events import DeallocatedBecause
from domain.calendar import day_bounds, local_day
from projections.allocations import Absence, absences, officers_of, staff_of
from projections.booking_calendar import BookingStatus, CalendarBooking, calendar_day, zone_of

router = APIRouter(prefix="/v1", tags=["prisons"], route_class=OnceRoute)

TO_WATCH = (BookingStatus.BOOKED, BookingStatus.STARTED)
AbsenceId = Annotated[str, Path(pattern=Id, description="the id of the absence, as it was answered")]


class Giving(BaseModel):
    """To whom a call is given, with its time as it was seen; `instead_of`: who has it until now."""

    officer: Ident
    instead_of: Ident | None = None
    starts_at: Moment
    minutes: int


class Away(BaseModel):
    """When somebody cannot watch calls."""

    officer: Ident
    since: Moment
    until: Moment


class Back(BaseModel):
    """Whose absence it is."""

    officer: Ident


class AwayDone(BaseModel):
    """The absence that was noted."""

    unavailability: str
    position: int


@dataclass(frozen=True)
class ToWatch:
    """A call of the day, whether it needs a monitor, and who has it."""

    call: str
    starts_at: datetime
    minutes: int
    prisoner: str
    visitors: tuple[str, ...]
    needed: bool
    officer: str | None

    @property
    def rank(self) -> tuple[bool, bool, datetime, str]:
        """Its place in the list: what needs an officer first."""
        return not self.needed, self.officer is not None, self.starts_at, self.call


@dataclass(frozen=True)
class WatchDay:
    """A day's calls with their officers; who works here, and who cannot come."""

    day: date
    calls: Sequence[ToWatch]
    staff: Sequence[str]
    away: Sequence[Absence]


@router.get("/prisons/{prison}/allocations")
async def read_allocations(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("allocation.read", the_prison)],
    on: ADay = None,
    after: After = None,
) -> WatchDay:
    """The booked calls of a day: those that need a monitor and have no officer first."""
    return (await watch_day(services, acting, prison, on, after))[0]


@router.post("/calls/{call}/allocation")
async def give_call(
    call: CallId,
    body: Giving,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("allocation.manage", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Give a call to an officer; from somebody else by naming who has it."""
    return say(response, await allocate(services, acting, call, body, idempotency_key))


@router.post("/calls/{call}/allocation/remove")
async def take_call(
    call: CallId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("allocation.manage", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Take a call from whoever has it."""
    return say(response, await deallocate(services, acting, call, idempotency_key))


@router.post("/prisons/{prison}/absences", status_code=201)
async def note_absence(
    prison: PrisonId,
    body: Away,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("allocation.manage", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> AwayDone:
    """Say that an officer cannot watch calls for a while; the calls they have then need somebody else."""
    name, handled = await unavailable(services, acting, prison, body, idempotency_key)
    return AwayDone(unavailability=name, position=say(response, handled).position)


@router.post("/prisons/{prison}/absences/{absence}/remove")
async def remove_absence(
    prison: PrisonId,
    absence: AbsenceId,
    body: Back,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("allocation.manage", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say that they can after all."""
    return say(response, await available(services, acting, prison, absence, body.officer, idempotency_key))


# What routes and pages share


async def watch_day(
    services: Services, acting: Acting, prison: str, on: date | None, after: int | None
) -> tuple[WatchDay, ZoneInfo]:
    """A day's calls with their officers, and the prison's zone. That it is read is on record first."""
    now = services.now()
    async with tables(services) as db:
        zone = await zone_of(db, prison, now)
    day = on or local_day(now, zone)
    await on_record(services, acting, Viewed.ALLOCATIONS, f"allocations:{prison}/{day}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "allocations", after)
        sessions = await calendar_day(db, prison, day, now)
        calls = [one for session in sessions for one in session.bookings if one.status in TO_WATCH]
        has = await officers_of(db, [one.call for one in calls])
        staff, away = await staff_of(db, prison), await absences(db, prison, day_bounds(day, zone)[0])
    policy = await Lookup(services.store, None).policy(prison, now)
    planned = [Planned(one.call, one.prisoner, one.visitors, one.call_type) for one in calls]
    needed = await to_be_watched(services.store, planned, policy)
    rows = [_row(one, needed, has) for one in calls]
    return WatchDay(day, sorted(rows, key=lambda one: one.rank), staff, away), ZoneInfo(zone)


def _row(one: CalendarBooking, needed: frozenset[str], has: Mapping[str, str]) -> ToWatch:
    return ToWatch(
        one.call,
        one.starts_at,
        one.minutes,
        one.prisoner,
        one.visitors,
        one.call in needed,
        has.get(one.call),
    )


async def allocate(
    services: Services, acting: Acting, call: str, giving: Giving, key: str | None
) -> Handled[Any]:
    """Give a call to an officer."""
    command = AllocateCall(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        allocated_by=acting.login.person,
        **giving.model_dump(),
    )
    return await do(services, allocation, command, context(acting, key, about=f"{call}/{giving.officer}"))


async def deallocate(services: Services, acting: Acting, call: str, key: str | None) -> Handled[Any]:
    """Take a call from whoever has it."""
    command = DeallocateCall(
        at=services.now(),
        call=call,
        because=DeallocatedBecause.STAFF,
        deallocated_by=acting.login.person,
    )
    return await do(services, allocation, command, context(acting, key, about=f"{call}/remove"))


async def unavailable(
    services: Services, acting: Acting, prison: str, away: Away, key: str | None
) -> tuple[str, Handled[Any]]:
    """Note that an officer cannot come, under a new id."""
    asked = context(acting, key, about=f"{prison}/absence")
    command = NoteUnavailable(
        at=services.now(),
        prison=prison,
        unavailability=derived(asked, "absence"),
        recorded_by=acting.login.person,
        **away.model_dump(),
    )
    return command.unavailability, await do(services, allocation, command, asked)


async def available(
    services: Services, acting: Acting, prison: str, absence: str, officer: str, key: str | None
) -> Handled[Any]:
    """Note that they can after all."""
    command = NoteAvailable(
        at=services.now(),
        prison=prison,
        unavailability=absence,
        officer=officer,
        recorded_by=acting.login.person,
    )
    return await do(services, allocation, command, context(acting, key, about=f"{prison}/{absence}"))
