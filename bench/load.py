"""The load of a media measurement: sides of a call that send what was encoded beforehand, in real time."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from time import monotonic
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from infrastructure import clips
from infrastructure.clips import Clip
from infrastructure.media.assembler import FrameAssembler, assemble
from infrastructure.media.frame import PICTURE_RATE, SOUND_RATE, Codec, StreamClock

PICTURES_PER_S, BITS_PER_S = 30, 800_000
LOOP_PICTURES = 90  # then the load begins again, with a key frame
FILM_S = 10.0
CONNECT_S = 20.0
WIDTH, HEIGHT = 640, 480

PEOPLE = ("astronaut", "actor")  # the prisoner, the visitor


@dataclass(frozen=True)
class Reel:
    """Encoded pictures and sounds that are played in a loop; the first picture alone is a key frame."""

    pictures: tuple[bytes, ...]
    sounds: tuple[bytes, ...]


@cache
def noise() -> Reel:
    """Three seconds without a face: what costs the same in every picture."""
    chance = np.random.default_rng(1)
    ground = np.kron(chance.integers(90, 170, (HEIGHT // 32, WIDTH // 32)), np.ones((32, 32)))
    return Reel(_encoded(_picture(ground, number, chance) for number in range(LOOP_PICTURES)), _hum())


@cache
def portrait(person: str, seed: int) -> Reel:
    """Ten seconds of somebody who sits and talks."""
    film = Clip((clips.sitter(person, seed),), FILM_S)
    return Reel(_encoded(av.VideoFrame.from_ndarray(p, format="rgb24") for p in clips.pictures(film)), _hum())


def talking() -> tuple[Reel, Reel]:
    """The two sides of a call."""
    return portrait(PEOPLE[0], 0), portrait(PEOPLE[1], 1)


def _encoded(pictures: Iterable[av.VideoFrame]) -> tuple[bytes, ...]:
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = WIDTH, HEIGHT, "yuv420p", BITS_PER_S
    encoder.time_base, encoder.framerate = Fraction(1, PICTURES_PER_S), Fraction(PICTURES_PER_S, 1)
    rate = str(BITS_PER_S)
    encoder.options = {
        "cpu-used": "-6", "deadline": "realtime", "lag-in-frames": "0", "minrate": rate, "maxrate": rate,
        "bufsize": rate,
    }  # fmt: skip
    encoder.gop_size = 3000
    packets: list[bytes] = []
    for number, picture in enumerate(pictures):
        picture.pts, picture.time_base = number, Fraction(1, PICTURES_PER_S)
        packets += [bytes(packet) for packet in encoder.encode(picture)]
    return tuple(packets)


def _picture(ground: Any, number: int, chance: np.random.Generator) -> av.VideoFrame:
    """A head that moves before a shaking, noisy ground."""
    luma = np.roll(ground, (number % 5, number % 7), (0, 1)) + chance.normal(scale=2.5, size=(HEIGHT, WIDTH))
    left = 220 + round(40 * np.sin(number / 12))
    luma[110:370, left : left + 200] += 40
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = np.clip(luma, 0, 255)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def _hum() -> tuple[bytes, ...]:
    """Three seconds of a low tone."""
    angle = np.arange(3 * SOUND_RATE) * 2 * np.pi * 180 / SOUND_RATE
    return encoded_sounds(6000 * np.sin(angle))


def encoded_sounds(wave: np.ndarray[Any, Any]) -> tuple[bytes, ...]:
    """Packets of Opus, each of 20 ms."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.bit_rate, encoder.sample_rate = 24_000, SOUND_RATE
    encoder.format, encoder.layout = "s16", "stereo"
    return tuple(bytes(packet) for sound in _sounds(wave) for packet in encoder.encode(sound))


def _sounds(wave: np.ndarray[Any, Any]) -> Iterator[av.AudioFrame]:
    samples = SOUND_RATE // 50
    for start in range(0, len(wave) - samples + 1, samples):
        part = np.repeat(wave[start : start + samples].astype(np.int16), 2).reshape(1, -1)
        sound = av.AudioFrame.from_ndarray(part, format="s16", layout="stereo")
        sound.sample_rate, sound.pts, sound.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        yield sound


class Player(MediaStreamTrack):
    """Plays encoded packets in a loop and in real time."""

    def __init__(self, kind: str, packets: tuple[bytes, ...], every_s: float, rate: int) -> None:
        super().__init__()
        self.kind = kind
        self._packets, self._every_s, self._rate = packets, every_s, rate
        self._number = self._next = 0
        self._began = monotonic()

    def begin_again(self) -> None:
        """The viewer asks for a key frame: the first packet of the loop is one."""
        self._next = 0

    async def recv(self) -> Any:
        due = self._began + self._number * self._every_s
        await asyncio.sleep(max(0.0, due - monotonic()))
        packet = av.Packet(self._packets[self._next % len(self._packets)])
        packet.pts = packet.dts = round(self._number * self._every_s * self._rate)
        packet.time_base = Fraction(1, self._rate)
        self._number += 1
        self._next += 1
        return packet


class Viewer:
    """Counts whole pictures that arrive, without decoding them."""

    def __init__(self) -> None:
        self.pictures = 0
        self.flowing = asyncio.Event()  # a second of pictures came

    def count_of(self, peer: RTCPeerConnection) -> None:
        """Count what this connection receives. Before its local description is set, or its remote one."""
        for transceiver in peer.getTransceivers():
            if transceiver.kind == "video":
                clock = StreamClock(PICTURE_RATE, monotonic())
                assemble(transceiver.receiver, FrameAssembler(Codec.VP8, clock, self._count))

    def _count(self, _: object) -> None:
        self.pictures += 1
        if self.pictures >= PICTURES_PER_S:
            self.flowing.set()


class Load:
    """One side of the call: sends its reel, and counts the pictures of the other side."""

    def __init__(self, reel: Reel | None = None) -> None:
        reel = reel or noise()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.camera = Player("video", reel.pictures, 1 / PICTURES_PER_S, PICTURE_RATE)
        self.microphone = Player("audio", reel.sounds, 0.02, SOUND_RATE)
        self.viewer = Viewer()

    async def offer(self) -> str:
        for track in (self.camera, self.microphone):
            self.peer.addTrack(track)
        for transceiver in self.peer.getTransceivers():
            if transceiver.kind == "video":
                _only_vp8(transceiver)
                setattr(transceiver.sender, "_send_keyframe", self.camera.begin_again)  # noqa: B010  asked by PLI
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        self.viewer.count_of(self.peer)
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        await self.peer.close()


async def flowing(viewers: Iterable[Viewer], within_s: float = CONNECT_S) -> None:
    """Wait until pictures arrive everywhere. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        for viewer in viewers:
            await viewer.flowing.wait()


def _only_vp8(transceiver: Any) -> None:
    capable: Any = RTCRtpSender.getCapabilities("video")
    transceiver.setCodecPreferences([c for c in capable.codecs if c.name in ("VP8", "rtx")])
