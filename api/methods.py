"""What the protocol promises of every address: HEAD where there is GET, OPTIONS, and 405 with what is allowed."""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem
from api.guard import routes_of

STREAM = "text/event-stream"


class Methods:
    """ASGI middleware: answers what no route answers for itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        allowed = methods_of(scope["app"], scope["path"]) if scope["type"] == "http" else frozenset()
        if not allowed:
            await self._app(scope, receive, send)  # no such address, or no request
        elif scope["method"] == "OPTIONS":
            await Response(status_code=HTTPStatus.NO_CONTENT, headers=_allow(allowed))(scope, receive, send)
        elif scope["method"] not in allowed:
            await _not_allowed(allowed)(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As GET, without the body; a stream that would never end is left as soon as it begins."""
        endless = asyncio.Event()

        async def only_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                if Headers(raw=message["headers"]).get("content-type", "").startswith(STREAM):
                    endless.set()

        answering = asyncio.ensure_future(self._app({**scope, "method": "GET"}, receive, only_head))
        leaving = asyncio.ensure_future(endless.wait())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not endless.is_set():
                await answering
        finally:
            leaving.cancel()
            answering.cancel()
            await asyncio.gather(leaving, answering, return_exceptions=True)


def methods_of(app: FastAPI, path: str) -> frozenset[str]:
    """What may be done at an address; nothing where there is none."""
    found = frozenset(_methods(app, path))
    return found | {"HEAD", "OPTIONS"} if "GET" in found else found | {"OPTIONS"} if found else found


def _methods(app: FastAPI, path: str) -> Iterator[str]:
    for route in routes_of(app):
        if isinstance(route, Mount):
            if path.startswith(f"{route.path}/"):
                yield "GET"
        elif route.path_regex.match(path):
            yield from route.methods or ()


def _not_allowed(allowed: frozenset[str]) -> Response:
    return problem(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This cannot be done at this address.",
        headers=_allow(allowed),
    )


def _allow(allowed: frozenset[str]) -> dict[str, Any]:
    return {"allow": ", ".join(sorted(allowed))}
