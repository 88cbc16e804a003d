"""Incidents: the queue of alerts, and what an officer does about one; asked by programs and pages alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, on_record, say
from api.cursor import LIMIT, Cursor, Limit, key_of, link_next, page_of
from api.guard import Acting, require
from api.looking import opened
from api.once import OnceRoute
from api.reading import After, caught_up
from api.scope import CallId, Id, Ident, PrisonId, the_call, the_prison
from api.services import Services, Use, tables
from application.handle import Handled
from domain import incident
from domain.access import Viewed
from domain.event import Refused
from domain.incident.decisions import CloseIncident, HandBackIncident, IncidentCommand, TakeIncident
from domain.incident.events import IncidentOutcome
from projections.incidents import Queued, incident_of, incidents_done, incidents_to_do, notes_of

router = APIRouter(prefix="/v1", tags=["calls"], route_class=OnceRoute)

IncidentId = Annotated[str, Path(pattern=Id, description="the incident's name within its call")]
Words = Annotated[str, Field(max_length=2000)]


class Which(StrEnum):
    """Which incidents."""

    TO_DO = "to_do"
    MINE = "mine"
    DONE = "done"


Shown = Annotated[Which, Query(description="what waits, what whoever asks has taken, or what is done")]


class Taking(BaseModel):
    """Who has the incident until now, where it is taken over."""

    instead_of: Ident | None = None


class HandingBack(BaseModel):
    """What the next officer should know."""

    note: Words = ""


class Closing(BaseModel):
    """What came of it."""

    outcome: IncidentOutcome
    note: Words


@dataclass(frozen=True)
class Queue:
    """A page of incidents, and where the next begins; None on the last."""

    incidents: Sequence[Queued]
    next: str | None


@router.get("/prisons/{prison}/incidents")
async def read_incidents(
    prison: PrisonId,
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("incident.read", the_prison)],
    which: Shown = Which.TO_DO,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> Queue:
    """The prison's incidents: open ones with the gravest first, those that are done with the newest first."""
    found = await incidents_of(services, acting, prison, which, cursor, limit, after)
    link_next(request, response, found.next)
    return found


@router.post("/calls/{call}/incidents/{incident}/take")
async def take_incident(
    call: CallId,
    incident: IncidentId,
    body: Taking,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("incident.handle", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Take an incident up; from somebody else by naming who has it."""
    return say(response, await take(services, acting, call, incident, body.instead_of, idempotency_key))


@router.post("/calls/{call}/incidents/{incident}/hand-back")
async def hand_back_incident(
    call: CallId,
    incident: IncidentId,
    body: HandingBack,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("incident.handle", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Leave an incident to others."""
    return say(response, await hand_back(services, acting, call, incident, body.note, idempotency_key))


@router.post("/calls/{call}/incidents/{incident}/close")
async def close_incident(
    call: CallId,
    incident: IncidentId,
    body: Closing,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("incident.handle", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say what came of an incident. Refused while something in it still waits for a decision."""
    handled = await close(services, acting, call, incident, body.outcome, body.note, idempotency_key)
    return say(response, handled)


# What routes and pages share


async def incidents_of(
    services: Services,
    acting: Acting,
    prison: str,
    which: Which,
    cursor: str | None,
    limit: int,
    after: int | None,
) -> Queue:
    """A page of the prison's incidents. That they are read is on record first."""
    of = f"incidents/{prison}/{which}/{acting.login.id}"
    last = None if cursor is None else key_of(services, of, cursor)
    await on_record(services, acting, Viewed.INCIDENTS, f"incidents:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "incidents", after)
        if which is Which.DONE:
            found = await incidents_done(db, prison, after=_age(last), limit=limit + 1)
        else:
            mine = acting.login.person if which is Which.MINE else None
            found = await incidents_to_do(db, prison, taken_by=mine, after=_urgency(last), limit=limit + 1)
    return Queue(
        *page_of(services, of, found, limit, lambda one: one.age if which is Which.DONE else one.urgency)
    )


@dataclass(frozen=True)
class Written:
    """What an officer wrote about an incident."""

    at: datetime
    officer: str
    note: str


async def one_incident(
    services: Services, acting: Acting, call: str, name: str, after: int | None
) -> tuple[Queued, list[Written]]:
    """One incident of a call, with what officers wrote about it. That it is read is on record first."""
    await on_record(services, acting, Viewed.INCIDENTS, f"call:{call}", acting.resource.prison or "")
    async with tables(services) as db:
        await caught_up(services, db, "incidents", after)
        found, notes = await incident_of(db, call, name), await notes_of(db, call, name)
    if found is None:
        raise Refused("There is no such incident in this call.", "incident_unknown")
    texts = [(each, (await opened(services, each.sealed)).get("note")) for each in notes]
    return found, [Written(each.at, each.officer, text) for each, text in texts if text is not None]


async def take(
    services: Services, acting: Acting, call: str, name: str, instead_of: str | None, key: str | None
) -> Handled[Any]:
    """Take an incident up."""
    command = TakeIncident(
        at=services.now(), call=call, incident=name, officer=acting.login.person, instead_of=instead_of
    )
    return await _done(services, acting, command, "take", key)


async def hand_back(
    services: Services, acting: Acting, call: str, name: str, note: str, key: str | None
) -> Handled[Any]:
    """Leave an incident to others."""
    command = HandBackIncident(
        at=services.now(), call=call, incident=name, officer=acting.login.person, note=note
    )
    return await _done(services, acting, command, "hand-back", key)


async def close(
    services: Services,
    acting: Acting,
    call: str,
    name: str,
    outcome: IncidentOutcome,
    note: str,
    key: str | None,
) -> Handled[Any]:
    """Say what came of an incident."""
    command = CloseIncident(
        at=services.now(), call=call, incident=name, officer=acting.login.person, outcome=outcome, note=note
    )
    return await _done(services, acting, command, "close", key)


async def _done(
    services: Services, acting: Acting, command: IncidentCommand, act: str, key: str | None
) -> Handled[Any]:
    about = f"{command.call}/{command.incident}/{act}"
    return await do(services, incident, command, context(acting, key, about=about))


def _urgency(key: list[Any] | None) -> tuple[int, datetime, str, str] | None:
    if key is None:
        return None
    rank, opened_at, call, name = key
    return rank, datetime.fromisoformat(opened_at), call, name


def _age(key: list[Any] | None) -> tuple[datetime, str, str] | None:
    if key is None:
        return None
    done_at, call, name = key
    return datetime.fromisoformat(done_at), call, name
