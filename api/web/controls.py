"""The forms by which officers mute, say something and lock, and the page on which all calls are stopped."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api import desk_control
from api.errors import reasons_of, said
from api.guard import Acting, require
from api.reading import wall_of
from api.scope import CallId, own_prison, the_call
from api.services import Services, Use
from api.web.render import listed, page
from api.web.wall import SIDES, Typed, done
from application.control import standstill_of
from application.handle import Handled
from domain.clearance import Side
from domain.event import Refused
from domain.message import Canned
from domain.mute import MediaKind

router = APIRouter(include_in_schema=False)

Key = Annotated[str | None, Form()]
What = Annotated[str, Form(pattern=f"^({'|'.join(Side)})/({'|'.join(MediaKind)})$")]
"""Whose, and what: `visitor/sound`."""


@router.post("/calls/{call}/mute")
async def mute(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.mute", the_call)],
    what: What,
    reason: Typed = "",
    key: Key = None,
) -> Response:
    """Take one side’s sound or picture from the other now."""
    side, kind = _stream(what)
    asked = desk_control.close_stream(services, acting, call, side, kind, reason, key)
    return await done(request, services, acting, call, asked)


@router.post("/calls/{call}/unmute")
async def unmute(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.unmute", the_call)],
    what: What,
    reason: Typed = "",
    key: Key = None,
) -> Response:
    """Let the other side hear or see it again."""
    side, kind = _stream(what)
    asked = desk_control.unmute(services, acting, call, side, kind, reason, key)
    return await done(request, services, acting, call, asked)


@router.get("/calls/{call}/take-over")
async def see_take_over(
    call: CallId,
    request: Request,
    _: Annotated[Acting, require("call.take_over", the_call)],
    side: Annotated[Side, Query()],
) -> Response:
    """The page that opens a side’s picture, and then lets the other side see it too."""
    return await page(request, "look.html", call=call, side=side, sides=SIDES, takes_over=True)


@router.post("/calls/{call}/give-back")
async def give_back(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.take_over", the_call)],
    side: Annotated[Side, Form()],
    key: Key = None,
) -> Response:
    """Judge a side by eye no longer."""
    return await done(
        request, services, acting, call, desk_control.give_back(services, acting, call, side, key)
    )


@router.post("/calls/{call}/message")
async def send_message(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.message", the_call)],
    message: Annotated[Canned, Form()],
    to: Annotated[Side | Literal["both"], Form()] = "both",
    key: Key = None,
) -> Response:
    """Say something of the list to one side, or to both."""
    asked = desk_control.say(services, acting, call, message, list(Side) if to == "both" else [to], key)
    return await done(request, services, acting, call, asked)


@router.post("/calls/{call}/lock")
async def lock(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.lock", the_call)],
    reason: Typed = "",
    key: Key = None,
) -> Response:
    """Let nobody enter the call."""
    asked = desk_control.set_lock(services, acting, call, True, reason, key)
    return await done(request, services, acting, call, asked)


@router.post("/calls/{call}/unlock")
async def unlock(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.lock", the_call)],
    reason: Typed = "",
    key: Key = None,
) -> Response:
    """Let the people of the call enter again."""
    asked = desk_control.set_lock(services, acting, call, False, reason, key)
    return await done(request, services, acting, call, asked)


@router.get("/wall/stop")
async def see_stops(
    request: Request, services: Use, acting: Annotated[Acting, require("calls.block", own_prison)]
) -> Response:
    """What it means to stop all calls, the form to do it or to lift it, and when it was done before."""
    return await _stops(request, services, acting)


@router.post("/wall/stop")
async def stop_all(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("calls.block", own_prison)],
    reason: Typed = "",
    confirmed: Annotated[bool, Form()] = False,
    key: Key = None,
) -> Response:
    """End every running call of the prison, and let none start."""
    asked = desk_control.stop_all(services, acting, acting.login.prison or "", reason, confirmed, key)
    return await _decided(request, services, acting, asked)


@router.post("/wall/go-on")
async def let_go_on(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("calls.block", own_prison)],
    reason: Typed = "",
    key: Key = None,
) -> Response:
    """Let the calls of the prison be held again."""
    asked = desk_control.let_go_on(services, acting, acting.login.prison or "", reason, key)
    return await _decided(request, services, acting, asked)


async def _decided(
    request: Request, services: Services, acting: Acting, asked: Awaitable[Handled[Any]]
) -> Response:
    """Back to the wall; or the page with the sentence that says why not."""
    try:
        await asked
    except Refused as no:
        return await _stops(request, services, acting, no)
    return RedirectResponse("/wall", status_code=HTTPStatus.SEE_OTHER)


async def _stops(request: Request, services: Services, acting: Acting, no: Refused | None = None) -> Response:
    prison = acting.login.prison or ""
    tiles = await wall_of(services, prison, None, services.now())
    return await page(
        request,
        "stop.html",
        status=HTTPStatus.OK if no is None else said(no)[0],
        prison=prison,
        running=sum(tile.started_at is not None and tile.ended_at is None for tile in tiles),
        waiting=sum(tile.started_at is None and tile.ended_at is None for tile in tiles),
        standstill=(await standstill_of(services.store, prison)).block,
        stops=await desk_control.stops_of(services, acting, prison),
        errors=[] if no is None else listed(reasons_of(no)),
    )


def _stream(what: str) -> tuple[Side, MediaKind]:
    side, _, kind = what.partition("/")
    return Side(side), MediaKind(kind)
