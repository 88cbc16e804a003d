"""Appeals over the API: asked by whoever was on the call, decided by somebody who had no part in it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, say
from api.cursor import LIMIT, Cursor, Limit
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After
from api.reviewing import Told, answer, appeals_of, lodge, mine, one_appeal, take
from api.scope import CallId, Id, Ident, PrisonId, oneself, the_call, the_prison
from api.services import Use
from api.versions import IfMatch, seen_by
from domain.appeal import AppealAgainst, AppealOutcome
from projections.appeals import Appeal

router = APIRouter(prefix="/v1", tags=["appeals"], route_class=OnceRoute)

AppealId = Annotated[str, Path(pattern=Id, description="the appeal's id")]
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class Lodging(BaseModel):
    """What shall be looked at again, and what was not right."""

    against: AppealAgainst
    sanction: Ident | None = None
    """Which one, of an appeal against a warning or a sanction."""
    words: Words


class Lodged(BaseModel):
    """The id of the appeal."""

    appeal: str
    position: int


class Decision(BaseModel):
    """What the reviewer decided, with reasons for whoever asked."""

    outcome: AppealOutcome
    reasons: Words


class AppealTold(BaseModel):
    """One appeal as it stands."""

    appeal: str
    call: str
    lodged_by: str
    against: AppealAgainst
    sanction: str | None
    lodged_at: datetime
    decide_by: date
    decided_at: datetime | None
    outcome: AppealOutcome | None
    words: str | None = None
    reasons: str | None = None

    @classmethod
    def of(cls, one: Appeal, words: str | None = None, reasons: str | None = None) -> "AppealTold":
        """The appeal without who reviewed it: that is for staff."""
        shown = set(cls.model_fields) - {"words", "reasons"}
        return cls(**{name: getattr(one, name) for name in shown}, words=words, reasons=reasons)


class AppealForStaff(AppealTold):
    """The same, with who reviews it."""

    reviewer: str | None
    overturned: Sequence[str]


class Appeals(BaseModel):
    """Open appeals, the one that is due first at the head."""

    appeals: list[AppealTold]
    next: str | None
    """The cursor of the page behind; none on the last."""


@router.post("/calls/{call}/appeals", status_code=201)
async def lodge_appeal(
    call: CallId,
    body: Lodging,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("appeal.lodge", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Lodged:
    """Ask that another person looks at what was decided about your call."""
    appeal, handled = await lodge(
        services, acting, call, body.against, body.sanction, body.words, idempotency_key
    )
    return Lodged(appeal=appeal, position=say(response, handled).position)


@router.get("/me/appeals")
async def my_appeals(
    services: Use,
    acting: Annotated[Acting, require("appeal.read_own", oneself)],
    after: After = None,
) -> list[AppealTold]:
    """What you asked to be looked at again, and the answers."""
    return [
        AppealTold.of(one.appeal, one.words, one.reasons)
        for one in (await mine(services, acting, after)).appeals
    ]


@router.get("/prisons/{prison}/appeals")
async def read_appeals(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("appeal.read", the_prison)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> Appeals:
    """The appeals that wait for an answer of this prison."""
    page = await appeals_of(services, acting, prison, cursor, limit, after)
    return Appeals(appeals=[AppealTold.of(one) for one in page.items], next=page.next)


@router.get("/calls/{call}/appeals/{appeal_id}")
async def read_appeal(
    call: CallId,
    appeal_id: AppealId,
    services: Use,
    acting: Annotated[Acting, require("appeal.read", the_call)],
    after: After = None,
) -> AppealForStaff:
    """One appeal, with what was written about it."""
    told: Told = await one_appeal(services, acting, call, appeal_id, after)
    common = AppealTold.of(told.appeal, told.words, told.reasons).model_dump()
    return AppealForStaff(**common, reviewer=told.appeal.reviewer, overturned=told.appeal.overturned)


@router.post("/calls/{call}/appeals/{appeal_id}/assignment")
async def assign_appeal(
    call: CallId,
    appeal_id: AppealId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("appeal.decide", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Take an appeal to review it. Whoever had a part in what was decided cannot."""
    seen = seen_by(acting, call, if_match)
    return say(response, await take(services, acting, call, appeal_id, idempotency_key, seen))


@router.post("/calls/{call}/appeals/{appeal_id}/decision")
async def decide_appeal(
    call: CallId,
    appeal_id: AppealId,
    body: Decision,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("appeal.decide", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Answer an appeal. What was wrong is undone with it."""
    seen = seen_by(acting, call, if_match)
    handled = await answer(
        services, acting, call, appeal_id, body.outcome, body.reasons, idempotency_key, seen
    )
    return say(response, handled)
