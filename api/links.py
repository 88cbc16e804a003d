"""Links: who asks to call somebody in prison, and what the prison answers."""

from typing import Annotated, assert_never

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, on_record, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import Id, PersonId, PrisonId, people_of, the_person, the_prison
from api.services import Services, Use, services_of
from application.access import Resource
from application.ports import Recorded
from domain import relationship
from domain.access import Viewed
from domain.decider import about
from domain.event import Command
from domain.relationship import (
    LINKS,
    ApproveRelationship,
    LinkFact,
    LinkRejectedBecause,
    RejectRelationship,
    Relation,
    RelationshipApproved,
    RequestLink,
    UnapproveVisitor,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)

router = APIRouter(prefix="/v1", tags=["people"], route_class=OnceRoute)

Name = Annotated[str, Field(pattern=Id)]


class Pair(BaseModel):
    """Who may call whom."""

    prisoner: Name
    visitor: Name


class LinkRequest(Pair):
    """Who would like to call whom, and what they are to each other."""

    relation: Relation
    booker: Annotated[str | None, Field(pattern=Id, description="staff: whose request it is")] = None


class Rejection(Pair):
    """Why not. Both go back to the booker."""

    because: LinkRejectedBecause
    words: Annotated[str | None, Field(max_length=500)] = None


class Ending(Pair):
    """Why these two may no longer call each other. It stays with the prison."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Link(BaseModel):
    """What came of one request."""

    prison: str
    prisoner: str
    visitor: str
    status: str  # requested, approved, rejected, ended
    because: LinkRejectedBecause | None = None
    words: str | None = None


async def asked_link(request: Request, prison: PrisonId, body: LinkRequest) -> Resource:
    """A link that does not exist yet: the prison, the visitor, and whoever answers for them."""
    bookers = await people_of(services_of(request)).bookers(body.visitor)
    return Resource(prison, bookers | {body.visitor})


@router.post("/prisons/{prison}/link-requests", status_code=201)
async def request_link(
    prison: PrisonId,
    body: LinkRequest,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("link.request", asked_link)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Ask that a visitor may call somebody who is held here."""
    asking = acting.login.person
    command = RequestLink(
        at=services.now(),
        prison=prison,
        prisoner=body.prisoner,
        visitor=body.visitor,
        booker=asking if acting.login.prison is None else body.booker or body.visitor,
        relation=body.relation,
        requested_by=asking,
    )
    return await _answer(services, acting, command, body, idempotency_key, response)


@router.post("/prisons/{prison}/relationships", status_code=201)
async def approve_relationship(
    prison: PrisonId,
    body: Pair,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("relationship.approve", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let a visitor call somebody who is held here; a request that waits is answered by it."""
    command = ApproveRelationship(
        at=services.now(),
        prison=prison,
        prisoner=body.prisoner,
        visitor=body.visitor,
        approved_by=acting.login.person,
    )
    return await _answer(services, acting, command, body, idempotency_key, response)


@router.post("/prisons/{prison}/link-requests/rejections", status_code=201)
async def reject_relationship(
    prison: PrisonId,
    body: Rejection,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("relationship.approve", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say no to a request. The reason and the words go back to the booker."""
    command = RejectRelationship(
        at=services.now(),
        prison=prison,
        prisoner=body.prisoner,
        visitor=body.visitor,
        rejected_by=acting.login.person,
        because=body.because,
        words=body.words,
    )
    return await _answer(services, acting, command, body, idempotency_key, response)


@router.post("/prisons/{prison}/relationships/endings", status_code=201)
async def unapprove_visitor(
    prison: PrisonId,
    body: Ending,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("relationship.end", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """No longer let these two call each other."""
    command = UnapproveVisitor(
        at=services.now(),
        prison=prison,
        prisoner=body.prisoner,
        visitor=body.visitor,
        unapproved_by=acting.login.person,
        reason=body.reason,
    )
    return await _answer(services, acting, command, body, idempotency_key, response)


@router.get("/persons/{person}/links")
async def read_links(
    person: PersonId, services: Use, acting: Annotated[Acting, require("link.read", the_person)]
) -> list[Link]:
    """What this booker asked for, the newest answer to each; staff see what concerns their prison."""
    prison = acting.login.prison
    if prison is not None:
        await on_record(services, acting, Viewed.IDENTITY, f"links:{person}", prison)
    facts, _ = await services.store.read((about(f"booker:{person}", *LINKS),))
    newest: dict[str, Recorded[LinkFact]] = {fact.event.relationship: fact for fact in facts}
    return [await _link(services, fact) for fact in newest.values() if prison in (None, fact.event.prison)]


async def _link(services: Services, fact: Recorded[LinkFact]) -> Link:
    event = fact.event
    pair = {"prison": event.prison, "prisoner": event.prisoner, "visitor": event.visitor}
    match event:
        case VisitorLinkRequested():
            return Link(**pair, status="requested")
        case RelationshipApproved():
            return Link(**pair, status="approved")
        case VisitorUnapproved():
            return Link(**pair, status="ended")  # the reason stays with the prison
        case VisitorLinkRejected(because=because):
            sealed = fact.sealed.get("words")
            words = None if sealed is None else await services.keys.open(sealed)
            return Link(**pair, status="rejected", because=because, words=words)
        case _:
            assert_never(event)


async def _answer(
    services: Services, acting: Acting, command: Command, pair: Pair, key: str | None, response: Response
) -> Done:
    about_what = f"{type(command).__name__}/{pair.prisoner}/{pair.visitor}"
    return say(response, await do(services, relationship, command, context(acting, key, about=about_what)))
