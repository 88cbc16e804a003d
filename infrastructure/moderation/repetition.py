"""A film that is played again and again in place of a camera: moving pictures that were all there before.

A camera never shows the same twice: whoever goes back to where they were is a little elsewhere, and was there for
a moment. A film that begins anew shows seconds of movement once more, and differs by its encoding alone.
Measured on made films: encoding, 0.2 to 0.4 luma levels; movement within 0.4 s, 4 levels.

What moves to and fro by itself, as somebody who rocks or a fan does, shows the same again after a moment already.
"""

import cv2
import numpy as np
import numpy.typing as npt

from domain.moderation.policy import RepetitionPolicy
from infrastructure.moderation.steady import View

Thumbnail = npt.NDArray[np.uint8]

_COLUMNS, _ROWS = 20, 15
_APART_MS = 25  # pictures that follow sooner are left out
_EVERY_MS = 1_000  # between two looks
_STEP_MS = 200  # within the window
_SHIFT_MS = 400  # so far off, the same movement looks otherwise
_RHYTHM_MS = (800, 100)  # shortest period that is looked for, and its steps
_RHYTHM_SHARE = 0.5
_FOUND_MAX = 12  # moments that look like now, of which the pictures before are compared too


class Repetition:
    """Remembers a stream as pictures of 20 by 15 cells, in memory only, and looks for them once a second."""

    def __init__(self, policy: RepetitionPolicy) -> None:
        self._policy = policy
        self._reach_ms = policy.memory_ms + policy.window_ms
        self._thumbnails = np.empty((self._reach_ms // _APART_MS + 1, _COLUMNS * _ROWS), np.uint8)
        self._times = np.zeros(len(self._thumbnails), np.int64)
        self._count = 0
        self._looked_ms: int | None = None
        self._repeats_ms: int | None = None

    def seen(self, view: View, media_ms: int) -> int | None:
        """Takes a picture in. How long ago the stream showed what it shows now; None: never, as a camera does."""
        if not self._policy.memory_ms or (
            self._count and media_ms - self._times[self._count - 1] < _APART_MS
        ):
            return self._repeats_ms
        self._remember(view, media_ms)
        if self._looked_ms is None or media_ms - self._looked_ms >= _EVERY_MS:
            self._looked_ms = media_ms
            self._repeats_ms = self._look(media_ms)
        return self._repeats_ms

    def _remember(self, view: View, media_ms: int) -> None:
        if self._count == len(self._times):
            older = int(np.searchsorted(self._times, media_ms - self._reach_ms))
            self._forget(max(older, self._count // 16))  # several at once, so that they are moved seldom
        small = cv2.resize(view.grid, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
        self._thumbnails[self._count], self._times[self._count] = small.ravel(), media_ms
        self._count += 1

    def _forget(self, oldest: int) -> None:
        kept = self._count - oldest
        self._thumbnails[:kept] = self._thumbnails[oldest : self._count]
        self._times[:kept] = self._times[oldest : self._count]
        self._count = kept

    def _look(self, now_ms: int) -> int | None:
        """The shortest time ago at which the pictures of the window were there; what was found is asked first."""
        if self._repeats_ms is not None and self._was_there(now_ms, self._repeats_ms):
            return self._repeats_ms
        lag_ms = next((lag for lag in self._like_now(now_ms) if self._was_there(now_ms, lag)), None)
        return None if lag_ms is None or self._has_rhythm(now_ms) else lag_ms

    def _was_there(self, now_ms: int, lag_ms: int) -> bool:
        """Were these pictures there so long ago, and at no moment near it?"""
        differ, otherwise = self._differ(now_ms, lag_ms)
        same = differ <= self._policy.difference_max / 100
        return same and differ * 10_000 <= otherwise * self._policy.share_max

    def _like_now(self, now_ms: int) -> list[int]:
        """How long ago there were pictures like the newest, the most recent first: of each stretch the most alike."""
        times, newest = self._times[: self._count], self._thumbnails[self._count - 1]
        first = int(np.searchsorted(times, now_ms - self._policy.memory_ms))
        past = int(np.searchsorted(times, now_ms - self._policy.shortest_ms, side="right"))
        if times[0] > now_ms - self._policy.window_ms - self._policy.shortest_ms or past <= first:
            return []
        differ = _difference(self._thumbnails[first:past], newest)
        alike = np.flatnonzero(differ <= self._policy.difference_max / 100)
        stretches = np.split(alike, np.flatnonzero(np.diff(alike) > 1) + 1) if len(alike) else []
        moments = [int(stretch[differ[stretch].argmin()]) + first for stretch in stretches]
        return [int(now_ms - times[moment]) for moment in reversed(moments)][:_FOUND_MAX]

    def _differ(self, now_ms: int, lag_ms: int) -> tuple[float, float]:
        """How the window differs from what was shown so long before, and from what was shown around that time."""
        shifted = (self._mean(now_ms, lag_ms + shift) for shift in (-_SHIFT_MS, _SHIFT_MS))
        return self._mean(now_ms, lag_ms), min(shifted)

    def _mean(self, now_ms: int, lag_ms: int) -> float:
        """Mean difference in luma levels. Of the pictures around a moment the most alike counts: cameras jitter."""
        moments = np.arange(now_ms - self._policy.window_ms, now_ms + 1, _STEP_MS)
        times = self._times[: self._count]
        nows = np.minimum(np.searchsorted(times, moments), self._count - 1)
        befores = np.searchsorted(times, times[nows] - lag_ms)
        around = np.clip(befores[:, None] + np.array([-1, 0, 1]), 0, self._count - 1)
        return float(_difference(self._thumbnails[around], self._thumbnails[nows][:, None]).min(1).mean())

    def _has_rhythm(self, now_ms: int) -> bool:
        """Does it move to and fro, so that after a moment much is again as it was?"""
        shortest, step = _RHYTHM_MS
        for lag_ms in range(shortest, self._policy.shortest_ms, step):
            differ, otherwise = self._differ(now_ms, lag_ms)
            if differ < _RHYTHM_SHARE * otherwise:
                return True
        return False


def _difference(some: Thumbnail, other: Thumbnail) -> npt.NDArray[np.float64]:
    """Mean difference of thumbnails in luma levels, over the last axis."""
    differ: npt.NDArray[np.float64] = np.abs(some.astype(np.int16) - other).mean(-1)
    return differ
