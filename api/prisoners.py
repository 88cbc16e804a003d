"""Finding somebody in prison: by number, name, date of birth and prison, and by nothing less.

Nobody is to find out here who is in prison, or where. So which detail is wrong is said only to somebody who
knew the number and two of the three other details; anybody else hears that no such person was found, whether
the number exists or not. Every look-up is on record before it is answered, without any of its details.
"""

import hmac
import unicodedata
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.asked import on_record
from api.described import says
from api.errors import problem
from api.guard import Acting, require
from api.people import number_index
from api.scope import Id
from api.services import Services, Use
from application.access import Resource
from application.ports import Recorded
from domain.access import Viewed
from domain.decider import about
from domain.event import Refused
from domain.person import PersonRegistered
from domain.prisoner.events import STANDING
from domain.prisoner.record import Prisoner, told

router = APIRouter(prefix="/v1/prisoners", tags=["people"])

Part = Annotated[str, Field(min_length=1, max_length=100)]

MATCHING_MIN = 2  # so many of the other details must be right before a wrong one is named

NOT_FOUND = "PRISONER_NOT_FOUND"
SENTENCES = {
    "NAME_INCORRECT": "The name is not as the prison has it.",
    "DATE_OF_BIRTH_INCORRECT": "The date of birth is not as the prison has it.",
    "PRISON_INCORRECT": "This person is not held in this prison.",
    NOT_FOUND: "We cannot find a person in prison with these details. Please check each of them.",
}
POINTERS = {
    "NAME_INCORRECT": "/body/last_name",
    "DATE_OF_BIRTH_INCORRECT": "/body/date_of_birth",
    "PRISON_INCORRECT": "/body/prison",
    NOT_FOUND: "/body/prisoner_number",
}


class Details(BaseModel):
    """What the booker knows of the person."""

    prisoner_number: Annotated[str, Field(min_length=1, max_length=20)]
    first_name: Part
    last_name: Part
    date_of_birth: date
    prison: Annotated[str, Field(pattern=Id)]


class Found(BaseModel):
    """The random id of the person in prison."""

    prisoner: str


async def named_prison(body: Details) -> Resource:
    """The prison that the details name."""
    return Resource(body.prison)


@router.post("/look-up", response_model=Found, responses={HTTPStatus.NOT_FOUND: says(HTTPStatus.NOT_FOUND)})
async def look_up_prisoner(
    body: Details, services: Use, acting: Annotated[Acting, require("prisoner.look_up", named_prison)]
) -> Any:
    """The person with these details, or a problem with the code of what is wrong in `errors`.

    The code of a single detail is told only when the number exists and two of name, date of birth and
    prison are right; otherwise it is PRISONER_NOT_FOUND, and the same for a number that does not exist.
    """
    prisoner, wrong = await looked_up(services, acting, body)
    return _problem(wrong) if wrong else Found(prisoner=prisoner)


async def looked_up(services: Services, acting: Acting, body: Details) -> tuple[str, str | None]:
    """The person with these details, and the code of what is wrong with them. That it was asked is on record."""
    registered = await _registered(services, body.prisoner_number)
    prisoner, held_in = await _record(services, registered)
    wrong = await _wrong(services, registered, held_in, body)
    viewed = "prisoner:unknown" if registered is None else f"prisoner:{prisoner}"
    await on_record(services, acting, Viewed.PRISONER, viewed, held_in or body.prison)
    return prisoner, wrong


async def held_by_number(services: Services, acting: Acting, number: str) -> str:
    """The person with this number in the prison of whoever asks. Raises `Refused`. That it was asked is on record."""
    registered = await _registered(services, number)
    person, held_in = await _record(services, registered)
    viewed = "prisoner:unknown" if registered is None else f"prisoner:{person}"
    await on_record(services, acting, Viewed.PRISONER, viewed, acting.login.prison or "")
    if registered is None or held_in != acting.login.prison:
        raise Refused("Nobody with this number is held in this prison.", "prisoner_elsewhere")
    return person


async def _registered(services: Services, number: str) -> Recorded[PersonRegistered] | None:
    index = number_index(services, number)
    facts, _ = await services.store.read((about(f"number:{index}", PersonRegistered),))
    return facts[0] if facts else None


async def _record(
    services: Services, registered: Recorded[PersonRegistered] | None
) -> tuple[str, str | None]:
    """The person as their prison knows them now, and where they are held; a merged record leads to the kept."""
    if registered is None:
        return "", None
    person, followed = registered.event.person, set[str]()
    while True:
        facts, _ = await services.store.read((about(f"person:{person}", PersonRegistered, *STANDING),))
        records: dict[str, Prisoner] = {}
        for fact in facts:
            records = dict(told(records, fact.event))
        record = records.get(person, Prisoner())
        followed.add(person)
        if record.merged_into is None or record.merged_into in followed:
            return person, record.prison
        person = record.merged_into


async def _wrong(
    services: Services, registered: Recorded[PersonRegistered] | None, held_in: str | None, body: Details
) -> str | None:
    """The one code that may be told; None: every detail is right. Each detail is always compared."""
    name = await _opened(services, registered, "name")
    born = await _opened(services, registered, "date_of_birth")
    right = {
        "NAME_INCORRECT": _same(_ends_of(name, body), _plain(f"{body.first_name} {body.last_name}")),
        "DATE_OF_BIRTH_INCORRECT": _same(born, body.date_of_birth.isoformat()),
        "PRISON_INCORRECT": _same(held_in or "", body.prison),
    }
    wrong = [code for code, is_right in right.items() if not is_right]
    if registered is None or len(right) - len(wrong) < MATCHING_MIN:
        return NOT_FOUND
    return wrong[0] if wrong else None


async def _opened(services: Services, registered: Recorded[PersonRegistered] | None, name: str) -> str:
    sealed = None if registered is None else registered.sealed.get(name)
    return (None if sealed is None else await services.keys.open(sealed)) or ""


def _ends_of(name: str, body: Details) -> str:
    """As many first and last words of the recorded name as were given: nobody has to know the ones between."""
    words = _plain(name).split()
    first, last = len(_plain(body.first_name).split()), len(_plain(body.last_name).split())
    return " ".join(words if len(words) <= first + last else [*words[:first], *words[-last:]])


def _plain(text: str) -> str:
    """A name without capitals, accents, hyphens and apostrophes, which people write differently."""
    bare = (one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
    spaced = "".join(one if one.isalnum() else " " if one.isspace() or one == "-" else "" for one in bare)
    return " ".join(spaced.split())


def _same(recorded: str, given: str) -> bool:
    """Compared in a time that does not tell how much of it is right."""
    return hmac.compare_digest(recorded.encode(), given.encode())


def _problem(code: str) -> JSONResponse:
    status = HTTPStatus.NOT_FOUND if code == NOT_FOUND else HTTPStatus.UNPROCESSABLE_ENTITY
    error = {"pointer": POINTERS[code], "code": code, "detail": SENTENCES[code]}
    return problem(status, code.lower(), SENTENCES[code], errors=[error])
