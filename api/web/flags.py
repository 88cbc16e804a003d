"""The page of flags: calls under which a fact changed, and the word of a person that it no longer matters."""

from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.asked import context, do
from api.cursor import Cursor
from api.errors import said
from api.guard import Acting, require
from api.looking import flags_closed_lately, flags_of, known_up_to
from api.reading import After
from api.scope import CallId, own_prison, the_call
from api.services import Services, Use
from api.versions import Version, seen_in_form
from api.web.names import names_of
from api.web.render import page
from application.handle import Stale
from domain import flag
from domain.event import Refused
from domain.flag.decisions import UnflagBooking
from domain.flag.events import ClearedBecause

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20
BY_STAFF = (ClearedBecause.DO_NOT_CHANGE, ClearedBecause.CAUSE_GONE, ClearedBecause.DECIDED_IN_CALL)
"""What staff may say here. That a call was changed or cancelled, its own page records."""


@dataclass(frozen=True)
class Typed:
    """What somebody had typed when the clearance was refused."""

    error: str = ""
    call: str = ""
    flag: str = ""
    because: str = ""
    reason: str = ""


@router.get("/flags")
async def see_flags(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("flag.read", own_prison)],
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """The open flags of this prison, those of running calls first, and how the last ones were cleared."""
    return await _flags(request, services, acting, cursor, after, Typed())


@router.post("/flags/{call}/clear")
async def clear(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("flag.clear", the_call)],
    flag_id: Annotated[str, Form(alias="flag", max_length=200)],
    because: Annotated[ClearedBecause, Form()],
    reason: Annotated[str, Form(max_length=1000)] = "",
    version: Version = None,
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Say that a flag no longer matters, and why."""
    command = UnflagBooking(
        at=services.now(),
        call=call,
        flag=flag_id,
        because=because,
        cleared_by=acting.login.person,
        reason=reason,
    )
    seen, asked = seen_in_form(acting, call, version), context(acting, key, about=f"{call}/{flag_id}")
    try:
        handled = await do(services, flag, command, asked, seen)
    except (Refused, Stale) as no:
        typed = Typed(said(no)[2], call, flag_id, because.value, reason)
        return await _flags(request, services, acting, None, None, typed)
    return RedirectResponse(f"/flags?after={handled.position}", status_code=HTTPStatus.SEE_OTHER)


async def _flags(
    request: Request,
    services: Services,
    acting: Acting,
    cursor: str | None,
    after: int | None,
    typed: Typed,
) -> Response:
    prison = acting.login.prison or ""
    version = await known_up_to(services, "flags")
    found = await flags_of(services, acting, prison, cursor, ON_ONE_PAGE, after)
    closed = await flags_closed_lately(services, prison) if cursor is None else ()
    people = [p for one in found.items for p in (one.prisoner, *one.visitors)]
    actions = ("flag.clear", "allowance.read", "history.read", "wall.watch")
    return await page(
        request,
        "flags.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        calls=[(call, list(flags)) for call, flags in groupby(found.items, key=lambda one: one.call)],
        closed=closed,
        version=version,
        next=found.next,
        first=cursor is None,
        names=await names_of(services, people),
        may={action: acting.login.role in services.permissions.scopes(action) for action in actions},
        reasons=BY_STAFF,
        typed=typed,
    )
