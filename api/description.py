"""The OpenAPI description: what FastAPI knows of each route, who may ask it, and every way in which it says no.

Which statuses a route can answer follows from its guard, its method and what it takes. `docs/openapi.json`
is this description (scripts/api_docs.py), and a test keeps it true.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from api.described import Problem, problems_of, says
from api.guard import actions, is_public, routes_of, takes_seat
from application.access import Permissions

Document = dict[str, Any]


def describe(app: FastAPI, permissions: Permissions) -> Document:
    """The whole description, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _complete(document, app, permissions)
        app.openapi_schema = document
    return app.openapi_schema


def _complete(document: Document, app: FastAPI, permissions: Permissions) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, problems = models_json_schema([(Problem, "validation")], ref_template="#/components/schemas/{model}")
    schemas |= problems["$defs"]
    components["securitySchemes"] = _security_schemes()
    for route in (route for route in routes_of(app) if isinstance(route, APIRoute)):
        for method in sorted(route.methods or ()):
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _describe(operation, route, method, permissions)


def _describe(operation: Document, route: APIRoute, method: str, permissions: Permissions) -> None:
    """One operation: its refusals, who may ask, and how they sign in."""
    responses = operation["responses"]
    responses.pop("422", None)
    for status in problems_of(route, method):
        responses.setdefault(str(int(status)), says(status))
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
