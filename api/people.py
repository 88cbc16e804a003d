"""People and what is known of them: registration, the face, and who may call whom."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import Ident, PersonId, PrisonId, the_person, the_prison
from api.services import Services, Use
from application.conductor import template_bytes
from application.ports import NoSuitableFace
from domain import enrolment, person, relationship
from domain.enrolment import EnrolFace, LawfulBasis
from domain.event import Purpose
from domain.person import PersonKind, RegisterPerson
from domain.relationship import ApproveRelationship

router = APIRouter(prefix="/v1", tags=["people"], route_class=OnceRoute)

PHOTOGRAPH_BYTES_MAX = 8 * 1024 * 1024


class Registration(BaseModel):
    """Who becomes known. The name and number are stored encrypted, under the person's own key."""

    kind: PersonKind
    name: Annotated[str, Field(min_length=1, max_length=200)]
    prisoner_number: Annotated[str | None, Field(max_length=20)] = None


class Registered(BaseModel):
    """The random id by which the person is known from now on."""

    person: str
    position: int


class Relationship(BaseModel):
    """Who may call whom."""

    prisoner: Ident
    visitor: Ident


@router.post("/prisons/{prison}/persons", status_code=201)
async def register_person(
    prison: PrisonId,
    body: Registration,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("person.register", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Registered:
    """Make a person known."""
    asked = context(acting, idempotency_key)
    command = RegisterPerson(
        at=services.now(),
        person=derived(asked, "person"),
        kind=body.kind,
        prison=None if body.kind is PersonKind.VISITOR else prison,
        name=body.name,
        prisoner_number=body.prisoner_number,
        number_index=_index(services, body.prisoner_number),
    )
    handled = await do(services, person, command, asked)
    return Registered(person=command.person, position=say(response, handled).position)


@router.post("/persons/{person}/face", status_code=201)
async def enrol_face(
    person: PersonId,
    photograph: Annotated[UploadFile, File(description="JPEG or PNG with one face, at most 8 MiB")],
    lawful_basis: Annotated[LawfulBasis, Form()],
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("face.enrol", the_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Turn a photograph into a template. The photograph itself is not kept, only its digest."""
    content = await photograph.read(PHOTOGRAPH_BYTES_MAX + 1)
    if len(content) > PHOTOGRAPH_BYTES_MAX:
        raise NoSuitableFace("The photograph is larger than 8 MiB.")
    template = await services.enroller.template(content)
    reference = await services.vault.put(
        person, Purpose.BIOMETRICS, "template", template_bytes(template.vector)
    )
    command = EnrolFace(
        at=services.now(),
        person=person,
        template=reference,
        photograph=hashlib.sha256(content).hexdigest(),
        engine=template.engine,
        lawful_basis=lawful_basis,
        face_side_px=template.face_side_px,
    )
    return say(
        response, await do(services, enrolment, command, context(acting, idempotency_key, about=person))
    )


@router.post("/prisons/{prison}/relationships", status_code=201)
async def approve_relationship(
    prison: PrisonId,
    body: Relationship,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("relationship.approve", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let a visitor call a prisoner of this prison."""
    command = ApproveRelationship(
        at=services.now(),
        prison=prison,
        prisoner=body.prisoner,
        visitor=body.visitor,
        approved_by=acting.login.person,
    )
    return say(response, await do(services, relationship, command, context(acting, idempotency_key)))


def _index(services: Services, number: str | None) -> str | None:
    """The number is found again by this, and cannot be guessed from the log."""
    return None if number is None else services.number_index(number.strip().upper())
