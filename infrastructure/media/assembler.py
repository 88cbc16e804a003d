"""Whole encoded frames out of RTP packets, in place of the jitter buffer inside aiortc's receiver.

aiortc 1.16 hands every packet, depayloaded, to `receiver.__jitter_buffer.add(packet)` on the event loop
and decodes what that returns. The assemblers here have the same method and return nothing to decode.
This is the only private attribute the receiving side depends on; `assemble` refuses to go on when it is
gone, and a contract test sends packets through a loop-back pair.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import RtpPacket

from infrastructure.media.frame import Codec, EncodedFrame, EncodedSound, StreamClock

PATIENCE_S = 0.25  # a missing packet is awaited so long; then the stream starts again with a key frame
PACKETS_HELD_MAX = 1024  # behind a gap; about 3 s of a camera at full rate
FRAME_BYTES_MAX = 512 * 1024  # several times the largest key frame of a camera

_JITTER_BUFFER = "_RTCRtpReceiver__jitter_buffer"
_BEFORE_ALL_MS = -(1 << 62)
_SEQUENCE = 1 << 16
_KEY_NAL_UNITS = (5, 7)  # H264: a picture that refers to no other, or the parameters before one

Answer = tuple[bool, None]  # (ask the sender for a key frame, nothing for aiortc to decode)


class FrameAssembler:
    """Puts the packets of one picture stream together. A stream with a hole goes on only from a key frame."""

    def __init__(
        self,
        codec: Codec,
        clock: StreamClock,
        on_frame: Callable[[EncodedFrame], None],
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._codec, self._clock, self._on_frame, self._now = codec, clock, on_frame, now
        self._next: int | None = None  # the sequence number that is due
        self._held: dict[int, RtpPacket] = {}  # packets that came early
        self._gap_since: float | None = None
        self._parts: list[bytes] = []
        self._part_bytes = 0
        self._timestamp: int | None = None  # of the frame under construction
        self._begun = False  # its first packet is really its first
        self._broken = True  # only a key frame may come next
        self._last_ticks = -1
        self._last_ms = _BEFORE_ALL_MS
        self.source: int | None = None  # the sender's SSRC: key frames are asked of it
        self.heard: float | None = None  # when the last packet came, monotonic seconds
        self.gaps_given_up = 0

    def add(self, packet: RtpPacket) -> Answer:
        """Take one packet; called by aiortc on the event loop."""
        now = self.heard = self._now()
        self.source = packet.ssrc
        if self._next is None:
            self._next = packet.sequence_number
        if (packet.sequence_number - self._next) % _SEQUENCE >= _SEQUENCE // 2:
            return False, None  # late, or twice
        self._held[packet.sequence_number] = packet
        wants_key = self._drain(now)
        if not self._held:
            self._gap_since = None
            return wants_key, None
        return self._wait_for_missing(now) or wants_key, None

    def set_epoch(self, epoch: float) -> None:
        """Media time counts from another moment from now on; what comes next need not follow what came."""
        self._clock.set_epoch(epoch)
        self._last_ms = _BEFORE_ALL_MS

    def _wait_for_missing(self, now: float) -> bool:
        if self._gap_since is None:
            self._gap_since = now
        patient = now - self._gap_since <= PATIENCE_S and len(self._held) <= PACKETS_HELD_MAX
        if patient:
            return False
        self.gaps_given_up += 1
        due = self._next or 0
        self._next = min(self._held, key=lambda number: (number - due) % _SEQUENCE)
        self._gap_since = None
        self._abandon()
        self._drain(now)
        return True

    def _drain(self, now: float) -> bool:
        """Take the packets whose turn it is; True when a key frame is needed."""
        wants_key = False
        while self._next is not None and (packet := self._held.pop(self._next, None)) is not None:
            self._next = (self._next + 1) % _SEQUENCE
            self._gap_since = None
            if packet.payload:
                wants_key = self._take(packet, now) or wants_key
        return wants_key

    def _take(self, packet: RtpPacket, now: float) -> bool:
        if packet.timestamp != self._timestamp:
            if self._parts:
                self._broken = True  # the frame before never ended
            self._parts, self._part_bytes = [], 0
            self._timestamp = packet.timestamp
            self._begun = self._begins(packet)
        data: bytes = getattr(packet, "_data")  # noqa: B009  set by aiortc's receiver; unknown to its types
        self._parts.append(data)
        self._part_bytes += len(data)
        if self._part_bytes > FRAME_BYTES_MAX:
            self._abandon()
            return True
        return bool(packet.marker) and self._finish(now)

    def _begins(self, packet: RtpPacket) -> bool:
        if self._codec is Codec.H264:
            return True
        descriptor, _ = VpxPayloadDescriptor.parse(packet.payload)
        return descriptor.partition_start == 1 and descriptor.partition_id == 0

    def _finish(self, now: float) -> bool:
        data = b"".join(self._parts)
        self._parts, self._part_bytes = [], 0
        ticks = self._clock.unwrap(self._timestamp or 0)
        media_ms = self._clock.media_ms(ticks, now)
        # A clock that goes back could smuggle a picture into an interval that was judged without it.
        in_order = ticks > self._last_ticks and media_ms > self._last_ms
        if not (self._begun and data and in_order):
            self._broken = True
            return True
        key = is_key(self._codec, data)
        if self._broken and not key:
            return True
        self._broken = False
        self._last_ticks, self._last_ms = ticks, media_ms
        self._on_frame(EncodedFrame(data, ticks, media_ms, key, now))
        return False

    def _abandon(self) -> None:
        self._parts, self._part_bytes, self._timestamp, self._broken = [], 0, None, True


class SoundAssembler:
    """Passes sound on packet by packet, in order: one packet of Opus is a whole sound. Nothing is awaited."""

    def __init__(self, clock: StreamClock, on_sound: Callable[[EncodedSound], None]) -> None:
        self._clock, self._on_sound = clock, on_sound
        self._last_ticks = -1
        self.source: int | None = None
        self.heard: float | None = None

    def add(self, packet: RtpPacket) -> Answer:
        """Take one packet; called by aiortc on the event loop."""
        now = self.heard = monotonic()
        self.source = packet.ssrc
        data: bytes = getattr(packet, "_data")  # noqa: B009  set by aiortc's receiver; unknown to its types
        ticks = self._clock.unwrap(packet.timestamp)
        if data and ticks > self._last_ticks:
            self._last_ticks = ticks
            self._on_sound(EncodedSound(data, ticks, now))
        return False, None


def is_key(codec: Codec, data: bytes) -> bool:
    """Whether an encoded picture can be shown without any picture before it."""
    if codec is Codec.VP8:
        return not data[0] & 1
    start = data.find(b"\0\0\1")
    while start != -1 and start + 3 < len(data):
        if data[start + 3] & 0x1F in _KEY_NAL_UNITS:
            return True
        start = data.find(b"\0\0\1", start + 3)
    return False


def assemble(receiver: RTCRtpReceiver, assembler: FrameAssembler | SoundAssembler) -> None:
    """Have a receiver hand its packets to an assembler. Call it before the local description is set."""
    if not hasattr(receiver, _JITTER_BUFFER):
        raise RuntimeError("aiortc's receiver has no jitter buffer to replace: its internals changed")
    replaced: Any = assembler
    setattr(receiver, _JITTER_BUFFER, replaced)
