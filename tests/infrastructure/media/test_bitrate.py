"""A camera is told the least of what its line, its viewer's line and the policy carry, once a second at most."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from aiortc.rtp import RTCP_PSFB_APP, RTCP_PSFB_PLI, RtcpPsfbPacket, pack_remb_fci, unpack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from domain.clearance import Side
from domain.policy import LinePolicy
from infrastructure.media.bitrate import HEARD_S, TOLD_S, Ceiling, Estimator, hear
from infrastructure.media.client import CameraClient
from infrastructure.media.clip import Drawn
from tests.infrastructure.media.support import numbered, stage

POLICY = LinePolicy()
RATE = st.integers(1_000, 5_000_000)


class Hand:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@given(st.none() | RATE, st.none() | RATE, st.booleans())
def test_the_least_counts_between_what_can_still_be_judged_and_the_policy(
    own: int | None, viewer: int | None, light: bool
) -> None:
    ceiling = Ceiling(POLICY, Hand())
    if viewer is not None:
        ceiling.heard(viewer)
    told = ceiling.bits_per_s(own, light=light)
    most = (POLICY.picture_kbps_light if light else POLICY.picture_kbps) * 1000
    said = [rate for rate in (own, viewer) if rate is not None]
    assert told == max(min([most, *said]), POLICY.picture_kbps_min * 1000)


def test_what_a_viewer_said_counts_until_they_were_silent_for_long() -> None:
    clock = Hand()
    ceiling = Ceiling(POLICY, clock)
    ceiling.heard(300_000)
    clock.time += HEARD_S
    assert ceiling.bits_per_s(None, light=False) == 300_000
    clock.time += 0.01
    assert ceiling.bits_per_s(None, light=False) == POLICY.picture_kbps * 1000


def test_another_viewer_is_not_measured_by_the_one_before() -> None:
    ceiling = Ceiling(POLICY, Hand())
    ceiling.heard(300_000)
    ceiling.forget()
    assert ceiling.bits_per_s(500_000, light=False) == 500_000


class Inner:
    """An estimator as aiortc has one: it speaks when it has something to say."""

    def __init__(self) -> None:
        self.says: tuple[int, list[int]] | None = None

    def add(self, **_: int) -> tuple[int, list[int]] | None:
        says, self.says = self.says, None
        return says


def test_a_sender_is_told_once_a_second_what_was_measured_last() -> None:
    clock, inner = Hand(), Inner()
    ceiling = Ceiling(POLICY, clock)
    estimator = Estimator(inner, lambda estimate: ceiling.bits_per_s(estimate, light=False), clock)

    def packet(measured: int | None = None) -> Any:
        inner.says = None if measured is None else (measured, [1, 2])
        return estimator.add(abs_send_time=0, arrival_time_ms=0, payload_size=1200, ssrc=1)

    assert packet() == (900_000, [1])  # nothing is measured yet
    assert packet(700_000) is None
    clock.time += TOLD_S
    assert packet() == (700_000, [1, 2])
    ceiling.heard(400_000)
    clock.time += TOLD_S / 2
    assert packet(650_000) is None
    clock.time += TOLD_S / 2
    assert packet() == (400_000, [1, 2])


class Sender:
    """As much of aiortc's sender as takes reports."""

    def __init__(self) -> None:
        self.took: list[Any] = []

    async def _handle_rtcp_packet(self, packet: Any) -> None:
        self.took.append(packet)


@pytest.mark.parametrize("fci", [b"", b"REMB", b"REMB\x09\x00\x00\x01", b"else\x00\x00\x00\x00"])
async def test_nonsense_from_a_viewer_says_nothing_and_harms_nothing(fci: bytes) -> None:
    heard: list[int] = []
    sender: Any = Sender()
    hear(sender, heard.append)
    packet = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0, fci=fci)
    await sender._handle_rtcp_packet(packet)
    assert (heard, sender.took) == ([], [packet])


async def test_a_viewers_estimate_is_heard_and_still_reaches_aiortc() -> None:
    heard: list[int] = []
    sender: Any = Sender()
    hear(sender, heard.append)
    for fmt in (RTCP_PSFB_PLI, RTCP_PSFB_APP):
        fci = pack_remb_fci(350_000, [7])
        await sender._handle_rtcp_packet(RtcpPsfbPacket(fmt=fmt, ssrc=1, media_ssrc=0, fci=fci))
    assert heard == [350_000]
    assert len(sender.took) == 2


def told(client: CameraClient) -> Callable[[], int | None]:
    """What the server told this client's camera last, in bits a second."""
    sender: Any = next(t.sender for t in client._peer.getTransceivers() if t.kind == "video")
    rates: list[int] = []
    before = sender._handle_rtcp_packet

    async def take(packet: Any) -> None:
        if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            rates.append(unpack_remb_fci(packet.fci)[0])
        await before(packet)

    sender._handle_rtcp_packet = take
    return lambda: rates[-1] if rates else None


def restless() -> Drawn:
    """The numbered pictures with noise below, so that the camera has more to send than it may."""
    plain = numbered()

    def draw(at: float) -> av.VideoFrame:
        planes = plain.draw(at).to_ndarray()
        planes[150:240] = np.random.default_rng(round(at * 1000)).integers(0, 255, (90, 320))
        return av.VideoFrame.from_ndarray(planes, format="yuv420p")

    return Drawn(60.0, draw, plain.per_s)


@pytest.mark.slow  # real connections, in real time
async def test_a_wish_to_save_data_and_a_weak_line_of_the_viewer_reach_the_camera(tmp_path: Path) -> None:
    line = LinePolicy(picture_kbps_light=250)
    async with stage(tmp_path, line=line) as on:
        await on.begin(visitor=restless())
        rate = told(on.clients[Side.VISITOR])

        async def until(wanted: Callable[[int], bool]) -> None:
            async with asyncio.timeout(15):
                while (now := rate()) is None or not wanted(now):
                    await asyncio.sleep(0.05)

        await until(lambda now: now > 250_000)
        on.call.save_data(Side.PRISONER, light=True)
        await until(lambda now: now == 250_000)
        assert (await on.kept.until("DataLightChosen", side="prisoner"))["light"]
        connection: Any = on.clients[Side.PRISONER]._peer
        receiver = next(t.receiver for t in connection.getTransceivers() if t.kind == "video")
        sources = list(receiver._RTCRtpReceiver__remote_streams)
        packet = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0, fci=pack_remb_fci(200_000, sources))
        await receiver._send_rtcp(packet)
        await until(lambda now: now <= 200_000)
