"""The whole story, in real browsers on real faces: two people talk, a stranger walks in, an officer decides.

Two Chromiums with fake cameras and one at the wall, all processes of an installation, real models.
KINLINE_SCREENSHOTS names a folder in which the pages are kept as pictures; every face in them is covered.
"""

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from infrastructure.clips import Clip, appears, sitter
from tests.browser.cameras import browser_page, camera_file, microphone_file
from tests.browser.staged import Stage, join, on_stage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.alone,
    pytest.mark.timeout(240),
]

STRANGER_AT_S, CLIP_S = 26.0, 60.0
PATIENCE_MS = 45_000
FREEZE_SEEN_MS_MIN = 400  # the evidence takes a second, of which the paced delay still shows a third
FRAMES_A_SECOND_MIN = 24  # of 25 to 30, on a machine that does everything at once
WINDOWS_MAX = 4  # of a few seconds, within which a rate must be reached: after a start a browser is cautious

RECEIVED = """async () => {
  const found = { frames: 0, energy: 0, packets: 0 };
  (await window.kinlineConnection.getStats()).forEach(s => {
    if (s.type !== 'inbound-rtp') return;
    if (s.kind === 'video') found.frames = s.framesDecoded;
    if (s.kind === 'audio') { found.energy = s.totalAudioEnergy; found.packets = s.packetsReceived; }
  });
  return { ...found, at: performance.now() };
}"""
WATCH_SILENCE = """() => {
  let packets = -1;
  let since = performance.now();
  window.longestSilence = 0;
  setInterval(async () => {
    (await window.kinlineConnection.getStats()).forEach(s => {
      if (s.type !== 'inbound-rtp' || s.kind !== 'video') return;
      if (s.packetsReceived === packets) {
        window.longestSilence = Math.max(window.longestSilence, performance.now() - since);
      } else {
        packets = s.packetsReceived;
        since = performance.now();
      }
    });
  }, 20);
}"""  # how long no packet of the picture came: nothing a browser buffers or paints late plays a part
BRIGHTNESS = """() => {
  const video = document.getElementById('other');
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 48;
  const drawing = canvas.getContext('2d');
  drawing.drawImage(video, 0, 0, 64, 48);
  const data = drawing.getImageData(0, 0, 64, 48).data;
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += data[i];
  return sum / (data.length / 4);
}"""


async def _received_a_second(page: Page, seconds: float = 3.0) -> dict[str, float]:
    """Pictures and sound that came, by the browser's own statistics."""
    before = await page.evaluate(RECEIVED)
    await page.wait_for_timeout(seconds * 1000)
    after = await page.evaluate(RECEIVED)
    passed = (after["at"] - before["at"]) / 1000
    return {key: (after[key] - before[key]) / passed for key in ("frames", "energy", "packets")}


async def _settled(*pages: Page) -> list[dict[str, float]]:
    """The same of all pages, as soon as each has reached its rate; what it was at last if one never does."""
    received: list[dict[str, float]] = []
    for _ in range(WINDOWS_MAX):
        received = await asyncio.gather(*(_received_a_second(page) for page in pages))
        if all(each["frames"] >= FRAMES_A_SECOND_MIN for each in received):
            break
    return received


async def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("KINLINE_SCREENSHOTS")
    if folder:
        await page.screenshot(path=str(Path(folder) / f"{name}.png"))


async def _texts(page: Page, locator: str) -> list[str]:
    return [text.strip() for text in await page.locator(locator).all_inner_texts()]


@pytest.mark.parametrize("prisoner_camera", ["actor"])
async def test_a_stranger_walks_in_and_an_officer_decides(tmp_path: Path, prisoner_camera: str) -> None:
    prisoner_film = Clip((sitter(prisoner_camera, 3),), CLIP_S)
    visitor_film = Clip((appears("group-3", STRANGER_AT_S), sitter("astronaut", 5, x=240)), CLIP_S)
    cameras = await asyncio.gather(
        asyncio.to_thread(camera_file, prisoner_film, tmp_path / "prisoner.mjpeg"),
        asyncio.to_thread(camera_file, visitor_film, tmp_path / "visitor.mjpeg"),
    )
    microphones = (
        microphone_file(tmp_path / "prisoner.wav", 330),
        microphone_file(tmp_path / "visitor.wav", 440),
    )

    async def story(stage: Stage) -> None:
        async with (
            async_playwright() as playwright,
            browser_page(playwright, cameras[0], microphones[0]) as prisoner,
            browser_page(playwright, cameras[1], microphones[1]) as visitor,
            browser_page(playwright) as officer,
        ):
            await _talk(stage, prisoner, visitor, officer)
            await _a_stranger_walks_in(prisoner, visitor, officer)
            await _the_officer_lets_them_go_on(stage, prisoner, visitor, officer)
            await _the_officer_ends_it(prisoner, visitor, officer)
            await _the_record_tells_it_in_order(stage, officer)

    await on_stage(tmp_path / "data", story)


async def _talk(stage: Stage, prisoner: Page, visitor: Page, officer: Page) -> None:
    await stage.enter(officer, "LM")
    await officer.goto(f"{stage.address}/wall")
    await join(stage, prisoner, "PR")
    await join(stage, visitor, "FA")
    for page in (prisoner, visitor):
        await expect(page.locator("#slate")).to_be_hidden(timeout=PATIENCE_MS)
    received = await _settled(prisoner, visitor)
    for each in received:
        assert each["frames"] >= FRAMES_A_SECOND_MIN, received
        assert each["packets"] >= 40, received  # 50 a second are sent
        assert each["energy"] > 0, received
    await _keep(prisoner, "call-prison")
    await _keep(visitor, "call-family")


async def _a_stranger_walks_in(prisoner: Page, visitor: Page, officer: Page) -> None:
    # The freeze comes first, then both sides see the slate.
    await prisoner.evaluate(WATCH_SILENCE)
    for page in (prisoner, visitor):
        await expect(page.locator("#slate")).to_be_visible(timeout=PATIENCE_MS)
    assert await prisoner.evaluate("() => window.longestSilence") >= FREEZE_SEEN_MS_MIN
    told = [await page.locator("#slate-text").inner_text() for page in (prisoner, visitor)]
    assert told[0] != told[1]  # only the person concerned is told what to do
    first = officer.locator(".kin-tile").first
    await expect(first).to_contain_text("Paused", timeout=PATIENCE_MS)
    await expect(first).to_contain_text("A face that nobody approved")
    await _keep(prisoner, "slate-prison")
    await _keep(visitor, "slate-family")
    await _keep(officer, "wall")


async def _the_officer_lets_them_go_on(stage: Stage, prisoner: Page, visitor: Page, officer: Page) -> None:
    await officer.goto(f"{stage.address}/calls/{stage.cast.call}")
    await officer.get_by_label("It may stay").first.check()
    await officer.get_by_label("Why may it go on?").fill("A cousin, known to the wing")
    await _keep(officer, "desk")
    await officer.get_by_role("button", name="Resume the call").click()
    for page in (prisoner, visitor):
        await expect(page.locator("#slate")).to_be_hidden(timeout=PATIENCE_MS)
    received = await _settled(prisoner, visitor)
    assert all(each["frames"] >= FRAMES_A_SECOND_MIN for each in received), received
    assert await prisoner.evaluate(BRIGHTNESS) > 60  # a lit room, where the slate is nearly black


async def _the_officer_ends_it(prisoner: Page, visitor: Page, officer: Page) -> None:
    await officer.locator("form[action$='/end'] textarea").fill("The time on the wing is over")
    await officer.get_by_role("button", name="End the call").click()
    for page in (prisoner, visitor):
        await expect(page.locator("#slate")).to_be_visible(timeout=PATIENCE_MS)
        await expect(page.locator("#line")).to_contain_text("over", timeout=PATIENCE_MS)


async def _the_record_tells_it_in_order(stage: Stage, auditor: Page) -> None:
    await stage.enter(auditor, "AU")
    await auditor.goto(f"{stage.address}/calls/{stage.cast.call}/timeline")
    told = await auditor.locator("main").inner_text()
    await _keep(auditor, "timeline")
    moments = (
        "WaitingRoomOpened",
        "ParticipantArrived",
        "IdentityChecked",
        "ParticipantAdmitted",
        "CallStarted",
        "StreamReleased",
        "StreamFrozen",
        "ViolationRaised",
        "CallPaused",
        "EvidencePictureKept",
        "CallResumed",
        "CallTerminated",
    )
    rows = auditor.locator("tr[data-type]")
    types = await rows.evaluate_all("rows => rows.map(row => row.dataset.type)")
    assert set(moments) <= set(types), types
    # A stream may freeze for a moment at any time: the freeze that counts is the last one before the pause.
    paused = types.index("CallPaused")
    frozen = paused - 1 - types[:paused][::-1].index("StreamFrozen")
    places = [frozen if moment == "StreamFrozen" else types.index(moment) for moment in moments]
    assert places == sorted(places), types
    assert "full:" in told  # the digests of the models that judged
    assert "A cousin, known to the wing" in told
    for word in ("distances", "limit", "samples that say so"):
        assert word in told.lower()
