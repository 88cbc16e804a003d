"""What one connection's packets came to: how many arrived and how many were lost, each way.

Losses are counted before retransmission: they tell of the line, not of what could be repaired.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from aiortc import RTCRtpReceiver, RTCRtpSender
from aiortc.rtp import RtcpRrPacket, RtcpSrPacket

from infrastructure.media.frame import PICTURE_RATE, SOUND_RATE

_CLOCKS = {"audio": SOUND_RATE, "video": PICTURE_RATE}


@dataclass(frozen=True, slots=True)
class Counts:
    """Packets since the connection came up."""

    received: int = 0
    lost: int = 0
    jitter_ms: int = 0  # of the worse stream, now


_RTCP = "_handle_rtcp_packet"


def hear_newest(sender: RTCRtpSender, heard: Callable[[int], None]) -> None:
    """Have told which packet is the newest that the other end has, whenever it says so."""
    before = getattr(sender, _RTCP)

    async def take(packet: Any) -> None:
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for report in packet.reports:
                if report.ssrc == sender._ssrc:
                    heard(report.highest_sequence)
        await before(packet)

    setattr(sender, _RTCP, take)


async def received_by(receivers: Iterable[RTCRtpReceiver], sources: Collection[int]) -> Counts:
    """What came from the other end, by our own count. `sources`: the streams, without what was sent again."""
    reports = [await receiver.getStats() for receiver in receivers]
    return _sum(
        [one for report in reports for one in report.values() if getattr(one, "ssrc", None) in sources],
        "inbound-rtp",
    )


async def received_from(senders: Iterable[RTCRtpSender]) -> Counts:
    """What the other end was sent, by its own reports."""
    reports = [await sender.getStats() for sender in senders]
    return _sum([one for report in reports for one in report.values()], "remote-inbound-rtp")


def _sum(found: list[Any], kind: str) -> Counts:
    streams = [one for one in found if one.type == kind]
    return Counts(
        sum(one.packetsReceived for one in streams),
        sum(one.packetsLost for one in streams),
        max((one.jitter * 1000 // _CLOCKS[one.kind] for one in streams), default=0),
    )
