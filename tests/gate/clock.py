"""Time that passes from event to event."""

import heapq
from collections.abc import Callable
from itertools import count


class Later:
    """Something that will be called."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Do not call it."""
        self.call = None


class VirtualTime:
    """A timer whose seconds cost nothing."""

    def __init__(self) -> None:
        self._time = 0.0
        self._waiting: list[tuple[float, int, Later]] = []
        self._numbers = count()

    def now(self) -> float:
        """Seconds since the film began."""
        return self._time

    @property
    def now_ms(self) -> int:
        """The same in whole milliseconds."""
        return round(self._time * 1000)

    def call_at(self, when: float, call: Callable[[], None]) -> Later:
        """Call it at that second."""
        later = Later(call)
        heapq.heappush(self._waiting, (max(when, self._time), next(self._numbers), later))
        return later

    def after_ms(self, milliseconds: float, call: Callable[[], None]) -> Later:
        """Call it so much later."""
        return self.call_at(self._time + milliseconds / 1000, call)

    def run_until(self, second: float) -> None:
        """Let everything happen that is due by then."""
        while self._waiting and self._waiting[0][0] <= second:
            when, _, later = heapq.heappop(self._waiting)
            self._time = when
            if later.call is not None:
                later.call()
        self._time = second
