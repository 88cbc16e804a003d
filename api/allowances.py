"""The call time of a person in prison: grants and corrections, each with a reason."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import PersonId, held_person
from api.services import Use
from domain import allowance
from domain.allowance import AdjustAllowance, AllowanceReason, GrantAllowance

router = APIRouter(prefix="/v1/prisoners/{person}/allowance", tags=["allowances"], route_class=OnceRoute)

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="as the prison counts: 2026-11")]
Words = Annotated[str, Field(min_length=1, max_length=1000)]


class Grant(BaseModel):
    """More call time in a month."""

    month: Month
    minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    reason: AllowanceReason
    words: Words


class Adjustment(BaseModel):
    """A correction of a month's call time, up or down."""

    month: Month
    minutes: Annotated[int, Field(ge=-24 * 60, le=24 * 60)]
    reason: AllowanceReason
    words: Words


@router.post("/grants", status_code=201)
async def grant_allowance(
    person: PersonId,
    body: Grant,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("allowance.grant", held_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Give more call time in a month. What is not used expires with it."""
    command = GrantAllowance(
        at=services.now(),
        prison=acting.resource.prison or "",
        prisoner=person,
        prisoner_month=f"{person}/{body.month}",
        minutes=body.minutes,
        reason=body.reason,
        granted_by=acting.login.person,
        words=body.words,
    )
    asked = context(acting, idempotency_key, about=person)
    return say(response, await do(services, allowance, command, asked))


@router.post("/adjustments", status_code=201)
async def adjust_allowance(
    person: PersonId,
    body: Adjustment,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("allowance.adjust", held_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Correct the call time of a month."""
    command = AdjustAllowance(
        at=services.now(),
        prison=acting.resource.prison or "",
        prisoner=person,
        prisoner_month=f"{person}/{body.month}",
        minutes=body.minutes,
        reason=body.reason,
        adjusted_by=acting.login.person,
        words=body.words,
    )
    asked = context(acting, idempotency_key, about=person)
    return say(response, await do(services, allowance, command, asked))
