"""The same request sent again is answered alike, refusals included: what `Idempotency-Key` promises over HTTP.

A command already takes effect once, by its id. Here its sender also hears the first answer again, is told
when the key was used for something else (422), and when the first request is still being answered (409).
What closes a call is left out: it must not wait for a table, and doing it twice does nothing twice.
"""

from uuid import NAMESPACE_URL, uuid5

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from api import errors
from api.guard import WHILE_AWAY, actions, asking, takes_seat
from api.logins import Login
from api.media_types import Handler, TypedRoute
from api.services import services_of
from application.ports import Answer, NoSuitableFace, StoreAway
from domain.event import Refused

KEY = "idempotency-key"
KEPT_HEADERS = ("content-type", "etag")
SAID_AGAIN = (Refused, NoSuitableFace, RequestValidationError)
"""What a request was answered for good. Anything else says that it was not done, so it may be tried again."""

log = structlog.get_logger()


class OnceRoute(TypedRoute):
    """A route whose answers are kept for whoever sends the same key again."""

    def get_route_handler(self) -> Handler:
        """The route's own handler, behind the answers that were given before."""
        handler: Handler = super().get_route_handler()
        if "POST" not in (self.methods or ()) or WHILE_AWAY & actions(self):
            return handler

        seat = takes_seat(self)

        async def once(request: Request) -> Response:
            # Whoever is not signed in gets no answer but that, and nothing is kept for them.
            login = await asking(request, seat=seat) if request.headers.get(KEY) else None
            return await handler(request) if login is None else await _once(request, login, handler)

        return once


async def _once(request: Request, login: Login, handler: Handler) -> Response:
    answers = services_of(request).answers
    key = uuid5(NAMESPACE_URL, f"{login.person}/{request.url.path}/{request.headers[KEY]}")
    before = await answers.before(key, await _body(request))
    if before is not None:
        return Response(before.body, before.status, dict(before.headers))
    try:
        response = await _answered(request, handler)
    except BaseException:
        await answers.drop(key)
        raise
    kept = {name: value for name, value in response.headers.items() if name in KEPT_HEADERS}
    try:
        await answers.give(
            key, login.person, Answer(response.status_code, bytes(response.body).decode(), kept)
        )
    except StoreAway:
        log.warning("An answer could not be kept.", route=errors.route_of(request))
    return response


async def _answered(request: Request, handler: Handler) -> Response:
    try:
        return await handler(request)
    except RequestValidationError as error:
        return await errors.invalid(request, error)
    except SAID_AGAIN as error:
        return await errors.answer(request, error)


async def _body(request: Request) -> bytes:
    """What was sent; without the random line that parts a form, which differs from one sending to the next."""
    body = await request.body()
    _, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    return body.replace(boundary.strip('"').encode(), b"") if boundary else body
