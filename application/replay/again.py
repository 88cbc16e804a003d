"""One side of a call, judged again: its verdicts by media time, and where there are none to be had."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from application.replay.record import SideRecord
from domain.moderation.block import Judgement, judge_again
from domain.moderation.policy import ModerationPolicy

AROUND_MS = 4_000  # longer than any verdict waits for the next


@dataclass(frozen=True)
class SideAgain:
    """The judgements of one side, island by island."""

    islands: tuple[tuple[Judgement, ...], ...]

    @classmethod
    def of(cls, side: SideRecord, policy: ModerationPolicy, *, own: bool = True) -> "SideAgain":
        """Judge everything that is left of a side. `own`: under the policy of the call itself."""
        return cls(tuple(tuple(judge_again(island, policy, own=own)) for island in side.islands))

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """All of them, in order."""
        return tuple(judgement for island in self.islands for judgement in island)

    @cached_property
    def _by_ms(self) -> dict[int, Judgement]:
        return {judgement.verdict.media_ms: judgement for judgement in self.judgements}

    @cached_property
    def _times(self) -> list[int]:
        return [judgement.verdict.media_ms for judgement in self.judgements]

    def at(self, media_ms: int) -> Judgement | None:
        """The judgement of the picture of this moment."""
        return self._by_ms.get(media_ms)

    def covers(self, from_ms: int, to_ms: int) -> bool:
        """Is everything known of this time?"""
        return any(
            island[0].verdict.media_ms <= from_ms and to_ms <= island[-1].verdict.media_ms
            for island in self.islands
            if island
        )

    def between(self, from_ms: int, to_ms: int) -> Sequence[Judgement]:
        """The judgements from one moment to another, both included."""
        first, beyond = bisect_left(self._times, from_ms), bisect_right(self._times, to_ms)
        return self.judgements[first:beyond]

    def around(self, media_ms: int) -> Sequence[Judgement]:
        """Those that can have decided whether a picture of this moment leaves."""
        return self.between(media_ms - AROUND_MS, media_ms + AROUND_MS)
