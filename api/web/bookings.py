"""Booking pages, thin: a prison's day with its requests, and the calls of the person who is signed in."""

from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.asked import context, do, on_record
from api.bookings import approval_of
from api.cursor import LIMIT, Cursor
from api.days import FIRST, LAST, LONDON, ADay, DayOfForm
from api.errors import reasons_of, said
from api.guard import Acting, require
from api.looking import why_rejected
from api.prisons import Session, open_session
from api.reading import After, day_of, own_calls
from api.scope import CallId, oneself, own_prison, the_booking, the_call
from api.services import Services, Use
from api.versions import Version, seen_in_form
from api.web.names import names_of
from api.web.render import listed, page
from application.access import THEMSELVES
from application.handle import Stale
from domain import booking
from domain.access import Viewed
from domain.booking.commands import CancelCall, WithdrawCall
from domain.booking.events import Outcome
from domain.event import Refused
from projections.booking_calendar import BookingStatus

router = APIRouter(include_in_schema=False)


@router.get("/bookings")
async def see_day(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("calendar.read", own_prison)],
    on: ADay = None,
    after: After = None,
) -> Response:
    """A day of the prison: its times, who asked, who is booked. That it is read is on record first."""
    return await _day(request, services, acting, on, after)


@router.post("/bookings/sessions")
async def open_time(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("session.open", own_prison)],
    starts_at: Annotated[datetime, Form()],
    minutes: Annotated[int, Form(ge=1, le=1440)],
    stations: Annotated[int, Form(ge=1, le=1000)],
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Open a time for calls."""
    at = starts_at if starts_at.tzinfo else starts_at.replace(tzinfo=LONDON)
    try:
        if not FIRST <= at <= LAST:
            raise Refused("This day lies beyond every calendar.", "day_unknown")
        session = Session(starts_at=at, minutes=minutes, stations=stations)
        done = await open_session(acting.login.prison or "", session, Response(), services, acting, key)
    except Refused as no:
        return await _day(request, services, acting, None, None, no)
    return back(f"/bookings?day={at.astimezone(LONDON).date()}&after={done.position}")


@router.post("/bookings/{call}/approve")
async def approve(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.approve", the_call)],
    on: DayOfForm = None,
    key: Annotated[str | None, Form()] = None,
    version: Version = None,
) -> Response:
    """Say yes to a request."""
    command = await approval_of(services, acting, call)
    seen = seen_in_form(acting, call, version)
    try:
        handled = await do(services, booking, command, context(acting, key, about=call), seen)
    except (Refused, Stale) as no:
        return await _day(request, services, acting, on, None, no)
    return back(f"/bookings?day={on or ''}&after={handled.position}")


@router.post("/bookings/{call}/cancel")
async def cancel(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.cancel", the_booking)],
    outcome: Annotated[Outcome, Form()],
    on: DayOfForm = None,
    key: Annotated[str | None, Form()] = None,
    version: Version = None,
) -> Response:
    """Give a call up, from the prison's day or from one's own calls."""
    command = CancelCall(at=services.now(), call=call, outcome=outcome, cancelled_by=acting.login.person)
    own = acting.login.role in THEMSELVES
    seen = seen_in_form(acting, call, version)
    try:
        handled = await do(services, booking, command, context(acting, key, about=call), seen)
    except (Refused, Stale) as no:
        if own:
            return await _own(request, services, acting, None, None, no)
        return await _day(request, services, acting, on, None, no)
    return back(_list_of(acting, on, handled.position))


@router.post("/bookings/{call}/withdraw")
async def withdraw(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.withdraw", the_booking)],
    on: Annotated[date | None, Form(alias="day")] = None,
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Take a request back, from one's own calls or from the prison's day."""
    command = WithdrawCall(at=services.now(), call=call, withdrawn_by=acting.login.person)
    try:
        handled = await do(services, booking, command, context(acting, key, about=call))
    except Refused as no:
        if acting.login.role in THEMSELVES:
            return await _own(request, services, acting, None, None, no)
        return await _day(request, services, acting, on, None, no)
    return back(_list_of(acting, on, handled.position))


@router.get("/my-calls")
async def my_calls(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.join", oneself)],
    after: After = None,
    cursor: Cursor = None,
) -> Response:
    """The calls of the person who is signed in: join, cancel, ask for another like it."""
    return await _own(request, services, acting, after, cursor)


async def _day(
    request: Request,
    services: Services,
    acting: Acting,
    on: date | None,
    after: int | None,
    no: Refused | Stale | None = None,
) -> Response:
    prison = acting.login.prison or ""
    chosen = on or services.now().astimezone(LONDON).date()
    await on_record(services, acting, Viewed.CALENDAR, f"calendar:{prison}/{chosen}", prison)
    if isinstance(no, Stale):
        after = await services.store.head()  # whoever is told to look again finds what is new
    found = await day_of(services, prison, chosen, after)
    persons = [p for session in found.sessions for b in session.bookings for p in (b.prisoner, *b.visitors)]
    may = {
        action: acting.login.role in services.permissions.scopes(action)
        for action in (
            "booking.approve",
            "booking.cancel",
            "session.open",
            "timeline.read",
            "history.read",
            "allowance.read",
            "flag.read",
        )
    }
    return await page(
        request,
        "bookings.html",
        **why_not(no),
        day=chosen,
        before=chosen - timedelta(days=1),
        next=chosen + timedelta(days=1),
        sessions=found.sessions,
        version=found.position,
        names=await names_of(services, persons),
        may=may,
    )


def _list_of(acting: Acting, on: date | None, position: int) -> str:
    """Where somebody came from: their own calls, or a day of the prison."""
    own = acting.login.role in THEMSELVES
    return f"/my-calls?after={position}" if own else f"/bookings?day={on or ''}&after={position}"


async def _own(
    request: Request,
    services: Services,
    acting: Acting,
    after: int | None,
    cursor: str | None,
    no: Refused | Stale | None = None,
) -> Response:
    calls = await own_calls(services, acting.login.person, after, cursor, LIMIT)
    now = services.now()
    rejected = [c.call for c in calls.items if c.status is BookingStatus.REJECTED and c.starts_at > now]
    return await page(
        request,
        "my_calls.html",
        **why_not(no),
        calls=calls.items,
        next=calls.next,
        now=now,
        outcome=_own_outcome(acting),
        entries=acting.login.role in services.permissions.scopes("call.entry"),
        why={call: await why_rejected(services, call) for call in rejected},
    )


def why_not(no: Refused | Stale | None) -> dict[str, Any]:
    """The status of a page that says what was not done, and its sentences."""
    if no is None:
        return {"status": HTTPStatus.OK, "errors": []}
    return {"status": said(no)[0], "errors": listed(reasons_of(no))}


def _own_outcome(acting: Acting) -> Outcome:
    return Outcome.PRISONER_CANCELLED if acting.login.role == "PR" else Outcome.BOOKER_CANCELLED


def back(path: str) -> Response:
    """On to a page, after a form was done."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)
