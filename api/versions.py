"""Which version of a call a decision was made on: `If-Match` over the API, a hidden field in a form.

A decision of staff without it is not taken (428), one on an older version neither (412): somebody else
may have decided meanwhile. Whoever acts on their own call need not say it. What closes a call, pausing
and ending it, never asks: it must not be hindered, and doing it twice does no harm.
"""

import re
from typing import Annotated

from fastapi import Form, Header, Response

from api.errors import LookFirst
from api.guard import Acting
from application.access import THEMSELVES
from application.handle import Seen

IfMatch = Annotated[
    str | None,
    Header(
        max_length=200,
        description="the entity tag with which the call was answered when it was looked at; staff have to say it",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(max_length=200, description="the entity tag that is known: answered with 304 if it holds"),
]
Version = Annotated[int | None, Form(description="the version of the call that the form was made for")]

UNKNOWN = -1  # a tag that this service never gave out: something is always newer
_TAG = re.compile(r'"(\d{1,18})"')


def seen_by(acting: Acting, call: str, if_match: str | None) -> Seen | None:
    """What the person had looked at, as the header says it. Raises `LookFirst`."""
    tags = [tag.strip() for tag in (if_match or "").split(",") if tag.strip()]
    if not tags or "*" in tags:  # any version will do: that is to say none
        return seen_in_form(acting, call, None)
    known = [int(found[1]) for tag in tags if (found := _TAG.fullmatch(tag))]
    return Seen(f"call:{call}", max(known, default=UNKNOWN))


def seen_in_form(acting: Acting, call: str, version: int | None) -> Seen | None:
    """The same, as a form says it. Raises `LookFirst`."""
    if version is not None:
        return Seen(f"call:{call}", version)
    if acting.login.role in THEMSELVES:
        return None
    raise LookFirst


def tag_of(version: int) -> str:
    """A version as an entity tag."""
    return f'"{version}"'


def holds(if_none_match: str | None, version: int) -> bool:
    """Whether somebody knows this version already: nothing new is to be told."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return tag_of(version) in tags or "*" in tags


def tagged(response: Response, version: int) -> None:
    """Name the version of what is answered."""
    response.headers["etag"] = tag_of(version)
