"""The face of a person: consent, the template, the prison's reference photograph, and the way without."""

import hashlib
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response, UploadFile
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.pictures import PHOTOGRAPH_MIB_MAX, Photograph, content_of
from api.scope import PersonId, people_of, the_person
from api.services import Services, Use
from application.handle import replay
from application.templates import put_away
from domain import enrolment
from domain.decider import about
from domain.enrolment import (
    ChooseNonBiometricRoute,
    EnrolFace,
    FaceTemplateEnrolled,
    GiveConsent,
    LawfulBasis,
    RetiredBecause,
    RetireFace,
    WithdrawConsent,
)
from domain.reenrolment import ReenrolmentAsked

router = APIRouter(prefix="/v1/persons/{person}", tags=["people"], route_class=OnceRoute)


class Consent(BaseModel):
    """The person agrees. They were told that staff can check them instead, with the same calls."""

    alternative_offered: bool


class Retirement(BaseModel):
    """Which template no longer stands for the person."""

    template: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    because: RetiredBecause = RetiredBecause.ASKED


class FaceNow(BaseModel):
    """By what the person may be known on a call."""

    consents: bool
    non_biometric: bool  # checked by staff
    templates: tuple[str, ...]
    new_photograph_asked: bool  # recognised only weakly at the last calls


@router.get("/face")
async def read_face(
    person: PersonId, services: Use, _: Annotated[Acting, require("face.read", the_person)]
) -> FaceNow:
    """Whether the person agreed, which templates stand for them, and whether a new photograph is asked for."""
    asked = WithdrawConsent(at=services.now(), person=person)
    known = (await replay(services.store, enrolment, asked)).enrolment
    facts, _head = await services.store.read(
        (about(f"person:{person}", FaceTemplateEnrolled, ReenrolmentAsked),)
    )
    return FaceNow(
        consents=known.consents,
        non_biometric=known.counted,
        templates=known.templates,
        new_photograph_asked=bool(facts) and isinstance(facts[-1].event, ReenrolmentAsked),
    )


@router.post("/biometric-consent", status_code=201)
async def give_consent(
    person: PersonId,
    body: Consent,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("face.consent", the_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Agree that one's face is compared."""
    command = GiveConsent(at=services.now(), person=person, alternative_offered=body.alternative_offered)
    return say(
        response, await do(services, enrolment, command, context(acting, idempotency_key, about=person))
    )


@router.post("/biometric-consent/withdrawal")
async def withdraw_consent(
    person: PersonId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("face.consent", the_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """No longer agree: every template is retired at once, and staff check the person from now on."""
    command = WithdrawConsent(at=services.now(), person=person)
    asked = context(acting, idempotency_key, about=f"{person}/withdrawal")
    return say(response, await do(services, enrolment, command, asked))


@router.post("/non-biometric-route", status_code=201)
async def choose_non_biometric_route(
    person: PersonId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("face.without", the_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Be checked by staff instead, with the same calls as everybody else."""
    command = ChooseNonBiometricRoute(at=services.now(), person=person, chosen_by=acting.login.person)
    return say(
        response, await do(services, enrolment, command, context(acting, idempotency_key, about=person))
    )


@router.post("/face", status_code=201)
async def enrol_face(
    person: PersonId,
    photograph: Photograph,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("face.enrol", the_person)],
    replaces: Annotated[bool, Form(description="the templates there were before are retired")] = False,
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Turn a photograph into a template, by consent. The photograph is not kept, only its digest."""
    ground = {"lawful_basis": LawfulBasis.CONSENT, "replaces": replaces}
    return await _enrol(services, acting, person, photograph, ground, idempotency_key, response)


@router.post("/reference-photograph", status_code=201)
async def enrol_record(
    person: PersonId,
    photograph: Photograph,
    photographed_on: Annotated[date, Form(description="the day on which the photograph was taken")],
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("face.enrol_record", the_person)],
    replaces: Annotated[bool, Form(description="the templates there were before are retired")] = False,
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Make a template of the prison's own photograph of somebody it holds."""
    ground = {
        "lawful_basis": LawfulBasis.PRISON_RECORD,
        "photographed_on": photographed_on,
        "replaces": replaces,
    }
    return await _enrol(services, acting, person, photograph, ground, idempotency_key, response)


@router.post("/face/retirement")
async def retire_face(
    person: PersonId,
    body: Retirement,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("face.retire", the_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Let one template no longer stand for the person."""
    command = RetireFace(at=services.now(), person=person, template=body.template, because=body.because)
    return say(
        response, await do(services, enrolment, command, context(acting, idempotency_key, about=person))
    )


async def _enrol(
    services: Services,
    acting: Acting,
    person: str,
    photograph: UploadFile,
    ground: dict[str, Any],
    key: str | None,
    response: Response,
) -> Done:
    """Where the rules say no, no template is computed, not even for a moment."""
    content = await content_of(photograph, PHOTOGRAPH_MIB_MAX)
    people, at = people_of(services), services.now()
    command = EnrolFace(
        at=at,
        person=person,
        template="",
        photograph=hashlib.sha256(content).hexdigest(),
        engine="",
        face_side_px=0,
        age=await people.age(person, at),
        prisons=await people.prisons(person),
        **ground,
    )
    enrolment.decide(await replay(services.store, enrolment, command), command)
    reference, made = await put_away(services.enroller, services.vault, person, content)
    seen = {"engine": made.engine, "face_side_px": made.face_side_px, "quality": made.quality}
    command = command.model_copy(update={"template": reference, **seen})
    return say(response, await do(services, enrolment, command, context(acting, key, about=person)))
