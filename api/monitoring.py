"""Monitoring: who may watch or hear whose calls, on whose word, until when; and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, on_record, say
from api.cursor import LIMIT, Cursor, Limit, key_of, link_next, page_of
from api.guard import Acting, require
from api.looking import Listed, ends_soon
from api.once import OnceRoute
from api.reading import After, caught_up
from api.scope import CallId, Id, Ident, PrisonId, the_call, the_prison
from api.services import Services, Use, services_of, tables
from application.access import Resource
from domain import monitoring, monitoring_log
from domain.access import StreamLookedAt, Viewed
from domain.decider import about
from domain.event import Refused
from domain.looking import ListeningStopped
from domain.monitoring.commands import (
    AskMonitoring,
    AuthoriseMonitoring,
    EndMonitoring,
    RejectMonitoring,
    ReviewMonitoring,
)
from domain.monitoring.events import (
    AUTHORISING,
    Ground,
    MonitoringAsked,
    MonitoringKind,
    MonitoringLogged,
    MonitoringReview,
)
from domain.monitoring_log import LogMonitoring
from domain.waiting_room.events import WaitingRoomOpened
from projections.monitoring import (
    Monitored,
    authorisation,
    authorisations_over,
    open_authorisations,
)

router = APIRouter(prefix="/v1", tags=["monitoring"], route_class=OnceRoute)

Words = Annotated[str, Field(min_length=1, max_length=4000)]
Days = Annotated[int, Field(ge=1, le=366)]
USES = (WaitingRoomOpened, StreamLookedAt, ListeningStopped, MonitoringLogged)
"""What was opened, seen, heard and noted on an authorisation, beside what was decided about it."""
AuthorisationId = Annotated[str, Path(pattern=Id, description="the authorisation's id")]


class MonitoringWish(BaseModel):
    """Whose calls, what for, and why that is necessary and proportionate."""

    prisoner: Ident
    kind: MonitoringKind
    ground: Ground
    necessity: Words
    proportionality: Words


class MonitoringId(BaseModel):
    """The id of the authorisation that was asked for."""

    authorisation: str
    position: int


class MonitoringGrant(BaseModel):
    """For how many days, and what was considered."""

    days: Days
    consideration: Words


class MonitoringReason(BaseModel):
    """Why."""

    reason: Words


class MonitoringOutcome(MonitoringReason):
    """Whether it goes on, and for how many days from now."""

    result: MonitoringReview
    days: Days | None = None


class MonitoringEntry(BaseModel):
    """When a call was watched, on which authorisation, and what came of it."""

    authorisation: Ident | None = None
    watched_from: AwareDatetime
    watched_to: AwareDatetime
    summary: Words


@dataclass(frozen=True)
class MonitoringStep:
    """One thing that was decided, or one entry of the log, with the words that were typed."""

    type: str
    at: datetime
    by: str
    call: str | None
    words: Mapping[str, str]


@dataclass(frozen=True)
class MonitoringStory:
    """One authorisation with everything that was decided about it and watched on it."""

    standing: Monitored
    live: bool
    steps: Sequence[MonitoringStep]


async def the_authorisation(request: Request, authorisation_id: AuthorisationId) -> Resource:
    """An authorisation: the prison that asked for it."""
    asked = about(f"authorisation:{authorisation_id}", MonitoringAsked)
    facts, _ = await services_of(request).store.read((asked,))
    if not facts:
        raise Refused("There is no such authorisation.", "monitoring_unknown")
    return Resource(facts[0].event.prison)


@router.get("/prisons/{prison}/monitoring")
async def see_authorisations(
    prison: PrisonId,
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("monitoring.read", the_prison)],
    cursor: Cursor = None,
    limit: Limit = LIMIT,
    after: After = None,
) -> Listed[Monitored]:
    """What is asked for or in force: what ends soon first."""
    found = await authorisations_of(services, acting, prison, cursor, limit, after)
    link_next(request, response, found.next)
    return found


@router.get("/monitoring/{authorisation_id}")
async def see_authorisation(
    authorisation_id: AuthorisationId,
    services: Use,
    acting: Annotated[Acting, require("monitoring.read", the_authorisation)],
    after: After = None,
) -> MonitoringStory:
    """One authorisation, why it was asked for and allowed, and what was watched on it."""
    return await story_of(services, acting, authorisation_id, after)


@router.post("/prisons/{prison}/monitoring", status_code=201)
async def ask_monitoring(
    prison: PrisonId,
    body: MonitoringWish,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("monitoring.ask", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> MonitoringId:
    """Ask to monitor somebody's calls. Nothing is allowed before another person has decided."""
    asked = context(acting, idempotency_key, about=prison)
    command = AskMonitoring(
        at=services.now(),
        authorisation=derived(asked, "authorisation"),
        prison=prison,
        monitored=body.prisoner,
        asked_by=acting.login.person,
        **body.model_dump(exclude={"prisoner"}),
    )
    done = say(response, await do(services, monitoring, command, asked))
    return MonitoringId(authorisation=command.authorisation, position=done.position)


@router.post("/monitoring/{authorisation_id}/authorise")
async def authorise(
    authorisation_id: AuthorisationId,
    body: MonitoringGrant,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("monitoring.authorise", the_authorisation)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Allow what somebody else asked for, for a time."""
    command = AuthoriseMonitoring(
        at=services.now(),
        authorisation=authorisation_id,
        prison=acting.resource.prison or "",
        authorised_by=acting.login.person,
        **body.model_dump(),
    )
    asked = context(acting, idempotency_key, about=authorisation_id)
    return say(response, await do(services, monitoring, command, asked))


@router.post("/monitoring/{authorisation_id}/reject")
async def reject(
    authorisation_id: AuthorisationId,
    body: MonitoringReason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("monitoring.authorise", the_authorisation)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Do not allow it."""
    command = RejectMonitoring(
        at=services.now(),
        authorisation=authorisation_id,
        prison=acting.resource.prison or "",
        rejected_by=acting.login.person,
        reason=body.reason,
    )
    asked = context(acting, idempotency_key, about=authorisation_id)
    return say(response, await do(services, monitoring, command, asked))


@router.post("/monitoring/{authorisation_id}/review")
async def review(
    authorisation_id: AuthorisationId,
    body: MonitoringOutcome,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("monitoring.review", the_authorisation)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Look again: it goes on for a time, or is over. A call that is on gets no more time by it."""
    command = ReviewMonitoring(
        at=services.now(),
        authorisation=authorisation_id,
        prison=acting.resource.prison or "",
        reviewed_by=acting.login.person,
        **body.model_dump(),
    )
    asked = context(acting, idempotency_key, about=authorisation_id)
    return say(response, await do(services, monitoring, command, asked))


@router.post("/monitoring/{authorisation_id}/end")
async def end(
    authorisation_id: AuthorisationId,
    body: MonitoringReason,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("monitoring.end", the_authorisation)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Take it back at once. Whatever is open on it is closed, also in a call that is on."""
    command = EndMonitoring(
        at=services.now(),
        authorisation=authorisation_id,
        prison=acting.resource.prison or "",
        ended_by=acting.login.person,
        reason=body.reason,
    )
    asked = context(acting, idempotency_key, about=authorisation_id)
    return say(response, await do(services, monitoring, command, asked))


@router.post("/calls/{call}/monitoring-log", status_code=201)
async def log_monitoring(
    call: CallId,
    body: MonitoringEntry,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("monitoring.log", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Put on record what was watched or heard of a call, and on what that rested."""
    command = LogMonitoring(at=services.now(), call=call, logged_by=acting.login.person, **body.model_dump())
    asked = context(acting, idempotency_key, about=call)
    return say(response, await do(services, monitoring_log, command, asked))


# What is read


async def authorisations_of(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> Listed[Monitored]:
    """A page of what is asked for or in force. Its order is that of the moment of the first page."""
    of, last, now = f"monitoring/{prison}/{acting.login.id}", None, services.now()
    soon = await ends_soon(services, prison)
    if cursor is not None:
        rank, moment, ident, first = key_of(services, of, cursor)
        last, soon = (rank, datetime.fromisoformat(moment), ident), datetime.fromisoformat(first)
    await on_record(services, acting, Viewed.MONITORING, f"monitoring:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "monitoring", after)
        found = await open_authorisations(db, prison, now, soon, after=last, limit=limit + 1)
    return Listed(*page_of(services, of, found, limit, lambda one: (*one.key(soon), soon)))


async def over_lately(services: Services, prison: str) -> Sequence[Monitored]:
    """Those that came to their end last; shown beside the others, whose reading is on record."""
    async with tables(services) as db:
        return await authorisations_over(db, prison, services.now())


async def story_of(services: Services, acting: Acting, ident: str, after: int | None) -> MonitoringStory:
    """One authorisation with its words. That it is read is on record first."""
    prison = acting.resource.prison or ""
    await on_record(services, acting, Viewed.MONITORING, f"monitoring:{ident}", prison)
    facts, _ = await services.store.read((about(f"authorisation:{ident}", *AUTHORISING, *USES),))
    async with tables(services) as db:
        await caught_up(services, db, "monitoring", after or facts[-1].position)
        standing = await authorisation(db, ident)
    if standing is None:
        raise Refused("There is no such authorisation.", "monitoring_unknown")
    steps = []
    for fact in facts:
        opened = {name: await services.keys.open(sealed) for name, sealed in fact.sealed.items()}
        words = {name: text for name, text in opened.items() if text is not None}
        call = getattr(fact.event, "call", None)
        steps.append(MonitoringStep(type(fact.event).__name__, fact.event.at, fact.actor.id, call, words))
    return MonitoringStory(standing, standing.live(services.now()), steps)
