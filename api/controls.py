"""Staff in control of calls that go on: mute, message, lock; and all calls of a prison at once."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api import desk_control
from api.asked import Done, IdempotencyKey, say
from api.calls import Reason
from api.desk_control import Stop
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import CallId, PrisonId, the_call, the_prison
from api.services import Use
from domain.clearance import Side
from domain.message import Canned
from domain.mute import MediaKind

router = APIRouter(prefix="/v1", tags=["calls"], route_class=OnceRoute)


class Muting(Reason):
    """What the other side shall not get, or get again, and why."""

    kind: MediaKind


class Stopping(Reason):
    """Why all calls are stopped, and that it is meant."""

    confirmed: bool


class Saying(BaseModel):
    """A message of the list, and to whom."""

    text: Canned
    to: Annotated[tuple[Side, ...], Field(min_length=1, max_length=2)] = tuple(Side)


@router.post("/calls/{call}/seats/{side}/mute", status_code=202)
async def mute(
    call: CallId,
    side: Side,
    body: Muting,
    services: Use,
    acting: Annotated[Acting, require("call.mute", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Take a side's sound or picture from the other side now. The media plane puts it on record."""
    await desk_control.close_stream(services, acting, call, side, body.kind, body.reason, idempotency_key)


@router.post("/calls/{call}/seats/{side}/unmute")
async def unmute(
    call: CallId,
    side: Side,
    body: Muting,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.unmute", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let the other side hear or see it again: on record first."""
    asked = desk_control.unmute(services, acting, call, side, body.kind, body.reason, idempotency_key)
    return say(response, await asked)


@router.post("/calls/{call}/seats/{side}/take-over")
async def take_over(
    call: CallId,
    side: Side,
    body: Reason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.take_over", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Judge a side by eye while checking is lost: on record first, and while this officer's look is open."""
    asked = desk_control.take_over(services, acting, call, side, body.reason, idempotency_key)
    return say(response, await asked)


@router.post("/calls/{call}/seats/{side}/give-back", status_code=202)
async def give_back(
    call: CallId,
    side: Side,
    services: Use,
    acting: Annotated[Acting, require("call.take_over", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Judge it no longer: its pictures stop now. The media plane puts it on record."""
    await desk_control.give_back(services, acting, call, side, idempotency_key)


@router.post("/calls/{call}/messages")
async def send_message(
    call: CallId,
    body: Saying,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.message", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Show a message of the list on the pages of one side or both, each in its own language."""
    handled = await desk_control.say(services, acting, call, body.text, body.to, idempotency_key)
    return say(response, handled)


@router.post("/calls/{call}/lock")
async def lock(
    call: CallId,
    body: Reason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.lock", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let nobody enter the call, and give no link to it."""
    handled = await desk_control.set_lock(services, acting, call, True, body.reason, idempotency_key)
    return say(response, handled)


@router.post("/calls/{call}/unlock")
async def unlock(
    call: CallId,
    body: Reason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("call.lock", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let the people of the call enter again."""
    handled = await desk_control.set_lock(services, acting, call, False, body.reason, idempotency_key)
    return say(response, handled)


@router.post("/prisons/{prison}/calls/stop")
async def stop_all(
    prison: PrisonId,
    body: Stopping,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("calls.block", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """End every running call of the prison, and let none start until that is lifted."""
    asked = desk_control.stop_all(services, acting, prison, body.reason, body.confirmed, idempotency_key)
    return say(response, await asked)


@router.post("/prisons/{prison}/calls/go-on")
async def let_go_on(
    prison: PrisonId,
    body: Reason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("calls.block", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let the calls of the prison be held again."""
    handled = await desk_control.let_go_on(services, acting, prison, body.reason, idempotency_key)
    return say(response, handled)


@router.get("/prisons/{prison}/calls/stops")
async def see_stops(
    prison: PrisonId, services: Use, acting: Annotated[Acting, require("calls.block", the_prison)]
) -> list[Stop]:
    """When and why all calls of the prison were stopped, the newest first. Reading it is on record."""
    return await desk_control.stops_of(services, acting, prison)
