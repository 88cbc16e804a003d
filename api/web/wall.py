"""The wall, one call's desk and the page to look: what officers see, and the forms by which they act."""

from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import desk, desk_control
from api.asked import on_record
from api.calls import sensitive, watched
from api.errors import reasons_of, said
from api.guard import Acting, require
from api.handover import unread_notes
from api.live import BEAT_S, beats, still_valid
from api.logins import Login
from api.reading import After, desk_of, wall_of
from api.revealing import own_exposure
from api.scope import CallId, Id, own_prison, the_call
from api.services import Services, Use
from api.versions import Version, seen_in_form
from api.web.names import names_of
from api.web.render import listed, page, part
from api.web.texts import Language, cause, text
from application.control import standstill_of
from application.handle import Handled, Stale
from domain.access import Viewed
from domain.call.events import WordOnFace
from domain.clearance import Side
from domain.event import Refused
from domain.message import Canned
from domain.moderation.kind import FaceWord
from domain.mute import MediaKind
from domain.network import Grade
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.violation import ReviewOutcome
from projections import call_wall
from projections.call_wall import WallCall, WallStatus

router = APIRouter(include_in_schema=False)

Typed = Annotated[str, Form(max_length=2000)]

STANDSTILL = (CallsBlocked, CallsUnblocked)  # of the whole prison, in no read model
SIDES = {"prisoner": "prisoner’s side", "visitor": "visitors’ side"}
TAGS = {
    WallStatus.WAITING: "govuk-tag--grey",
    WallStatus.HELD_FOR_MONITOR: "govuk-tag--yellow",
    WallStatus.LIVE: "govuk-tag--green",
    WallStatus.FROZEN: "govuk-tag--orange",
    WallStatus.PAUSED: "govuk-tag--red",
    WallStatus.INTERRUPTED: "govuk-tag--orange",
    WallStatus.ENDED: "govuk-tag--grey",
}
ACTIONS = (
    "call.resume",
    "call.admit",
    "call.monitor",
    "call.pause",
    "call.mute",
    "call.unmute",
    "call.take_over",
    "call.message",
    "call.lock",
    "call.end",
    "call.look",
    "image.reveal",
    "monitoring.log",
    "violation.review",
    "concern.raise",
)


WAITS_MIN = (2, 5)
"""After so many minutes somebody who is kept waiting is shown in amber, and in red."""

# The wall


@router.get("/wall")
async def wall(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("wall.watch", own_prison)],
    after: After = None,
    noted: After = None,
) -> Response:
    """Every call of the prison, what needs an officer first."""
    await watched(request, services, acting)
    prison = acting.login.prison or ""
    notes = await unread_notes(services, acting, prison, noted)
    return await page(
        request,
        "wall.html",
        prison=prison,
        exposure=await own_exposure(services, acting, prison),
        notes=notes,
        names=await names_of(services, [note.written_by for note in notes]),
        **await _tiles(services, acting, after),
    )


@router.get("/wall/events", response_class=EventSourceResponse)
async def wall_events(
    request: Request, services: Use, acting: Annotated[Acting, require("wall.watch", own_prison)]
) -> AsyncIterable[ServerSentEvent]:
    """The wall as it changes."""
    await watched(request, services, acting)

    async def rendered(after: int | None) -> str:
        return part("parts/tiles.html", **await _tiles(services, acting, after))

    async for event in _live(request, services, acting.login, rendered, prison=acting.login.prison):
        yield event


async def _tiles(services: Services, acting: Acting, after: int | None) -> dict[str, Any]:
    now, prison = services.now(), acting.login.prison or ""
    tiles = await wall_of(services, prison, after, now)
    urgent = sum(tile.status is WallStatus.PAUSED or tile.help_asked_at is not None for tile in tiles)
    loads = services.loads()
    full = bool(loads) and not any(load.takes_calls for load in loads)
    return {
        "tiles": tiles,
        "urgent": urgent,
        "full": full,
        "standstill": (await standstill_of(services.store, prison)).block,
        "may_stop": acting.login.role in services.permissions.scopes("calls.block"),
        **_words(now),
    }


# One call's desk


@router.get("/calls/{call}")
async def see_desk(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("wall.watch", the_call)],
    after: After = None,
) -> Response:
    """One call, with everything that may be done about it. That its people are read is on record first."""
    await watched(request, services, acting)
    await on_record(services, acting, Viewed.CALL, f"call:{call}", acting.resource.prison or "")
    return await _desk(request, services, acting, call, after)


@router.get("/calls/{call}/events", response_class=EventSourceResponse)
async def desk_events(
    call: CallId, request: Request, services: Use, acting: Annotated[Acting, require("wall.watch", the_call)]
) -> AsyncIterable[ServerSentEvent]:
    """The desk as its call changes."""
    await watched(request, services, acting)

    async def rendered(after: int | None) -> str:
        return part("parts/desk.html", **await _desk_values(services, acting, call, after))

    async for event in _live(request, services, acting.login, rendered, call=call):
        yield event


@router.post("/calls/{call}/pause")
async def pause(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.pause", the_call)],
    reason: Typed = "",
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Close both directions now."""
    return await done(request, services, acting, call, desk.pause(services, acting, call, reason, key))


@router.post("/calls/{call}/resume")
async def resume(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.resume", the_call)],
    reason: Typed = "",
    key: Annotated[str | None, Form()] = None,
    version: Version = None,
) -> Response:
    """Let the call go on, with a word on each face."""
    words = _words_on_faces(dict(await request.form()))
    seen = seen_in_form(acting, call, version)
    asked = desk.resume(services, acting, call, reason, words, key, seen)
    return await done(request, services, acting, call, asked)


@router.post("/calls/{call}/end")
async def end(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.end", the_call)],
    reason: Typed = "",
    lock: Annotated[bool, Form()] = False,
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """End the call for both sides, and lock it if that is asked."""
    asked = desk_control.end(services, acting, call, reason, lock, key)
    return await done(request, services, acting, call, asked)


@router.post("/calls/{call}/admit")
async def admit(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.admit", the_call)],
    side: Annotated[Side, Form()],
    people: Annotated[int, Form(ge=1, le=20)],
    reason: Typed = "",
    key: Annotated[str | None, Form()] = None,
    version: Version = None,
) -> Response:
    """Let a side in."""
    seen = seen_in_form(acting, call, version)
    asked = desk.admit(services, acting, call, side, people, reason, key, seen)
    return await done(request, services, acting, call, asked)


@router.post("/calls/{call}/refuse")
async def refuse(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.admit", the_call)],
    side: Annotated[Side, Form()],
    reason: Typed = "",
    key: Annotated[str | None, Form()] = None,
    version: Version = None,
) -> Response:
    """Do not let a side in."""
    seen = seen_in_form(acting, call, version)
    asked = desk.refuse(services, acting, call, side, reason, key, seen)
    return await done(request, services, acting, call, asked)


@router.post("/calls/{call}/not-attending")
async def not_attending(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.admit", the_call)],
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Note that the person in prison does not wish to take part."""
    return await done(request, services, acting, call, desk.not_attending(services, acting, call, key))


@router.post("/calls/{call}/watch")
async def watch_over(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.monitor", the_call)],
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Take the watch over the call."""
    return await done(request, services, acting, call, desk.watch_over(services, acting, call, True, key))


@router.post("/calls/{call}/unwatch")
async def give_up_watch(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.monitor", the_call)],
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Give the watch up."""
    return await done(request, services, acting, call, desk.watch_over(services, acting, call, False, key))


@router.post("/calls/{call}/review")
async def review(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("violation.review", the_call)],
    violation: Annotated[str, Form(pattern=Id)],
    outcome: Annotated[ReviewOutcome, Form()],
    note: Typed = "",
    key: Annotated[str | None, Form()] = None,
    version: Version = None,
) -> Response:
    """Say what a violation was."""
    seen = seen_in_form(acting, call, version)
    asked = desk.review(services, acting, call, violation, outcome, note, key, seen)
    return await done(request, services, acting, call, asked)


@router.get("/calls/{call}/look")
async def look(
    call: CallId,
    request: Request,
    _: Annotated[Acting, require("call.look", the_call)],
    side: Annotated[Side, Query()],
) -> Response:
    """The page that opens one side's picture, once a reason was given."""
    return await page(request, "look.html", call=call, side=side, sides=SIDES)


async def done(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    asked: Awaitable[Handled[Any] | None],
) -> Response:
    """Back to the desk as it is after the act; or the desk with the sentence that says why not."""
    try:
        handled = await asked
    except (Refused, Stale) as no:
        return await _desk(request, services, acting, call, None, no)
    after = "" if handled is None else f"?after={handled.position}"
    return RedirectResponse(f"/calls/{call}{after}", status_code=HTTPStatus.SEE_OTHER)


async def _desk(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    after: int | None,
    no: Refused | Stale | None = None,
) -> Response:
    """The desk; after something that was not done with what stands against it, and as it is by now."""
    if isinstance(no, Stale):
        after = await services.store.head()  # whoever is told to look again finds what is new
    values = await _desk_values(services, acting, call, after)
    status = HTTPStatus.OK if no is None else said(no)[0]
    return await page(
        request, "desk.html", status=status, errors=[] if no is None else listed(reasons_of(no)), **values
    )


async def _desk_values(services: Services, acting: Acting, call: str, after: int | None) -> dict[str, Any]:
    tile, version = await desk_of(services, call, after)
    if tile is None:
        raise Refused("This call is not on the wall.", "call_unknown")
    persons = [person for side in Side for person in tile.persons[side]]
    return {
        "tile": tile,
        "names": await names_of(services, persons),
        "me": acting.login.person,
        "may": {name: acting.login.role in services.permissions.scopes(name) for name in ACTIONS},
        "version": version,
        "standstill": (await standstill_of(services.store, tile.prison)).block,
        "may_stop": acting.login.role in services.permissions.scopes("calls.block"),
        "canned": Canned,
        "kinds": MediaKind,
        "hidden": sensitive(tile),
        "found": {v.violation: cause(Language.EN, v.kind) for v in tile.violations},
        **_words(services.now()),
    }


def _words_on_faces(form: dict[str, Any]) -> tuple[WordOnFace, ...]:
    """The officer's words: fields named `word-<side>-<track>`."""
    words = []
    for name, value in form.items():
        what, _, face = name.partition("-")
        side, _, track = face.rpartition("-")
        if what == "word" and side in SIDES and track.isdigit() and value in list(FaceWord):
            words.append(WordOnFace(side=Side(side), track=int(track), word=FaceWord(value)))
    return tuple(words)


# What is live


async def _live(
    request: Request,
    services: Services,
    login: Login,
    rendered: Callable[[int | None], Awaitable[str]],
    *,
    call: str | None = None,
    prison: str | None = None,
) -> AsyncIterable[ServerSentEvent]:
    """The page's live part: once at the start, after each event that changes it, and a beat in between."""
    first = True
    and_of = (login.prison or "", STANDSTILL)
    events = services.live.follow(call=call, prison=prison, and_of=and_of)
    async for recorded in beats(events, BEAT_S):
        if first:
            first = False
            yield ServerSentEvent(event="page", raw_data=await rendered(None))
        elif recorded is None:
            if not await still_valid(request, login):
                yield ServerSentEvent(event="over", data={})
                return
            yield ServerSentEvent(event="beat", data={})
        elif isinstance(recorded.event, STANDSTILL):
            yield ServerSentEvent(event="page", raw_data=await rendered(None), id=str(recorded.position))
        elif isinstance(recorded.event, call_wall.EVENTS):
            html = await rendered(recorded.position)
            yield ServerSentEvent(event="page", raw_data=html, id=str(recorded.position))


def _words(now: datetime) -> dict[str, Any]:
    """What every tile needs."""
    waits = {"waits_min": WAITS_MIN, "waits_tag": _waits_tag}
    return {"now": now, "sides": SIDES, "tags": TAGS, "said_of": _said_of, **waits}


def _waits_tag(minutes: int) -> str:
    """The colour of how long somebody is kept waiting."""
    amber, red = WAITS_MIN
    colour = "red" if minutes >= red else "yellow" if minutes >= amber else "grey"
    return f"govuk-tag--{colour}"


def _said_of(tile: WallCall, side: str) -> str:
    """One side in a few words."""
    return ", ".join([_where(tile, Side(side)), *_device(tile, Side(side))])


def _device(tile: WallCall, at: Side) -> list[str]:
    """What its own device check came to, until the call runs and its line is measured."""
    score = tile.devices.get(at)
    return [] if score is None or tile.started_at is not None else [f"device {score} of 100"]


def _where(tile: WallCall, at: Side) -> str:
    if at not in tile.arrived:
        return "not here yet"
    if at in tile.away:
        return "connection lost"
    if at in tile.by_eye:
        return "watched by an officer"
    if at in tile.unchecked:
        return "not checked at the moment"
    if at in tile.frozen:
        return cause(Language.EN, tile.frozen[at].cause).lower()
    if at not in tile.admitted:
        return "waits to be admitted"
    return ", ".join([_admitted(tile, at), *_line(tile, at)])


def _line(tile: WallCall, at: Side) -> list[str]:
    """What is to be said of a side's line and picture, beside who is there."""
    grade = tile.lines.get(at)
    said = [] if grade is None else ["weak line" if grade is Grade.POOR else "very weak line"]
    return [*said, "sound only"] if at in tile.audio_only else said


def _admitted(tile: WallCall, at: Side) -> str:
    mode = text(Language.EN, f"mode.{tile.modes[at].value}")
    return f"{tile.people.get(at, len(tile.persons[at]))} admitted, {mode}"
