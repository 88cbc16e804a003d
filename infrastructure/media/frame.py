"""What travels through the media plane: whole encoded pictures and sounds, and the clock they are dated by.

The picture that is judged and the picture that is sent are the same object.
"""

from dataclasses import dataclass
from enum import StrEnum

PICTURE_RATE = 90_000  # RTP ticks a second, by the payload formats of VP8 and H264
SOUND_RATE = 48_000  # RTP ticks a second, by the payload format of Opus

_WRAP = 1 << 32
_DRIFT_MS_MAX = 1000
"""A sender's clock may run so far from ours before it is set again: it can neither stop nor race."""


class Codec(StrEnum):
    """How pictures are encoded. Both sides of a call use the same."""

    VP8 = "VP8"
    H264 = "H264"


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One whole encoded picture as it arrived."""

    data: bytes
    ticks: int  # RTP time of 1/90,000 s, unwrapped; only grows within one connection
    media_ms: int  # when it was captured, in milliseconds since the call was opened; only grows
    key: bool  # can be shown without any picture before it
    arrived: float  # when its last packet came, monotonic seconds


@dataclass(frozen=True, slots=True)
class EncodedSound:
    """One packet of sound as it arrived. A type of its own: nothing that takes pictures can take it."""

    data: bytes
    ticks: int  # RTP time of 1/48,000 s, unwrapped
    arrived: float


class StreamClock:
    """Dates what a sender sends: unwraps RTP time, and tells media time anchored at the first arrival."""

    def __init__(self, rate: int, epoch: float) -> None:
        self._rate, self._epoch = rate, epoch  # ticks a second; monotonic seconds at media time 0
        self._last: int | None = None  # the RTP timestamp of the newest packet
        self._ticks = 0  # its unwrapped time
        self._anchor_ms = 0.0  # media time at tick 0

    def unwrap(self, timestamp: int) -> int:
        """The unwrapped time of an RTP timestamp; the stream's first is 0."""
        if self._last is None:
            self._last = timestamp
        step = (timestamp - self._last) % _WRAP
        if step >= _WRAP // 2:
            return self._ticks - (_WRAP - step)  # older than the newest
        self._last = timestamp
        self._ticks += step
        return self._ticks

    def set_epoch(self, epoch: float) -> None:
        """Media time 0 is at another moment, monotonic seconds; the stream keeps its pace."""
        self._anchor_ms += (self._epoch - epoch) * 1000
        self._epoch = epoch

    def media_ms(self, ticks: int, arrived: float) -> int:
        """When it was captured, in milliseconds since the call was opened."""
        arrived_ms = (arrived - self._epoch) * 1000
        captured_ms = self._anchor_ms + ticks * 1000 / self._rate
        if ticks == 0 or abs(captured_ms - arrived_ms) > _DRIFT_MS_MAX:
            self._anchor_ms = arrived_ms - ticks * 1000 / self._rate
            return round(arrived_ms)
        return round(captured_ms)
