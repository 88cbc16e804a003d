"""What the pages of one's own details share: their frame, and why something was not done, beside where it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from api.errors import said
from api.web.render import language_of, page
from api.web.texts import Language, keys, text
from application.ports import NoSuitableFace
from domain.event import Refused

Key = Annotated[str | None, Form()]
Typed = Annotated[str, Form()]

NOT_DONE = (Refused, NoSuitableFace)
"""What is said in its place on the page; anything else is a page of its own."""

PHOTOGRAPHS = {
    "There is no face": "no_face",
    "faces in this photograph": "several_faces",
    "larger than": "too_large",
    "as JPEG or PNG": "no_picture",
    "no photograph we can read": "no_picture",
}
"""What is wrong with a photograph, known by a part of the sentence: moderation says it in English alone."""


@dataclass(frozen=True)
class Wrong:
    """Why something was not done: a sentence for each place of the page."""

    status: HTTPStatus = HTTPStatus.OK
    at: Mapping[str, str] = field(default_factory=dict)

    def of(self, person: str) -> "Wrong":
        """The same in the part of the page that is about one person."""
        return Wrong(self.status, {f"{place}-{person}": sentence for place, sentence in self.at.items()})


NOTHING_WRONG = Wrong()


@dataclass(frozen=True)
class Born:
    """A date of birth as it was typed, in three fields."""

    day: str = ""
    month: str = ""
    year: str = ""

    def __str__(self) -> str:
        return f"{self.year.strip()}-{self.month.strip():0>2}-{self.day.strip():0>2}"


NOT_TYPED = Born()


async def born_in_form(born_day: Typed = "", born_month: Typed = "", born_year: Typed = "") -> Born:
    """The date of birth that a form holds."""
    return Born(born_day, born_month, born_year)


BornInForm = Annotated[Born, Depends(born_in_form)]


async def own_page(
    request: Request, name: str, wrong: Wrong = NOTHING_WRONG, /, *, here: str = "", **values: Any
) -> Response:
    """A page of one's own details. `here`: its address, which is also where its other language is."""
    language = language_of(request)
    return await page(
        request,
        f"my_{name}.html",
        status=wrong.status,
        wrong=wrong.at,
        here=here or f"/my-details/{name}",
        asked=asked(language),
        say=lambda key, **more: text(language, f"my_{name}.{key}", **more),
        **values,
    )


def back(request: Request, path: str) -> Response:
    """On to a page, in the language of this one."""
    return RedirectResponse(f"{path}{asked(language_of(request))}", status_code=HTTPStatus.SEE_OTHER)


def asked(language: Language, after: str = "?") -> str:
    """What an address ends with, so that the next page speaks the same language. `after`: & where it asks already."""
    return f"{after}lang=cy" if language is Language.CY else ""


def refused(request: Request, error: Exception, place: str) -> Wrong:
    """Why the rules said no, in the words of the reader."""
    status, code, sentence = said(error)
    found = (
        key for part, key in PHOTOGRAPHS.items() if isinstance(error, NoSuitableFace) and part in sentence
    )
    return Wrong(status, {place: in_words(request, next(found, code), sentence)})


def in_words(request: Request, code: str, otherwise: str) -> str:
    """A refusal in the language of the page; in English where nobody wrote it in another."""
    language, key = language_of(request), f"refused.{code}"
    return text(language, key) if key in keys(language) else otherwise


def missing(request: Request, *places: str) -> Wrong:
    """What was left out, or cannot be read."""
    language = language_of(request)
    return Wrong(
        HTTPStatus.UNPROCESSABLE_ENTITY, {place: text(language, f"missing.{place}") for place in places}
    )


def unreadable(request: Request, error: ValidationError) -> Wrong:
    """What was typed and is not as it has to be: each field once."""
    return missing(request, *dict.fromkeys(str(one["loc"][0]) for one in error.errors()))
