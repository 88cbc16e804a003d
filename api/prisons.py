"""A prison's own affairs: its policy, which two people publish, and its timetable."""

import base64
import binascii
import hashlib
import hmac
import json
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, say
from api.days import FIRST_DAY, LAST_DAY, Moment
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import usage_of
from api.scope import PrisonId, the_prison
from api.services import Services, Use
from application.handle import replay
from domain import policy, timetable
from domain.calendar import day_bounds, local_day
from domain.event import Refused
from domain.policy import Policy, PublishPolicy
from domain.timetable.commands import OpenSession
from domain.timetable.events import Starts
from projections.usage import UsageDay

router = APIRouter(prefix="/v1/prisons/{prison}", tags=["prisons"], route_class=OnceRoute)

PROPOSAL_LASTS = timedelta(hours=24)


class Changes(BaseModel):
    """Keys of the policy with their new values, laid over the policy that holds now."""

    changes: dict[str, Any]


class Proposal(BaseModel):
    """A change of policy that one person signed; another person publishes it."""

    proposal: Annotated[str, Field(max_length=200_000)]
    document: dict[str, Any] | None = None


class PolicyNow(BaseModel):
    """The policy that holds."""

    version: int
    document: dict[str, Any]


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


@router.get("/policy")
async def read_policy(
    prison: PrisonId, services: Use, _: Annotated[Acting, require("policy.read", the_prison)]
) -> PolicyNow:
    """The prison's policy as it holds now, with every key."""
    return await _now(services, prison)


@router.post("/policy/proposals")
async def propose_policy(
    prison: PrisonId,
    body: Changes,
    services: Use,
    acting: Annotated[Acting, require("policy.propose", the_prison)],
) -> Proposal:
    """Propose a change. Nothing changes until another person publishes the signed proposal."""
    held = Policy.model_validate((await _now(services, prison)).document)
    try:
        document = held.merged(body.changes).document()
    except ValueError as error:
        raise Refused(str(error), "policy_invalid") from error
    content = {
        "prison": prison,
        "document": document,
        "by": acting.login.person,
        "at": services.now().isoformat(),
    }
    return Proposal(proposal=_signed(services, content), document=document)


@router.post("/policy", status_code=201)
async def publish_policy(
    prison: PrisonId,
    body: Proposal,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("policy.publish", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Publish what somebody else proposed."""
    content = _opened(services, body.proposal)
    if content["prison"] != prison:
        raise Refused("This proposal was made for another prison.", "proposal_elsewhere")
    held = Policy.model_validate((await _now(services, prison)).document)
    command = PublishPolicy(
        at=services.now(),
        prison=prison,
        document=content["document"],
        published_by=content["by"],
        approved_by=acting.login.person,
        effective_from=day_bounds(local_day(services.now(), held.time_zone), held.time_zone)[1],
    )
    return say(response, await do(services, policy, command, context(acting, idempotency_key, about=prison)))


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
    zone = Policy.model_validate((await _now(services, prison)).document).time_zone
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


async def _now(services: Services, prison: str) -> PolicyNow:
    asked = PublishPolicy(at=services.now(), prison=prison, document={}, published_by="")
    held = (await replay(services.store, policy, asked)).at(asked.at)
    if held is None:
        return PolicyNow(version=0, document=Policy().document())
    return PolicyNow(version=held.version, document=held.document)


def _signed(services: Services, content: dict[str, Any]) -> str:
    """The content and a keyed digest of it, as text."""
    body = base64.urlsafe_b64encode(json.dumps(content, sort_keys=True).encode()).decode()
    return f"{body}.{_mark(services, body)}"


def _opened(services: Services, proposal: str) -> dict[str, Any]:
    """The content of a proposal that this service signed lately. Raises `Refused`."""
    body, _, mark = proposal.partition(".")
    if not hmac.compare_digest(mark.encode(), _mark(services, body).encode()):
        raise Refused("This is not a proposal of this service.", "proposal_unknown")
    try:
        content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    except (binascii.Error, ValueError) as error:
        raise Refused("This is not a proposal of this service.", "proposal_unknown") from error
    if services.now() - datetime.fromisoformat(content["at"]) > PROPOSAL_LASTS:
        raise Refused("This proposal is older than 24 hours. Please make it again.", "proposal_old")
    return content


def _mark(services: Services, body: str) -> str:
    return hmac.new(services.settings.secret, b"proposal:" + body.encode(), hashlib.sha256).hexdigest()
