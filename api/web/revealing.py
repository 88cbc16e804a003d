"""The page of a hidden picture: first what it shows, in words; the picture only for whoever then asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.errors import reasons_of
from api.guard import Acting, require
from api.reading import After
from api.revealing import RevealDone, agree, ask, hidden_of, kept_of, ledger_of, show
from api.scope import CallId, Id, own_prison, the_call
from api.services import Services, Use
from api.web.names import names_of
from api.web.render import listed, page
from api.web.timeline import facts_of
from api.web.wall import SIDES
from domain.clearance import Side
from domain.event import Refused
from domain.exposure import Hidden, RevealAsked

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Waiting:
    """Somebody wants to see a picture, and whether a second officer has agreed."""

    asked: RevealAsked
    agreed: bool


Key = Annotated[str | None, Form()]
InForm = Annotated[Side, Form()]
Named = Annotated[str, Form(alias="reveal", pattern=Id)]


@router.get("/calls/{call}/reveal")
async def see_hidden(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("image.reveal", the_call)],
    side: Annotated[Side, Query()],
    shown: Annotated[str | None, Query(pattern=Id)] = None,
) -> Response:
    """What was found, in words; and the picture for whoever was shown it a moment ago."""
    return await _hidden(request, services, acting, call, side, shown)


@router.post("/calls/{call}/reveal")
async def reveal(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("image.reveal", the_call)],
    side: InForm,
    reason: Annotated[str, Form(max_length=2000)] = "",
    key: Key = None,
) -> Response:
    """Ask to see it, and say why."""
    try:
        done = await ask(request, services, acting, call, side, reason, key)
    except Refused as no:
        return await _hidden(request, services, acting, call, side, None, no)
    return _there(call, side, done)


@router.post("/calls/{call}/reveal/agree")
async def agree_to_it(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("image.reveal", the_call)],
    side: InForm,
    named: Named,
    key: Key = None,
) -> Response:
    """Agree that another officer sees it."""
    try:
        await agree(services, acting, call, named, key)
    except Refused as no:
        return await _hidden(request, services, acting, call, side, None, no)
    return RedirectResponse(f"/calls/{call}/reveal?side={side}", status_code=HTTPStatus.SEE_OTHER)


@router.post("/calls/{call}/reveal/show")
async def show_it(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("image.reveal", the_call)],
    side: InForm,
    named: Named,
    key: Key = None,
) -> Response:
    """See what a second officer agreed to."""
    try:
        done = await show(request, services, acting, call, named, key)
    except Refused as no:
        return await _hidden(request, services, acting, call, side, None, no)
    return _there(call, side, done)


@router.get("/exposure")
async def see_exposure(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("exposure.read", own_prison)],
    after: After = None,
) -> Response:
    """How many sensitive pictures each officer was shown, and who should look at something else for a while."""
    ledger = await ledger_of(services, acting, acting.login.prison or "", after)
    names = await names_of(services, [one.officer for one in ledger.officers])
    return await page(request, "exposure.html", ledger=ledger, names=names)


def _there(call: str, side: Side, done: RevealDone) -> Response:
    shown = f"&shown={done.reveal}" if done.shown else ""
    return RedirectResponse(f"/calls/{call}/reveal?side={side}{shown}", status_code=HTTPStatus.SEE_OTHER)


async def _hidden(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    side: Side,
    shown: str | None,
    no: Refused | None = None,
) -> Response:
    hidden = await hidden_of(services, acting, call)
    waiting = list(_waiting(hidden, side))
    kept = kept_of(request).get(f"{call}/{shown}", acting.login.id, services.now())
    return await page(
        request,
        "reveal.html",
        status=HTTPStatus.OK if no is None else HTTPStatus.CONFLICT,
        errors=[] if no is None else listed(reasons_of(no)),
        call=call,
        side=side,
        sides=SIDES,
        found=[(one, list(facts_of(one.evidence))) for one in hidden.found.values()],
        waiting=waiting,
        names=await names_of(services, [one.asked.officer for one in waiting]),
        me=acting.login.person,
        shown=shown if kept is not None else None,
    )


def _waiting(hidden: Hidden, side: Side) -> Iterator[Waiting]:
    """What was asked for since the pictures are hidden, and was not shown yet."""
    since = min((one.at for one in hidden.found.values()), default=None)
    for one in hidden.asked.values():
        if since is not None and one.at >= since and one.side is side and one.reveal not in hidden.shown:
            yield Waiting(one, one.reveal in hidden.agreed)
