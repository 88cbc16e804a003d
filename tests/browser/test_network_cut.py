"""The network of one side is cut for five seconds: its page says so, nobody does anything, and the call goes on."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import async_playwright, expect

from tests.browser import network
from tests.browser.cameras import browser_page, camera_file, microphone_file
from tests.browser.staged import PRISONER, VISITOR, Stage, film, join, on_stage, sees

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.long, pytest.mark.timeout(240)]

CUT_S = 5.0
PATIENCE_MS = 45_000
NOTICED_MS = 10_000  # the page listens for whatever comes, at least every three seconds


async def test_a_call_outlives_five_seconds_without_the_network_of_one_side(
    tmp_path: Path, cable: network.Cable
) -> None:
    cameras = [camera_file(film(person), tmp_path / f"{person}.mjpeg") for person in (PRISONER, VISITOR)]
    microphone = microphone_file(tmp_path / "tone.wav", 330)

    async def story(stage: Stage) -> None:
        far = cable.browser(tmp_path)
        async with (
            async_playwright() as playwright,
            cable.pages(urlsplit(stage.address).port or 0),
            browser_page(playwright, cameras[0], microphone) as prisoner,
            browser_page(playwright, cameras[1], microphone, program=far) as visitor,
        ):
            await join(stage, prisoner, "PR")
            await join(stage, visitor, "FA")
            await asyncio.gather(sees(prisoner), sees(visitor))

            await cable.pull()
            await asyncio.sleep(CUT_S)  # how long it lasts is the story
            await expect(visitor.locator("#line")).to_contain_text("again", timeout=NOTICED_MS)
            await cable.plug_in()

            await asyncio.gather(sees(prisoner), sees(visitor))
            for page in (prisoner, visitor):
                await expect(page.locator("#stale")).to_be_hidden(timeout=PATIENCE_MS)
            await expect(visitor.locator("#line")).to_have_text("Connected")

    await on_stage(tmp_path / "data", story, media=network.HERE)
