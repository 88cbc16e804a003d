"""Firefox talks with Chromium, in either seat: pictures both ways, an officer's pause, a page loaded again.

A Firefox sends no media to 127.0.0.1, whatever it is told: pictures take an address of a network made for the test.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Playwright, async_playwright

from domain.clearance import Side
from infrastructure.clips import write
from tests.browser import firefox, network
from tests.browser.cameras import browser_page, camera_file, microphone_file
from tests.browser.firefox import firefox_page
from tests.browser.staged import (
    PRISONER,
    SLATE_HIDDEN,
    VISITOR,
    Sight,
    Stage,
    film,
    join,
    on_stage,
    pause,
    resume,
    sees,
    until,
)

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.long, pytest.mark.timeout(300)]

ROLES = {Side.PRISONER: "PR", Side.VISITOR: "FA"}
PEOPLE = {Side.PRISONER: PRISONER, Side.VISITOR: VISITOR}
SLATE_SHOWN = "() => !document.getElementById('slate').hidden"


@pytest.fixture(autouse=True)
def _firefox_or_skip() -> None:
    if firefox.executable() is None:
        if os.environ.get("CI"):
            pytest.fail("No Firefox was found, and CI wants one.")
        pytest.skip("NO FIREFOX: apt-get install firefox-esr.")


@asynccontextmanager
async def _side(
    playwright: Playwright, stage: Stage, folder: Path, side: Side, *, in_firefox: bool
) -> AsyncIterator[Sight]:
    seen, where = film(PEOPLE[side]), folder / side.value
    if in_firefox:
        clip = await asyncio.to_thread(write, seen, where.with_suffix(".webm"))
        async with firefox_page(folder / "profile", stage.address, clip) as page:
            yield page
        return
    camera = await asyncio.to_thread(camera_file, seen, where.with_suffix(".mjpeg"))
    microphone = microphone_file(where.with_suffix(".wav"), 330)
    async with browser_page(playwright, camera, microphone) as page:
        yield page


@pytest.mark.parametrize("in_firefox", list(Side))
async def test_firefox_and_chromium_talk_through_a_pause_and_a_page_loaded_again(
    tmp_path: Path, cable: network.Cable, in_firefox: Side
) -> None:
    async def story(stage: Stage) -> None:
        async with AsyncExitStack() as stack:
            playwright = await stack.enter_async_context(async_playwright())
            pages = {
                side: await stack.enter_async_context(
                    _side(playwright, stage, tmp_path, side, in_firefox=side is in_firefox)
                )
                for side in Side
            }
            officer = await stack.enter_async_context(browser_page(playwright))
            await stage.enter(officer, "LM")
            for side, page in pages.items():
                await join(stage, page, ROLES[side])
            await _both_see(*pages.values())

            await pause(stage, officer, "A word with the wing")
            for page in pages.values():
                await until(page, SLATE_SHOWN)
            await resume(officer, "It is settled")
            await _both_see(*pages.values())

            await pages[in_firefox].reload()
            await until(pages[in_firefox], SLATE_HIDDEN)
            await _both_see(*pages.values())

    await on_stage(tmp_path / "data", story, media=network.HERE)


async def _both_see(*pages: Sight) -> None:
    await asyncio.gather(*(sees(page) for page in pages))
