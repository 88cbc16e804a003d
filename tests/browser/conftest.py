"""The house served over HTTP on this machine, and a browser before it."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, BrowserContext

from api.guard import cookie_name
from api.logins import Kind
from domain.clearance import Side
from infrastructure.migrations import Databases
from tests.browser import network
from tests.browser.browsers import executable, launched
from tests.house import House, opened


@dataclass
class Served:
    """The house, and where it is served."""

    house: House
    address: str
    browser: Browser

    async def officer(self, role: str = "LM", person: str | None = None) -> BrowserContext:
        """The browser window of somebody who signed in."""
        return await self._window(Kind.LOGIN, await self.house.token(role, person))

    async def side(self, side: Side) -> BrowserContext:
        """The browser window of one side of the usual call."""
        return await self._window(Kind.SEAT, await self.house.seat(side))

    async def _window(self, kind: Kind, token: str) -> BrowserContext:
        window = await self.browser.new_context(
            base_url=self.address, viewport={"width": 1280, "height": 900}
        )
        name = cookie_name(self.house.services, kind)
        await window.add_cookies([{"name": name, "value": token, "url": self.address}])
        return window


@pytest.fixture(scope="session", autouse=True)
def _browser_or_skip() -> None:
    if executable() is None:
        if os.environ.get("CI") or os.environ.get("KINLINE_REQUIRE_BROWSER") == "1":
            pytest.fail("No browser was found, and CI or KINLINE_REQUIRE_BROWSER=1 wants one.")
        pytest.skip("NO BROWSER: apt-get install chromium-headless-shell, or set KINLINE_BROWSER.")


@pytest_asyncio.fixture
async def cable() -> AsyncIterator[network.Cable]:
    """A network of its own, where this user may make one."""
    if not network.may_be_made():
        if os.environ.get("CI") and os.geteuid() == 0:
            pytest.fail("`ip` was not found, and CI wants it: apt-get install iproute2.")
        pytest.skip("NO NETWORK OF ITS OWN: only root may make one, with `ip` (apt-get install iproute2).")
    async with network.cable() as made:
        yield made


@pytest_asyncio.fixture
async def served(databases: Databases, tmp_path: Path) -> AsyncIterator[Served]:
    """A demonstration's house before a browser: faces are covered on every page."""
    async with contextlib.AsyncExitStack() as stack:
        house = await stack.enter_async_context(opened(databases, tmp_path, demo=True))
        address = await stack.enter_async_context(_serving(house))
        browser = await stack.enter_async_context(launched())
        yield Served(house, address, browser)


@contextlib.asynccontextmanager
async def _serving(house: House) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        house.app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
