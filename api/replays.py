"""Running the checks of a call again: is the record what the rules said, and what would others have said?"""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.asked import on_record
from api.guard import Acting, require
from api.scope import CallId, the_call
from api.services import Services, Use
from application.replay import Report, replay
from domain.access import Viewed
from domain.clearance import Side

router = APIRouter(prefix="/v1/calls/{call}/replay", tags=["calls"])


class Blocks(BaseModel):
    """What is left of one side's observations. `unreachable`: blocks behind one that is gone."""

    blocks: int
    gone: list[str]
    unreachable: int


class Decided(BaseModel):
    """A decision that is not on record as it was made again, or that rests on what is gone."""

    position: int | None
    type: str
    side: Side
    media_ms: int
    kind: str
    outcome: str
    says: str


class Parting(BaseModel):
    """The first picture on which two policies part."""

    side: Side
    media_ms: int
    was: str
    would: str


class UnderAnother(BaseModel):
    """What a change of policy would have done, up to the first difference; samples after it are not comparable.

    `observing`: keys of the change for which other pictures would have been judged: nothing can be compared.
    """

    observing: list[str]
    first: Parting | None
    comparable: int
    not_comparable: int


class Replayed(BaseModel):
    """A call judged again from its observations, under the policy version it was held under."""

    call: str
    policy: str
    same: bool
    samples: int
    sides: dict[Side, Blocks]
    counts: dict[str, int]
    differences: list[Decided]
    not_covered: list[Decided]
    otherwise: UnderAnother | None


class AnotherPolicy(BaseModel):
    """Changes laid over the policy that the call was held under."""

    changes: Annotated[dict[str, Any], Field(min_length=1)]


@router.get("")
async def replay_call(
    call: CallId, services: Use, acting: Annotated[Acting, require("call.replay", the_call)]
) -> Replayed:
    """Every decision on record about what was seen, made again. That it was asked is on record first."""
    return Replayed.model_validate((await judged_again(services, acting, call)).document())


@router.post("")
async def replay_otherwise(
    call: CallId,
    body: AnotherPolicy,
    services: Use,
    acting: Annotated[Acting, require("call.replay", the_call)],
) -> Replayed:
    """The same, and what a change of policy would have decided. Nothing is changed."""
    report = await judged_again(services, acting, call, body.changes)
    return Replayed.model_validate(report.document())


async def judged_again(
    services: Services, acting: Acting, call: str, changes: dict[str, Any] | None = None
) -> Report:
    """Judge a call again for somebody. Raises `Refused`."""
    await on_record(services, acting, Viewed.REPLAY, f"call:{call}", acting.resource.prison or "")
    return await replay(services.store, services.vault, call, changes)
