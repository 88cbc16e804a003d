"""The page of coverage: the calls that needed somebody to watch them, and whether somebody did."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.coverage import First, Last, coverage_of
from api.guard import Acting, require
from api.scope import own_prison
from api.services import Use
from api.web.render import page
from projections.monitoring_coverage import Watch

router = APIRouter(include_in_schema=False)

WATCHES = {
    Watch.WATCHED: "Watched from start to end",
    Watch.LATE: "Watched late",
    Watch.GAPS: "Left alone for a while",
    Watch.NOT_WATCHED: "Not watched",
    Watch.NOT_STARTED: "Not started",
}
NEEDED = {
    "required": "the policy asks for it",
    "counted": "faces were only counted",
    "held": "it waited for a monitor",
}


@router.get("/monitoring-coverage")
async def see_coverage(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("coverage.read", own_prison)],
    first: First = None,
    last: Last = None,
) -> Response:
    """The calls of these days that needed a monitor, those that nobody watched marked."""
    prison = acting.login.prison or ""
    days = await coverage_of(services, acting, prison, first, last)
    return await page(
        request,
        "coverage.html",
        days=days,
        prison=prison,
        watches=WATCHES,
        needed=NEEDED,
        numbers=Counter(call.watch for call in days.calls),
        may_record=acting.login.role in services.permissions.scopes("timeline.read"),
    )
