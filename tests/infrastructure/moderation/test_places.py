"""Where a face is and how far it is turned, from what networks and landmarks give."""

import math

import numpy as np
import pytest

from infrastructure.moderation.engines.dlib_onnx import _peak
from infrastructure.moderation.engines.quality import turn_of


@pytest.mark.parametrize("tilted", [0, 30, 90, -135])
@pytest.mark.parametrize("turned", [-0.5, 0.0, 0.25])
def test_a_turn_is_told_in_eye_distances_however_the_head_is_tilted(tilted: int, turned: float) -> None:
    across, down = 60 * math.cos(math.radians(tilted)), 60 * math.sin(math.radians(tilted))
    nose = 130 + turned * across - 0.6 * down, 170 + turned * down + 0.6 * across
    eyes = (130 - across / 2, 170 - down / 2), (130 + across / 2, 170 + down / 2)
    assert turn_of(*eyes, nose) == pytest.approx(turned, abs=1e-6)


def test_a_peak_lies_between_the_cells_nearer_to_the_higher_neighbour() -> None:
    scores = np.full((5, 5), -1.0, np.float32)
    scores[2, 2], scores[2, 3] = 1.0, 0.75  # 1.5 and 1.25 above what says nothing
    highest, row, column = _peak(scores)
    assert (highest, row) == (1.0, 2.0)
    assert column == pytest.approx(2 + 1.25 / 2.75)


def test_a_peak_at_the_edge_has_the_neighbours_that_there_are() -> None:
    scores = np.full((3, 4), -1.0, np.float32)
    scores[0, 3], scores[1, 3] = 1.0, 1.0
    assert _peak(scores) == (1.0, 0.5, 3.0)
