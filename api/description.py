"""The OpenAPI description: what FastAPI knows of each route, who may ask it, and every way in which it says no.

Which statuses a route can answer follows from its guard, its method and what it takes. `docs/openapi.json`
is this description (scripts/api_docs.py), and a test keeps it true.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from api.errors import PROBLEM
from api.guard import actions, finds, is_public, routes_of, takes_seat
from application.access import Permissions

Document = dict[str, Any]

SAYS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The form in the request cannot be read.",
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in, or the sign-in or token is over.",
    HTTPStatus.FORBIDDEN: "Whoever asks may not do this, or the request came from another site.",
    HTTPStatus.NOT_FOUND: "What the request is about does not exist.",
    HTTPStatus.CONFLICT: "The rules say no, in a sentence; or others changed the same at the same time.",
    HTTPStatus.GONE: "The answer given before was of somebody who was erased since.",
    HTTPStatus.LENGTH_REQUIRED: "The request does not say how long it is.",
    HTTPStatus.PRECONDITION_FAILED: "It was changed since it was read.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is larger than 9 MiB.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something in the request is missing or not as it should be.",
    HTTPStatus.PRECONDITION_REQUIRED: "The request does not say which state it is about (If-Match).",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; `Retry-After` says when to come back.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The log or a part of the service is away; nothing was done.",
}
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})


class Part(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="where, as a JSON pointer that begins with body, query, path or header")
    detail: str = Field(description="what, never the value itself")


class Problem(BaseModel):
    """Problem details (RFC 9457), with the members that HMPPS services use."""

    type: str
    title: str
    status: int
    detail: str = Field(description="a sentence fit for the person who asked")
    errorCode: str = Field(description="the rule or cause by name")  # noqa: N815  as HMPPS writes it
    userMessage: str  # noqa: N815
    developerMessage: str  # noqa: N815
    moreInfo: str  # noqa: N815
    errors: list[Part] | None = None


def describe(app: FastAPI, permissions: Permissions) -> Document:
    """The whole description, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _complete(document, app, permissions)
        app.openapi_schema = document
    return app.openapi_schema


def statuses(route: APIRoute, operation: Mapping[str, Any]) -> Iterator[HTTPStatus]:
    """Every way in which a route says no."""
    names = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
    body = operation.get("requestBody", {}).get("content", {})
    changing = bool(CHANGING & (route.methods or set()))
    if body.keys() & FORMS:
        yield HTTPStatus.BAD_REQUEST
    if not is_public(route):
        yield from (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    elif changing:
        yield HTTPStatus.FORBIDDEN  # of another site
    if finds(route) or changing:
        yield HTTPStatus.NOT_FOUND
    if changing or not is_public(route):
        yield HTTPStatus.CONFLICT
    if changing:
        yield from (HTTPStatus.GONE, HTTPStatus.LENGTH_REQUIRED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if "if-match" in names:
        yield from (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
    if names or body:
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    yield from (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def _complete(document: Document, app: FastAPI, permissions: Permissions) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (Part, Problem):
        schemas[model.__name__] = _schema(model)
    components["responses"] = {_named(status): _response(status) for status in SAYS}
    components["securitySchemes"] = _security_schemes()
    for route in routes_of(app):
        for method in sorted(route.methods or ()):
            operation = document["paths"].get(route.path, {}).get(method.lower())
            if operation is not None:
                _describe(operation, route, permissions)


def _describe(operation: Document, route: APIRoute, permissions: Permissions) -> None:
    """One operation: its refusals, who may ask, and how they sign in."""
    responses = operation["responses"]
    responses.pop("422", None)
    for status in statuses(route, operation):
        responses.setdefault(str(int(status)), {"$ref": f"#/components/responses/{_named(status)}"})
    operation["responses"] = dict(sorted(responses.items()))
    for response in responses.values():
        for media in response.get("content", {}).values():
            if media.pop("itemSchema", None):  # of OpenAPI 3.2, which this document is not
                media["schema"] = {"type": "string"}
    operation["x-actions"] = sorted(actions(route))
    if is_public(route):
        return
    operation["x-roles"] = sorted({role for action in actions(route) for role in permissions.scopes(action)})
    operation["security"] = [{"login": []}, {"token": []}, *([{"seat": []}] if takes_seat(route) else [])]


def _named(status: HTTPStatus) -> str:
    return status.name.title().replace("_", "")


def _response(status: HTTPStatus) -> Document:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": SAYS[status], "content": content}


def _schema(model: type[BaseModel]) -> Document:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


def _security_schemes() -> Document:
    return {
        "login": {
            "type": "apiKey",
            "in": "cookie",
            "name": "kin",
            "description": "a person's sign-in; over https the cookie's name begins with `__Host-`",
        },
        "seat": {
            "type": "apiKey",
            "in": "cookie",
            "name": "kin-seat",
            "description": "a seat in one call; over https the cookie's name begins with `__Host-`",
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "a program's token, made by `kinline token`",
        },
    }
