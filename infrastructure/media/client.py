"""A real WebRTC client: plays footage as camera and microphone, and keeps account of what it receives.

For rehearsals and tests. It encodes live, so that requests for key frames work as with a browser.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import monotonic
from typing import Self

import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av.video.frame import PictureType

from infrastructure.media.assembler import FrameAssembler, SoundAssembler, assemble
from infrastructure.media.clip import SOUND_SAMPLES, Footage
from infrastructure.media.frame import (
    PICTURE_RATE,
    SOUND_RATE,
    Codec,
    EncodedFrame,
    EncodedSound,
    StreamClock,
)
from infrastructure.media.recording import Recording
from infrastructure.media.slate import slate

_STILL_S = 0.04  # before the start and after the end a picture is repeated at 25 a second


class _Camera(MediaStreamTrack):
    """The first picture until the start, then the footage in real time, then its last picture."""

    kind = "video"

    def __init__(self, footage: Footage) -> None:
        super().__init__()
        self._pictures: Iterator[tuple[float, av.VideoFrame]] = footage.pictures()
        self._next = next(self._pictures, None)
        assert self._next is not None
        self._shown = self._next[1]
        self._origin = monotonic()
        self._due = self._origin
        self.started: float | None = None
        self.ended = asyncio.Event()

    async def recv(self) -> av.VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        self._due = self._due_at()
        await asyncio.sleep(max(0.0, self._due - monotonic()))
        if (
            self.started is not None
            and self._next is not None
            and self.started + self._next[0] <= monotonic() + 0.002
        ):
            self._shown = self._next[1]
            self._next = next(self._pictures, None)
        if self._next is None:
            self.ended.set()
        self._shown.pict_type = (
            PictureType.NONE
        )  # the encoder decides; a request for a key frame set it before
        self._shown.pts = round((monotonic() - self._origin) * PICTURE_RATE)
        self._shown.time_base = Fraction(1, PICTURE_RATE)
        return self._shown

    def _due_at(self) -> float:
        if self.started is None or self._next is None:
            return self._due + _STILL_S
        return self.started + self._next[0]


class _Microphone(MediaStreamTrack):
    """Silence until the start, then the footage's sound in real time, then silence."""

    kind = "audio"

    def __init__(self, footage: Footage) -> None:
        super().__init__()
        self._sounds = footage.sounds()
        self._origin = monotonic()
        self._number = 0
        self.started: float | None = None

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await asyncio.sleep(max(0.0, self._origin + self._number * SOUND_SAMPLES / SOUND_RATE - monotonic()))
        frame = next(self._sounds, None) if self.started is not None else None
        if frame is None or frame.samples != SOUND_SAMPLES:
            frame = _silence()
        frame.pts, frame.time_base = self._number * SOUND_SAMPLES, Fraction(1, SOUND_RATE)
        frame.sample_rate = SOUND_RATE
        self._number += 1
        return frame


@dataclass(frozen=True, slots=True)
class Received:
    """What a side received, in sum."""

    frames: int  # pictures of the other side
    slate_frames: int
    longest_gap_ms: int  # between two pictures of any kind, since the first
    sounds: int


class CameraClient:
    """One side of a call. Use it as `async with`; `offer` and `accept` connect it."""

    def __init__(self, footage: Footage, *, keep: bool = False) -> None:
        self._footage, self._keep = footage, keep
        self._epoch = monotonic()
        self._slate = slate(Codec.VP8)
        self._recording: Recording | None = None
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._camera, self._microphone = _Camera(footage), _Microphone(footage)
        self.pictures: list[EncodedFrame] = []  # with `keep`: everything that came, the slate included
        self.sounds: list[EncodedSound] = []
        self.news = asyncio.Event()  # set whenever a picture comes
        self._frames = self._slates = self._sounds = 0
        self._last_picture: float | None = None
        self._longest_gap_s = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def offer(self) -> str:
        """Our offer, with everything a browser's would have."""
        self._peer.addTrack(self._camera)
        self._peer.addTrack(self._microphone)
        for transceiver in self._peer.getTransceivers():
            if transceiver.kind == "video":
                codecs = RTCRtpSender.getCapabilities("video").codecs
                transceiver.setCodecPreferences([c for c in codecs if c.name in ("VP8", "rtx")])
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return self._peer.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """Connect with the server's answer."""
        for transceiver in self._peer.getTransceivers():
            if transceiver.kind == "video":
                clock = StreamClock(PICTURE_RATE, self._epoch)
                assemble(transceiver.receiver, FrameAssembler(Codec.VP8, clock, self._picture))
            else:
                clock = StreamClock(SOUND_RATE, self._epoch)
                assemble(transceiver.receiver, SoundAssembler(clock, self._sound))
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def start(self, record: Path | None = None) -> float:
        """Play from now on; optionally record what comes. Returns the moment, monotonic seconds."""
        now = monotonic()
        self._camera.started = self._microphone.started = now
        if record is not None:
            self._recording = Recording(record, now)
        return now

    async def played(self) -> None:
        """Wait until the footage is over."""
        await self._camera.ended.wait()

    async def close(self) -> None:
        """Leave."""
        await self._peer.close()
        if self._recording is not None:
            self._recording.close()
            self._recording = None

    @property
    def received(self) -> Received:
        """What came so far."""
        return Received(self._frames, self._slates, round(self._longest_gap_s * 1000), self._sounds)

    async def until_pictures(self, number: int, timeout: float = 10.0) -> None:
        """Wait until so many pictures of the other side came. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while self._frames < number:
                self.news.clear()
                await self.news.wait()

    def _picture(self, frame: EncodedFrame) -> None:
        if self._last_picture is not None:
            self._longest_gap_s = max(self._longest_gap_s, frame.arrived - self._last_picture)
        self._last_picture = frame.arrived
        is_slate = frame.data == self._slate
        self._slates += is_slate
        self._frames += not is_slate
        if self._keep:
            self.pictures.append(frame)
        if self._recording is not None:
            self._recording.picture(frame)
        self.news.set()

    def _sound(self, sound: EncodedSound) -> None:
        self._sounds += 1
        if self._keep:
            self.sounds.append(sound)
        if self._recording is not None:
            self._recording.sound(sound)


def _silence() -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="stereo", samples=SOUND_SAMPLES)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame
