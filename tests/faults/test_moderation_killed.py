"""Moderation dies in a call: nothing newer than its last clean verdict leaves, and the call goes on with the next."""

import time
from pathlib import Path

import pytest

from domain.clearance import Side
from domain.moderation.block import Block
from domain.moderation.observation import Observation
from domain.stream import ModerationLost, ModerationRestored, ObservationsSealed, SlateShown, StreamReleased
from domain.texts import CHECKING_INTERRUPTED
from tests.faults.installation import Story, a_call, until

pytestmark = [pytest.mark.slow, pytest.mark.models]


async def test_moderation_killed_in_a_call_shows_the_slate_and_the_call_goes_on(tmp_path: Path) -> None:
    async with a_call(tmp_path) as story:
        call, log = story.call, story.log
        released = {side: log.of_call(StreamReleased)[0] for side in Side}
        before = log.head
        killed, pid = time.monotonic(), story.kinline.kill("moderation")
        lost = {side: await log.until(ModerationLost, after=before, side=side) for side in Side}
        print(released, lost, time.monotonic() - killed)
        for side in Side:
            slate = await log.until(SlateShown, after=before, viewer=side)
            assert slate.event.text_key == CHECKING_INTERRUPTED
            await call.sees_slate(side)
        await until(lambda: story.kinline.pid("moderation") not in (None, pid), 30, "a new moderation")
        for side in Side:
            await log.until(ModerationRestored, after=before, side=side)
        await call.flows()
        print(log.names)
        print("stop", await story.kinline.stop())
