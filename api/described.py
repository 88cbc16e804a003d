"""Every problem that a route may answer with, for the description of the API.

Which problems those are follows from what the route is: its guard, its method, its parameters. So a route
that somebody adds is described in full without another word, and what it says is tested by calling it.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from api.errors import PROBLEM
from api.guard import actions, is_public
from api.headers import SAFE
from api.limits import FREE
from api.media_types import TypedRoute

SCHEMA = "#/components/schemas/Problem"


class Part(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="where, as a JSON pointer that begins with body, query, path or header")
    detail: str = Field(description="what, never the value itself")


class OtherTime(BaseModel):
    """A time at which the same call could be booked."""

    session: str
    startsAt: str = Field(description="UTC")  # noqa: N815
    minutes: int


class Problem(BaseModel):
    """What went wrong (RFC 9457), with the members that services of this field share."""

    type: str = Field(description="a name for this kind of problem")
    title: str
    status: int
    detail: str
    errorCode: str = Field(description="the rule or cause by name, for programs")  # noqa: N815  as HMPPS writes it
    userMessage: str = Field(description="a sentence fit for the person who asked")  # noqa: N815
    developerMessage: str  # noqa: N815
    moreInfo: str = Field(description="where this API is described")  # noqa: N815
    reasons: list[str] | None = Field(None, description="every sentence that stands against what was asked")
    rules: list[str] | None = Field(None, description="the names of the rules that said no")
    alternatives: list[OtherTime] | None = Field(
        None,
        description="of a refused call: the nearest times at which it can be booked, where there are any",
    )
    errors: list[Part] | None = Field(None, description="what is wrong with which part of the request")


_SAYS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The request could not be read.",
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in.",
    HTTPStatus.FORBIDDEN: "Whoever asks may not do this, or not to this; or another site caused the request.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.NOT_ACCEPTABLE: "There is no form of this that was asked for.",
    HTTPStatus.CONFLICT: "A rule says no, others were quicker, or the first request with this key is not done.",
    HTTPStatus.GONE: "The answer given before was of somebody who was erased since.",
    HTTPStatus.LENGTH_REQUIRED: "The request does not say how long it is.",
    HTTPStatus.PRECONDITION_FAILED: "Something newer happened than the version that was looked at.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The request is in a form that is not read here.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something is missing, or not as it should be.",
    HTTPStatus.PRECONDITION_REQUIRED: "A decision of staff does not say which version was looked at.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests.",
    HTTPStatus.SERVICE_UNAVAILABLE: "A part of the service is away; nothing was done.",
}
_RETRY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def says(status: HTTPStatus) -> dict[str, Any]:
    """How a problem of this status is described, for a route that has one beyond the usual."""
    answer = {"description": _SAYS[status], "content": {PROBLEM: {"schema": {"$ref": SCHEMA}}}}
    if status in _RETRY:
        seconds = {"description": "seconds to wait", "schema": {"type": "integer"}}
        answer["headers"] = {"Retry-After": seconds}
    return answer


def problems_of(route: APIRoute, method: str) -> Iterator[HTTPStatus]:
    """The problems that follow from what a route is."""
    headers = {field.alias for each in _all(route.dependant) for field in each.header_params}
    unsafe, guarded = method not in SAFE, not is_public(route)
    has_body = route.body_field is not None
    answers = {
        HTTPStatus.BAD_REQUEST: has_body,
        HTTPStatus.UNAUTHORIZED: guarded,
        HTTPStatus.FORBIDDEN: guarded or unsafe,
        HTTPStatus.NOT_FOUND: bool(route.param_convertors),
        HTTPStatus.NOT_ACCEPTABLE: isinstance(route, TypedRoute),
        HTTPStatus.CONFLICT: guarded and unsafe,
        HTTPStatus.GONE: "idempotency-key" in headers,
        HTTPStatus.LENGTH_REQUIRED: unsafe,
        HTTPStatus.PRECONDITION_FAILED: "if-match" in headers,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: unsafe,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: has_body,
        HTTPStatus.UNPROCESSABLE_ENTITY: has_body or any(map(_takes_anything, _all(route.dependant))),
        HTTPStatus.PRECONDITION_REQUIRED: "if-match" in headers,
        HTTPStatus.TOO_MANY_REQUESTS: not actions(route) <= FREE,
        HTTPStatus.SERVICE_UNAVAILABLE: guarded,
    }
    yield from (status for status, may in answers.items() if may)


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _all(below)


def _takes_anything(dependant: Dependant) -> bool:
    return bool(dependant.path_params or dependant.query_params or dependant.header_params)
