"""The page of allocation: the calls of a day, which of them need an officer, and who has them."""

from collections.abc import Awaitable
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import AwareDatetime, NaiveDatetime

from api.allocations import AbsenceId, Away, Giving, allocate, available, deallocate, unavailable, watch_day
from api.days import FIRST, LAST, ADay, DayOfForm
from api.errors import reasons_of
from api.guard import Acting, require
from api.reading import After
from api.scope import CallId, Id, own_prison, the_call
from api.services import Services, Use
from api.web.names import names_of
from api.web.render import listed, page
from application.booking import Lookup
from application.handle import Handled
from domain.calendar import local_time
from domain.event import Refused

router = APIRouter(include_in_schema=False)

Key = Annotated[str | None, Form()]
Person = Annotated[str, Form(pattern=Id)]
Clock = Annotated[
    NaiveDatetime,
    Form(
        ge=FIRST.replace(tzinfo=None),
        le=LAST.replace(tzinfo=None),
        description="as the prison's clock shows it",
    ),
]


@router.get("/allocations")
async def see_allocations(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("allocation.read", own_prison)],
    on: ADay = None,
    after: After = None,
) -> Response:
    """The booked calls of a day: those that need a monitor and have no officer first."""
    return await _day(request, services, acting, on, after)


@router.post("/allocations/{call}")
async def give(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("allocation.manage", the_call)],
    starts_at: Annotated[AwareDatetime, Form(ge=FIRST, le=LAST)],
    minutes: Annotated[int, Form(ge=1, le=24 * 60)],
    officer: Annotated[str | None, Form(pattern=Id)] = None,
    instead_of: Annotated[str | None, Form(pattern=Id)] = None,
    on: DayOfForm = None,
    key: Key = None,
) -> Response:
    """Give a call to somebody; to nobody takes it from whoever has it."""
    if officer is None:
        return await _done(request, services, acting, on, deallocate(services, acting, call, key))
    giving = Giving(officer=officer, instead_of=instead_of, starts_at=starts_at, minutes=minutes)
    return await _done(request, services, acting, on, allocate(services, acting, call, giving, key))


@router.post("/absences")
async def note_absence(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("allocation.manage", own_prison)],
    officer: Person,
    since: Clock,
    until: Clock,
    on: DayOfForm = None,
    key: Key = None,
) -> Response:
    """Say that an officer cannot watch calls for a while."""
    prison = acting.login.prison or ""
    zone = (await Lookup(services.store, None).policy(prison, services.now())).time_zone
    begin, end = (local_time(each.date(), each.time(), zone) for each in (since, until))
    away = Away(officer=officer, since=begin, until=end)

    async def asked() -> Handled[Any]:
        return (await unavailable(services, acting, prison, away, key))[1]

    return await _done(request, services, acting, on, asked())


@router.post("/absences/{absence}/remove")
async def remove_absence(
    absence: AbsenceId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("allocation.manage", own_prison)],
    officer: Person,
    on: DayOfForm = None,
    key: Key = None,
) -> Response:
    """Say that they can after all."""
    asked = available(services, acting, acting.login.prison or "", absence, officer, key)
    return await _done(request, services, acting, on, asked)


async def _done(
    request: Request,
    services: Services,
    acting: Acting,
    on: date | None,
    asked: Awaitable[Handled[Any]],
) -> Response:
    try:
        handled = await asked
    except Refused as no:
        return await _day(request, services, acting, on, None, no)
    day = "" if on is None else f"&day={on}"
    return RedirectResponse(f"/allocations?after={handled.position}{day}", status_code=HTTPStatus.SEE_OTHER)


async def _day(
    request: Request,
    services: Services,
    acting: Acting,
    on: date | None,
    after: int | None,
    no: Refused | None = None,
) -> Response:
    day, zone = await watch_day(services, acting, acting.login.prison or "", on, after)
    people = [p for one in day.calls for p in (one.prisoner, *one.visitors, one.officer) if p]
    names = await names_of(services, [*people, *day.staff, *(one.officer for one in day.away)])
    return await page(
        request,
        "allocations.html",
        status=HTTPStatus.OK if no is None else HTTPStatus.CONFLICT,
        errors=[] if no is None else listed(reasons_of(no)),
        day=day,
        zone=zone,
        names=names,
        staff=sorted(day.staff, key=lambda person: (names.get(person) or person).casefold()),
        me=acting.login.person,
        may_manage=acting.login.role in services.permissions.scopes("allocation.manage"),
    )
