"""Identity: evidence handed in, looked at and decided on by staff."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, context, derived, do, on_record, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.pictures import media_type, picture_of
from api.scope import Id, PersonId, answered_for, the_person
from api.services import Services, Use
from application.handle import replay
from application.ports import NoSuitableFace, Recorded
from domain import identity
from domain.access import Viewed
from domain.decider import about
from domain.event import Purpose, Refused
from domain.identity import (
    DocumentKind,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityRejectedBecause,
    IdentityVerified,
    RejectIdentity,
    SubmitEvidence,
    VerifyIdentity,
)

router = APIRouter(prefix="/v1/persons/{person}", tags=["people"], route_class=OnceRoute)

EVIDENCE_MIB_MAX = 4  # each of two pictures: together they pass the door

EvidenceId = Annotated[str, Field(pattern=Id)]
Picture = Annotated[UploadFile, File(description="JPEG or PNG, at most 4 MiB")]


class Submitted(BaseModel):
    """The evidence that was handed in."""

    evidence: str
    position: int


class Rejection(BaseModel):
    """Why the evidence was not enough. Both go back to the person."""

    because: IdentityRejectedBecause
    note: Annotated[str | None, Field(max_length=500)] = None


class IdentityNow(BaseModel):
    """What came of the newest evidence. Distances are shown to staff only."""

    status: str  # none, waiting, verified, rejected
    evidence: str | None = None
    because: IdentityRejectedBecause | None = None
    note: str | None = None
    distance: int | None = None
    threshold: int | None = None


@router.post("/identity", status_code=201)
async def submit_evidence(
    person: PersonId,
    document: Picture,
    document_kind: Annotated[DocumentKind, Form()],
    prison: Annotated[str, Form(pattern=Id, description="the prison that is to decide")],
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("identity.submit", answered_for)],
    selfie: Annotated[UploadFile | None, File(description="JPEG or PNG with one face, at most 4 MiB")] = None,
    idempotency_key: IdempotencyKey = None,
) -> Submitted:
    """Hand in a document, and a selfie if the person agreed to its comparison.

    Where the rules say no, nothing is kept and no face is compared.
    """
    asked = context(acting, idempotency_key, about=person)
    command = SubmitEvidence(
        at=services.now(),
        prison=acting.login.prison or prison,
        person=person,
        evidence=derived(asked, "evidence"),
        document_kind=document_kind,
        document="",
        selfie=None if selfie is None else "",
        submitted_by=acting.login.person,
    )
    identity.decide(await replay(services.store, identity, command), command)
    kept = await _kept(services, person, document, selfie)
    handled = await do(services, identity, command.model_copy(update=kept), asked)
    return Submitted(evidence=command.evidence, position=say(response, handled).position)


@router.get("/identity")
async def read_identity(
    person: PersonId, services: Use, acting: Annotated[Acting, require("identity.read", answered_for)]
) -> IdentityNow:
    """What came of the newest evidence; the reason of a rejection with its words."""
    staff = acting.login.prison is not None
    if staff:
        await on_record(services, acting, Viewed.IDENTITY, f"person:{person}", acting.login.prison or "")
    submitted, decided = await _newest(services, person)
    if submitted is None:
        return IdentityNow(status="none")
    seen = {"distance": submitted.distance, "threshold": submitted.threshold} if staff else {}
    now: dict[str, Any] = {"evidence": submitted.evidence, **seen}
    if decided is None:
        return IdentityNow(status="waiting", **now)
    if isinstance(decided.event, IdentityVerified):
        return IdentityNow(status="verified", **now)
    sealed = decided.sealed.get("note")
    note = None if sealed is None else await services.keys.open(sealed)
    return IdentityNow(status="rejected", because=decided.event.because, note=note, **now)


@router.get("/identity/{evidence}/{picture}")
async def look_at_evidence(
    person: PersonId,
    evidence: EvidenceId,
    picture: str,
    services: Use,
    acting: Annotated[Acting, require("identity.look", the_person)],
) -> Response:
    """The document or the selfie, for those who decide. That they look is on record first."""
    facts, _ = await services.store.read((about(f"person:{person}", IdentityEvidenceSubmitted),))
    found = next((fact.event for fact in facts if fact.event.evidence == evidence), None)
    references = {} if found is None else {"document": found.document, "selfie": found.selfie}
    reference = references.get(picture)
    if reference is None:
        raise Refused("There is no such evidence.", "evidence_unknown")
    viewed = f"evidence:{evidence}/{picture}"
    await on_record(services, acting, Viewed.IDENTITY, viewed, acting.login.prison or "")
    content = await services.vault.get(reference)
    if content is None:
        raise Refused("This picture was erased.", "evidence_unknown")
    return Response(content, media_type=media_type(content))


@router.post("/identity/{evidence}/verification", status_code=201)
async def verify_identity(
    person: PersonId,
    evidence: EvidenceId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("identity.decide", the_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say that the evidence shows who this person is."""
    command = VerifyIdentity(
        at=services.now(),
        prison=acting.resource.prison or "",
        person=person,
        evidence=evidence,
        verified_by=acting.login.person,
    )
    return await _decide(services, acting, command, idempotency_key, response)


@router.post("/identity/{evidence}/rejection", status_code=201)
async def reject_identity(
    person: PersonId,
    evidence: EvidenceId,
    body: Rejection,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("identity.decide", the_person)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say that it does not, and why."""
    command = RejectIdentity(
        at=services.now(),
        prison=acting.resource.prison or "",
        person=person,
        evidence=evidence,
        because=body.because,
        rejected_by=acting.login.person,
        note=body.note,
    )
    return await _decide(services, acting, command, idempotency_key, response)


async def _decide(
    services: Services,
    acting: Acting,
    command: VerifyIdentity | RejectIdentity,
    key: str | None,
    response: Response,
) -> Done:
    asked = context(acting, key, about=f"{command.person}/{command.evidence}/{type(command).__name__}")
    return say(response, await do(services, identity, command, asked))


async def _kept(
    services: Services, person: str, document: UploadFile, selfie: UploadFile | None
) -> dict[str, Any]:
    """Both pictures in the vault, and how far apart the two faces are."""
    paper = await picture_of(document, EVIDENCE_MIB_MAX)
    face = None if selfie is None else await picture_of(selfie, EVIDENCE_MIB_MAX)
    compared = {} if face is None else await _compared(services, paper, face)
    reference = await services.vault.put(person, Purpose.IDENTITY, "document", paper)
    if face is None:
        return {"document": reference}
    own = await services.vault.put(person, Purpose.IDENTITY, "selfie", face)
    return {"document": reference, "selfie": own, **compared}


async def _compared(services: Services, document: bytes, selfie: bytes) -> dict[str, Any]:
    """The distance of the two faces. Whoever has no clear face in the document is compared by staff alone."""
    own = await services.enroller.template(selfie)
    try:
        shown = await services.enroller.template(document)
    except NoSuitableFace:
        return {}
    return {"distance": await services.enroller.distance(own, shown), "engine": own.engine}


async def _newest(
    services: Services, person: str
) -> tuple[IdentityEvidenceSubmitted | None, Recorded[Any] | None]:
    kinds = (IdentityEvidenceSubmitted, IdentityVerified, IdentityRejected)
    facts, _ = await services.store.read((about(f"person:{person}", *kinds),))
    given = [fact.event for fact in facts if isinstance(fact.event, IdentityEvidenceSubmitted)]
    if not given:
        return None, None
    decisions = [fact for fact in facts if not isinstance(fact.event, IdentityEvidenceSubmitted)]
    newest = given[-1]
    return newest, next((one for one in decisions if one.event.evidence == newest.evidence), None)
