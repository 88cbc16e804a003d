"""Debian's Firefox ESR, driven by WebDriver BiDi: Playwright speaks only with a Firefox that it patched itself.

A Firefox has no fake camera that plays a clip: `getUserMedia` gives what a clip shows instead. The clip is served to
the page from where the page comes, as its content policy asks.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.browser.websocket import Closed, WebSocket

PROGRAM = "firefox-esr"
START_S, ANSWER_S, PATIENCE_S = 60.0, 60.0, 45.0
CLIP = "/camera.webm"
PREFERENCES = {
    "media.navigator.streams.fake": True,  # there is a camera to choose
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.suspend-background-video.enabled": False,  # the clip is played by an element that nobody sees
    "media.gmp-manager.url": "",
    "media.gmp-provider.enabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "browser.shell.checkDefaultBrowser": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "services.settings.server": "data:,",
    "remote.prefs.recommended": True,
}
CAMERA = f"""() => {{
  if (!navigator.mediaDevices) return
  navigator.mediaDevices.getUserMedia = async () => {{
    const clip = document.createElement('video')
    clip.src = URL.createObjectURL(await (await fetch('{CLIP}')).blob())
    clip.loop = true
    await clip.play()
    return (clip.captureStream ?? clip.mozCaptureStream).call(clip)
  }}
}}"""


class Refused(Exception):
    """The browser did not do what it was asked."""


def executable() -> str | None:
    """Where it is, if it is installed."""
    return shutil.which(PROGRAM)


@contextlib.asynccontextmanager
async def firefox_page(folder: Path, address: str, camera: Path) -> AsyncIterator["FirefoxPage"]:
    """A page in a Firefox of its own, whose camera and microphone are a clip (.webm). `address`: of our pages."""
    async with _started(folder) as url:
        socket = await WebSocket.connect(f"{url}/session")
        browser = Browser(socket, camera.read_bytes())
        listening = asyncio.create_task(browser.listen())
        try:
            yield await browser.page(address)
        finally:
            with contextlib.suppress(Refused, Closed, TimeoutError):
                await browser.send("browser.close")
            listening.cancel()
            socket.close()


@contextlib.asynccontextmanager
async def _started(folder: Path) -> AsyncIterator[str]:
    """The process; gives the address at which it listens."""
    folder.mkdir(parents=True)
    lines = (f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in PREFERENCES.items())
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, "--headless", "--no-remote", "--profile", str(folder)),
        *("--remote-debugging-port", "0", "about:blank"),
        env={**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(START_S):
            url = await _listens(process.stderr)
        draining = asyncio.create_task(_drain(process.stderr))
        yield url
        async with asyncio.timeout(ANSWER_S):
            await process.wait()
        draining.cancel()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _listens(said: asyncio.StreamReader) -> str:
    async for line in said:
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line.decode(errors="replace")):
            return found[1]
    raise Refused("Firefox did not start.")


async def _drain(said: asyncio.StreamReader) -> None:
    async for _ in said:
        pass


class Browser:
    """A session: questions with numbers, answers with the same numbers, and events between them."""

    def __init__(self, socket: WebSocket, clip: bytes) -> None:
        self._socket, self._clip = socket, base64.b64encode(clip).decode()
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._serving: set[asyncio.Task[Any]] = set()
        self.version = ""

    async def page(self, address: str) -> "FirefoxPage":
        """The one page, with its camera."""
        session = await self.send("session.new", capabilities={})
        self.version = session["capabilities"]["browserVersion"]
        await self.send("session.subscribe", events=["network.beforeRequestSent"])
        clip = {"type": "string", "pattern": address + CLIP}
        await self.send("network.addIntercept", phases=["beforeRequestSent"], urlPatterns=[clip])
        await self.send("script.addPreloadScript", functionDeclaration=CAMERA)
        context = (await self.send("browsingContext.create", type="tab"))["context"]
        return FirefoxPage(self, context)

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask, and wait for the answer. Raises `Refused`."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(ANSWER_S):
            return await answer

    async def listen(self) -> None:
        """Take what comes, until the browser is gone."""
        with contextlib.suppress(Closed):
            while True:
                self._take(json.loads(await self._socket.receive()))
        for answer in self._asked.values():
            answer.cancel()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            if message["params"].get("isBlocked"):
                serving = asyncio.create_task(self._serve(message["params"]["request"]["request"]))
                self._serving.add(serving)
                serving.add_done_callback(self._serving.discard)
            return
        answer = self._asked.pop(message["id"])
        if answer.done():
            return
        if message["type"] == "success":
            answer.set_result(message["result"])
        else:
            answer.set_exception(Refused(f"{message['error']}: {message['message']}"))

    async def _serve(self, request: str) -> None:
        kind = {"name": "content-type", "value": {"type": "string", "value": "video/webm"}}
        body = {"type": "base64", "value": self._clip}
        await self.send("network.provideResponse", request=request, statusCode=200, headers=[kind], body=body)


class FirefoxPage:
    """As much of Playwright's page as a story of two browsers needs, by the same names."""

    def __init__(self, browser: Browser, context: str) -> None:
        self.browser, self._context = browser, context

    async def goto(self, url: str) -> None:
        """Open a page and wait until it is there."""
        await self.browser.send("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def reload(self) -> None:
        """Load the page again."""
        await self.browser.send("browsingContext.reload", context=self._context, wait="complete")

    async def evaluate(self, script: str) -> Any:
        """What a function, or an expression, gives in the page. Raises `Refused` where it fails."""
        asked = f"async () => {{ const it = ({script}); return JSON.stringify(await (it?.call ? it() : it) ?? null) }}"
        answer = await self.browser.send(
            "script.callFunction",
            functionDeclaration=asked,
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise Refused(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    async def click(self, selector: str) -> None:
        """Press what the selector finds, with the pointer, as soon as it is there and can be pressed."""
        found = json.dumps(selector)
        async with asyncio.timeout(PATIENCE_S):
            while not await self._ready(found):
                await asyncio.sleep(0.1)
        locator = {"type": "css", "value": selector}
        nodes = await self.browser.send("browsingContext.locateNodes", context=self._context, locator=locator)
        origin = {"type": "element", "element": {"sharedId": nodes["nodes"][0]["sharedId"]}}
        press = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": press}
        await self.browser.send("input.performActions", context=self._context, actions=[pointer])

    async def _ready(self, found: str) -> bool:
        """Whether it can be pressed; it is scrolled into view. While a page changes there is nothing to ask."""
        with contextlib.suppress(Refused):
            ready: bool = await self.evaluate(
                f"""() => {{
                    const it = document.querySelector({found})
                    if (!it || it.disabled || !it.checkVisibility() || document.readyState !== 'complete') return false
                    it.scrollIntoView({{ block: 'center' }})
                    return true
                }}"""
            )
            return ready
        return False
