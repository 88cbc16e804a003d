"""What staff look through before a call, for programs: requests, flags, overbooking, a booking's history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.cursor import LIMIT, Cursor, Limit
from api.guard import Acting, require
from api.looking import flags_of, history_of, opened, overbooking_of, requests_of
from api.once import OnceRoute
from api.reading import After
from api.scope import CallId, PrisonId, the_call, the_prison
from api.services import Use
from api.web.texts import Language, text
from application.ports import ActorKind
from domain.flag.events import FlagKind
from projections.flags import Flag
from projections.overbooking import Overbooked
from projections.requests import Request

router = APIRouter(prefix="/v1", tags=["lists"], route_class=OnceRoute)


class Check(BaseModel):
    """An automatic check that no rule could answer: its name, and what it means for whoever decides."""

    name: str
    meaning: str


class Waiting(BaseModel):
    """A request that waits for a decision."""

    request: Request
    checks: list[Check]


class Requests(BaseModel):
    """Requests, those to be decided first at the head."""

    requests: list[Waiting]
    next: str | None
    """The cursor of the page behind; none on the last."""


class OpenFlag(BaseModel):
    """A flag that waits for a person."""

    flag: Flag
    meaning: str
    stops: bool
    """Whether the call is neither approved nor starts before it is cleared."""


class Flags(BaseModel):
    """Open flags: those of running calls first."""

    flags: list[OpenFlag]
    next: str | None
    """The cursor of the page behind; none on the last."""


class Happened(BaseModel):
    """One event of a booking, with what people wrote about it."""

    position: int
    at: datetime
    type: str
    actor_kind: ActorKind
    actor_role: str | None
    data: Mapping[str, Any]
    words: Mapping[str, str]


def check_in_words(name: str, language: Language = Language.EN) -> str:
    """What an automatic check means for whoever decides."""
    return text(language, f"check.{name}")


def flag_in_words(kind: FlagKind, language: Language = Language.EN) -> str:
    """Which fact changed under a call."""
    return text(language, f"flag.{kind.value}")


@router.get("/prisons/{prison}/requests")
async def read_requests(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("request.read", the_prison)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> Requests:
    """Requests for calls that wait for the prison's decision, with the automatic checks in words."""
    page = await requests_of(services, acting, prison, cursor, limit, after)
    waiting = [
        Waiting(
            request=request,
            checks=[Check(name=name, meaning=check_in_words(name)) for name in request.for_staff],
        )
        for request in page.items
    ]
    return Requests(requests=waiting, next=page.next)


@router.get("/prisons/{prison}/flags")
async def read_flags(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("flag.read", the_prison)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> Flags:
    """Calls under which a fact changed, so that a person has to look at them."""
    page = await flags_of(services, acting, prison, cursor, limit, after)
    found = [OpenFlag(flag=flag, meaning=flag_in_words(flag.kind), stops=flag.stops) for flag in page.items]
    return Flags(flags=found, next=page.next)


@router.get("/prisons/{prison}/overbooking")
async def read_overbooking(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("calendar.read", the_prison)],
) -> list[Overbooked]:
    """The times of the next seven days with more calls than stations, and who let them."""
    return await overbooking_of(services, acting, prison)


@router.get("/calls/{call}/history")
async def read_history(
    call: CallId,
    services: Use,
    acting: Annotated[Acting, require("history.read", the_call)],
) -> list[Happened]:
    """Everything that happened to one booking, in order, with what people wrote about it."""
    return [
        Happened(
            position=entry.position,
            at=entry.at,
            type=entry.type,
            actor_kind=entry.actor_kind,
            actor_role=entry.actor_role,
            data=entry.data,
            words=await opened(services, entry.sealed),
        )
        for entry in await history_of(services, acting, call)
    ]
