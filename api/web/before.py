"""The pages between a side's seat and its call: the rules to confirm, and the check of its device."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from api.declaring import COMPACT, RULES, Declaration, make_declaration, owes, said
from api.errors import NotSignedIn
from api.guard import Acting, login_of, require
from api.logins import Kind
from api.rehearsals import rehearsal_of
from api.scope import CallId, the_call
from api.services import Use
from api.web.own import NOT_DONE, NOTHING_WRONG, Key, Wrong, asked, back, in_words, missing, refused
from api.web.render import language_of, page
from api.web.texts import text
from application.access import Resource
from application.handle import replay
from domain import dress_rehearsal
from domain.clearance import Side
from domain.device_check import DeviceItem
from domain.dress_rehearsal.decisions import expected_on
from domain.event import Refused
from domain.texts import DECLARATION

router = APIRouter(include_in_schema=False)

RULES_PATH = "/call/rules"
CHECK_PATH = "/call/check"


async def the_seat(request: Request) -> Resource:
    """The call in which this browser has a seat."""
    call, _ = await _seat(request)
    return await the_call(request, call)


Seated = Annotated[Acting, require("call.join", the_seat, seat=True)]


@router.get(RULES_PATH)
async def see_rules(request: Request, services: Use, acting: Seated) -> Response:
    """The rules of the call, until they are confirmed."""
    call, side = await _seat(request)
    if not await owes(services, call, acting.resource.prison, side, acting.login.person):
        return back(request, "/call")
    return await _rules(request, side)


@router.post(RULES_PATH)
async def confirm_rules(
    request: Request,
    services: Use,
    acting: Seated,
    text_version: Annotated[str, Form(max_length=20)] = DECLARATION,
    agree: Annotated[bool, Form()] = False,
    told: Annotated[bool, Form()] = False,
    key: Key = None,
) -> Response:
    """Confirm them, and go on to the check."""
    call, side = await _seat(request)
    if not agree:
        return await _rules(request, side, missing(request, "keep"))
    body = Declaration(text_version=text_version, language=language_of(request), told_by_staff=told)
    try:
        await make_declaration(call, side, body, services, acting, key)
    except NOT_DONE as no:
        return await _rules(request, side, refused(request, no, "told" if side is Side.PRISONER else "keep"))
    return back(request, CHECK_PATH)


@router.get(CHECK_PATH)
async def see_check(request: Request, _: Seated) -> Response:
    """The check of camera, microphone, light, line, loudspeaker and browser."""
    call, side = await _seat(request)
    return await _page(request, "check", CHECK_PATH, call=call, side=side, items=list(DeviceItem))


@router.get("/my-calls/{call}/try")
async def see_try(
    call: CallId, request: Request, services: Use, acting: Annotated[Acting, require("call.join", the_call)]
) -> Response:
    """Try out, from the day before, whether the own side will be recognised on the call."""
    command = await rehearsal_of(services, acting, call)
    no = ""
    try:
        expected_on(await replay(services.store, dress_rehearsal, command), command)
    except Refused as refusal:
        no = in_words(request, refusal.rule, str(refusal))
    return await _page(request, "try", request.url.path, call=call, refused=no)


async def _seat(request: Request) -> tuple[str, Side]:
    seat = await login_of(request, Kind.SEAT)
    if seat is None or seat.call is None or seat.side is None:
        raise NotSignedIn
    return seat.call, seat.side


async def _rules(request: Request, side: Side, wrong: Wrong = NOTHING_WRONG) -> Response:
    language = language_of(request)
    return await _page(
        request,
        "rules",
        RULES_PATH,
        wrong,
        rules=said(language, RULES),
        compact=said(language, COMPACT) if side is Side.PRISONER else (),
        text_version=DECLARATION,
    )


async def _page(
    request: Request, name: str, here: str, wrong: Wrong = NOTHING_WRONG, **values: Any
) -> Response:
    language = language_of(request)
    return await page(
        request,
        f"{name}.html",
        status=wrong.status,
        wrong=wrong.at,
        here=here,
        asked=asked(language),
        say=lambda key, **more: text(language, f"before.{name}.{key}", **more),
        **values,
    )
