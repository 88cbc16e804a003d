"""Whole pictures out of packets, whatever the network does to them; and the contract with aiortc's inside."""

import asyncio
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtp import RtpPacket

from infrastructure.media.assembler import PATIENCE_S, FrameAssembler, SoundAssembler, assemble
from infrastructure.media.egress import Egress
from infrastructure.media.frame import (
    PICTURE_RATE,
    SOUND_RATE,
    Codec,
    EncodedFrame,
    EncodedSound,
    StreamClock,
)
from infrastructure.media.seat import advertise
from infrastructure.media.slate import slate

KEY, DELTA = b"\x10" + b"k" * 3000, b"\x11" + b"d" * 2000


class Feed:
    """An assembler with a clock of its own, and packets as a sender makes them."""

    def __init__(self, first: int = 65_530) -> None:
        self.now = 100.0
        self.frames: list[EncodedFrame] = []
        self.sequence = first
        self.assembler = FrameAssembler(
            Codec.VP8, StreamClock(PICTURE_RATE, 100.0), self.frames.append, lambda: self.now
        )

    def packets(self, data: bytes, timestamp: int) -> list[RtpPacket]:
        payloads = Vp8Encoder._packetize(data, 1)
        made = []
        for number, payload in enumerate(payloads):
            packet = RtpPacket(
                payload_type=97,
                marker=int(number == len(payloads) - 1),
                sequence_number=self.sequence % 65_536,
                timestamp=timestamp % (1 << 32),
                ssrc=1,
                payload=payload,
            )
            packet._data = payload[4:]  # type: ignore[attr-defined]
            self.sequence += 1
            made.append(packet)
        return made

    def add(self, packets: list[RtpPacket]) -> bool:
        wants_key = [self.assembler.add(packet)[0] for packet in packets]
        return any(wants_key)


def test_pictures_come_whole_and_in_order_over_the_wrap_of_sequence_and_time() -> None:
    feed = Feed()
    start = (1 << 32) - 4500
    for number in range(4):
        feed.now = 100.0 + number / 30
        feed.add(feed.packets(KEY if number == 0 else DELTA, start + number * 3000))
    assert [frame.data for frame in feed.frames] == [KEY, DELTA, DELTA, DELTA]
    assert [frame.ticks for frame in feed.frames] == [0, 3000, 6000, 9000]
    assert [frame.media_ms for frame in feed.frames] == [0, 33, 67, 100]
    assert [frame.key for frame in feed.frames] == [True, False, False, False]


def test_packets_out_of_order_and_twice_make_the_same_pictures() -> None:
    feed = Feed()
    first, second = feed.packets(KEY, 0), feed.packets(DELTA, 3000)
    feed.add([first[0], first[2], first[1], second[1], first[1], second[0], first[0]])
    assert [frame.data for frame in feed.frames] == [KEY, DELTA]


def test_a_picture_before_the_first_key_frame_is_not_taken_and_one_is_asked_for() -> None:
    feed = Feed()
    assert feed.add(feed.packets(DELTA, 0))
    assert feed.frames == []


def test_a_lost_packet_is_awaited_and_then_only_a_key_frame_goes_on() -> None:
    feed = Feed()
    feed.add(feed.packets(KEY, 0))
    damaged = feed.packets(DELTA, 3000)
    assert not feed.add(damaged[1:])  # the retransmission may still come
    feed.now += PATIENCE_S / 2
    assert not feed.add(feed.packets(DELTA, 6000))
    feed.now += PATIENCE_S
    assert feed.add(feed.packets(DELTA, 9000))
    feed.add(feed.packets(DELTA, 12_000))
    feed.add(feed.packets(KEY, 15_000))
    assert [frame.ticks for frame in feed.frames] == [0, 15_000]
    assert feed.assembler.gaps_given_up == 1


def test_a_retransmitted_packet_within_patience_loses_nothing() -> None:
    feed = Feed()
    feed.add(feed.packets(KEY, 0))
    damaged = feed.packets(DELTA, 3000)
    feed.add(damaged[1:])
    feed.add(feed.packets(DELTA, 6000))
    feed.now += PATIENCE_S / 2
    feed.add(damaged[:1])
    assert [frame.ticks for frame in feed.frames] == [0, 3000, 6000]


def test_a_clock_that_goes_back_is_not_followed() -> None:
    feed = Feed()
    feed.add(feed.packets(KEY, 9000))
    assert feed.add(feed.packets(DELTA, 6000))
    assert not feed.add(feed.packets(KEY, 12_000))
    assert [frame.ticks for frame in feed.frames] == [0, 3000]


def test_a_clock_that_stands_still_or_races_is_set_again() -> None:
    feed = Feed()
    for number in range(40):
        feed.now = 100.0 + number * 0.1
        feed.add(feed.packets(KEY, number * 90))  # 1 ms a picture where 100 ms pass
    behind = [round((feed.now - 100.0) * 1000) - feed.frames[-1].media_ms for _ in range(1)]
    assert behind[0] <= 1000
    feed.add(feed.packets(KEY, 90_000 * 3600))  # an hour ahead
    assert feed.frames[-1].media_ms <= (feed.now - 100.0) * 1000 + 1


def test_sound_is_passed_on_in_order_and_late_packets_are_dropped() -> None:
    sounds: list[EncodedSound] = []
    assembler = SoundAssembler(StreamClock(SOUND_RATE, 0.0), sounds.append)
    for timestamp, data in ((0, b"a"), (1920, b"c"), (960, b"b"), (2880, b"d"), (3840, b"")):
        packet = RtpPacket(payload_type=96, sequence_number=1, timestamp=timestamp, ssrc=2, payload=data)
        packet._data = data  # type: ignore[attr-defined]
        assembler.add(packet)
    assert [sound.data for sound in sounds] == [b"a", b"c", b"d"]


def test_a_receiver_without_a_jitter_buffer_is_refused() -> None:
    bare: Any = object.__new__(RTCRtpReceiver)
    with pytest.raises(RuntimeError, match="internals changed"):
        assemble(bare, SoundAssembler(StreamClock(SOUND_RATE, 0.0), lambda _: None))


async def test_contract_encoded_packets_cross_a_loop_back_pair_of_aiortc() -> None:
    """What we replace inside aiortc 1.16 is called as we expect, on both ends; an upgrade may break it."""
    advertise(("127.0.0.1",))
    sender, receiver = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    asked: list[bool] = []
    egress = Egress(lambda: asked.append(True))
    frames: list[EncodedFrame] = []
    came = asyncio.Event()

    def take(frame: EncodedFrame) -> None:
        frames.append(frame)
        came.set()

    transceiver = sender.addTransceiver("video", direction="sendonly")
    egress.bind(transceiver.sender)
    incoming = receiver.addTransceiver("video", direction="recvonly")
    capable = RTCRtpSender.getCapabilities("video")
    for end in (transceiver, incoming):
        end.setCodecPreferences([c for c in capable.codecs if c.name in ("VP8", "rtx")])
    assembler = FrameAssembler(Codec.VP8, StreamClock(PICTURE_RATE, 0.0), take)
    await sender.setLocalDescription(await sender.createOffer())
    await receiver.setRemoteDescription(sender.localDescription)
    assemble(incoming.receiver, assembler)
    await receiver.setLocalDescription(await receiver.createAnswer())
    await sender.setRemoteDescription(receiver.localDescription)
    picture = EncodedFrame(slate(Codec.VP8) + bytes(4000), 0, 0, True, 0.0)
    async with asyncio.timeout(10):
        while sender.connectionState != "connected" or receiver.connectionState != "connected":
            await asyncio.sleep(0.01)
        egress.show(picture, 0.0)
        await came.wait()
        assert assembler.source == transceiver.sender._ssrc
        asked.clear()
        await incoming.receiver._send_rtcp_pli(assembler.source)
        while not asked:
            await asyncio.sleep(0.01)
    assert frames[0].data == picture.data
    inside: Any = transceiver.sender
    assert inside._RTCRtpSender__rtp_history
    assert inside._RTCRtpSender__ntp_timestamp
    egress.purge()
    assert not inside._RTCRtpSender__rtp_history
    await sender.close()
    await receiver.close()
