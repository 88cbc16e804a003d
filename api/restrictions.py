"""Restrictions on visitors: placed by one officer, lifted by two."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.proposals import Proposal, opened, signed
from api.scope import Id, PrisonId, the_prison
from api.services import Use
from domain import restriction
from domain.restriction import LiftRestriction, PlaceRestriction, RestrictionKind

router = APIRouter(prefix="/v1/prisons/{prison}/restrictions", tags=["restrictions"], route_class=OnceRoute)

LIFTING = "lift_restriction"

Person = Annotated[str, Field(pattern=Id)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]
RestrictionId = Annotated[str, Path(pattern=Id, description="the restriction's id")]


class Restriction(BaseModel):
    """A restriction on a visitor: for everybody, or for one person in prison."""

    visitor: Person
    prisoner: Person | None = None
    kind: RestrictionKind
    first: date
    last: date | None = None
    reason: Reason


class Placed(BaseModel):
    """The id of the restriction."""

    restriction: str
    position: int


class Lifting(BaseModel):
    """Why a restriction should no longer hold."""

    visitor: Person
    prisoner: Person | None = None
    reason: Reason


@router.post("", status_code=201)
async def place_restriction(
    prison: PrisonId,
    body: Restriction,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("restriction.place", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Placed:
    """Restrict a visitor. Calls it stands against are flagged; one that runs asks for a decision at once."""
    asked = context(acting, idempotency_key, about=prison)
    command = PlaceRestriction(
        at=services.now(),
        prison=prison,
        restriction=derived(asked, "restriction"),
        placed_by=acting.login.person,
        **body.model_dump(),
    )
    done = say(response, await do(services, restriction, command, asked))
    return Placed(restriction=command.restriction, position=done.position)


@router.post("/{restriction_id}/lifting-proposals")
async def propose_lifting(
    prison: PrisonId,
    restriction_id: RestrictionId,
    body: Lifting,
    services: Use,
    acting: Annotated[Acting, require("restriction.lift", the_prison)],
) -> Proposal:
    """Propose to lift a restriction. It holds until another person lifts it."""
    content = {"restriction": restriction_id, **body.model_dump()}
    return signed(services, LIFTING, prison, acting.login.person, content)


@router.post("/liftings")
async def lift_restriction(
    prison: PrisonId,
    body: Proposal,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("restriction.lift", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Lift what somebody else proposed to lift."""
    content = opened(services, body, LIFTING, prison)
    command = LiftRestriction(
        at=services.now(),
        prison=prison,
        restriction=content["restriction"],
        visitor=content["visitor"],
        prisoner=content["prisoner"],
        lifted_by=content["by"],
        approved_by=acting.login.person,
        reason=content["reason"],
    )
    asked = context(acting, idempotency_key, about=command.restriction)
    return say(response, await do(services, restriction, command, asked))
