"""The page of whom one calls: asking the prison for somebody, and what it answered."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError

from api.asked import on_record
from api.guard import Acting, require
from api.links import LinkRequest, read_links, request_link
from api.prisoners import NOT_FOUND, SENTENCES, Details, looked_up
from api.scope import Id, oneself, people_of
from api.services import Services, Use, services_of
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
    in_words,
    own_page,
    refused,
    unreadable,
)
from application.access import Resource
from domain.access import Viewed
from domain.relationship import Relation

router = APIRouter(include_in_schema=False)

PATH = "/my-details/links"

PLACES = {
    "NAME_INCORRECT": "last_name",
    "DATE_OF_BIRTH_INCORRECT": "date_of_birth",
    "PRISON_INCORRECT": "prison",
    NOT_FOUND: "prisoner_number",
}


class Wish(Details):
    """Whom somebody would like to call, and what the visitor is to them."""

    relation: Relation


@dataclass(frozen=True)
class Asked:
    """The same as it was typed."""

    visitor: str
    prisoner_number: str = ""
    first_name: str = ""
    last_name: str = ""
    prison: str = ""
    relation: str = ""
    born: Born = NOT_TYPED

    def read(self) -> Wish:
        """Raises `ValidationError`."""
        return Wish.model_validate(
            {
                "prisoner_number": self.prisoner_number.strip(),
                "first_name": self.first_name.strip(),
                "last_name": self.last_name.strip(),
                "date_of_birth": str(self.born),
                "prison": self.prison,
                "relation": self.relation,
            }
        )


async def for_whom(request: Request, visitor: Annotated[str, Form(pattern=Id)]) -> Resource:
    """The visitor whom the link is for, and whoever answers for them."""
    return Resource(None, await people_of(services_of(request)).bookers(visitor) | {visitor})


@router.get(PATH)
async def see_links(
    request: Request, services: Use, acting: Annotated[Acting, require("link.read", oneself)]
) -> Response:
    """Whom the person who is signed in asked for, and the answers."""
    return await _links(request, services, acting, Asked(acting.login.person))


@router.post(PATH)
async def ask(
    request: Request,
    services: Use,
    looking: Annotated[Acting, require("prisoner.look_up", oneself)],
    acting: Annotated[Acting, require("link.request", for_whom)],
    visitor: Annotated[str, Form(pattern=Id)],
    born: BornInForm,
    prisoner_number: Typed = "",
    first_name: Typed = "",
    last_name: Typed = "",
    prison: Typed = "",
    relation: Typed = "",
    key: Key = None,
) -> Response:
    """Look somebody in prison up, and ask their prison whether the visitor may call them."""
    asked = Asked(visitor, prisoner_number, first_name, last_name, prison.strip().upper(), relation, born)
    try:
        wish = asked.read()
    except ValidationError as error:
        return await _links(request, services, acting, asked, unreadable(request, error))
    prisoner, code = await looked_up(services, looking, wish)
    if code is not None:
        return await _links(request, services, acting, asked, _not_found(request, code))
    body = LinkRequest(prisoner=prisoner, visitor=visitor, relation=wish.relation)
    try:
        await request_link(wish.prison, body, Response(), services, acting, key)
    except NOT_DONE as no:
        return await _links(request, services, acting, asked, refused(request, no, "prisoner_number"))
    return back(request, PATH)


def _not_found(request: Request, code: str) -> Wrong:
    status = HTTPStatus.NOT_FOUND if code == NOT_FOUND else HTTPStatus.UNPROCESSABLE_ENTITY
    return Wrong(status, {PLACES[code]: in_words(request, code.lower(), SENTENCES[code])})


async def _links(
    request: Request, services: Services, acting: Acting, typed: Asked, wrong: Wrong = NOTHING_WRONG
) -> Response:
    """The page names people in prison: each prison has it on record before."""
    person = acting.login.person
    links = await read_links(person, services, acting)
    for prison in sorted({link.prison for link in links}):
        await on_record(services, acting, Viewed.IDENTITY, f"links:{person}", prison)
    people = await people_of(services).participants(person)
    names = await names_of(services, [*people, person, *(link.prisoner for link in links)])
    return await own_page(
        request,
        "links",
        wrong,
        links=links,
        people=list(people),
        names={one: _first_and_last(name) for one, name in names.items()},
        person=person,
        relations=list(Relation),
        typed=typed,
    )


def _first_and_last(name: str) -> str:
    """As much of a name as somebody had to know to find the person."""
    words = name.split()
    return name if len(words) < 3 else f"{words[0]} {words[-1]}"
