"""What changed between two pictures, on a grid of 80 by 60 cells of luma. A quarter of a millisecond."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from domain.moderation.observation import Box

Grid = npt.NDArray[np.uint8]
"""60 rows of 80 cells, mean luma of each."""
Shape = tuple[int, int]
"""Height and width of the picture in pixels."""

COLUMNS, ROWS = 80, 60

# A person moves, and what they move is more than their face: left and right by 1.1 widths of the face, up by
# 0.9 heights (hair, a raised hand), down to the bottom (the body). Change there is explained.
_ASIDE, _ABOVE = 1.1, 0.9


def change_grid(luma: npt.NDArray[np.uint8]) -> Grid:
    """The grid of one picture's luma plane."""
    grid: Grid = cv2.resize(luma, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return grid


def changed_cells(grid: Grid, reference: Grid, level: int) -> int:
    """How many cells differ by more than so many luma levels."""
    return int((cv2.absdiff(grid, reference) > level).sum())


def unexplained_cells(grid: Grid, reference: Grid, people: Iterable[Box], shape: Shape, level: int) -> int:
    """Changed cells outside the people known to be there."""
    changed = cv2.absdiff(grid, reference) > level
    down, across = ROWS / shape[0], COLUMNS / shape[1]
    for x, y, width, height in people:
        top = max(0, int((y - _ABOVE * height) * down))
        left = max(0, int((x - _ASIDE * width) * across))
        right = max(0, int((x + (1 + _ASIDE) * width) * across) + 1)
        changed[top:, left:right] = False
    return int(changed.sum())


def cut_cells(grid: Grid, before: Grid, people: Iterable[Box], shape: Shape, level: int, share: float) -> int:
    """Cells of faces that changed from the picture before as they do only when another face is there: nearly all.

    Somebody who moves changes the edges of their face in one picture, not the whole of it.
    """
    faces = (_cells(box, shape) for box in people)
    changed = cv2.absdiff(grid, before) > level
    return sum(changed[face].size for face in faces if changed[face].size and changed[face].mean() >= share)


def stir(grid: Grid, reference: Grid | None, box: Sequence[float], shape: Shape, level: int) -> float:
    """Share of the cells inside the box that changed; 0 without a reference."""
    if reference is None:
        return 0.0
    inside = _cells(box, shape)
    cells = np.abs(grid[inside].astype(np.int16) - reference[inside])
    return float((cells > level).mean()) if cells.size else 0.0


def _cells(box: Sequence[float], shape: Shape) -> tuple[slice, slice]:
    """The cells a box touches: rows, columns."""
    down, across = ROWS / shape[0], COLUMNS / shape[1]
    x, y, width, height = box
    rows = slice(max(0, int(y * down)), max(0, int((y + height) * down) + 1))
    return rows, slice(max(0, int(x * across)), max(0, int((x + width) * across) + 1))
