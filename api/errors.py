"""Errors become HTTP here, in one table: problem details (RFC 9457) with the members HMPPS services use."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from application.access import Denied
from application.asking import NotBooked
from application.handle import Stale
from application.ports import BoundaryMoved, InFlight, NoSuitableFace, OtherBody, StoreAway
from domain.event import Refused

log = structlog.get_logger()

PROBLEM = "application/problem+json"
UNKNOWN = frozenset(
    {
        "call_unknown",
        "violation_unknown",
        "concern_unknown",
        "sanction_unknown",
        "appeal_unknown",
        "person_unknown",
        "session_unknown",
        "visitor_unknown",
        "template_unknown",
        "device_unknown",
        "restriction_unknown",
        "standby_unknown",
        "flag_unknown",
        "appointment_unknown",
        "tightening_unknown",
        "evidence_unknown",
        "request_unknown",
        "webhook_unknown",
        "incident_unknown",
        "reveal_unknown",
        "handover_unknown",
        "monitoring_unknown",
        "notification_unknown",
        "picture_gone",
    }
)
"""Rules that refuse because the thing asked for does not exist."""


class NotSignedIn(Exception):
    """Nobody is signed in, or the sign-in is over."""


class LookFirst(Exception):
    """A decision of staff does not say which version of the thing it was made on."""


class CursorUnknown(Exception):
    """A cursor that this service did not give out for this list, to this person."""


class PositionUnknown(Exception):
    """A position that the log has not reached: no command was answered with it."""


class NotReadableYet(Exception):
    """What was written is on record, but the read models have not taken it in yet."""


class TooMany(Exception):
    """More requests than are good for everybody else. `wait_s`: when the next one will be let in."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s


_SENTENCES: Mapping[type[Exception], tuple[HTTPStatus, str, str]] = {
    NotSignedIn: (HTTPStatus.UNAUTHORIZED, "not_signed_in", "Please sign in."),
    Denied: (HTTPStatus.FORBIDDEN, "denied", "You are not allowed to do this."),
    LookFirst: (
        HTTPStatus.PRECONDITION_REQUIRED,
        "version_missing",
        "Please look at this call first: a decision has to say which version of it it was made on.",
    ),
    Stale: (
        HTTPStatus.PRECONDITION_FAILED,
        "version_stale",
        "Somebody else changed this call since you looked. Please look again.",
    ),
    CursorUnknown: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "cursor_unknown",
        "This is not a place in this list. Please begin with its first page.",
    ),
    PositionUnknown: (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "position_unknown",
        "Nothing is on record at this position yet.",
    ),
    NotReadableYet: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not_readable_yet",
        "What you did is on record, but cannot be shown yet. Please load this again in a moment.",
    ),
    TooMany: (
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_requests",
        "That was more than this service can answer for one person. Please wait a moment.",
    ),
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
_WORDS: Mapping[HTTPStatus, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("unreadable", "This request could not be read."),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This cannot be done at this address."),
    HTTPStatus.NOT_ACCEPTABLE: (
        "not_acceptable",
        "What is here cannot be given in any of the forms that were asked for.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", "This request is too large."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "media_type_unknown",
        "This request is not in a form that can be read here.",
    ),
}
_PART_AWAY = (
    HTTPStatus.SERVICE_UNAVAILABLE,
    "part_away",
    "A part of the service is restarting. Please try again.",
)


RETRY_S = 1
"""When to try again after a part of the service was away, in seconds."""

CHALLENGE = 'Cookie realm="kinline"'
"""Who is not signed in is told how one is: by the cookie that the sign-in page sets."""


def problem(
    status: HTTPStatus,
    code: str,
    sentence: str,
    *,
    developer: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
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
    return JSONResponse(body, status_code=int(status), headers=dict(headers or {}), media_type=PROBLEM)


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
        return status, *_WORDS.get(status, (status.phrase.lower().replace(" ", "_"), f"{status.phrase}."))
    return (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "fault",
        "Something went wrong on our side. It was noted; please try again.",
    )


def reasons_of(error: Exception) -> list[str]:
    """Every sentence that stands against what was asked, the first first."""
    return [said(error)[2], *(error.also if isinstance(error, Refused) else ())]


async def answer(request: Request, error: Exception) -> Response:
    """The problem for an error; a page asks for words instead of JSON."""
    return await _answer(request, error, *said(error), **_beside(error))


def _beside(error: Exception) -> dict[str, Any]:
    """What a problem carries beside its sentence: other times for a call that was refused."""
    if not isinstance(error, NotBooked):
        return {}
    return {
        "alternatives": [
            {"session": slot.session, "startsAt": slot.starts_at.isoformat(), "minutes": slot.minutes}
            for slot in error.alternatives
        ]
    }


async def _answer(
    request: Request, error: Exception, status: HTTPStatus, code: str, sentence: str, **more: Any
) -> Response:
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("A request failed.", error=type(error).__name__, route=route_of(request))
    if isinstance(error, Refused):
        more |= {"reasons": reasons_of(error), "rules": [rule for rule in error.rules if rule]}
    headers = _headers(error, status)
    page = getattr(request.app.state, "error_page", None)
    if page is not None and "text/html" in request.headers.get("accept", ""):
        rendered: Response = await page(request, status, sentence)
        rendered.headers.update(headers)
        return rendered
    return problem(status, code, sentence, developer=type(error).__name__, headers=headers, **more)


def _headers(error: Exception, status: HTTPStatus) -> dict[str, str]:
    """What else the protocol wants said: how to sign in, when to try again, what is allowed."""
    if isinstance(error, HTTPException):
        return dict(error.headers or {})
    if isinstance(error, TooMany):
        return {"retry-after": str(max(1, ceil(error.wait_s)))}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"retry-after": str(RETRY_S)}
    return {"www-authenticate": CHALLENGE} if status is HTTPStatus.UNAUTHORIZED else {}


async def invalid(request: Request, error: Exception) -> Response:
    """What is wrong with which part of a request: never the value itself, which may be personal."""
    assert isinstance(error, RequestValidationError)
    details = [_detail(one) for one in error.errors()]
    sentence = "Something in the request is missing or not as it should be."
    return await _answer(request, error, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", sentence, errors=details)


def _detail(one: Mapping[str, Any]) -> dict[str, str]:
    """Where something is wrong, and what. A part with a dot names one of several forms, and is no place."""
    parts = [str(part) for part in one["loc"] if "." not in str(part)]
    if one["type"] == "union_tag_invalid":  # its own message would repeat what was sent
        place, expected = one["ctx"]["discriminator"].strip("'"), one["ctx"]["expected_tags"]
        return {"pointer": "/" + "/".join([*parts, place]), "detail": f"Input should be one of {expected}"}
    return {"pointer": "/" + "/".join(parts), "detail": one["msg"]}


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
