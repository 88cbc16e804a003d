"""A whole installation with one booked call, for stories of real browsers: all processes, real models, real faces."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from application.set_up import AT_ONCE, Cast, Somebody
from domain.policy import Policy
from infrastructure.clips import Clip, photograph, sitter
from infrastructure.moderation import setups
from infrastructure.moderation.remote_enroller import RemoteEnroller
from infrastructure.rehearsal.installation import NEVER_FULL, free_port, links, workshop
from infrastructure.rehearsal.rehearsal import TIME_ZONE
from infrastructure.rehearsal.stage import ready
from infrastructure.settings import Settings
from infrastructure.supervisor import Supervisor
from infrastructure.vault import FolderKeys
from tests.browser.firefox import FirefoxPage

LOCAL = "127.0.0.1"
PRISON = "STY"
PRISONER, VISITOR = "actor", "astronaut"
PATIENCE_S = 45.0
PICTURES_A_SECOND_MIN = 12  # far more than there are slates

Sight = Page | FirefoxPage
"""A page of whatever browser."""

DECODED = """async () => {
  let decoded = 0;
  if (!window.kinlineConnection) return decoded;
  (await window.kinlineConnection.getStats()).forEach(s => {
    if (s.type === 'inbound-rtp' && s.kind === 'video') decoded = s.framesDecoded ?? 0;
  });
  return decoded;
}"""
SAYS = "() => document.querySelector('main').innerText"
SLATE_HIDDEN = "() => !!document.getElementById('slate')?.hidden"


@dataclass(frozen=True)
class Stage:
    """An installation with one booked call, and the link of each role."""

    address: str
    cast: Cast
    tokens: dict[str, str]

    async def enter(self, page: Sight, role: str) -> None:
        """Sign in by the role's link."""
        await page.goto(f"{self.address}/demo/sign-in?token={self.tokens[role]}")


async def on_stage(folder: Path, story: Callable[[Stage], Awaitable[None]], media: str = LOCAL) -> None:
    """Start everything, set a prison with one call up, let the story happen, and stop everything.

    `media`: the address of this machine for sound and picture.
    """
    cast = Cast.of(PRISON, 1)
    settings = Settings(
        data=folder,
        media_address=media,
        port=free_port(),
        setup="full",
        demo_links=links(cast),
        **NEVER_FULL,
    )
    async with Supervisor(settings) as supervisor:
        address = f"http://{settings.host}:{settings.port}"
        assert await ready(address)
        enroller = RemoteEnroller(settings.run_folder / "moderation.sock")
        async with workshop(supervisor.databases, FolderKeys.open(settings.keys), enroller) as shop:
            base = Policy(moderation=setups.default_policy("full"))
            await shop.set_up.prison(cast, base.merged(AT_ONCE).document())
            held = Somebody("Prisoner of the story", [photograph(PRISONER)], "A0002AA")
            await shop.set_up.people(cast, held, [Somebody("Visitor of the story", [photograph(VISITOR)])])
            await shop.set_up.call(cast, TIME_ZONE, 30)
        tokens = {link.role: link.token for link in settings.demo_links}
        await story(Stage(address, cast, tokens))


async def join(stage: Stage, page: Sight, role: str) -> None:
    """Sign in, confirm the rules, go past the check of camera and microphone, and join."""
    await stage.enter(page, role)
    await page.goto(f"{stage.address}/my-calls")
    await page.click("form[action$='/seat'] button")
    await page.click("input[name=agree]")
    if role == "PR":
        await page.click("input[name=told]")
    await page.click("form[action^='/call/rules'] button")
    await page.click("main a[href^='/call'].govuk-button")
    await page.click("#join")


def film(person: str, seconds: float = 40.0) -> Clip:
    """Somebody who sits before the camera and talks."""
    return Clip((sitter(person, 3),), seconds)


async def until(page: Sight, script: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until a function says yes in the page. Raises AssertionError with what the page says instead."""
    end = time.monotonic() + patience_s
    while not await page.evaluate(script):
        if time.monotonic() > end:
            raise AssertionError(f"{script}: {await page.evaluate(SAYS)}")
        await asyncio.sleep(0.1)


async def sees(page: Sight, patience_s: float = PATIENCE_S) -> None:
    """Wait until no slate covers the other side, and its picture moves."""
    await until(page, SLATE_HIDDEN, patience_s)
    end = time.monotonic() + patience_s
    while (decoded := await _decoded_in_a_second(page)) < PICTURES_A_SECOND_MIN:
        assert time.monotonic() < end, (decoded, await page.evaluate(SAYS))


async def _decoded_in_a_second(page: Sight) -> float:
    before: float = await page.evaluate(DECODED)
    await asyncio.sleep(1.0)
    after: float = await page.evaluate(DECODED)
    return after - before


async def pause(stage: Stage, officer: Page, why: str) -> None:
    """An officer pauses the call at the desk, and once more where it was interrupted just then."""
    for patience_ms in (10_000, 30_000):
        await officer.goto(f"{stage.address}/calls/{stage.cast.call}")
        await officer.locator("#pause-reason").fill(why)
        await officer.get_by_role("button", name="Pause the call").click()
        with contextlib.suppress(PlaywrightTimeout):
            await officer.locator("#resume-reason").wait_for(timeout=patience_ms)
            return
    raise AssertionError("The desk does not say that the call is paused.")


async def resume(officer: Page, why: str) -> None:
    """And lets it go on, from the same page."""
    await officer.locator("#resume-reason").fill(why)
    await officer.get_by_role("button", name="Resume the call").click()
