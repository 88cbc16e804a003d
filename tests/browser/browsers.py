"""Real browsers for tests: found where the machine has one, one process for each participant.

A fake camera plays a clip: two tabs of one browser would share its pace, so every side launches its own.
"""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ALWAYS = (
    "--no-sandbox",  # tests may run as root; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-domain-reliability",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
CAMERA = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",  # candidates on 127.0.0.1
    "--autoplay-policy=no-user-gesture-required",
)


def executable() -> str | None:
    """The browser to drive: KINLINE_BROWSER, or the first that is installed."""
    named = os.environ.get("KINLINE_BROWSER")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextlib.asynccontextmanager
async def launched(*, video: Path | None = None, sound: Path | None = None) -> AsyncIterator[Browser]:
    """A browser; with a clip (.y4m or .mjpeg) as its camera and a .wav as its microphone, if given."""
    arguments: list[str] = [*ALWAYS, *CAMERA]
    if video is not None:
        arguments.append(f"--use-file-for-fake-video-capture={video.resolve()}")
    if sound is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={sound.resolve()}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(), headless=True, args=arguments
        )
        try:
            yield browser
        finally:
            await browser.close()


class Complaints:
    """What a page's console said: errors, and anything the content policy refused."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(f"{message.text} ({message.location.get('url', '')})")


async def inbound(page: Page, kind: str) -> dict[str, float]:
    """What a call page receives of `video` or `audio`, as its own connection counts it."""
    found: dict[str, float] = await page.evaluate(
        """async kind => {
            const report = await window.kinlineConnection.getStats()
            return [...report.values()].find(s => s.type === 'inbound-rtp' && s.kind === kind) ?? {}
        }""",
        kind,
    )
    return found


async def accessibility(page: Page, axe: Path, *, without: Sequence[str] = ()) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA on the page: one line for each rule that fails."""
    await page.evaluate(axe.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(
        """async without => {
            const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
            const rules = Object.fromEntries(without.map(rule => [rule, { enabled: false }]))
            const result = await axe.run(document, { runOnly: tags, rules })
            return result.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`)
        }""",
        list(without),
    )
    return found
