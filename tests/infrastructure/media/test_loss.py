"""Calls over lines that lose packets: sound keeps its pace, pictures recover, and nothing unjudged slips out."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from domain.audio_only import AudioOnlyBecause
from domain.clearance import Side
from domain.moderation.verdict import Verdict
from domain.policy import LinePolicy
from infrastructure.media.frame import EncodedFrame
from tests.infrastructure.media.lossy import LossyLine
from tests.infrastructure.media.support import Stage, shown, stage

pytestmark = pytest.mark.long  # real connections, in real time

SOUND_GAP_S_MAX = 0.4
PICTURE_GAP_S_MAX = 2.0  # a key frame is asked for, comes, and is judged
SOUND_SPREAD_MS_MAX = 40


async def until(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    """Wait for a condition. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.02)


def watch_the_door(on: Stage, side: Side) -> list[EncodedFrame]:
    """Every picture of a side that leaves; fails at once for one newer than the last clean verdict."""
    direction: Any = on.call._sides[side].direction
    viewer: Any = direction.viewer
    left: list[EncodedFrame] = []
    clean_until = -1
    judged, show = direction.judged, viewer.show

    def take(verdict: Verdict, *, unexplained_change: bool) -> None:
        nonlocal clean_until
        if verdict.clean:
            clean_until = verdict.media_ms
        judged(verdict, unexplained_change=unexplained_change)

    def leave(frame: EncodedFrame, due: float, *, measured: bool = False) -> bool:
        leaves: bool = show(frame, due, measured=measured)
        if leaves:
            left.append(frame)
            assert frame.media_ms <= clean_until
        return leaves

    direction.judged, viewer.show = take, leave
    return left


@pytest.mark.parametrize("share", [0.02, 0.05])
async def test_a_lossy_line_is_heard_in_time_and_seen_again_soon(tmp_path: Path, share: float) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        line = LossyLine(on.clients[Side.VISITOR]._peer)
        left = watch_the_door(on, Side.VISITOR)
        line.share = share
        viewer = on.clients[Side.PRISONER]
        await until(lambda: line.sent >= 500, 30)
        line.share = 0.0
        pictures = viewer.received.frames
        await viewer.until_pictures(pictures + 10, PICTURE_GAP_S_MAX)

        assert line.lost >= 500 * share * 0.5
        gaps = [after.arrived - before.arrived for before, after in pairwise(viewer.sounds)]
        assert max(gaps) <= SOUND_GAP_S_MAX
        seen = [(frame, number) for frame, number, _ in shown(viewer.pictures) if number is not None]
        numbers = [number for _, number in seen]
        assert numbers == sorted(set(numbers))  # whole pictures, in order: none was decoded from a torn one
        times = [frame.arrived for frame, _ in seen]
        assert max(after - before for before, after in pairwise(times)) <= PICTURE_GAP_S_MAX
        latency = (await on.call.status())["sides"]["visitor"]["added_latency_ms"]["audio"]
        assert latency["p95"] - latency["p50"] <= SOUND_SPREAD_MS_MAX
        assert len(left) > 50


async def test_on_a_bad_line_sound_goes_alone_and_the_picture_comes_back_judged(tmp_path: Path) -> None:
    rules = LinePolicy(heartbeat_s=1, values=2, audio_only_after_s=2)
    async with stage(tmp_path, line=rules) as on:
        await on.begin()
        line = LossyLine(on.clients[Side.VISITOR]._peer)
        viewer = on.clients[Side.PRISONER]
        await viewer.until_pictures(10)
        line.share = 0.4
        degraded = await on.kept.until("QualityDegraded", side="visitor", way="from_side", grade="bad")
        assert degraded["loss"] >= 1500
        asked = await on.kept.until("EnterAudioOnly", side="visitor", timeout=15)
        assert asked["cause"] == "bad_line"

        on.call.sound_alone(Side.VISITOR, AudioOnlyBecause.BAD_LINE)  # it is on record
        slate_shown = await on.kept.until("SlateShown", viewer="prisoner", reason="audio_only")
        assert slate_shown["text_key"] == "slate.audio_only"
        pictures, sounds = viewer.received.frames, viewer.received.sounds
        judged = on.observers[Side.VISITOR].asked
        await until(lambda: viewer.received.sounds > sounds + 30)
        await until(lambda: viewer.received.slate_frames >= 3)
        assert viewer.received.frames == pictures
        assert on.observers[Side.VISITOR].asked <= judged + 1  # no picture rule runs
        assert on.call.state.value == "live"

        line.share = 0.0
        recovered = await on.kept.until("QualityRecovered", side="visitor", way="from_side")
        assert recovered["worst_loss"] >= degraded["loss"]
        assert recovered["lasted_ms"] > 0
        await on.kept.until("LeaveAudioOnly", side="visitor", cause="line_recovered")
        left = watch_the_door(on, Side.VISITOR)
        on.call.sound_alone(Side.VISITOR, None)
        await viewer.until_pictures(pictures + 5)
        assert left[0].key
        assert on.kept.named("ModerationLost") == []
