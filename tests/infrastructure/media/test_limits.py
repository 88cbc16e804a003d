"""What a changed client sends too much of is bounded: pictures, sounds, streams, and what is reported of it."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiortc.rtp import is_rtcp

from domain.clearance import ClearanceMode, Side
from domain.moderation.policy import ReleasePolicy
from domain.moderation.verdict import Verdict
from infrastructure.media import reporter as reporting
from infrastructure.media.clearance import HELD_BYTES_MAX, HELD_MAX, Clearance
from infrastructure.media.direction import SOUNDS_MAX, Direction
from infrastructure.media.frame import EncodedFrame, EncodedSound
from tests.infrastructure.media.support import stage
from tests.infrastructure.media.test_release_machine import HandTimer, Screen
from tests.infrastructure.media.test_reporter import StoreAway, desk, report, until


def frame(number: int, size: int = 10) -> EncodedFrame:
    return EncodedFrame(bytes(size), number * 3000, number * 33, number == 0, 100.0)


@pytest.mark.parametrize(
    ("size", "kept"), [(10, HELD_MAX), (256 * 1024, HELD_BYTES_MAX // (256 * 1024))], ids=["many", "large"]
)
def test_of_pictures_that_wait_too_long_the_oldest_are_dropped_and_a_key_frame_is_needed(
    size: int, kept: int
) -> None:
    clearance = Clearance(ReleasePolicy())
    clearance.judged(Verdict(0, True, False, None, 250, True, True), unexplained_change=False)
    for number in range(1, kept + 51):
        assert clearance.arrived(frame(number, size)) == []
    last = (kept + 50) * 33
    leaving = clearance.judged(Verdict(last, True, False, None, 250, True, True), unexplained_change=False)
    assert len(leaving) == kept
    assert leaving[0].after_gap


class Untold:
    """A direction's events, which nobody needs here."""

    def released(self, media_ms: int) -> None: ...

    def frozen(self, verdict: Verdict, last_ms: int | None) -> None: ...


def test_of_too_many_sounds_the_oldest_are_dropped() -> None:
    timer = HandTimer()
    direction = Direction(ReleasePolicy(), Untold(), lambda: None, timer)
    screen = Screen(lambda: None, lambda _: None)
    direction.show_to(screen)
    direction.admit(ClearanceMode.MATCH)
    direction.open()
    for number in range(SOUNDS_MAX + 100):
        direction.sound(EncodedSound(b"s", number, timer.time))
    timer.advance(1.0)
    assert screen.heard == SOUNDS_MAX


async def test_a_call_that_reports_more_than_the_log_takes_goes_dark_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "REPORTS_MAX", 8)
    async with desk(tmp_path) as on:
        on.log.failure = StoreAway()
        for _ in range(8):
            report(on, "c-1")
        await until(lambda: on.dark != [])
        assert on.dark == [("c-1", "reports_full")]
        on.log.failure = None
        await until(lambda: on.light != [])
        await on.reporter.settled()
        assert len(on.log.got) == 8
        assert on.light == [("c-1", "log_back")]


@pytest.mark.slow  # real connections, in real time
async def test_a_client_that_sends_ever_new_streams_is_put_out(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.begin()
        transport: Any = on.clients[Side.VISITOR]._peer.getTransceivers()[0].sender.transport
        send, numbers = transport._send_rtp, count(1)

        async def as_another(data: bytes) -> None:
            if not is_rtcp(data):
                data = data[:8] + next(numbers).to_bytes(4, "big") + data[12:]
            await send(data)

        transport._send_rtp = as_another
        lost = await on.kept.until("ReportLost", side="visitor")
        assert lost["cause"] == "too_many_sources"
