"""The page of one's own details: what is done, what is missing, and where to do it."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.enrolment import FaceNow, read_face
from api.guard import Acting, require
from api.identity import IdentityNow, read_identity
from api.links import read_links
from api.people import Visitor, register_oneself
from api.scope import oneself, people_of
from api.services import Use
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

router = APIRouter(include_in_schema=False)

PATH = "/my-details"

TO_DO, DONE = "grey", "green"
LINK_COLOURS = {"approved": DONE, "requested": "blue", "rejected": "red", "ended": "red"}
"""What is said of several links: the first of these that any of them has."""


class Step(NamedTuple):
    """One thing that an account needs, and how far it has come."""

    name: str
    status: str
    colour: str = ""  # none: nothing has to be done


@router.get(PATH)
async def see_details(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("identity.read", oneself)],
    _reads_face: Annotated[Acting, require("face.read", oneself)],
    _reads_links: Annotated[Acting, require("link.read", oneself)],
) -> Response:
    """How far the account of the person who is signed in has come."""
    person = acting.login.person
    if await people_of(services).kind(person) is None:
        return await _no_account(request)
    found = Counter(link.status for link in await read_links(person, services, acting))
    links = {status: found[status] for status in LINK_COLOURS}
    people = len(await people_of(services).participants(person))
    steps = [
        _identity(await read_identity(person, services, acting)),
        _face(await read_face(person, services, acting)),
        _links(links),
        Step("people", "some" if people else "none"),
    ]
    ready = all(step.colour == DONE for step in steps[:-1])
    return await own_page(request, "details", here=PATH, steps=steps, ready=ready, links=links, people=people)


@router.post(PATH)
async def open_account(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("visitor.register", oneself)],
    born: BornInForm,
    name: Typed = "",
    key: Key = None,
) -> Response:
    """Open an account for whoever is signed in."""
    try:
        body = Visitor.model_validate({"name": name, "date_of_birth": str(born)})
        await register_oneself(body, Response(), services, acting, key)
    except ValidationError as error:
        return await _no_account(request, unreadable(request, error), name, born)
    except NOT_DONE as no:
        return await _no_account(request, refused(request, no, "name"), name, born)
    return back(request, PATH)


def _identity(now: IdentityNow) -> Step:
    colours = {"none": TO_DO, "waiting": "blue", "verified": DONE, "rejected": "red"}
    return Step("identity", now.status, colours[now.status])


def _face(now: FaceNow) -> Step:
    if now.non_biometric:
        return Step("face", "staff", DONE)
    if now.consents and now.new_photograph_asked:
        return Step("face", "again", "yellow")
    if now.consents:
        return Step("face", "done", DONE) if now.templates else Step("face", "photograph", "yellow")
    return Step("face", "none", TO_DO)


def _links(found: Mapping[str, int]) -> Step:
    status = next((status for status in LINK_COLOURS if found[status]), "none")
    return Step("links", status, LINK_COLOURS.get(status, TO_DO))


async def _no_account(
    request: Request,
    wrong: Wrong = NOTHING_WRONG,
    name: str = "",
    born: Born = NOT_TYPED,
) -> Response:
    return await own_page(request, "account", wrong, here=PATH, name=name, born=born)
