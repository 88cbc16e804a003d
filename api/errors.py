"""Errors become HTTP here, in one table: problem details (RFC 9457) with the members HMPPS services use."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from application.access import Denied
from application.ports import BoundaryMoved, InFlight, NoSuitableFace, OtherBody, StoreAway
from domain.event import Refused

log = structlog.get_logger()

PROBLEM = "application/problem+json"
UNKNOWN = frozenset(
    {
        "call_unknown",
        "flag_unknown",
        "violation_unknown",
        "person_unknown",
        "session_unknown",
        "visitor_unknown",
    }
)
"""Rules that refuse because the thing asked for does not exist."""


class NotSignedIn(Exception):
    """Nobody is signed in, or the sign-in is over."""


_SENTENCES: Mapping[type[Exception], tuple[HTTPStatus, str, str]] = {
    NotSignedIn: (HTTPStatus.UNAUTHORIZED, "not_signed_in", "Please sign in."),
    Denied: (HTTPStatus.FORBIDDEN, "denied", "You are not allowed to do this."),
    BoundaryMoved: (HTTPStatus.CONFLICT, "busy", "Others changed this at the same time. Please try again."),
    OtherBody: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "key_reused",
        "This request carries the key of another one. Please send it again with a key of its own.",
    ),
    InFlight: (
        HTTPStatus.CONFLICT,
        "in_flight",
        "The first request with this key is still being answered. Please wait for it.",
    ),
    StoreAway: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "log_away",
        "This cannot be put on record at the moment, so it was not done. Please try again shortly.",
    ),
}
_PART_AWAY = (
    HTTPStatus.SERVICE_UNAVAILABLE,
    "part_away",
    "A part of the service is restarting. Please try again.",
)


def problem(
    status: HTTPStatus, code: str, sentence: str, *, developer: str = "", **more: Any
) -> JSONResponse:
    """One problem, for the person who asked and for whoever calls the API."""
    body = {
        "type": f"urn:kinline:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "detail": sentence,
        "errorCode": code,
        "userMessage": sentence,
        "developerMessage": developer or code,
        "moreInfo": "/openapi.json",
        **more,
    }
    return JSONResponse(body, status_code=int(status), media_type=PROBLEM)


def said(error: Exception) -> tuple[HTTPStatus, str, str]:
    """Status, code and sentence of an error: the one table."""
    if isinstance(error, Refused):
        return _refusal(error.rule), error.rule or "refused", str(error)
    if isinstance(error, NoSuitableFace):
        return HTTPStatus.UNPROCESSABLE_ENTITY, "no_suitable_face", str(error)
    for kind, found in _SENTENCES.items():
        if isinstance(error, kind):
            return found
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return status, status.phrase.lower().replace(" ", "_"), status.phrase
    return (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "fault",
        "Something went wrong on our side. It was noted; please try again.",
    )


async def answer(request: Request, error: Exception) -> Response:
    """The problem for an error; a page asks for words instead of JSON."""
    return await _answer(request, error, *said(error))


async def _answer(
    request: Request, error: Exception, status: HTTPStatus, code: str, sentence: str
) -> Response:
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("A request failed.", error=type(error).__name__, route=route_of(request))
    page = getattr(request.app.state, "error_page", None)
    if page is not None and "text/html" in request.headers.get("accept", ""):
        rendered: Response = await page(request, status, sentence)
        return rendered
    return problem(status, code, sentence, developer=type(error).__name__)


async def invalid(_: Request, error: Exception) -> Response:
    """What is wrong with which part of a request: never the value itself, which may be personal."""
    assert isinstance(error, RequestValidationError)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    details = [
        {"pointer": "/" + "/".join(str(part) for part in one["loc"]), "detail": one["msg"]}
        for one in error.errors()
    ]
    return problem(
        status, "invalid", "Something in the request is missing or not as it should be.", errors=details
    )


def install(app: FastAPI, *, part_away: type[Exception]) -> None:
    """Let the application answer errors this way. `part_away`: how our own processes say that one is gone."""

    async def gone(request: Request, error: Exception) -> Response:
        return await _answer(request, error, *_PART_AWAY)

    app.add_exception_handler(part_away, gone)
    kinds = (Refused, NoSuitableFace, HTTPException, Exception, *_SENTENCES)
    for kind in kinds:
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(RequestValidationError, invalid)


def _refusal(rule: str) -> HTTPStatus:
    if rule in UNKNOWN:
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.SERVICE_UNAVAILABLE if rule == "no_worker" else HTTPStatus.CONFLICT


def route_of(request: Request) -> str:
    """The route as it is declared: no id and no name that its address holds."""
    return str(getattr(request.scope.get("route"), "path", "unknown"))
