"""A prison's policy: two people change it for the future, a governor may tighten it at once, a second looks at that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import AwareDatetime, BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, say
from api.days import Moment
from api.guard import Acting, require
from api.once import OnceRoute
from api.proposals import Proposal, opened, signed
from api.scope import PrisonId, the_prison
from api.services import Services, Use
from application.handle import replay
from domain import policy
from domain.calendar import day_bounds, local_day
from domain.event import Refused
from domain.policy import (
    Policy,
    PolicyPublished,
    PublishPolicy,
    ReviewResult,
    ReviewTightening,
    TightenPolicy,
)
from domain.policy.publishing import Policies

router = APIRouter(prefix="/v1/prisons/{prison}/policy", tags=["prisons"], route_class=OnceRoute)

PUBLISHING = "publish_policy"


class Tightening(BaseModel):
    """Keys of the policy with their new, stricter values, laid over the policy that holds now."""

    changes: dict[str, Any]


class Changes(BaseModel):
    """Keys of the policy with their new values, laid over the policy that holds now."""

    changes: dict[str, Any]
    effective_from: Annotated[
        Moment | None, Field(description="in the future; without it the prison's next midnight")
    ] = None


class PolicyProposal(Proposal):
    """A change of policy that one person signed; another person publishes it."""

    document: dict[str, Any] | None = None
    effective_from: AwareDatetime | None = None


class Version(BaseModel):
    """One version of the policy, whole. `review_by`: a tightening that a second person looks at until then."""

    version: int
    effective_from: AwareDatetime
    review_by: AwareDatetime | None
    document: dict[str, Any]


class PolicyNow(BaseModel):
    """The policy that holds, and the versions to come. Version 0 is the default: nothing was published."""

    version: int
    document: dict[str, Any]
    effective_from: AwareDatetime | None = None
    review_by: AwareDatetime | None = None
    to_come: tuple[Version, ...] = ()


class Tightened(BaseModel):
    """The version that holds now."""

    version: int
    review_by: AwareDatetime | None
    position: int


class Review(BaseModel):
    """What a second person found about a tightening."""

    result: ReviewResult


@router.get("")
async def read_policy(
    prison: PrisonId, services: Use, _: Annotated[Acting, require("policy.read", the_prison)]
) -> PolicyNow:
    """The prison's policy as it holds now, with every key, and the versions to come."""
    known, now = await _policies(services, prison), services.now()
    to_come = tuple(_version(known, version) for version in _to_come(known.published, now))
    held = known.at(now)
    if held is None:
        return PolicyNow(version=0, document=Policy().document(), to_come=to_come)
    return PolicyNow(**_version(known, held).model_dump(), to_come=to_come)


@router.post("/proposals")
async def propose_policy(
    prison: PrisonId,
    body: Changes,
    services: Use,
    acting: Annotated[Acting, require("policy.propose", the_prison)],
) -> PolicyProposal:
    """Propose a change. Nothing changes until another person publishes the signed proposal."""
    now, held = services.now(), await _held(services, prison)
    try:
        document = held.merged(body.changes).document()
    except ValueError as error:
        raise Refused(str(error), "policy_invalid") from error
    begins = body.effective_from or _next_midnight(held, now)
    if begins <= now:
        raise Refused("A change of policy takes effect in the future only.", "not_in_future")
    content = {"document": document, "effective_from": begins.isoformat()}
    made = signed(services, PUBLISHING, prison, acting.login.person, content)
    return PolicyProposal(proposal=made.proposal, document=document, effective_from=begins)


@router.post("", status_code=201)
async def publish_policy(
    prison: PrisonId,
    body: PolicyProposal,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("policy.publish", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Publish what somebody else proposed. It replaces every version that has not taken effect yet."""
    content = opened(services, body, PUBLISHING, prison)
    command = PublishPolicy(
        at=services.now(),
        prison=prison,
        document=content["document"],
        published_by=content["by"],
        approved_by=acting.login.person,
        effective_from=datetime.fromisoformat(content["effective_from"]),
    )
    return say(response, await do(services, policy, command, context(acting, idempotency_key, about=prison)))


@router.post("/tightenings", status_code=201)
async def tighten_policy(
    prison: PrisonId,
    body: Tightening,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("policy.tighten", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Tightened:
    """Make the policy stricter at once; a second person looks at it within a day."""
    command = TightenPolicy(
        at=services.now(), prison=prison, changes=body.changes, tightened_by=acting.login.person
    )
    handled = await do(services, policy, command, context(acting, idempotency_key, about=prison))
    done = say(response, handled)
    known = await _policies(services, prison)
    held = handled.events[0] if handled.events else known.at(command.at)
    assert held is not None  # what does not exist cannot be tightened
    return Tightened(version=held.version, review_by=held.review_by, position=done.position)


@router.post("/tightenings/{version}/review")
async def review_tightening(
    prison: PrisonId,
    version: Annotated[int, Path(ge=1, le=1_000_000)],
    body: Review,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("policy.publish", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let a tightening stay, or bring the policy before it back at once."""
    command = ReviewTightening(
        at=services.now(),
        prison=prison,
        version=version,
        result=body.result,
        reviewed_by=acting.login.person,
    )
    about = f"{prison}/{version}"
    return say(response, await do(services, policy, command, context(acting, idempotency_key, about=about)))


async def _policies(services: Services, prison: str) -> Policies:
    asked = PublishPolicy(at=services.now(), prison=prison, document={}, published_by="")
    known: Policies = await replay(services.store, policy, asked)
    return known


async def _held(services: Services, prison: str) -> Policy:
    held = (await _policies(services, prison)).at(services.now())
    return Policy() if held is None else Policy.model_validate(held.document)


def _to_come(published: Sequence[PolicyPublished], now: datetime) -> list[PolicyPublished]:
    """The versions that will hold one day: none that a newer one replaces before or as it would begin."""
    return [
        one
        for one in published
        if one.takes_effect > now
        and not any(
            newer.version > one.version and newer.takes_effect <= one.takes_effect for newer in published
        )
    ]


def _version(known: Policies, one: PolicyPublished) -> Version:
    waits = one.review_by is not None and one.version not in known.reviewed
    return Version(
        version=one.version,
        effective_from=one.takes_effect,
        review_by=one.review_by if waits else None,
        document=one.document,
    )


def _next_midnight(held: Policy, now: datetime) -> datetime:
    return day_bounds(local_day(now, held.time_zone), held.time_zone)[1]
