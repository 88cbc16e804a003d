"""Pages for the officers on duty: the day's calls to print, and the times that hold more calls than places."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.guard import Acting, require
from api.looking import overbooking_of, schedule_of
from api.schedule import HELD, Day, Names, calls
from api.scope import own_prison
from api.services import Use
from api.web.names import names_of
from api.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/schedule")
async def see_schedule(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("calendar.read", own_prison)],
    on: Day = None,
    names: Names = False,
) -> Response:
    """The calls of a day, to look at, print or take along; with people's names only when asked for."""
    prison = acting.login.prison or ""
    schedule = await schedule_of(services, acting, prison, on, names=names)
    people = [person for each in calls(schedule) for person in (each.prisoner, *each.visitors)]
    return await page(
        request,
        "schedule.html",
        prison=prison,
        schedule=schedule,
        sessions=[one for one in schedule.sessions if any(call.status in HELD for call in one.bookings)],
        held=HELD,
        before=schedule.day - timedelta(days=1),
        next=schedule.day + timedelta(days=1),
        with_names=names,
        names=await names_of(services, people) if names else {},
        printed_at=services.now(),
    )


@router.get("/overbooking")
async def see_overbooking(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("calendar.read", own_prison)],
) -> Response:
    """The times of the next seven days with more calls than places, and who let them."""
    found = await overbooking_of(services, acting, acting.login.prison or "")
    officers = [
        one
        for time in found
        for aside in time.overrides
        for one in (aside.overridden_by, aside.approved_by)
        if one is not None
    ]
    return await page(request, "overbooking.html", times=found, names=await names_of(services, officers))
