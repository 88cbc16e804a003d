"""How much one side may send: as much as its line, the line of whoever sees it, and the policy carry.

Frames are forwarded as they come, so the camera itself has to send less. aiortc's receiver estimates what a
line carries and tells the sender (REMB); what viewers tell our senders it does not pass on. The `Estimator`
here stands in its place and tells the least of all.
"""

from collections.abc import Callable
from struct import error as Truncated  # noqa: N812  what it means here
from time import monotonic
from typing import Any

from aiortc import RTCRtpReceiver, RTCRtpSender
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, unpack_remb_fci

from domain.policy import LinePolicy

HEARD_S = 5.0  # what a viewer said longer ago counts no more; browsers say it once a second
TOLD_S = 1.0  # a sender is told at most so often

_ESTIMATOR = "_RTCRtpReceiver__remote_bitrate_estimator"
_RTCP = "_handle_rtcp_packet"
_KBIT = 1000
_SOURCES_MAX = 8  # a camera has two: its pictures, and what is sent again

Remb = tuple[int, list[int]]  # bits a second, and of which sources


class Ceiling:
    """The most that one side's picture may take, in bits a second."""

    def __init__(self, policy: LinePolicy, now: Callable[[], float] = monotonic) -> None:
        self._policy, self._now = policy, now
        self._said: tuple[int, float] | None = None  # by the viewer: bits a second, and when

    def heard(self, bits_per_s: int) -> None:
        """Whoever sees the picture said what their line carries."""
        self._said = bits_per_s, self._now()

    def forget(self) -> None:
        """Another viewer, or one who was sent something else meanwhile: what was said says nothing any more."""
        self._said = None

    def bits_per_s(self, estimate: int | None, *, light: bool) -> int:
        """What the side is told. `estimate`: what its own line carries, where that is known."""
        policy = self._policy
        most = (policy.picture_kbps_light if light else policy.picture_kbps) * _KBIT
        said = [] if estimate is None else [estimate]
        if self._said is not None and self._now() - self._said[1] <= HEARD_S:
            said.append(self._said[0])
        return max(min([most, *said]), policy.picture_kbps_min * _KBIT)


class Estimator:
    """In place of the estimator inside aiortc's receiver, whose answer is sent as a REMB."""

    def __init__(
        self, inner: Any, most: Callable[[int | None], int], now: Callable[[], float] = monotonic
    ) -> None:
        self._inner, self._most, self._now = inner, most, now
        self._estimate: int | None = None
        self._sources: list[int] = []
        self._told = -TOLD_S

    def add(self, *, abs_send_time: int, arrival_time_ms: int, payload_size: int, ssrc: int) -> Remb | None:
        """Take one packet; called by aiortc on the event loop. What the sender is told now, if anything."""
        measured: Remb | None = self._inner.add(
            abs_send_time=abs_send_time, arrival_time_ms=arrival_time_ms, payload_size=payload_size, ssrc=ssrc
        )
        if measured is not None:
            self._estimate, self._sources = measured[0], measured[1][:_SOURCES_MAX]
        now = self._now()
        if now - self._told < TOLD_S:
            return None
        self._told = now
        return self._most(self._estimate), self._sources or [ssrc]


def limit(receiver: RTCRtpReceiver, most: Callable[[int | None], int]) -> None:
    """Have a receiver tell its sender at most this. Call it before the local description is set."""
    inner = getattr(receiver, _ESTIMATOR, None)
    if inner is None:
        raise RuntimeError("aiortc's receiver has no bitrate estimator to replace: its internals changed")
    replaced: Any = Estimator(inner, most)
    setattr(receiver, _ESTIMATOR, replaced)


def hear(sender: RTCRtpSender, heard: Callable[[int], None]) -> None:
    """Have what a viewer says their line carries told to us too."""
    before = getattr(sender, _RTCP)

    async def take(packet: Any) -> None:
        if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            _take_remb(packet, heard)
        await before(packet)

    setattr(sender, _RTCP, take)


def _take_remb(packet: RtcpPsfbPacket, heard: Callable[[int], None]) -> None:
    try:
        bits_per_s, _ = unpack_remb_fci(packet.fci)
    except (ValueError, Truncated):
        return  # something else, or nonsense: it comes from outside
    heard(bits_per_s)
