"""The pages of people: who waits for the prison, one person with their links, and the decisions on both."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.asked import context, do
from api.cursor import Cursor
from api.errors import said
from api.guard import Acting, require
from api.reading import After
from api.scope import Id, PersonId, answered_for, own_prison, the_person
from api.services import Services, Use
from api.web.names import names_of
from api.web.render import page
from api.who import Particulars, evidence_waiting, links_waiting, particulars_of, person_of
from application.handle import Stale
from domain import identity, relationship
from domain.event import Command, Refused
from domain.identity import IdentityRejectedBecause, RejectIdentity, VerifyIdentity
from domain.person import PersonKind
from domain.relationship import (
    ApproveRelationship,
    LinkRejectedBecause,
    RejectRelationship,
    UnapproveVisitor,
)

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20  # each with names, which are opened one by one

Key = Annotated[str | None, Form()]
OfPair = Annotated[str, Form(pattern=Id)]
Words = Annotated[str, Form(max_length=500)]
ApprovesLinks = Annotated[Acting, require("relationship.approve", own_prison)]
EndsLinks = Annotated[Acting, require("relationship.end", own_prison)]
Decides = Annotated[Acting, require("identity.decide", the_person)]


@dataclass(frozen=True)
class Typed:
    """What somebody had typed when a decision was refused, so that nothing is typed twice."""

    error: str = ""
    form: str = ""  # id of the form's place on the page
    because: str = ""
    words: str = ""


@router.get("/people")
async def see_people(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("people.read", own_prison)],
    links: Cursor = None,
    evidence: Cursor = None,
    after: After = None,
) -> Response:
    """Everybody whose identity or link waits for a decision of this prison."""
    prison = acting.login.prison or ""
    asked = await links_waiting(services, acting, prison, links, ON_ONE_PAGE, after)
    shown = await evidence_waiting(services, acting, prison, evidence, ON_ONE_PAGE, after)
    people = [person for link in asked.items for person in (link.prisoner, link.visitor, link.booker or "")]
    people += [person for one in shown.items for person in (one.person, one.submitted_by)]
    return await page(
        request,
        "people.html",
        links=asked,
        evidence=shown,
        names=await names_of(services, (person for person in people if person)),
    )


@router.get("/people/{person}")
async def see_person(
    person: PersonId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("people.read", answered_for)],
    after: After = None,
) -> Response:
    """One person, their evidence and their links."""
    return await _person(request, services, acting, person, after, Typed())


@router.post("/people/{visitor}/links/approve")
async def approve_link(
    visitor: PersonId,
    request: Request,
    services: Use,
    acting: ApprovesLinks,
    prisoner: OfPair,
    key: Key = None,
) -> Response:
    """Let these two call each other."""
    command = ApproveRelationship(
        at=services.now(), **_pair(acting, prisoner, visitor), approved_by=acting.login.person
    )
    return await _answer(request, services, acting, relationship, command, visitor, key, Typed(form=prisoner))


@router.post("/people/{visitor}/links/reject")
async def reject_link(
    visitor: PersonId,
    request: Request,
    services: Use,
    acting: ApprovesLinks,
    prisoner: OfPair,
    because: Annotated[LinkRejectedBecause, Form()],
    words: Words = "",
    key: Key = None,
) -> Response:
    """Say no; the reason and the words go back to whoever asked."""
    command = RejectRelationship(
        at=services.now(),
        **_pair(acting, prisoner, visitor),
        rejected_by=acting.login.person,
        because=because,
        words=words,
    )
    typed = Typed(form=prisoner, because=because.value, words=words)
    return await _answer(request, services, acting, relationship, command, visitor, key, typed)


@router.post("/people/{visitor}/links/end")
async def end_link(
    visitor: PersonId,
    request: Request,
    services: Use,
    acting: EndsLinks,
    prisoner: OfPair,
    reason: Words = "",
    key: Key = None,
) -> Response:
    """No longer let these two call each other. The reason stays with the prison."""
    command = UnapproveVisitor(
        at=services.now(),
        **_pair(acting, prisoner, visitor),
        unapproved_by=acting.login.person,
        reason=reason,
    )
    typed = Typed(form=prisoner, words=reason)
    return await _answer(request, services, acting, relationship, command, visitor, key, typed)


@router.post("/people/{person}/identity/verify")
async def verify(
    person: PersonId, request: Request, services: Use, acting: Decides, evidence: OfPair, key: Key = None
) -> Response:
    """Say that the evidence shows who this person is."""
    command = VerifyIdentity(
        at=services.now(),
        prison=acting.resource.prison or "",
        person=person,
        evidence=evidence,
        verified_by=acting.login.person,
    )
    return await _answer(request, services, acting, identity, command, person, key, Typed(form="identity"))


@router.post("/people/{person}/identity/reject")
async def reject(
    person: PersonId,
    request: Request,
    services: Use,
    acting: Decides,
    evidence: OfPair,
    because: Annotated[IdentityRejectedBecause, Form()],
    note: Words = "",
    key: Key = None,
) -> Response:
    """Say that it does not; the reason and the note go back to the person."""
    command = RejectIdentity(
        at=services.now(),
        prison=acting.resource.prison or "",
        person=person,
        evidence=evidence,
        because=because,
        rejected_by=acting.login.person,
        note=note,
    )
    typed = Typed(form="identity", because=because.value, words=note)
    return await _answer(request, services, acting, identity, command, person, key, typed)


def _pair(acting: Acting, prisoner: str, visitor: str) -> dict[str, str]:
    return {"prison": acting.login.prison or "", "prisoner": prisoner, "visitor": visitor}


async def _answer(
    request: Request,
    services: Services,
    acting: Acting,
    decider: Any,
    command: Command,
    person: str,
    key: str | None,
    typed: Typed,
) -> Response:
    """Back to the person's page; or that page again with why it was not done and what was typed."""
    about = f"{type(command).__name__}/{person}/{typed.form}"
    try:
        handled = await do(services, decider, command, context(acting, key, about=about))
    except (Refused, Stale) as no:
        refused = Typed(said(no)[2], typed.form, typed.because, typed.words)
        return await _person(request, services, acting, person, None, refused)
    answer = f"/people/{person}?after={handled.position}"
    return RedirectResponse(answer, status_code=HTTPStatus.SEE_OTHER)


async def _person(
    request: Request, services: Services, acting: Acting, person: str, after: int | None, typed: Typed
) -> Response:
    found = await person_of(services, acting, person, after)
    particulars = await particulars_of(services, person)
    others = {other for link in found.links for other in (link.prisoner, link.visitor, link.booker or "")}
    others |= {*found.known.bookers, found.known.guardian or ""} - {""}
    actions = ("relationship.approve", "relationship.end", "identity.look", "identity.decide")
    return await page(
        request,
        "person.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        person=person,
        known=found.known,
        evidence=found.evidence,
        links=found.links,
        is_visitor=found.known.kind is PersonKind.VISITOR,
        particulars=particulars,
        born=_born(particulars),
        names=await names_of(services, others - {""}),
        may={action: acting.login.role in services.permissions.scopes(action) for action in actions},
        link_reasons=list(LinkRejectedBecause),
        identity_reasons=list(IdentityRejectedBecause),
        typed=typed,
    )


def _born(particulars: Particulars) -> str:
    """The day as a document has it."""
    return (
        ""
        if particulars.date_of_birth is None
        else f"{date.fromisoformat(particulars.date_of_birth):%-d %B %Y}"
    )
