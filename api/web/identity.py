"""The pages on which a family hands in a document: for oneself, and for whoever one answers for."""

from typing import Annotated

from fastapi import APIRouter, File, Request, Response, UploadFile
from pydantic import BaseModel, ValidationError

from api.enrolment import read_face
from api.guard import Acting, require
from api.identity import EVIDENCE_MIB_MAX, read_identity, submit_evidence
from api.links import read_links
from api.pictures import picture_of
from api.scope import Ident, PersonId, oneself
from api.services import Services, Use
from api.web.family import companion
from api.web.names import names_of
from api.web.own import (
    NOTHING_WRONG,
    Key,
    Typed,
    Wrong,
    back,
    own_page,
    refused,
    unreadable,
)
from application.ports import NoSuitableFace
from domain.event import Refused
from domain.identity import DocumentKind

router = APIRouter(include_in_schema=False)

OWN = "/my-details/identity"
OF_OTHERS = "/my-details/people/{person}/identity"

Picture = Annotated[UploadFile | None, File()]


class Paper(BaseModel):
    """Which document is handed in, and to which prison."""

    document_kind: DocumentKind
    prison: Ident
    document: UploadFile


@router.get(OWN)
async def see_identity(
    request: Request, services: Use, acting: Annotated[Acting, require("identity.read", oneself)]
) -> Response:
    """What came of one's own document, and the form to hand one in."""
    return await _identity(request, services, acting, acting.login.person)


@router.post(OWN)
async def hand_in(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("identity.submit", oneself)],
    document_kind: Typed = "",
    prison: Typed = "",
    document: Picture = None,
    selfie: Picture = None,
    key: Key = None,
) -> Response:
    """Hand in a document of one's own, with a selfie where the person agreed to its comparison."""
    typed = {"document_kind": document_kind, "prison": prison.strip().upper()}
    return await _hand_in(request, services, acting, acting.login.person, typed, document, selfie, key)


@router.get(OF_OTHERS)
async def see_identity_of(
    person: PersonId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("identity.read", companion)],
) -> Response:
    """The same of somebody for whom the person who is signed in answers."""
    return await _identity(request, services, acting, person)


@router.post(OF_OTHERS)
async def hand_in_for(
    person: PersonId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("identity.submit", companion)],
    document_kind: Typed = "",
    prison: Typed = "",
    document: Picture = None,
    key: Key = None,
) -> Response:
    """Hand in the document of somebody for whom the person who is signed in answers. Nobody agrees for others."""
    typed = {"document_kind": document_kind, "prison": prison.strip().upper()}
    return await _hand_in(request, services, acting, person, typed, document, None, key)


async def _hand_in(
    request: Request,
    services: Services,
    acting: Acting,
    person: str,
    typed: dict[str, str],
    document: UploadFile | None,
    selfie: UploadFile | None,
    key: str | None,
) -> Response:
    try:
        paper = Paper.model_validate(typed | {"document": document})
    except ValidationError as error:
        return await _identity(request, services, acting, person, unreadable(request, error), typed)
    kind, to, picture = paper.document_kind, paper.prison, paper.document
    try:
        await submit_evidence(person, picture, kind, to, Response(), services, acting, selfie, key)
    except Refused as no:
        return await _identity(request, services, acting, person, refused(request, no, "document"), typed)
    except NoSuitableFace as no:
        wrong = refused(request, no, await _unfit(picture))
        return await _identity(request, services, acting, person, wrong, typed)
    return back(request, _place(acting, person))


async def _unfit(document: UploadFile) -> str:
    """Which of the two pictures was not taken."""
    try:
        await document.seek(0)
        await picture_of(document, EVIDENCE_MIB_MAX)
    except NoSuitableFace:
        return "document"
    return "selfie"


async def _identity(
    request: Request,
    services: Services,
    acting: Acting,
    person: str,
    wrong: Wrong = NOTHING_WRONG,
    typed: dict[str, str] | None = None,
) -> Response:
    own = person == acting.login.person
    links = await read_links(acting.login.person, services, acting)
    prison = links[-1].prison if links else ""
    return await own_page(
        request,
        "identity",
        wrong,
        here=_place(acting, person),
        now=await read_identity(person, services, acting),
        own=own,
        name="" if own else (await names_of(services, [person])).get(person, ""),
        selfie=own and (await read_face(person, services, acting)).consents,
        asked_for=bool(links),
        kinds=list(DocumentKind),
        typed=typed or {"document_kind": "", "prison": prison},
    )


def _place(acting: Acting, person: str) -> str:
    return OWN if person == acting.login.person else OF_OTHERS.format(person=person)
