"""The call time of a person in prison: grants and corrections, each with a reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, say
from api.guard import Acting, require
from api.looking import MONTH, allowance_of, opened_for_staff
from api.once import OnceRoute
from api.scope import PersonId, held_person
from api.services import Use
from domain import allowance
from domain.allowance import AdjustAllowance, AllowanceReason, GrantAllowance
from projections.allowances import LineKind

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


class LedgerLine(BaseModel):
    """One line of a month: time given (above zero) or taken, and what is left after it."""

    at: datetime
    kind: LineKind
    seconds: int
    left_seconds: int
    call: str | None
    reason: str | None
    by: str | None
    words: Mapping[str, str]
    """What was written with it; staff read it."""


class MonthLedger(BaseModel):
    """A month's call time. What is left may be below zero: a call was booked by override."""

    month: str
    policy_minutes: int
    given_minutes: int
    used_minutes: int
    left_minutes: int
    on_remand: bool
    remand_calls_a_week: int
    lines: list[LedgerLine]


@router.get("")
async def read_allowance(
    person: PersonId,
    services: Use,
    acting: Annotated[Acting, require("allowance.read", held_person)],
    month: Annotated[
        str | None, Query(pattern=MONTH, description="a month, 2026-11; none: this month")
    ] = None,
) -> MonthLedger:
    """What a person in prison has left of a month's call time, and how it came to that."""
    found = await allowance_of(services, acting, person, month, None)
    lines = [
        LedgerLine(
            at=line.at,
            kind=line.kind,
            seconds=line.seconds,
            left_seconds=line.left_s,
            call=line.call,
            reason=line.reason,
            by=line.by,
            words=await opened_for_staff(services, acting, line.sealed or {}),
        )
        for line in found.lines
    ]
    return MonthLedger(
        month=found.month,
        policy_minutes=found.policy_minutes,
        given_minutes=found.given_minutes,
        used_minutes=found.used_minutes,
        left_minutes=found.left_minutes,
        on_remand=found.on_remand,
        remand_calls_a_week=found.remand_calls_a_week,
        lines=lines,
    )


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
