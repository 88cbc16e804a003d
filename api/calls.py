"""Calls: the wall, one call and its record, and what an officer may do about it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api import desk, desk_control
from api.asked import Done, IdempotencyKey, say, wall_on_record
from api.described import says
from api.faces import blurred, covered
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After, tile_of, wall_of
from api.scope import CallId, Ident, PrisonId, the_call, the_prison
from api.seats import SDP_MAX, Answer
from api.services import Services, Use
from api.versions import IfMatch, seen_by
from domain.call.events import WordOnFace
from domain.clearance import Side
from domain.event import Refused
from domain.texts import NEUTRAL_TO_BOTH
from domain.violation import ReviewOutcome
from projections.call_wall import WallCall

router = APIRouter(prefix="/v1", tags=["calls"], route_class=OnceRoute)

Words = Annotated[str, Field(min_length=1, max_length=2000)]


class Reason(BaseModel):
    """Why."""

    reason: Words


class Ending(Reason):
    """Why the call ends, and whether it is locked: then nobody is given a link to it any more."""

    lock: bool = False


class Resumption(Reason):
    """Why the call may go on, and a word on each face that stopped it."""

    words: Annotated[tuple[WordOnFace, ...], Field(max_length=50)] = ()


class Admission(Reason):
    """How many people the officer saw, and how they were checked."""

    people: Annotated[int, Field(ge=1, le=20)]


class Review(BaseModel):
    """What a violation was."""

    violation: Ident
    outcome: ReviewOutcome
    note: Words


class LookAt(Reason):
    """Whose raw picture an officer opens, with the browser's offer to receive it."""

    side: Side
    sdp: Annotated[str, Field(max_length=SDP_MAX)]


@router.get("/prisons/{prison}/wall")
async def see_wall(
    prison: PrisonId,
    services: Use,
    request: Request,
    acting: Annotated[Acting, require("wall.watch", the_prison)],
    after: After = None,
) -> list[WallCall]:
    """The prison's calls, the most urgent first."""
    await watched(request, services, acting)
    return await wall_of(services, prison, after, services.now())


@router.get("/calls/{call}/tile")
async def see_tile(
    call: CallId,
    services: Use,
    request: Request,
    acting: Annotated[Acting, require("wall.watch", the_call)],
    after: After = None,
) -> WallCall:
    """One call as it stands on the wall."""
    await watched(request, services, acting)
    tile = await tile_of(services, call, after)
    if tile is None:
        raise Refused("This call is not on the wall.", "call_unknown")
    return tile


@router.get(
    "/calls/{call}/stills/{side}",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}},
        204: {"description": "There is none, or nobody may see one."},
        409: says(HTTPStatus.CONFLICT),
    },
)
async def see_still(
    call: CallId,
    side: Side,
    services: Use,
    request: Request,
    acting: Annotated[Acting, require("wall.watch", the_call, watching=True)],
) -> Response:
    """The newest judged sample of one side, as JPEG; 204 where there is none or nobody may see one."""
    await watched(request, services, acting)
    still = await desk.still(services, call, side)
    if still is None:
        return Response(status_code=204)
    tile = await tile_of(services, call)
    jpeg = covered(still) if services.settings.demo is not None else still.jpeg
    if tile is not None and sensitive(tile):
        jpeg = blurred(jpeg)
    return Response(jpeg, media_type="image/jpeg")


@router.post("/calls/{call}/seats/{side}/admit")
async def admit(
    call: CallId,
    side: Side,
    body: Admission,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.admit", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Let a side in that the officer has seen and counted."""
    seen = seen_by(acting, call, if_match)
    handled = await desk.admit(services, acting, call, side, body.people, body.reason, idempotency_key, seen)
    return say(response, handled)


@router.post("/calls/{call}/seats/{side}/refuse")
async def refuse(
    call: CallId,
    side: Side,
    body: Reason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.admit", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Do not let a side in, with a reason; it may be let in later all the same."""
    seen = seen_by(acting, call, if_match)
    return say(response, await desk.refuse(services, acting, call, side, body.reason, idempotency_key, seen))


@router.post("/calls/{call}/not-attending")
async def not_attending(
    call: CallId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.admit", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Note that the person in prison does not wish to take part: the call is over before it began."""
    return say(response, await desk.not_attending(services, acting, call, idempotency_key))


@router.post("/calls/{call}/monitor")
async def join_as_monitor(
    call: CallId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.monitor", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Take the watch over the call."""
    return say(response, await desk.watch_over(services, acting, call, True, idempotency_key))


@router.post("/calls/{call}/monitor/leave")
async def leave_as_monitor(
    call: CallId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.monitor", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Give the watch up."""
    return say(response, await desk.watch_over(services, acting, call, False, idempotency_key))


@router.post("/calls/{call}/pause", status_code=202)
async def pause(
    call: CallId,
    body: Reason,
    services: Use,
    acting: Annotated[Acting, require("call.pause", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Close both directions now, whether or not the log can be reached. The media plane puts it on record."""
    await desk.pause(services, acting, call, body.reason, idempotency_key)


@router.post("/calls/{call}/resume")
async def resume(
    call: CallId,
    body: Resumption,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.resume", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Let a paused call go on, with a reason and a word on each face."""
    seen = seen_by(acting, call, if_match)
    handled = await desk.resume(services, acting, call, body.reason, body.words, idempotency_key, seen)
    return say(response, handled)


@router.post("/calls/{call}/end")
async def end(
    call: CallId,
    body: Ending,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.end", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """End the call for both sides, and lock it if that is asked."""
    handled = await desk_control.end(services, acting, call, body.reason, body.lock, idempotency_key)
    return say(response, handled)


@router.post("/calls/{call}/reviews")
async def review(
    call: CallId,
    body: Review,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("violation.review", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Say what a violation was."""
    seen = seen_by(acting, call, if_match)
    handled = await desk.review(
        services, acting, call, body.violation, body.outcome, body.note, idempotency_key, seen
    )
    return say(response, handled)


@router.post("/calls/{call}/look")
async def look(
    call: CallId,
    body: LookAt,
    services: Use,
    acting: Annotated[Acting, require("call.look", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Answer:
    """Open the raw picture of one side for this officer alone, also in a pause. On record first."""
    key = idempotency_key
    return Answer(sdp=await desk.look(services, acting, call, body.side, body.reason, body.sdp, key))


async def watched(request: Request, services: Services, acting: Acting) -> None:
    """Watching the wall is on record once for each sign-in, before anything of it is answered."""
    prison = acting.resource.prison or ""
    known: set[tuple[str, str]] = request.app.state.walls_on_record
    if (str(acting.login.id), prison) not in known:
        await wall_on_record(services, acting, prison)
        known.add((str(acting.login.id), prison))


def sensitive(tile: WallCall) -> bool:
    """Whether the pictures of this call are hidden from staff until one of them asks to see one."""
    return tile.cause in NEUTRAL_TO_BOTH or any(v.kind.value in NEUTRAL_TO_BOTH for v in tile.violations)
