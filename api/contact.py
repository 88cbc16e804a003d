"""Contact details: where, and in which language, a visitor is written to."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import ContactNow, contact_of
from api.scope import PersonId, answered_for
from api.services import Use
from domain import contact
from domain.contact import GiveContactDetails
from domain.texts import Language

router = APIRouter(prefix="/v1", tags=["messages"], route_class=OnceRoute)

Given = Annotated[str | None, Field(max_length=254)]


class ContactDetails(BaseModel):
    """Where to write to somebody. Without any address nobody writes to them. Stored encrypted."""

    language: Language = Language.EN
    email: Given = None
    phone: Given = None


@router.post("/persons/{person}/contact", status_code=201)
async def give_contact_details(
    person: PersonId,
    body: ContactDetails,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("contact.give", answered_for)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say where to write to a visitor, in place of whatever was said before."""
    command = GiveContactDetails(
        at=services.now(), person=person, given_by=acting.login.person, **body.model_dump()
    )
    asked = context(acting, idempotency_key, about=person)
    return say(response, await do(services, contact, command, asked))


@router.get("/persons/{person}/contact")
async def read_contact_details(
    person: PersonId, services: Use, acting: Annotated[Acting, require("contact.read", answered_for)]
) -> ContactNow:
    """Where a visitor is written to. Staff who read it are on record."""
    return await contact_of(services, acting, person)
