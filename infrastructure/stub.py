"""A supplier's side of the webhooks: takes messages, checks their signatures, and can be down for a while.

It is what an integrator tries against before their own program is ready, and what our tests send to.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Told = Callable[[dict[str, Any]], None]


@dataclass
class Stub:
    """What came, and whether anything is taken at the moment."""

    secrets: Callable[[], Sequence[str]]  # read anew for each message, so that one can be exchanged
    fail_first: int = 0  # so many attempts are answered with 503
    down: bool = False  # as all are, until it is up again
    gone: bool = False  # all are answered with 410: the address is no more
    told: Told = lambda _: None
    received: list[dict[str, Any]] = field(default_factory=list)  # what was taken, in order, each once
    attempts: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)  # set at every attempt

    @property
    def app(self) -> Starlette:
        """The little server: messages by POST to any address, and under /stub what may be asked of itself."""
        return Starlette(
            routes=[
                Route("/stub/received", self._tell, methods=["GET"]),
                Route("/stub/down", self._go_down, methods=["POST"]),
                Route("/stub/up", self._come_up, methods=["POST"]),
                Route("/{rest:path}", self._take, methods=["POST"]),
            ]
        )

    def up(self) -> None:
        """Take messages again."""
        self.down = False
        self.told({"stub": "up"})

    async def _take(self, request: Request) -> Response:
        self.attempts += 1
        body = await request.body()
        answer = self._answer(body, dict(request.headers))
        self.arrived.set()
        return answer

    def _answer(self, body: bytes, headers: dict[str, str]) -> Response:
        ident = headers.get("webhook-id", "")
        if self.down or self.attempts <= self.fail_first:
            self.told({"taken": False, "id": ident, "because": "down"})
            return Response(status_code=503)
        if self.gone:
            self.told({"taken": False, "id": ident, "because": "gone"})
            return Response(status_code=410)
        event = self._verified(body, headers)
        if event is None:
            self.told({"taken": False, "id": ident, "because": "its signature is not good"})
            return Response(status_code=401)
        again = any(known["id"] == event["id"] for known in self.received)
        if not again:
            self.received.append(event)
        self.told({"taken": True, "again": again, "event": event})
        return Response(status_code=204)

    def _verified(self, body: bytes, headers: dict[str, str]) -> dict[str, Any] | None:
        """The event, if any of our secrets signed it."""
        for secret in self.secrets():
            try:
                event: dict[str, Any] = Webhook(secret).verify(body, headers)
            except (WebhookVerificationError, ValueError):
                continue
            return event
        return None

    async def _tell(self, _: Request) -> Response:
        return JSONResponse({"attempts": self.attempts, "down": self.down, "received": self.received})

    async def _go_down(self, _: Request) -> Response:
        self.down = True
        self.told({"stub": "down"})
        return Response(status_code=204)

    async def _come_up(self, _: Request) -> Response:
        self.up()
        return Response(status_code=204)


def in_words(line: dict[str, Any]) -> str:
    """What was told, for people."""
    if "stub" in line:
        return f"The stub is {line['stub']}."
    if not line["taken"]:
        return f"not taken  {line['id']}  {line['because']}"
    event = line["event"]
    again = "  (again)" if line["again"] else ""
    return f"{int(event['sequence']):>8}  {event['type']}  {event['subject']}  {event['time']}{again}"


def in_json(line: dict[str, Any]) -> str:
    """The same for programs: one line of JSON."""
    return json.dumps(line, ensure_ascii=False)
