"""Which pictures of a stream are judged. One piece of code for live calls and for files.

A stream is sampled at the policy's rate, with a little chance in it so that nobody can hide between samples.
Beside the samples, whatever changes outside the people known to be there is judged too: at once when the
judge is free, else the picture with the greatest change is kept and judged next. At most one is being judged.

    due = schedule.offer(picture, media_ms, view, shape)     # for every picture, in order
    if due: judge due.picture ... then
    due = schedule.judged(verdict, state.people)             # perhaps the kept one follows at once
"""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from domain.moderation.observation import Box
from domain.moderation.policy import ModerationPolicy, SamplingPolicy
from domain.moderation.verdict import Verdict
from infrastructure.moderation.change import Shape, cut_cells, unexplained_cells
from infrastructure.moderation.steady import View

Picture = TypeVar("Picture")


class Change(Protocol):
    """What changed between two pictures, in cells of the grid."""

    def unexplained(self, now: View, judged: View, people: Sequence[Box], shape: Shape) -> int:
        """Cells outside these people that differ."""

    def cut(self, now: View, before: View, people: Sequence[Box], shape: Shape) -> int:
        """Cells of these people's faces where another face may have taken the place from picture to picture."""


@dataclass(frozen=True, slots=True)
class CellChange(Change):
    """Change as pictures show it."""

    policy: SamplingPolicy

    def unexplained(self, now: View, judged: View, people: Sequence[Box], shape: Shape) -> int:
        """See `Change`."""
        sampling = self.policy
        return unexplained_cells(now, judged, people, shape, sampling.change_level, sampling.steady_cells)

    def cut(self, now: View, before: View, people: Sequence[Box], shape: Shape) -> int:
        """See `Change`."""
        sampling, share = self.policy, self.policy.cut_share / 10_000
        return cut_cells(now, before, people, shape, sampling.change_level, share, sampling.steady_cells)


_CHANGES_MAX = 256  # pictures between two judgements whose change is remembered: ten seconds


@dataclass(frozen=True, slots=True)
class Due(Generic[Picture]):
    """A picture to be judged now."""

    picture: Picture
    media_ms: int
    view: View
    shape: Shape
    unexplained: int  # most unexplained cells in any picture since the one judged before, this one included
    repeats_ms: int | None = None  # the newest pictures are those of so long before


@dataclass(frozen=True, slots=True)
class _Peak(Generic[Picture]):
    picture: Picture
    media_ms: int
    view: View
    shape: Shape
    cells: int
    cut: int  # of them, cells of faces that may be others' since this picture
    before: View | None = None  # of the picture before it


class Schedule(Generic[Picture]):
    """The schedule of one stream. Media time in milliseconds must rise from offer to offer."""

    def __init__(self, policy: ModerationPolicy, seed: int, change: Change | None = None) -> None:
        self._change = change or CellChange(policy.sampling)
        self._policy = policy.sampling
        self._gap_ms = 500 // policy.sampling.unproved_per_s  # between two samples that change asked for
        self._chance = random.Random(seed)
        self._reference: View | None = None  # of the picture judged last, or of the first to be judged
        self._before: View | None = None  # of the picture offered last
        self._people: tuple[Box, ...] = ()
        self._changes: deque[tuple[int, int]] = deque(maxlen=_CHANGES_MAX)  # media_ms, unexplained cells
        self._due_ms: int | None = None  # None: as soon as there is a picture
        self._judging: Due[Picture] | None = None
        self._last_ms: int | None = None
        self._peak: _Peak[Picture] | None = None
        self._again: Due[Picture] | None = None  # its judgement failed, and much had changed in it
        self._repeats_ms: int | None = None
        self._started = False
        self.offered = 0
        self.judgements = 0

    def offer(
        self,
        picture: Picture,
        media_ms: int,
        view: View,
        shape: Shape,
        *,
        awaited: bool = False,
        repeats_ms: int | None = None,
    ) -> Due[Picture] | None:
        """The picture to judge now, if any: this one, or one kept before.

        `awaited`: judge this one as soon as the judge is free, such as the key frame that ends a stall.
        `repeats_ms`: how long ago its stream showed the very same, if it did.
        """
        self.offered += 1
        self._repeats_ms = repeats_ms
        before, self._before = self._before, view
        cut = self._cut(view, before, shape)
        cells = self._unexplained(view, shape) + cut
        self._changes.append((media_ms, cells))
        if awaited:
            self._due_ms = None
        changed = cells >= self._policy.change_cells
        if changed and (self._peak is None or cells > self._peak.cells):
            self._peak = _Peak(picture, media_ms, view, shape, cells, cut, before)
        if self._judging is not None:
            return None
        if self._again is not None:
            self._judging, self._again = self._again, None
            return self._judging
        return self._choose(_Peak(picture, media_ms, view, shape, cells, cut))

    def judged(self, verdict: Verdict, people: Sequence[Box]) -> Due[Picture] | None:
        """Takes a verdict in. A picture kept meanwhile is due at once if it differs from the judged one."""
        judged, self._judging = self._judging, None
        if judged is None:
            raise ValueError("No picture of this stream is being judged.")
        self.judgements += 1
        self._reference, self._people = judged.view, tuple(people)
        self._last_ms = judged.media_ms
        self._due_ms = judged.media_ms + self._interval(verdict.next_ms)
        self._drop_explained_peak()
        newest_ms = self._changes[-1][0] if self._changes else judged.media_ms
        return self._judge(self._peak) if self._peak and self._is_free(newest_ms) else None

    def failed(self) -> None:
        """The judgement under way will have no verdict: with the next picture there is another.

        A picture in which much had changed is judged once more, before any newer one: what changed meanwhile may be
        that all is again as it was. Of any other, the next picture is due at once.
        """
        failed, self._judging = self._judging, None
        self._due_ms = None
        if failed is not None and failed.unexplained >= self._policy.change_cells:
            self._again = failed

    def _unexplained(self, view: View, shape: Shape) -> int:
        if self._reference is None:
            return 0
        return self._change.unexplained(view, self._reference, self._people, shape)

    def _cut(self, view: View, before: View | None, shape: Shape) -> int:
        return 0 if before is None else self._change.cut(view, before, self._people, shape)

    def _choose(self, now: _Peak[Picture]) -> Due[Picture] | None:
        """The kept picture when it changed clearly more than this one, or faces in it; else this one when due."""
        peak = self._peak
        if peak and self._is_free(now.media_ms):
            clearly = peak.cut > 0 or peak.cells * 10_000 >= now.cells * self._policy.peak_ratio
            return self._judge(peak if clearly else now)
        if self._due_ms is None or now.media_ms >= self._due_ms:
            return self._judge(now)
        return None

    def _judge(self, chosen: _Peak[Picture]) -> Due[Picture]:
        if self._peak and self._peak.media_ms <= chosen.media_ms:
            self._peak = None
        cells = 0
        while self._changes and self._changes[0][0] <= chosen.media_ms:
            cells = max(cells, self._changes.popleft()[1])
        self._judging = Due(
            chosen.picture, chosen.media_ms, chosen.view, chosen.shape, cells, self._repeats_ms
        )
        if self._reference is None:
            self._reference = chosen.view
        return self._judging

    def _is_free(self, media_ms: int) -> bool:
        """May change ask for a sample already?"""
        return self._last_ms is None or media_ms - self._last_ms >= self._gap_ms

    def _drop_explained_peak(self) -> None:
        """A kept picture that looks like the one judged meanwhile needs no judgement of its own.

        Whose face it may have been in which another one is, only that judgement says.
        """
        peak = self._peak
        if peak is None:
            return
        cut = max(peak.cut, self._cut(peak.view, peak.before, peak.shape))
        explained = self._unexplained(peak.view, peak.shape) < self._policy.change_cells
        self._peak = None if explained and cut < self._policy.change_cells else replace(peak, cut=cut)

    def _interval(self, next_ms: int) -> int:
        """The time to the next sample, never longer than asked for: longer, and a face would count as lost.

        The first falls anywhere in its second half: nobody knows the phase.
        """
        if not self._started:
            self._started = True
            return next_ms // 2 + self._chance.randrange(next_ms // 2 + 1)
        return next_ms - self._chance.randint(0, next_ms * self._policy.jitter // 10_000)
