"""Tracks of encoded packets: what aiortc's sender packs and sends without an encoder."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

PACKETS_MAX = 120  # waiting for the transport; it takes them at once, so more means it is stuck


@dataclass(frozen=True, slots=True)
class Departure:
    """One packet of a track on its way, with what is measured when it has left."""

    data: bytes
    pts: int  # in ticks of the track
    due: float  # when it was to leave, monotonic seconds
    arrived: float | None  # when it had arrived; None: nothing is measured of it


class EncodedTrack(MediaStreamTrack):
    """A viewer's track, the same for as long as the connection lasts: what feeds it changes, never the track.

    aiortc's sender asks for the next packet only after it has given every part of the one before to the
    transport: that moment is reported to `on_sent`.
    """

    def __init__(self, kind: str, rate: int, on_sent: Callable[[Departure], None]) -> None:
        super().__init__()
        self.kind = kind
        self._time_base = Fraction(1, rate)
        self._on_sent = on_sent
        self._queue: deque[Departure] = deque()  # at most PACKETS_MAX
        self._leaving: Departure | None = None
        self._news = asyncio.Event()

    def push(self, departure: Departure) -> bool:
        """Queue a packet. False: the transport is stuck, and everything that waited was dropped."""
        if len(self._queue) >= PACKETS_MAX:
            self._queue.clear()
            return False
        self._queue.append(departure)
        self._news.set()
        return True

    def purge(self) -> None:
        """Drop whatever has not left."""
        self._queue.clear()

    async def recv(self) -> "av.Packet[Any]":
        """The next packet; called by aiortc's sender."""
        if self._leaving is not None:
            self._on_sent(self._leaving)
            self._leaving = None
        while not self._queue:
            if self.readyState != "live":
                raise MediaStreamError
            self._news.clear()
            await self._news.wait()
        self._leaving = self._queue.popleft()
        packet = av.Packet(self._leaving.data)
        packet.pts = packet.dts = self._leaving.pts
        packet.time_base = self._time_base
        return packet

    def stop(self) -> None:
        """End the track; a sender that waits is released."""
        super().stop()
        self._news.set()
