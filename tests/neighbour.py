"""A neighbouring system for tests: the stub of integrators on a real port, and the real sender that sends to it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn

from api import tokens
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases
from infrastructure.outbound import Outbound
from infrastructure.stub import Stub
from infrastructure.webhooks import Sender
from tests.facts import PRISON
from tests.house import House

WAIT_S = 0.05  # after a failure, in place of the minutes of an installation


class Neighbour(Stub):
    """The stub, with the secrets and the address that the test gives it."""

    def __init__(self, **terms: Any) -> None:
        self.known: list[str] = []
        self.lines: list[dict[str, Any]] = []
        super().__init__(lambda: self.known, told=self.lines.append, **terms)
        self.url = ""

    @property
    def taken(self) -> list[str]:
        """The id of every event that was taken, also once more."""
        return [line["event"]["id"] for line in self.lines if line.get("taken")]


@contextlib.asynccontextmanager
async def listening(neighbour: Neighbour) -> AsyncIterator[Neighbour]:
    """Let it listen on a free port of this machine."""
    door = socket.create_server(("127.0.0.1", 0))
    neighbour.url = f"http://127.0.0.1:{door.getsockname()[1]}/hooks/kinline"
    server = uvicorn.Server(uvicorn.Config(neighbour.app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield neighbour
    finally:
        server.should_exit = True
        await serving
        door.close()


def real_now() -> datetime:
    """Signatures are good for five minutes: they are made at the time that the other side's clock shows."""
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def sending(
    house: House, databases: Databases, now: Callable[[], datetime] = real_now
) -> AsyncIterator[None]:
    """Run the sender, which waits shortly where an installation waits long."""
    async with Gateway(databases.app) as gateway, Outbound("127.0.0.1") as outbound:
        sender = Sender(
            house.store,
            gateway,
            house.services.vault,
            outbound,
            now,
            waits_s=(WAIT_S,),
            look_again_s=WAIT_S,
        )
        task = asyncio.create_task(sender.run())
        try:
            yield
        finally:
            task.cancel()
            ended = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(ended[0], asyncio.CancelledError), ended[0]


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def subscribed(house: House, neighbour: Neighbour, **wanted: Any) -> str:
    """Let an administrator subscribe a neighbour, who learns the secret; the webhook's id."""
    administrator = await house.client("AD")
    body = {"url": neighbour.url, "prison": PRISON, **wanted}
    answer = await administrator.post("/v1/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    neighbour.known.append(answer.json()["secret"])
    name: str = answer.json()["subscription"]
    return name


async def program(house: House, role: str = "NB", prison: str | None = PRISON) -> httpx.AsyncClient:
    """A program that carries a token in this role."""
    async with house.services.read.acquire() as db:
        token = await tokens.make(db, role, prison, "test", house.services.now(), 30)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=house.app, raise_app_exceptions=False),
        base_url="http://127.0.0.1",
        headers={"authorization": f"Bearer {token}"},
    )
