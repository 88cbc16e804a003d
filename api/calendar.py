"""A prison's day, a person's own calls, and one call as it stands: what is read before anything is decided."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.asked import on_record
from api.cursor import LIMIT, Cursor, Limit, link_next
from api.days import LONDON, ADay
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After, day_of, own_calls
from api.scope import CallId, PrisonId, oneself, the_booking, the_prison
from api.services import Use
from api.versions import IfNoneMatch, holds, tagged
from application.access import THEMSELVES
from application.standing import Stage, Standing, standing_of
from domain.access import Viewed
from domain.event import Refused
from domain.flag.events import FlagKind
from domain.timetable.events import CallType, Starts
from projections.booking_calendar import CalendarBooking, CalendarSession

router = APIRouter(prefix="/v1", tags=["calls"], route_class=OnceRoute)


class ForStaff(BaseModel):
    """What only staff see of a call."""

    cause: str | None
    """Why it is paused or interrupted."""
    flags: dict[str, FlagKind]
    """What changed under it, and is not decided yet."""
    unreviewed: list[str]
    """Violations about which nobody has said what they were."""


class CallNow(BaseModel):
    """One call: its place, how far it has come, and the version that a decision on it has to name."""

    call: str
    prison: str
    session: str
    starts_at: datetime
    minutes: int
    call_type: CallType
    prisoner: str
    visitors: list[str]
    stage: Stage
    ends_at: datetime | None
    version: int
    staff: ForStaff | None

    @classmethod
    def of(cls, now: Standing, *, own: bool) -> "CallNow":
        """The call as one of its people, or as staff may see it."""
        place = now.place
        return cls(
            call=place.call,
            prison=place.prison,
            session=place.session,
            starts_at=place.starts_at,
            minutes=place.minutes,
            call_type=place.call_type,
            prisoner=place.prisoner,
            visitors=list(place.visitors),
            stage=now.stage,
            ends_at=now.ends_at,
            version=now.version,
            staff=None
            if own
            else ForStaff(cause=now.cause, flags=now.flags, unreviewed=list(now.unreviewed)),
        )


class Time(BaseModel):
    """One time for calls, with everything that was asked for in it."""

    session: str
    starts_at: datetime
    minutes: int
    stations: int
    starts: Starts
    free: int
    bookings: list[CalendarBooking]

    @classmethod
    def of(cls, session: CalendarSession) -> "Time":
        """As the calendar has it."""
        return cls(
            session=session.session,
            starts_at=session.starts_at,
            minutes=session.minutes,
            stations=session.stations,
            starts=session.starts,
            free=session.free,
            bookings=list(session.bookings),
        )


class PrisonDay(BaseModel):
    """A prison's day. Its entity tag is good for a decision on any call of it."""

    day: date
    times: list[Time]


class OwnCalls(BaseModel):
    """Calls that name the person who asks, or that they asked for."""

    calls: list[CalendarBooking]
    next: str | None
    """The cursor of the calls before these; none after the last."""


@router.get("/calls/{call}", responses={304: {"description": "Nothing new since the tag that was sent."}})
async def see_call(
    call: CallId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.read", the_booking)],
    if_none_match: IfNoneMatch = None,
) -> CallNow:
    """One call as the log has it now. That staff look at it is on record before it is answered."""
    now = await standing_of(services.store, call)
    if now is None:
        raise Refused("There is no such call.", "call_unknown")
    if holds(if_none_match, now.version):
        unchanged = Response(status_code=304)
        tagged(unchanged, now.version)
        return unchanged  # type: ignore[return-value]  # FastAPI passes a response on as it is
    own = acting.login.role in THEMSELVES
    if not own:
        await on_record(services, acting, Viewed.CALL, f"call:{call}", now.place.prison)
    tagged(response, now.version)
    return CallNow.of(now, own=own)


@router.get("/me/calls")
async def see_own_calls(
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.read", oneself)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> OwnCalls:
    """The calls of the person who is signed in, the newest time first."""
    page = await own_calls(services, acting.login.person, after, cursor, limit)
    link_next(request, response, page.next)
    return OwnCalls(calls=list(page.items), next=page.next)


@router.get("/prisons/{prison}/calendar")
async def see_calendar(
    prison: PrisonId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("calendar.read", the_prison)],
    on: ADay = None,
    after: After = None,
) -> PrisonDay:
    """A day of the prison: its times, who asked, who is booked. That it is read is on record first."""
    chosen = on or services.now().astimezone(LONDON).date()
    await on_record(services, acting, Viewed.CALENDAR, f"calendar:{prison}/{chosen}", prison)
    found = await day_of(services, prison, chosen, after)
    tagged(response, found.position)
    return PrisonDay(day=chosen, times=[Time.of(session) for session in found.sessions])
