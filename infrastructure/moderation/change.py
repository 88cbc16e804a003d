"""What changed between two pictures, on a grid of 80 by 60 cells of luma. A quarter of a millisecond.

Where the whole picture moved, as with a telephone in somebody's hand, what moved with it is no change.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from domain.moderation.observation import Box
from infrastructure.moderation.steady import COLUMNS, ROWS, Grid, View, movement

Cells = npt.NDArray[np.bool_]
Shape = tuple[int, int]
"""Height and width of the picture in pixels."""

# A person moves, and what they move is more than their face: left and right by 1.1 widths of the face, up by
# 0.9 heights (hair, a raised hand), down to the bottom (the body). Change there is explained.
_ASIDE, _ABOVE = 1.1, 0.9


def change_grid(luma: npt.NDArray[np.uint8]) -> Grid:
    """The grid of one picture's luma plane."""
    grid: Grid = cv2.resize(luma, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return grid


def changed_cells(grid: Grid, reference: Grid, level: int) -> int:
    """How many cells differ by more than so many luma levels."""
    return int(np.count_nonzero(cv2.absdiff(grid, reference) > level))


def unexplained_cells(
    now: View, judged: View, people: Iterable[Box], shape: Shape, level: int, reach: int
) -> int:
    """Changed cells outside the people known to be there. `reach`: as many cells may a camera have moved."""
    still = _still(people, shape)
    changed, compared = _changed(now, judged, still, level, reach)
    return int((changed & compared & still).sum())


def cut_cells(
    now: View, before: View, people: Sequence[Box], shape: Shape, level: int, share: float, reach: int
) -> int:
    """Cells of faces that changed from the picture before as they do only when another face is there: nearly all.

    Somebody who moves changes the edges of their face in one picture, not the whole of it.
    """
    cut = _cut(cv2.absdiff(now.grid, before.grid) > level, people, shape, share)
    if not cut:
        return 0
    changed, _ = _changed(now, before, _still(people, shape), level, reach)
    return _cut(changed, people, shape, share)


def _cut(changed: Cells, people: Sequence[Box], shape: Shape, share: float) -> int:
    faces = (_cells(box, shape) for box in people)
    return sum(changed[face].size for face in faces if changed[face].size and changed[face].mean() >= share)


def _changed(now: View, before: View, still: Cells, level: int, reach: int) -> tuple[Cells, Cells]:
    """What changed, and what could be compared: all but a border that the camera's movement uncovered.

    What moved with the camera is no change, where that explains at least half of what changed outside people.
    """
    plain: Cells = cv2.absdiff(now.grid, before.grid) > level
    all_cells = np.ones_like(plain)
    if not reach or not (plain & still).any():
        return plain, all_cells
    moved = movement(now, before, still, reach)
    if moved is None:
        return plain, all_cells
    steadied, inside = before.moved_as(moved)
    rest: Cells = np.where(inside, cv2.absdiff(now.grid, steadied) > level, plain)
    explains = 2 * (rest & inside & still).sum() <= (plain & still).sum()
    return (rest, inside) if explains else (plain, all_cells)


def _still(people: Iterable[Box], shape: Shape) -> Cells:
    """Every cell but those where these people may move."""
    still = np.ones((ROWS, COLUMNS), bool)
    down, across = ROWS / shape[0], COLUMNS / shape[1]
    for x, y, width, height in people:
        top = max(0, int((y - _ABOVE * height) * down))
        left = max(0, int((x - _ASIDE * width) * across))
        right = max(0, int((x + (1 + _ASIDE) * width) * across) + 1)
        still[top:, left:right] = False
    return still


def stir(grid: Grid, reference: Grid | None, box: Sequence[float], shape: Shape, level: int) -> float:
    """Share of the cells inside the box that changed; 0 without a reference."""
    if reference is None:
        return 0.0
    inside = _cells(box, shape)
    cells = grid[inside]
    return changed_cells(cells, reference[inside], level) / cells.size if cells.size else 0.0


def _cells(box: Sequence[float], shape: Shape) -> tuple[slice, slice]:
    """The cells a box touches: rows, columns."""
    down, across = ROWS / shape[0], COLUMNS / shape[1]
    x, y, width, height = box
    rows = slice(max(0, int(y * down)), max(0, int((y + height) * down) + 1))
    return rows, slice(max(0, int(x * across)), max(0, int((x + width) * across) + 1))
