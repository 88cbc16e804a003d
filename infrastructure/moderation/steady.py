"""A camera in somebody's hand: how the whole picture moved, so that what moved with it is no change.

The movement is read from corners of the judged picture, followed into the present one, without those of people.
It is believed only where corners in at least three quarters of the picture agree on it: a single thing that
moves before a bare wall is no moving camera. And it is small: what comes in at a border with it is narrower
than half a face.
"""

from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]
Grid = npt.NDArray[np.uint8]
"""60 rows of 80 cells, mean luma of each."""
Points = npt.NDArray[np.float32]
Movement = npt.NDArray[np.float64]
"""Two rows of three: where a point of the present picture lies in the one before."""

COLUMNS, ROWS = 80, 60
_FINE = 4  # points of the fine picture to a cell, each way
_WIDTH, _HEIGHT = COLUMNS * _FINE, ROWS * _FINE
_CORNERS_MAX, _CORNER_QUALITY, _CORNERS_APART = 40, 0.02, 16
_AGREE_MIN, _AGREE_SHARE, _QUARTERS_MIN = 12, 0.5, 3
_AGREE_WITHIN = 1.4  # fine points
_CORNERS = np.array([[0, 0, 1], [_WIDTH, 0, 1], [0, _HEIGHT, 1], [_WIDTH, _HEIGHT, 1]], np.float64)


class View:
    """What is kept of a picture to compare others with."""

    def __init__(self, luma: Luma) -> None:
        fine = cv2.resize(luma, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
        self.fine: Luma = fine.astype(np.uint8, copy=False)
        self.grid = _coarse(self.fine)

    @cached_property
    def corners(self) -> Points:
        """Points that can be found again in another picture, spread over the whole of it."""
        found: Any = cv2.goodFeaturesToTrack(self.fine, _CORNERS_MAX, _CORNER_QUALITY, _CORNERS_APART)
        return np.empty((0, 2), np.float32) if found is None else found.reshape(-1, 2).astype(np.float32)

    def moved_as(self, movement: Movement) -> tuple[Grid, npt.NDArray[np.bool_]]:
        """The cells of this picture as that movement shows them, and which of them lay in this picture at all."""
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(
            self.fine, movement, (_WIDTH, _HEIGHT), flags=how, borderMode=cv2.BORDER_REPLICATE
        )
        whole = np.full((ROWS, COLUMNS), 255, np.uint8)
        cells = movement.copy()
        cells[:, 2] /= _FINE
        inside = cv2.warpAffine(whole, cells, (COLUMNS, ROWS), flags=how)
        return _coarse(moved.astype(np.uint8, copy=False)), inside == 255


def movement(now: View, before: View, still: npt.NDArray[np.bool_], reach: int) -> Movement | None:
    """How the whole picture moved since. None: it did not, or further than `reach` cells, or nobody can tell.

    `still`: the cells where no person is, whose movement is their own.
    """
    old = before.corners
    cells = np.minimum(old // _FINE, (COLUMNS - 1, ROWS - 1)).astype(np.intp)
    old = old[still[cells[:, 1], cells[:, 0]]]
    if len(old) < _AGREE_MIN:
        return None
    new, found = _followed(before.fine, now.fine, old)
    old, new = old[found], new[found]
    if len(old) < _AGREE_MIN:
        return None
    estimate: Any
    estimate, agree = cv2.estimateAffinePartial2D(
        new, old, method=cv2.RANSAC, ransacReprojThreshold=_AGREE_WITHIN, maxIters=50, refineIters=2
    )
    if estimate is None or not _is_supported(new, agree.ravel() == 1):
        return None
    way = np.abs(_CORNERS @ estimate.T - _CORNERS[:, :2]).max() / _FINE
    return np.asarray(estimate, np.float64) if way <= reach else None


def _followed(before: Luma, now: Luma, points: Points) -> tuple[Points, npt.NDArray[np.bool_]]:
    new, found, _ = cv2.calcOpticalFlowPyrLK(
        before, now, points, points.copy(), winSize=(9, 9), maxLevel=2, criteria=(3, 8, 0.03)
    )
    return new.astype(np.float32, copy=False), found.ravel() == 1


def _is_supported(points: Points, agree: npt.NDArray[np.bool_]) -> bool:
    """Do enough corners agree, and all over the picture?"""
    agreeing = points[agree]
    if len(agreeing) < max(_AGREE_MIN, _AGREE_SHARE * len(points)):
        return False
    right, below = agreeing[:, 0] > _WIDTH / 2, agreeing[:, 1] > _HEIGHT / 2
    return len(set(zip(right.tolist(), below.tolist(), strict=True))) >= _QUARTERS_MIN


def _coarse(fine: Luma) -> Grid:
    grid: Grid = cv2.resize(fine, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return grid
