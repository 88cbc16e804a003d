"""How good the lines of one call are: measured at every heartbeat, told when a grade turns, acted on when bad."""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Protocol

from domain.audio_only import AudioOnlyBecause, PictureBecause
from domain.clearance import Side
from domain.network import Grade, Line, Way, beat, grade_of, lines_of
from domain.policy import LinePolicy
from infrastructure.media.counts import Counts

PACKETS_MIN = 20  # fewer say nothing about a line

_WHOLE = 10_000  # losses are counted in parts of this


class Counted(Protocol):
    """A connection whose packets are counted."""

    async def counts(self) -> Mapping[Way, Counts]:
        """So far, each way."""


class Measured(Protocol):
    """A side as its lines need it."""

    @property
    def counted(self) -> Counted | None:
        """Its connection; None while it has none, or its media does not come."""

    @property
    def audio_only(self) -> AudioOnlyBecause | None:
        """Why its picture is left out now."""


class QualityFacts(Protocol):
    """Where it is told."""

    def degraded(self, side: Side, way: Way, line: Line, jitter_ms: int) -> None:
        """A line is worse, or bad in another grade."""

    def recovered(self, side: Side, way: Way, worst_loss: int, lasted_ms: int) -> None:
        """A line is good again."""

    def enter_audio_only(self, side: Side) -> None:
        """A side's picture is too much for the lines it goes over."""

    def leave_audio_only(self, side: Side, cause: PictureBecause) -> None:
        """They carry it again."""


class _Meter:
    """The two ways of one side's line."""

    def __init__(self, side: Side, policy: LinePolicy, facts: QualityFacts) -> None:
        self._side, self._policy, self._facts = side, policy, facts
        self._connection: Counted | None = None
        self._before: Mapping[Way, Counts] = {}
        self.lines = dict.fromkeys(Way, Line())

    async def measure(self, connection: Counted, now_ms: int) -> None:
        counts = await connection.counts()
        before = self._before if connection is self._connection else {}
        self._connection, self._before = connection, counts
        for way, count in counts.items():
            self._take(way, before.get(way, Counts()), count, now_ms)

    def _take(self, way: Way, before: Counts, count: Counts, now_ms: int) -> None:
        lost = max(0, count.lost - before.lost)
        expected = lost + max(0, count.received - before.received)
        if expected < PACKETS_MIN:
            return
        line = self.lines[way]
        after = self.lines[way] = beat(line, lost * _WHOLE // expected, now_ms, self._policy)
        if after.grade is line.grade:
            return
        if after.grade is Grade.GOOD:
            since = line.degraded_ms if line.degraded_ms is not None else now_ms
            self._facts.recovered(self._side, way, line.worst, now_ms - since)
        else:
            self._facts.degraded(self._side, way, after, count.jitter_ms)


class Quality:
    """The lines of both sides of a call."""

    def __init__(
        self,
        sides: Mapping[Side, Measured],
        policy: LinePolicy,
        facts: QualityFacts,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._sides, self._policy, self._facts, self._now = sides, policy, facts, now
        self._meters = {side: _Meter(side, policy, facts) for side in sides}
        self._due = now() + policy.heartbeat_s
        self._bad_since: dict[Side, float] = {}  # sides whose picture goes over a bad line

    async def look(self) -> None:
        """Measure, if it is time. Called often, while the call is live."""
        now = self._now()
        if now < self._due:
            return
        self._due = now + self._policy.heartbeat_s
        for side, measured in self._sides.items():
            if measured.counted is not None:
                await self._meters[side].measure(measured.counted, round(now * 1000))
        for side, measured in self._sides.items():
            self._act(side, measured, now)

    def _act(self, side: Side, measured: Measured, now: float) -> None:
        """Ask for sound alone on a line that stays bad, and for the picture where that was and is over."""
        lines = [self._meters[at].lines[way] for at, way in lines_of(side)]
        bad = any(line.recent and grade_of(line.recent[-1], self._policy) is Grade.BAD for line in lines)
        if measured.audio_only is not None:
            self._bad_since.pop(side, None)
            if measured.audio_only is AudioOnlyBecause.BAD_LINE and all(
                line.grade is Grade.GOOD for line in lines
            ):
                self._facts.leave_audio_only(side, PictureBecause.LINE_RECOVERED)
        elif not bad:  # one bad measurement is no bad line: the newest has to be bad again and again
            self._bad_since.pop(side, None)
        elif now - self._bad_since.setdefault(side, now) >= self._policy.audio_only_after_s:
            self._bad_since[side] = now  # should it be refused, it is asked again after as long
            self._facts.enter_audio_only(side)
