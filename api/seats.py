"""Seats: a side joins with its link, connects, leaves, asks for help, and hears what changes."""

from collections.abc import AsyncIterable
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from api.asked import IdempotencyKey
from api.described import says
from api.errors import NotSignedIn
from api.guard import Acting, cookie_name, public, require
from api.limits import attempt
from api.live import BEAT_S, beats, still_valid
from api.logins import Kind, Logins
from api.once import OnceRoute
from api.scope import CallId, Ident, the_call
from api.seating import (
    SeatView,
    StaffSays,
    ask_help,
    connect,
    leave,
    presence,
    room_of,
    seat_view,
    take_hint,
)
from api.services import Services, Use
from api.web.render import clock
from api.web.texts import Language, slate, text
from application.access import Who
from application.control import control_of
from domain.clearance import Side
from domain.concern import ConcernRaised
from domain.event import Refused
from domain.hint import ClientHintReported, HintKind
from domain.network import Grade
from domain.recording import RecordingSealed
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.stream import (
    CoachingShown,
    DetectionObserved,
    EngineTried,
    ObservationsSealed,
    ShadowDetectionObserved,
    StreamReleased,
    TrialDetectionObserved,
)

router = APIRouter(prefix="/v1", tags=["seats"], route_class=OnceRoute)

SDP_MAX = 64 * 1024
SEAT_AFTER_END = timedelta(hours=2)  # a call may be credited time; its seats outlive its booked end
LINK_IS_NOTHING = (HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE)
QUIET = (
    DetectionObserved,
    EngineTried,
    ShadowDetectionObserved,
    TrialDetectionObserved,
    ObservationsSealed,
    RecordingSealed,
    ConcernRaised,
    ClientHintReported,
)
"""Facts which no page of a seat shows. Whoever asks for help does so in silence."""


class Token(BaseModel):
    """A link's token, as the fragment of its address had it."""

    token: Annotated[str, Field(min_length=20, max_length=200)]


class Offer(BaseModel):
    """The browser's session description."""

    sdp: Annotated[str, Field(max_length=SDP_MAX)]
    light: bool = False  # the side saves data


class Answer(BaseModel):
    """The media plane's session description."""

    sdp: str


class Hint(BaseModel):
    """What the device noticed."""

    kind: HintKind


class Taken(BaseModel):
    """The seat that a link was exchanged for."""

    call: str
    side: Side


class Link(BaseModel):
    """A link that lets one side in. The token stands in the fragment, which no server's log sees."""

    path: str


class LinkFor(BaseModel):
    """Whom a link is made for."""

    person: Ident


@router.post("/seats", responses={status: says(status) for status in LINK_IS_NOTHING})
async def take_seat(
    body: Token,
    request: Request,
    response: Response,
    services: Use,
    _: Annotated[None, public("login.begin")],
) -> Taken:
    """Exchange a link for a seat. The newest device of a side counts."""
    logins: Logins = request.app.state.logins
    async with attempt(request):
        link = await logins.find(services, body.token)
        if link is None or link.kind is not Kind.LINK or link.call is None or link.side is None:
            raise NotSignedIn
    await sit_down(request, response, services, link.who, link.call, link.side)
    return Taken(call=link.call, side=link.side)


async def sit_down(
    request: Request, response: Response, services: Services, who: Who, call: str, side: Side
) -> None:
    """Give somebody the seat of one side, as a cookie of its own: a sign-in that ends never cuts a call."""
    opened = (await room_of(services, call)).opened
    until = services.now() + SEAT_AFTER_END
    if opened is not None:
        until = max(until, opened.starts_at + timedelta(minutes=opened.minutes) + SEAT_AFTER_END)
    logins: Logins = request.app.state.logins
    token = await logins.seat(services, who, call, side, until)
    set_cookie(response, services, Kind.SEAT, token)


def set_cookie(response: Response, services: Services, kind: Kind, token: str) -> None:
    """The cookie of a login or a seat."""
    response.set_cookie(
        cookie_name(services, kind),
        token,
        path="/",
        secure=services.settings.secure,
        httponly=True,
        samesite="lax",
    )


@router.post("/calls/{call}/seats/{side}/link", status_code=201)
async def make_link(
    call: CallId,
    side: Side,
    body: LinkFor,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.link", the_call)],
) -> Link:
    """Make a link by which one person takes one side of the call."""
    opened = (await room_of(services, call)).opened
    expected = (
        () if opened is None else (opened.prisoner if side is Side.PRISONER else opened.visitor).persons
    )
    if body.person not in (expected or acting.resource.people):
        raise NotSignedIn
    if (await control_of(services.store, call, acting.resource.prison)).locked:
        raise Refused("This call is locked: no link to it is given.", "call_locked")
    role = "PR" if side is Side.PRISONER else "FA"
    logins: Logins = request.app.state.logins
    until = services.now() + SEAT_AFTER_END
    token = await logins.link(services, Who(body.person, role, acting.resource.prison), call, side, until)
    return Link(path=f"/j#{token}")


@router.get("/calls/{call}/seats/{side}")
async def see_seat(
    call: CallId,
    side: Side,
    services: Use,
    _: Annotated[Acting, require("call.join", the_call, seat=True)],
) -> SeatView:
    """What this side's page shows now."""
    return await seat_view(services, call, side)


@router.post("/calls/{call}/seats/{side}/offer")
async def offer(
    call: CallId,
    side: Side,
    body: Offer,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
    idempotency_key: IdempotencyKey = None,
) -> Answer:
    """Connect, or connect again: the earlier connection of this side is put out."""
    return Answer(
        sdp=await connect(services, acting, call, side, body.sdp, idempotency_key, light=body.light)
    )


@router.post("/calls/{call}/seats/{side}/leave", status_code=204)
async def leave_call(
    call: CallId,
    side: Side,
    services: Use,
    acting: Annotated[Acting, require("call.leave", the_call, seat=True)],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Leave the call for good."""
    await leave(services, acting, call, side, idempotency_key)


@router.post("/calls/{call}/seats/{side}/help", status_code=204)
async def help_asked(
    call: CallId,
    side: Side,
    services: Use,
    acting: Annotated[Acting, require("call.ask_help", the_call, seat=True)],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Ask for help, silently."""
    await ask_help(services, acting, call, side, idempotency_key)


@router.post("/calls/{call}/seats/{side}/hints", status_code=204)
async def device_says(
    call: CallId,
    side: Side,
    body: Hint,
    services: Use,
    acting: Annotated[Acting, require("call.hint", the_call, seat=True)],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """What this side's own device says of itself: staff see that it is no proof, and nothing stops for it."""
    await take_hint(services, acting, call, side, body.kind, idempotency_key)


@router.get("/calls/{call}/seats/{side}/events", response_class=EventSourceResponse)
async def seat_events(
    call: CallId,
    side: Side,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
    lang: Annotated[Language, Query()] = Language.EN,
) -> AsyncIterable[ServerSentEvent]:
    """What this side's page shows, from now on: `seat`, `coach` and a `beat` when nothing happens."""
    told: dict[str, object] | None = None
    prison = (acting.resource.prison or "", (CallsBlocked, CallsUnblocked))
    async for recorded in beats(services.live.follow(call=call, and_of=prison), BEAT_S):
        if told is None:
            told = await _told(services, call, side, lang)
            yield ServerSentEvent(event="seat", data=told)
            continue
        if recorded is None:
            if not await still_valid(request, acting.login):
                yield ServerSentEvent(event="over", data={})
                return
            yield ServerSentEvent(event="beat", data={"now": services.now().isoformat()})
            continue
        event = recorded.event
        if isinstance(event, CoachingShown) and event.side is side:
            yield ServerSentEvent(
                event="coach", data={"text": text(lang, event.text_key)}, id=str(recorded.position)
            )
        elif isinstance(event, StreamReleased) and event.side is side:
            yield ServerSentEvent(event="coach", data={"text": ""}, id=str(recorded.position))
        if not isinstance(event, QUIET):
            before, told = told, await _told(services, call, side, lang)
            if told != before:  # what concerns the other side alone leaves no trace here
                yield ServerSentEvent(event="seat", data=told, id=str(recorded.position))


async def _told(services: Services, call: str, side: Side, lang: Language) -> dict[str, object]:
    """The seat's view in the words of its page."""
    view = await seat_view(services, call, side)
    return {
        "status": view.status,
        "title": text(lang, f"slate_title.{view.status}"),
        "text": "" if view.text_key is None else slate(lang, view.text_key),
        "admitted": view.admitted,
        "otherHere": view.other_here,
        "startsAt": None if view.starts_at is None else view.starts_at.isoformat(),
        "presence": [text(lang, f"waiting.{key}") for key in presence(view)],
        "here": view.here,
        "soundOnly": view.sound_only,
        "line": "" if view.line is Grade.GOOD else text(lang, f"line.mine_{view.line}"),
        "otherLine": "" if view.other_line is Grade.GOOD else text(lang, f"line.other_{view.other_line}"),
        "endsAt": None if view.ends_at is None else view.ends_at.isoformat(),
        "locked": view.locked,
        "notes": [text(lang, key) for key in view.notes],
        "message": _message(lang, view.message),
    }


def _message(lang: Language, said: StaffSays | None) -> dict[str, str] | None:
    """What staff say, with the time, so that an old message is not taken for a new one."""
    if said is None:
        return None
    return {"id": said.id, "text": text(lang, said.text_key), "at": clock(said.at)[:5]}
