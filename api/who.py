"""Who is known, and who asks to call whom: what waits for the prison, and one person with their links.

Links and evidence are decided on by the routes of `api/links.py` and `api/identity.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from api.asked import on_record
from api.cursor import LIMIT, Cursor, Limit, key_of, page_of
from api.guard import Acting, require
from api.once import OnceRoute
from api.reading import After, Pages, caught_up
from api.scope import PersonId, PrisonId, answered_for, the_prison
from api.services import Services, Use, tables
from domain.access import Viewed
from domain.decider import about
from domain.event import Refused
from domain.person import PersonRegistered
from projections.people import (
    Evidence,
    Known,
    Link,
    evidence_of,
    evidence_to_decide,
    known,
    links_of,
    links_to_decide,
)

router = APIRouter(prefix="/v1", tags=["people"], route_class=OnceRoute)

PARTICULARS = ("name", "date_of_birth")


class LinksToDecide(BaseModel):
    """Links that wait for the prison, the one that waits longest first."""

    links: list[Link]
    next: str | None
    """The cursor of the page behind; none on the last."""


class EvidenceToDecide(BaseModel):
    """Evidence of identity that waits for the prison, the one that waits longest first."""

    evidence: list[Evidence]
    next: str | None
    """The cursor of the page behind; none on the last."""


class Acquaintance(BaseModel):
    """One person: how far they are known, their newest evidence, and their links with this prison."""

    known: Known
    evidence: Evidence | None
    links: list[Link]


@dataclass(frozen=True)
class Particulars:
    """What was said of a person when they were registered; None where it is not kept, or never was said."""

    name: str | None
    date_of_birth: str | None


@router.get("/prisons/{prison}/link-requests")
async def read_link_requests(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("people.read", the_prison)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> LinksToDecide:
    """Who asks to call somebody who is held here, with what is known of the visitor."""
    page = await links_waiting(services, acting, prison, cursor, limit, after)
    return LinksToDecide(links=list(page.items), next=page.next)


@router.get("/prisons/{prison}/identity-evidence")
async def read_evidence_waiting(
    prison: PrisonId,
    services: Use,
    acting: Annotated[Acting, require("people.read", the_prison)],
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    after: After = None,
) -> EvidenceToDecide:
    """Who handed in evidence of identity that this prison is to decide on."""
    page = await evidence_waiting(services, acting, prison, cursor, limit, after)
    return EvidenceToDecide(evidence=list(page.items), next=page.next)


@router.get("/persons/{person}")
async def read_person(
    person: PersonId,
    services: Use,
    acting: Annotated[Acting, require("people.read", answered_for)],
    after: After = None,
) -> Acquaintance:
    """One person, with the links that the prison of whoever asks decides on."""
    return await person_of(services, acting, person, after)


async def links_waiting(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> Pages[Link]:
    """The links that wait for the prison. That they are read is on record."""
    of, last = f"links/{prison}/{acting.login.id}", None
    if cursor is not None:
        asked_at, prisoner, visitor = key_of(services, of, cursor)
        last = (datetime.fromisoformat(asked_at), prisoner, visitor)
    await on_record(services, acting, Viewed.PEOPLE, f"links:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "people", after)
        found = await links_to_decide(db, prison, after=last, limit=limit + 1)
    return Pages(*page_of(services, of, found, limit, lambda one: (one.asked_at, one.prisoner, one.visitor)))


async def evidence_waiting(
    services: Services, acting: Acting, prison: str, cursor: str | None, limit: int, after: int | None
) -> Pages[Evidence]:
    """The evidence that waits for the prison. That it is read is on record."""
    of, last = f"evidence/{prison}/{acting.login.id}", None
    if cursor is not None:
        submitted_at, person = key_of(services, of, cursor)
        last = (datetime.fromisoformat(submitted_at), person)
    await on_record(services, acting, Viewed.PEOPLE, f"evidence:{prison}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "people", after)
        found = await evidence_to_decide(db, prison, after=last, limit=limit + 1)
    return Pages(*page_of(services, of, found, limit, lambda one: (one.submitted_at, one.person)))


async def person_of(services: Services, acting: Acting, person: str, after: int | None) -> Acquaintance:
    """One person as this prison may see them. That they are looked at is on record."""
    prison = acting.login.prison or ""
    await on_record(services, acting, Viewed.PEOPLE, f"person:{person}", prison)
    async with tables(services) as db:
        await caught_up(services, db, "people", after)
        found = await known(db, person)
        if found is None:
            raise Refused("This person is not registered.", "person_unknown")
        evidence = await evidence_of(db, person)
        return Acquaintance(known=found, evidence=evidence, links=await links_of(db, person, prison))


async def particulars_of(services: Services, person: str) -> Particulars:
    """Name and date of birth, opened for somebody who is to compare them with a document."""
    facts, _ = await services.store.read((about(f"person:{person}", PersonRegistered),))
    sealed = facts[-1].sealed if facts else {}
    opened = {field: await services.keys.open(sealed[field]) for field in PARTICULARS if field in sealed}
    return Particulars(opened.get("name"), opened.get("date_of_birth"))
