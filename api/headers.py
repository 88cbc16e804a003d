"""Headers of every answer, and what is refused at the door: requests of other sites, and bodies without bound."""

import re
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem

BODY_BYTES_MAX = 9 * 1024 * 1024  # the largest photograph, and the form around it
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "trusted-types kinline; require-trusted-types-for 'script'"
)
FOR_CAMERAS = re.compile(r"/call(/check)?|/my-calls/[^/]+/try")
CAMERA = "camera=(self), microphone=(self)"
NO_CAMERA = "camera=(), microphone=()"
REST = "display-capture=(), geolocation=(), usb=(), payment=(), serial=(), midi=()"


class Door:
    """ASGI middleware: the outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse what came from elsewhere."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(scope["path"], MutableHeaders(scope=message))
            await send(message)

        refusal = None if scope["method"] in SAFE else _refusal(Headers(scope=scope), scope)
        await (self._app if refusal is None else refusal)(scope, receive, send_with_headers)

    def _add(self, path: str, headers: MutableHeaders) -> None:
        camera = CAMERA if FOR_CAMERAS.fullmatch(path) else NO_CAMERA
        headers["content-security-policy"] = POLICY
        headers["permissions-policy"] = f"{camera}, {REST}"
        headers["cross-origin-opener-policy"] = "same-origin"
        headers["cross-origin-resource-policy"] = "same-origin"
        headers["cross-origin-embedder-policy"] = "require-corp"
        headers["referrer-policy"] = "no-referrer"
        headers["x-content-type-options"] = "nosniff"
        if not path.startswith("/static/"):
            headers.setdefault("cache-control", "no-store")
        if self._secure:
            headers["strict-transport-security"] = "max-age=63072000; includeSubDomains; preload"


def _refusal(headers: Headers, scope: Scope) -> JSONResponse | None:
    """Why this request is not let in, or None."""
    if _from_elsewhere(headers, scope):
        return problem(
            HTTPStatus.FORBIDDEN, "other_site", "This request did not come from a page of this service."
        )
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdigit():
        return problem(HTTPStatus.LENGTH_REQUIRED, "length_missing", "Please say how long the request is.")
    if int(length) > BODY_BYTES_MAX:
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "This request is larger than 9 MiB.")
    return None


def _from_elsewhere(headers: Headers, scope: Scope) -> bool:
    """Whether a browser says that another site caused this. Programs that are no browser say nothing."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    origin = headers.get("origin")
    if origin is None:
        return False
    return origin != f"{scope['scheme']}://{headers.get('host', '')}"
