"""The first page of each role, signing in and out, and the pages of a call's two sides."""

from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.declaring import owes
from api.errors import NotSignedIn
from api.guard import Acting, cookie_name, login_of, public, require
from api.limits import attempt
from api.logins import Kind, Login, Logins
from api.looking import to_do
from api.scope import CallId, the_call
from api.seating import room_of, seat_view
from api.seats import set_cookie, sit_down
from api.services import Services, Use
from api.web.destinations import Destination, Part, destinations
from api.web.own import back
from api.web.render import language_of, page
from api.web.texts import slate, text
from application.access import Who
from application.ports import StoreAway
from domain.clearance import Side
from domain.data_use import megabytes
from domain.policy import LinePolicy
from domain.waiting_room.events import WaitingRoomOpened

router = APIRouter(include_in_schema=False)

SEE_OTHER = HTTPStatus.SEE_OTHER


@router.get("/")
async def home(request: Request, services: Use, _: Annotated[None, public("login.begin")]) -> Response:
    """What the person who is signed in can do."""
    login = await login_of(request, Kind.LOGIN)
    demo = services.settings.demo
    return await page(
        request,
        "home.html",
        parts={} if login is None else _parts(services, login),
        to_do={} if login is None else await _to_do(services, login),
        sign_ins=() if demo is None else demo.logins,
        roles=services.permissions.roles,
    )


@router.post("/sign-out")
async def sign_out(request: Request, services: Use, _: Annotated[Acting, require("login.end")]) -> Response:
    """Sign out, and let the browser forget what it holds."""
    name = cookie_name(services, Kind.LOGIN)
    logins: Logins = request.app.state.logins
    await logins.end(services, request.cookies.get(name, ""))
    answer = RedirectResponse("/", status_code=SEE_OTHER)
    answer.delete_cookie(name, path="/", secure=services.settings.secure, httponly=True, samesite="lax")
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


@router.get("/j")
async def join_link(request: Request, _: Annotated[None, public("login.begin")]) -> Response:
    """Where a join link leads: the page exchanges the token behind the # for a seat."""
    return await page(request, "join.html")


@router.post("/calls/{call}/seat")
async def join_own(
    call: CallId, request: Request, services: Use, acting: Annotated[Acting, require("call.join", the_call)]
) -> Response:
    """Take the own seat in a call that the person who is signed in is on."""
    side = Side.PRISONER if acting.login.role == "PR" else Side.VISITOR
    answer = RedirectResponse("/call", status_code=SEE_OTHER)
    await sit_down(request, answer, services, acting.login.who, call, side)
    return answer


@router.get("/call")
async def call_page(request: Request, services: Use, _: Annotated[None, public("login.begin")]) -> Response:
    """One side's page of its call: the family's or the prison's."""
    seat = await login_of(request, Kind.SEAT)
    if seat is None or seat.call is None or seat.side is None:
        raise NotSignedIn
    prison = (await the_call(request, seat.call)).prison
    if await owes(services, seat.call, prison, seat.side, seat.person):
        return back(request, "/call/rules")
    view = await seat_view(services, seat.call, seat.side)
    opened = (await room_of(services, seat.call)).opened
    language = language_of(request)
    return await page(
        request,
        "call.html",
        seat=seat,
        title=text(language, f"slate_title.{view.status}"),
        line=LinePolicy() if opened is None else opened.rules.line,
        figure=None if opened is None else _figure(opened),
        recorded=None if opened is None else opened.recorded,
        pictured=opened is not None and opened.evidence_pictures,
        words_now="" if view.text_key is None else slate(language, view.text_key),
    )


def _figure(opened: WaitingRoomOpened) -> dict[str, int]:
    """About how many megabytes the call uses at most, in full and when data is saved."""
    line, minutes = opened.rules.line, opened.minutes
    return {"full": megabytes(minutes, line, light=False), "light": megabytes(minutes, line, light=True)}


demo_router = APIRouter(include_in_schema=False)


@demo_router.get("/demo/sign-in")
async def demo_link(
    request: Request, services: Use, token: str, _: Annotated[None, public("login.begin")]
) -> Response:
    """A link of the demonstration: whoever opens it is signed in in its role."""
    return await _demo_login(request, services, token)


@demo_router.post("/demo/sign-in")
async def demo_form(
    request: Request, services: Use, token: Annotated[str, Form()], _: Annotated[None, public("login.begin")]
) -> Response:
    """The same, for programs."""
    return await _demo_login(request, services, token)


async def _demo_login(request: Request, services: Services, token: str) -> Response:
    demo = services.settings.demo
    async with attempt(request):
        found = next((one for one in demo.logins if one.token == token), None) if demo else None
        if found is None:
            raise NotSignedIn
    logins: Logins = request.app.state.logins
    issued = await logins.begin(services, Who(found.person, found.role, found.prison))
    answer = RedirectResponse("/", status_code=SEE_OTHER)
    set_cookie(answer, services, Kind.LOGIN, issued)
    return answer


def _parts(services: Services, login: Login) -> dict[Part, list[Destination]]:
    """Where this role may go, by part of its work; the person's own pages carry their number."""
    own = [
        replace(one, href=one.href.format(person=login.person))
        for one in destinations(services.permissions, login.role)
    ]
    return {part: among for part in Part if (among := [one for one in own if one.part is part])}


async def _to_do(services: Services, login: Login) -> dict[str, int]:
    """How much waits for staff. Without the read models the page says nothing of it."""
    if login.prison is None or not any(
        login.role in services.permissions.scopes(action) for action in ("request.read", "incident.read")
    ):
        return {}
    try:
        return asdict(await to_do(services, login.prison))
    except StoreAway:
        return {}
