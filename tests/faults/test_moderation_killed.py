"""Moderation dies in a call: nothing newer than its last clean verdict leaves, and the call goes on with the next."""

import asyncio
import contextlib
import time
from functools import partial
from pathlib import Path

import pytest

from domain.clearance import Side
from domain.moderation.block import Block
from domain.moderation.observation import Observation
from domain.stream import ModerationLost, ModerationRestored, ObservationsSealed, SlateShown, StreamReleased
from domain.texts import CHECKING_INTERRUPTED
from tests.faults.conftest import Tell
from tests.faults.installation import Story, a_call, until

pytestmark = [pytest.mark.slow, pytest.mark.models]

DELAY_S = 0.35  # what the policy holds every picture back
SLACK_S = 0.4  # of a busy machine
PICTURE_MS = 40
BLIND_S = 2.5  # without a verdict: longer than the 2 s after which people are told


async def test_moderation_killed_in_a_call_lets_nothing_newer_than_its_last_verdict_leave(
    tmp_path: Path, tell: Tell
) -> None:
    async with a_call(tmp_path) as story:
        call, log, before = story.call, story.log, story.log.head
        killed, pid = time.monotonic(), story.kinline.kill("moderation")
        while time.monotonic() - killed < BLIND_S:  # a new one may be ready sooner than anybody is told
            with contextlib.suppress(AssertionError, ProcessLookupError):
                pid = story.kinline.kill("moderation")
            await asyncio.sleep(0.1)
        lost = {side: await log.until(ModerationLost, after=before, side=side) for side in Side}
        said_s = time.monotonic() - killed
        dark = {side: [p.arrived - killed for p in call.pictures(side.other, killed)] for side in Side}
        for side in Side:
            told = await log.until(SlateShown, after=before, viewer=side)
            assert told.event.text_key == CHECKING_INTERRUPTED
            await until(partial(call.slates, side, killed), 5, "the slate")
            assert max(dark[side], default=0.0) <= DELAY_S + SLACK_S
        await until(lambda: story.kinline.pid("moderation") not in (None, pid), 30, "a new moderation")
        restored = [await log.until(ModerationRestored, after=before, side=side) for side in Side]
        await call.flows()
        await call.pause("What was seen until now goes on record")
        for side in Side:
            await nothing_unjudged_left(story, side, lost[side].event.last_media_ms, killed)
        lasted = max(event.event.lost_ms for event in restored)
        tell(f"moderation killed: on record {said_s:.1f} s later, verdicts again after {lasted} ms")
        assert await story.kinline.stop() < 15


async def nothing_unjudged_left(story: Story, side: Side, last_ms: int, killed: float) -> None:
    """What the other side received until moderation was back ends with the record, and before its last verdict."""
    viewer, log = side.other, story.log
    first = log.of_call(StreamReleased)[0]
    released = next(r for r in log.of_call(StreamReleased) if r.event.side is side)
    resumed = next(
        r for r in log.of_call(StreamReleased) if r.event.side is side and r.event.media_ms > last_ms
    )
    assert first.position <= released.position < resumed.position
    came = story.call.pictures(viewer, 0.0)
    gap = max(range(1, len(came)), key=lambda i: came[i].arrived - came[i - 1].arrived)
    shown_ms = released.event.media_ms + came[gap - 1].media_ms - came[0].media_ms
    verdicts = await judged_ms(story, side, released.event.media_ms, resumed.event.media_ms)
    assert came[gap - 1].arrived <= killed + DELAY_S + SLACK_S
    assert abs(shown_ms - last_ms) <= PICTURE_MS
    assert last_ms <= max(ms for ms in verdicts if ms < resumed.event.media_ms - 1000)


async def judged_ms(story: Story, side: Side, from_ms: int, to_ms: int) -> list[int]:
    """Media times of the pictures that moderation judged, from the sealed blocks on record."""
    sealed = await story.log.until(
        ObservationsSealed, after=story.log.of_call(ModerationRestored)[0].position, side=side, seconds=70
    )
    found: list[int] = []
    async with story.kinline.shop() as shop:
        for recorded in story.log.of_call(ObservationsSealed):
            if recorded.event.side is side and recorded.position <= sealed.position:
                for reference in recorded.event.digests:
                    content = await shop.set_up.vault.get(reference)
                    assert content is not None
                    entries = Block.from_bytes(content).entries
                    found += [entry.media_ms for entry in entries if isinstance(entry, Observation)]
    return [ms for ms in found if from_ms <= ms <= to_ms]
