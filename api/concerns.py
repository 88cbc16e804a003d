"""Concerns over the API: what staff saw, and what is done about what was raised."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, say
from api.cursor import LIMIT, Cursor, Limit
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After
from api.safeguarding import act, concerns_of, sight, taking, told
from api.scope import CallId, Id, PrisonId, the_call, the_prison
from api.services import Use
from api.versions import IfMatch, seen_by
from domain.concern import CloseConcern, ConcernAbout, ConcernOutcome, ReferConcern, ReferredTo
from domain.evidence import HoldEvidence
from projections.concerns import Concern

router = APIRouter(prefix="/v1", tags=["concerns"], route_class=OnceRoute)

ConcernId = Annotated[str, Path(pattern=Id, description="the concern's id")]
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class Sighting(BaseModel):
    """What staff saw. A threat and a child at risk pause a running call at once."""

    about: ConcernAbout
    note: Words


class Raised(BaseModel):
    """The id of the concern."""

    concern: str
    position: int


class Referral(BaseModel):
    """Who was told, and what."""

    referred_to: ReferredTo
    note: Words


class Closing(BaseModel):
    """What came of it."""

    outcome: ConcernOutcome
    note: Words


class Hold(BaseModel):
    """Until when the evidence of the call is needed, and why."""

    review_by: date
    reason: Words


class Concerns(BaseModel):
    """Open concerns: those that nobody has taken up first."""

    concerns: list[Concern]
    next: str | None
    """The cursor of the page behind; none on the last."""


class ConcernStep(BaseModel):
    """One thing that happened to a concern, with what was written."""

    at: datetime
    type: str
    by: str | None
    what: str | None
    words: Mapping[str, str]


class ConcernTold(BaseModel):
    """One concern, and everything that happened to it."""

    concern: Concern
    steps: list[ConcernStep]


@router.post("/calls/{call}/concerns", status_code=201)
async def raise_concern(
    call: CallId,
    body: Sighting,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("concern.raise", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Raised:
    """Say what you saw. The evidence of the call is kept; a threat or a child at risk pauses it at once."""
    concern_id, handled = await sight(services, acting, call, body.about, body.note, idempotency_key)
    return Raised(concern=concern_id, position=say(response, handled).position)


@router.get("/prisons/{prison}/concerns")
async def read_concerns(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("concern.read", the_prison)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> Concerns:
    """The prison's open concerns."""
    page = await concerns_of(services, acting, prison, cursor, limit, after)
    return Concerns(concerns=list(page.items), next=page.next)


@router.get("/calls/{call}/concerns/{concern_id}")
async def read_concern(
    call: CallId,
    concern_id: ConcernId,
    services: Use,
    acting: Annotated[Acting, require("concern.read", the_call)],
    after: After = None,
) -> ConcernTold:
    """One concern, and everything that happened to it."""
    found = await told(services, acting, call, concern_id, after)
    steps = [
        ConcernStep(at=step.at, type=step.type, by=step.by, what=step.what, words=words)
        for step, words in found.steps
    ]
    return ConcernTold(concern=found.concern, steps=steps)


@router.post("/calls/{call}/concerns/{concern_id}/assignment")
async def assign(
    call: CallId,
    concern_id: ConcernId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("concern.act", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Take the concern: you answer for it from now on."""
    asked = taking(services, acting, call, concern_id)
    seen = seen_by(acting, call, if_match)
    return say(response, await act(services, acting, asked, idempotency_key, seen))


@router.post("/calls/{call}/concerns/{concern_id}/referrals")
async def refer(
    call: CallId,
    concern_id: ConcernId,
    body: Referral,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("concern.act", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Put on record who else was told, and what."""
    asked = ReferConcern(
        at=services.now(),
        call=call,
        concern=concern_id,
        referred_by=acting.login.person,
        **body.model_dump(),
    )
    seen = seen_by(acting, call, if_match)
    return say(response, await act(services, acting, asked, idempotency_key, seen))


@router.post("/calls/{call}/concerns/{concern_id}/closing")
async def close(
    call: CallId,
    concern_id: ConcernId,
    body: Closing,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("concern.act", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Say what came of it."""
    asked = CloseConcern(
        at=services.now(), call=call, concern=concern_id, closed_by=acting.login.person, **body.model_dump()
    )
    seen = seen_by(acting, call, if_match)
    return say(response, await act(services, acting, asked, idempotency_key, seen))


@router.post("/calls/{call}/concerns/{concern_id}/hold")
async def hold(
    call: CallId,
    concern_id: ConcernId,
    body: Hold,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("concern.act", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Keep the evidence of the call longer."""
    asked = HoldEvidence(
        at=services.now(), call=call, concern=concern_id, held_by=acting.login.person, **body.model_dump()
    )
    seen = seen_by(acting, call, if_match)
    return say(response, await act(services, acting, asked, idempotency_key, seen))
