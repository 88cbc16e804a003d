"""Children: an adult answers for a child, which then needs no document and no template."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import Id, PersonId, answered_for, people_of
from api.services import Use
from application.access import Resource
from domain import identity
from domain.identity import GuardianRelation, VouchForChild

router = APIRouter(prefix="/v1/persons/{person}", tags=["people"], route_class=OnceRoute)


class Vouching(BaseModel):
    """Who answers for the child."""

    guardian: Annotated[str, Field(pattern=Id)]
    relation: GuardianRelation


async def guardian_of(request: Request, person: PersonId, body: Vouching) -> Resource:
    """A child and the adult who answers for it: the booker for whom the child takes part, in person."""
    child = await answered_for(request, person)
    return Resource(child.prison, child.people & {body.guardian})


@router.post("/guardian", status_code=201)
async def vouch_for_child(
    person: PersonId,
    body: Vouching,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("child.vouch", guardian_of)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Answer for a child: it needs no document, and no template of it is made."""
    people, at = people_of(services), services.now()
    command = VouchForChild(
        at=at,
        child=person,
        guardian=body.guardian,
        relation=body.relation,
        child_age=await people.age(person, at),
        guardian_age=await people.age(body.guardian, at),
        prisons=await people.prisons(person, body.guardian),
    )
    return say(
        response, await do(services, identity, command, context(acting, idempotency_key, about=person))
    )
