"""A prison's own affairs: its timetable, and what its calls came to."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.asked import IdempotencyKey, context, derived, do, say
from api.days import FIRST_DAY, LAST_DAY, Moment
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import usage_of
from api.scope import PrisonId, the_prison
from api.services import Use
from application.booking import Lookup
from domain import timetable
from domain.calendar import local_day
from domain.timetable.commands import OpenSession
from domain.timetable.events import Starts
from projections.usage import UsageDay

router = APIRouter(prefix="/v1/prisons/{prison}", tags=["prisons"], route_class=OnceRoute)


class Session(BaseModel):
    """A time at which a number of stations is free for calls."""

    starts_at: Moment
    minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    stations: Annotated[int, Field(ge=1, le=1000)]
    starts: Starts = Starts.AT_TIME


class SessionDone(BaseModel):
    """The session that was opened."""

    session: str
    position: int


@router.get("/usage")
async def read_usage(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("usage.read", the_prison)],
    first: Annotated[
        date,
        Query(ge=FIRST_DAY, le=LAST_DAY, description="the first day, as the prison's clock counts days"),
    ],
    last: Annotated[date, Query(ge=FIRST_DAY, le=LAST_DAY, description="the last day, included")],
) -> list[UsageDay]:
    """What was booked, held, paused, refused and reviewed, day by day. No person is in it."""
    return await usage_of(services, acting, prison, first, last)


@router.post("/sessions", status_code=201)
async def open_session(
    prison: PrisonId,
    body: Session,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("session.open", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> SessionDone:
    """Open a time for calls."""
    asked = context(acting, idempotency_key, about=prison)
    zone = (await Lookup(services.store, None).policy(prison, services.now())).time_zone
    command = OpenSession(
        at=services.now(),
        prison=prison,
        session=derived(asked, "session"),
        starts_at=body.starts_at,
        minutes=body.minutes,
        stations=body.stations,
        starts=body.starts,
        timetable_day=(f"{prison}/{local_day(body.starts_at, zone)}",),
    )
    handled = await do(services, timetable, command, asked)
    return SessionDone(session=command.session, position=say(response, handled).position)
