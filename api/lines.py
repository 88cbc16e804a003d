"""A side's line: how its browser reaches us, and what it sends over it."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from api.asked import IdempotencyKey, context, do
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import CallId, the_call
from api.seating import own
from api.services import Use
from domain import audio_only
from domain.audio_only import AudioOnlyBecause, EnterAudioOnly, LeaveAudioOnly, PictureBecause
from domain.clearance import Side

router = APIRouter(prefix="/v1", tags=["seats"], route_class=OnceRoute)


class Server(BaseModel):
    """A server by which a browser may reach us, in the words of its own interface."""

    urls: str
    username: str
    credential: str


class Servers(BaseModel):
    """All there are: none, or our relay. Never one of somebody else."""

    servers: tuple[Server, ...]


class Wish(BaseModel):
    """What a side wants of its own line."""

    on: bool


@router.get("/calls/{call}/seats/{side}/servers")
async def relay_servers(
    call: CallId,  # noqa: ARG001  the guard reads it
    side: Side,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
) -> Servers:
    """The relay for this side's browser, with a password that holds for some hours. Ask before each connection."""
    own(acting, side)
    servers = services.relay.servers(services.now())
    return Servers(servers=tuple(Server(**asdict(server)) for server in servers))


@router.post("/calls/{call}/seats/{side}/light", status_code=204)
async def save_data(
    call: CallId,
    side: Side,
    body: Wish,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001  the media plane puts it on record when it changes
) -> None:
    """Save data from now on, or no longer. Both cameras are asked for less, or more."""
    own(acting, side)
    await services.engine.save_data(call, side, light=body.on)


@router.post("/calls/{call}/seats/{side}/sound-only", status_code=204)
async def sound_only(
    call: CallId,
    side: Side,
    body: Wish,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Leave the own picture out for a while, or send it again."""
    own(acting, side)
    at = services.now()
    command: EnterAudioOnly | LeaveAudioOnly = (
        EnterAudioOnly(at=at, call=call, side=side, cause=AudioOnlyBecause.CHOICE)
        if body.on
        else LeaveAudioOnly(at=at, call=call, side=side, cause=PictureBecause.CHOICE)
    )
    await do(services, audio_only, command, context(acting, idempotency_key, about=f"{call}/{side}"))
