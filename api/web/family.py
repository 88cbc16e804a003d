"""The page of the people one answers for: adding somebody without an account, and vouching for a child."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.asked import on_record
from api.guard import Acting, require
from api.guardians import Vouching, vouch_for_child
from api.identity import read_identity
from api.people import Visitor, add_participant
from api.scope import PersonId, answered_for, oneself, people_of
from api.services import Services, Use
from api.web.names import names_of
from api.web.own import (
    NOT_DONE,
    NOT_TYPED,
    NOTHING_WRONG,
    Born,
    BornInForm,
    Key,
    Typed,
    Wrong,
    back,
    own_page,
    refused,
    unreadable,
)
from application.access import Resource
from domain.access import Viewed
from domain.identity import GuardianRelation

router = APIRouter(include_in_schema=False)

PATH = "/my-details/people"
CHILD_BELOW = 18  # years: to whom the page offers vouching; the rules of the prisons decide

AddsPeople = Annotated[Acting, require("participant.add", oneself)]


@dataclass(frozen=True)
class Companion:
    """Somebody for whom another person answers."""

    person: str
    name: str | None  # None: no longer kept
    is_child: bool
    vouched_for: bool
    identity: str  # none, waiting, verified, rejected


@dataclass(frozen=True)
class Added:
    """Whom somebody would like to add, or vouch for, as they typed it."""

    name: str = ""
    born: Born = NOT_TYPED
    relation: str = ""


NOBODY = Added()


async def companion(request: Request, person: PersonId) -> Resource:
    """Somebody for whom another answers, and no prison: staff have pages of their own for this."""
    return Resource(None, (await answered_for(request, person)).people)


@router.get(PATH)
async def see_people(request: Request, services: Use, acting: AddsPeople) -> Response:
    """Everybody for whom the person who is signed in answers."""
    return await _people(request, services, acting)


@router.post(PATH)
async def add(
    request: Request, services: Use, acting: AddsPeople, born: BornInForm, name: Typed = "", key: Key = None
) -> Response:
    """Add somebody without an account."""
    typed = Added(name, born)
    try:
        body = Visitor.model_validate({"name": name, "date_of_birth": str(born)})
        await add_participant(acting.login.person, body, Response(), services, acting, key)
    except ValidationError as error:
        return await _people(request, services, acting, unreadable(request, error), typed)
    except NOT_DONE as no:
        return await _people(request, services, acting, refused(request, no, "name"), typed)
    return back(request, PATH)


@router.post(f"{PATH}/{{person}}/guardian")
async def vouch(
    person: PersonId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("child.vouch", companion)],
    relation: Typed = "",
    key: Key = None,
) -> Response:
    """Answer for a child, which then needs no document."""
    typed = Added(relation=relation)
    try:
        body = Vouching.model_validate({"guardian": acting.login.person, "relation": relation})
        await vouch_for_child(person, body, Response(), services, acting, key)
    except ValidationError as error:
        return await _people(request, services, acting, unreadable(request, error).of(person), typed)
    except NOT_DONE as no:
        return await _people(request, services, acting, refused(request, no, "relation").of(person), typed)
    return back(request, PATH)


async def _people(
    request: Request,
    services: Services,
    acting: Acting,
    wrong: Wrong = NOTHING_WRONG,
    typed: Added = NOBODY,
) -> Response:
    return await own_page(
        request,
        "people",
        wrong,
        people=await _companions(services, acting),
        relations=list(GuardianRelation),
        typed=typed,
    )


async def _companions(services: Services, acting: Acting) -> list[Companion]:
    """What is known of them. That somebody else reads it is on record first."""
    known, booker = people_of(services), acting.login.person
    people = await known.participants(booker)
    if not people:
        return []
    await on_record(services, acting, Viewed.PEOPLE, f"participants:{booker}", "")
    names = await names_of(services, people)
    found = []
    for person in people:
        age = await known.age(person, services.now())
        identity = await read_identity(person, services, acting)
        found.append(
            Companion(
                person,
                names.get(person),
                is_child=age is not None and age < CHILD_BELOW,
                vouched_for=await known.vouched_for(person),
                identity=identity.status,
            )
        )
    return found
