"""The description of the API, with every problem that a route may answer with.

Which problems those are follows from what the route is: its guard, its method, its parameters. So a route
that somebody adds is described in full without another word, and what it says is tested by calling it.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.errors import PROBLEM
from api.guard import actions, is_public, routes_of
from api.headers import SAFE
from api.limits import FREE
from api.media_types import TypedRoute

SCHEMA = "#/components/schemas/Problem"
GENERATED = ("HTTPValidationError", "ValidationError")  # of the framework, which we do not answer with

_STRING = {"type": "string"}
_STRINGS = {"type": "array", "items": _STRING}
PROBLEM_SCHEMA: Mapping[str, Any] = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457), with the members that services of this field share.",
    "type": "object",
    "required": [
        "type", "title", "status", "detail", "errorCode", "userMessage", "developerMessage", "moreInfo",
    ],
    "properties": {
        "type": {**_STRING, "description": "a name for this kind of problem"},
        "title": _STRING,
        "status": {"type": "integer"},
        "detail": _STRING,
        "errorCode": {**_STRING, "description": "the kind of problem, for programs"},
        "userMessage": {**_STRING, "description": "a sentence fit for the person who asked"},
        "developerMessage": _STRING,
        "moreInfo": {**_STRING, "description": "where this API is described"},
        "reasons": {**_STRINGS, "description": "every sentence that stands against what was asked"},
        "rules": {**_STRINGS, "description": "the names of the rules that said no"},
        "errors": {
            "type": "array",
            "description": "what is wrong with which part of the request",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": _STRING, "detail": _STRING},
            },
        },
    },
}  # fmt: skip

_SAYS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The request could not be read.",
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in.",
    HTTPStatus.FORBIDDEN: "Whoever asks may not do this, or not to this; or another site caused the request.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.NOT_ACCEPTABLE: "There is no form of this that was asked for.",
    HTTPStatus.CONFLICT: "A rule says no, others were quicker, or the first request with this key is not done.",
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


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    made: dict[str, Any] | None = getattr(app.state, "described", None)
    if made is None:
        made = app.state.described = _described(app)
    return made


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


def _described(app: FastAPI) -> dict[str, Any]:
    document = deepcopy(app.openapi())
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in GENERATED:
        schemas.pop(name, None)
    schemas["Problem"] = dict(PROBLEM_SCHEMA)
    for route in routes_of(app):
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            answers = document["paths"][route.path_format][method.lower()]["responses"]
            answers.pop("422", None)
            usual = {str(int(status)): says(status) for status in problems_of(route, method)}
            answers.update({status: said for status, said in usual.items() if status not in answers})
    return document


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _all(below)


def _takes_anything(dependant: Dependant) -> bool:
    return bool(dependant.path_params or dependant.query_params or dependant.header_params)
