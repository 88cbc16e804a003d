"""The page of requests: what waits for a decision, what no rule could answer, and the decision itself."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.asked import context, do
from api.bookings import approval_of
from api.cursor import Cursor
from api.errors import said
from api.guard import Acting, require
from api.looking import known_up_to, requests_of
from api.reading import After
from api.scope import CallId, own_prison, the_call
from api.services import Services, Use
from api.versions import Version, seen_in_form
from api.web.names import names_of
from api.web.render import page
from application.handle import Stale
from domain import booking
from domain.booking.commands import RejectCall
from domain.booking.events import RejectedBecause
from domain.event import Refused
from domain.flag.events import STOPS

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20  # each with the names of its people, which are opened one by one


@dataclass(frozen=True)
class Typed:
    """What somebody had typed when a decision was refused, so that nothing is typed twice."""

    error: str = ""
    call: str = ""
    because: str = ""
    reason: str = ""


@router.get("/requests")
async def see_requests(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("request.read", own_prison)],
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """Everything that waits for a decision of this prison."""
    return await _requests(request, services, acting, cursor, after, Typed())


@router.post("/requests/{call}/approve")
async def approve(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.approve", the_call)],
    version: Version = None,
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Say yes to a request."""
    command = await approval_of(services, acting, call)
    seen = seen_in_form(acting, call, version)
    try:
        handled = await do(services, booking, command, context(acting, key, about=call), seen)
    except (Refused, Stale) as no:
        return await _requests(request, services, acting, None, None, Typed(said(no)[2], call))
    return _back(handled.position)


@router.post("/requests/{call}/reject")
async def reject(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("booking.reject", the_call)],
    because: Annotated[RejectedBecause, Form()],
    reason: Annotated[str, Form(max_length=1000)] = "",
    version: Version = None,
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Say no to a request, with the words that whoever asked will read."""
    command = RejectCall(
        at=services.now(), call=call, because=because, rejected_by=acting.login.person, reason=reason
    )
    seen = seen_in_form(acting, call, version)
    try:
        handled = await do(services, booking, command, context(acting, key, about=call), seen)
    except (Refused, Stale) as no:
        typed = Typed(said(no)[2], call, because.value, reason)
        return await _requests(request, services, acting, None, None, typed)
    return _back(handled.position)


async def _requests(
    request: Request,
    services: Services,
    acting: Acting,
    cursor: str | None,
    after: int | None,
    typed: Typed,
) -> Response:
    prison = acting.login.prison or ""
    version = await known_up_to(services, "requests")
    found = await requests_of(services, acting, prison, cursor, ON_ONE_PAGE, after)
    people = [p for one in found.items for p in (one.prisoner, one.requested_by, *one.visitors)]
    actions = ("booking.approve", "booking.reject", "allowance.read", "history.read")
    return await page(
        request,
        "requests.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        requests=found.items,
        version=version,
        next=found.next,
        first=cursor is None,
        names=await names_of(services, people),
        may={action: acting.login.role in services.permissions.scopes(action) for action in actions},
        reasons=list(RejectedBecause),
        stops=STOPS,
        typed=typed,
    )


def _back(position: int) -> Response:
    return RedirectResponse(f"/requests?after={position}", status_code=HTTPStatus.SEE_OTHER)
