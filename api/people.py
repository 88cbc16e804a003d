"""People: who becomes known, and who answers for whom."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import Id, OneLine, PersonId, PrisonId, oneself, the_person, the_prison
from api.services import Services, Use
from application.access import Resource
from domain import person as register
from domain.person import AddParticipant, PersonKind, RegisterPerson

router = APIRouter(prefix="/v1", tags=["people"], route_class=OnceRoute)

FullName = Annotated[str, Field(min_length=1, max_length=200), OneLine]


class Registration(BaseModel):
    """Who becomes known. All but the kind is stored encrypted, under the person's own key."""

    kind: PersonKind
    name: FullName
    prisoner_number: Annotated[str | None, Field(max_length=20)] = None
    date_of_birth: date | None = None


class Visitor(BaseModel):
    """A visitor. Both are stored encrypted, under the visitor's own key."""

    name: FullName
    date_of_birth: date


class Known(BaseModel):
    """A visitor who is known already."""

    person: Annotated[str, Field(pattern=Id)]


class Registered(BaseModel):
    """The random id by which the person is known from now on."""

    person: str
    position: int


@router.post("/prisons/{prison}/persons", status_code=201)
async def register_person(
    prison: PrisonId,
    body: Registration,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("person.register", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Registered:
    """Make a person known: somebody in prison, an officer, or a visitor who does not do it themselves."""
    asked = context(acting, idempotency_key)
    command = RegisterPerson(
        at=services.now(),
        person=derived(asked, "person"),
        kind=body.kind,
        prison=None if body.kind is PersonKind.VISITOR else prison,
        name=body.name,
        prisoner_number=body.prisoner_number,
        number_index=number_index(services, body.prisoner_number),
        date_of_birth=body.date_of_birth,
    )
    handled = await do(services, register, command, asked)
    return Registered(person=command.person, position=say(response, handled).position)


@router.post("/visitors", status_code=201)
async def register_oneself(
    body: Visitor,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("visitor.register", oneself)],
    idempotency_key: IdempotencyKey = None,
) -> Registered:
    """Open a visitor's account for whoever is signed in."""
    command = _visitor(services, acting.login.person, body, booker=None)
    handled = await do(services, register, command, context(acting, idempotency_key))
    return Registered(person=command.person, position=say(response, handled).position)


@router.post("/persons/{person}/participants", status_code=201)
async def add_participant(
    person: PersonId,
    body: Visitor,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("participant.add", the_person)],
    idempotency_key: IdempotencyKey = None,
) -> Registered:
    """Add somebody without an account, for whom this booker answers from now on."""
    asked = context(acting, idempotency_key, about=person)
    command = _visitor(services, derived(asked, "person"), body, booker=person)
    handled = await do(services, register, command, asked)
    return Registered(person=command.person, position=say(response, handled).position)


async def both(request: Request, person: PersonId, body: Known) -> Resource:
    """Two visitors, in the reach of staff who may reach each of them."""
    booker, other = await the_person(request, person), await the_person(request, body.person)
    return Resource(booker.prison if booker.prison == other.prison else None)


@router.post("/persons/{person}/participants/links", status_code=201)
async def link_participant(
    person: PersonId,
    body: Known,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("participant.link", both)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let a booker answer for a visitor who is known already, such as a child of two parents. Staff only."""
    command = AddParticipant(at=services.now(), booker=person, person=body.person)
    return say(
        response, await do(services, register, command, context(acting, idempotency_key, about=person))
    )


def number_index(services: Services, number: str | None) -> str | None:
    """A number is found again by this, and cannot be guessed from the log."""
    return None if number is None else services.number_index(number.strip().upper())


def _visitor(services: Services, person: str, body: Visitor, booker: str | None) -> RegisterPerson:
    return RegisterPerson(
        at=services.now(),
        person=person,
        kind=PersonKind.VISITOR,
        prison=None,
        name=body.name,
        date_of_birth=body.date_of_birth,
        booker=booker,
    )
