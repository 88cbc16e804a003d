"""A call page that was loaded again, or whose line went dead, is back in one step, with nobody's hand.

The real page in a real browser, the real application, and a real call of the media plane in this process.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from domain.clearance import ClearanceMode, Side
from domain.stream import QualityDegraded
from infrastructure.media.call import LiveCall
from tests.api.conftest import LIVE
from tests.browser.browsers import inbound
from tests.browser.conftest import Served
from tests.facts import fact
from tests.house import Media
from tests.infrastructure.media.support import Stage, stage

pytestmark = [pytest.mark.postgres, pytest.mark.browser, pytest.mark.slow, pytest.mark.alone]

PATIENCE_S = 20.0
PICTURES_A_SECOND_MIN = 12


class Wire(Media):
    """The media plane of the house, with one call behind it that is real."""

    def __init__(self, call: LiveCall) -> None:
        super().__init__()
        self.call = call
        self.joined: list[tuple[Side, bool]] = []

    async def join(self, call: str, side: Side, offer: str, connection: str, *, light: bool = False) -> str:
        answer = await self.call.join(side, offer, connection, light=light)
        self.joined.append((side, light))
        return answer

    async def save_data(self, call: str, side: Side, *, light: bool) -> None:
        self.call.save_data(side, light=light)


@dataclasses.dataclass
class OnCall:
    """The family's page in a call that runs, and what is behind it."""

    page: Page
    served: Served
    stage: Stage
    wire: Wire

    async def sees(self) -> None:
        """Wait until the other side moves: far more pictures a second than there are slates."""
        async with asyncio.timeout(PATIENCE_S):
            while await self._decoded_in_a_second() < PICTURES_A_SECOND_MIN:
                pass

    async def _decoded_in_a_second(self) -> float:
        before = await self._decoded()
        await asyncio.sleep(1.0)
        return await self._decoded() - before

    async def _decoded(self) -> float:
        connected = await self.page.evaluate("() => !!window.kinlineConnection")
        return (await inbound(self.page, "video")).get("framesDecoded", 0) if connected else 0

    async def joined(self, times: int) -> None:
        """Wait until the page has connected so often."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.wire.joined) < times:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def a_call(served: Served, folder: Path) -> AsyncIterator[OnCall]:
    await served.house.given(*LIVE)
    async with stage(folder) as on:
        wire = Wire(on.call)
        served.house.app.state.services = dataclasses.replace(served.house.services, engine=wire)
        prisoner = await on.join(Side.PRISONER)
        page = await (await served.side(Side.VISITOR)).new_page()
        await page.goto("/call")
        await page.get_by_label("Save data").check()
        await page.get_by_role("button", name="Join the call").click()
        call = OnCall(page, served, on, wire)
        await call.joined(1)
        for side in Side:
            await on.call.admit(side, ClearanceMode.MATCH, 1)
            await on.kept.until("MediaConnected", side=side.value)
        prisoner.start()
        on.call.start(datetime.now(UTC))
        yield call


async def test_a_page_that_is_loaded_again_goes_straight_on(served: Served, tmp_path: Path) -> None:
    async with a_call(served, tmp_path) as on:
        await on.sees()
        await on.page.reload()
        await on.joined(2)
        await on.stage.kept.until("ReportBack", side="visitor")
        await on.stage.call.resume({})  # that is on record: the call goes on by itself
        await on.sees()
        prisoner = on.stage.clients[Side.PRISONER]
        await prisoner.until_pictures(prisoner.received.frames + 10)
        assert on.wire.joined == [(Side.VISITOR, True)] * 2  # what was chosen is remembered too
        await expect(on.page.locator("#ready")).to_be_hidden()
        assert (await on.stage.kept.until("DataLightChosen"))["light"]


@pytest.mark.long
async def test_a_line_that_went_dead_is_left_for_a_new_one(served: Served, tmp_path: Path) -> None:
    async with a_call(served, tmp_path) as on:
        await on.sees()
        connection: Any = on.stage.call._sides[Side.VISITOR].connection
        transport = connection._peer.getTransceivers()[0].sender.transport

        async def nothing(_: bytes) -> None:
            """The network changed: what is sent on this line goes nowhere, and ICE has not noticed yet."""

        transport._send_rtp = nothing
        await on.joined(2)
        await on.sees()


@pytest.mark.long
async def test_a_weak_line_and_sound_alone_are_shown_on_the_page(served: Served, tmp_path: Path) -> None:
    async with a_call(served, tmp_path) as on:
        await on.sees()
        await on.served.house.given(fact(QualityDegraded, 30))
        await expect(on.page.locator("#weak")).to_contain_text("Your connection is very weak")
        await on.page.get_by_role("button", name="Send sound only").click()
        await expect(on.page.get_by_role("button", name="Send my picture again")).to_be_visible()
        sending = """() => window.kinlineConnection.getSenders()
            .find(s => s.track?.kind === 'video').getParameters().encodings[0].active"""
        async with asyncio.timeout(PATIENCE_S):
            while await on.page.evaluate(sending):
                await asyncio.sleep(0.1)
