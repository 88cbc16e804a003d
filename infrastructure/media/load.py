"""How busy a media worker is, by what it measures itself: how late its loop wakes up, how long verdicts take."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic

WINDOW_S = 10.0
TELL_S = 2.0

_LOOK_S = 0.1
_KEPT_MAX = 2048  # measurements of the window; beyond, the oldest is forgotten
_SHARE = 0.95


class Measurements:
    """Milliseconds measured within the last seconds."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._kept: deque[tuple[float, float]] = deque(maxlen=_KEPT_MAX)  # when, milliseconds

    def add(self, milliseconds: float) -> None:
        """Take one in."""
        self._kept.append((self._now(), milliseconds))

    def p95(self) -> int | None:
        """What 95 % of them do not exceed; None without any."""
        since = self._now() - WINDOW_S
        recent = sorted(milliseconds for at, milliseconds in self._kept if at >= since)
        return round(recent[min(len(recent) - 1, int(_SHARE * len(recent)))]) if recent else None


class Load:
    """The load of this process."""

    def __init__(self) -> None:
        self._lag, self._verdicts = Measurements(), Measurements()

    def verdict(self, milliseconds: float) -> None:
        """A verdict took so long."""
        self._verdicts.add(milliseconds)

    async def run(self, tell: Callable[[int | None, int | None], Awaitable[None]]) -> None:
        """Measure for ever, and tell every few seconds."""
        told = monotonic()
        while True:
            asleep = monotonic()
            await asyncio.sleep(_LOOK_S)
            self._lag.add((monotonic() - asleep - _LOOK_S) * 1000)
            if monotonic() - told >= TELL_S:
                told = monotonic()
                await tell(self._lag.p95(), self._verdicts.p95())
