"""A moving camera is no change; what comes into the picture while it moves is."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.moderation.observation import Box
from infrastructure import props
from infrastructure.moderation.change import cut_cells, unexplained_cells
from infrastructure.moderation.steady import View

SHAPE = (480, 640)
LEVEL, REACH, CHANGE_CELLS = 14, 3, 8
CELL_PX = 8
Luma = npt.NDArray[np.uint8]
ways = st.tuples(st.integers(-15, 15), st.integers(-15, 15), st.floats(-1.0, 1.0))
places = st.tuples(st.integers(30, 540), st.integers(30, 380))


def _scene() -> Luma:
    """More of a room than the camera sees, so that it may look elsewhere."""
    return cv2.cvtColor(props.room(800, 640), cv2.COLOR_RGB2GRAY).astype(np.uint8)


SCENE = _scene()


def _seen(scene: Luma, across: float = 0, down: float = 0, degrees: float = 0) -> Luma:
    """What a camera sees of it that is moved so far."""
    place = cv2.getRotationMatrix2D((400, 320), degrees, 1.0)
    place[:, 2] += np.array([across - 80, down - 80])
    return cv2.warpAffine(scene, place, (640, 480)).astype(np.uint8)


def _with_face(picture: Luma, x: int, y: int, side: int) -> Luma:
    """A head of that size, as round and as uneven as one."""
    shown = picture.copy()
    middle = x + side // 2, y + side // 2
    cv2.ellipse(shown, middle, (side // 2, round(0.62 * side)), 0, 0, 360, 40, -1)
    cv2.ellipse(shown, middle, (round(0.4 * side), side // 2), 0, 0, 360, 172, -1)
    for eye in (-1, 1):
        cv2.circle(shown, (middle[0] + eye * side // 6, middle[1] - side // 8), max(2, side // 14), 30, -1)
    return shown


def _unexplained(now: Luma, judged: Luma, people: Sequence[Box] = (), reach: int = REACH) -> int:
    return unexplained_cells(View(now), View(judged), people, SHAPE, LEVEL, reach)


@given(way=ways)
@settings(max_examples=40, deadline=None)
def test_a_picture_that_only_moved_has_nearly_nothing_unexplained(way: tuple[int, int, float]) -> None:
    judged, now = _seen(SCENE), _seen(SCENE, *way)
    assert _unexplained(now, judged) < CHANGE_CELLS


@given(way=ways, place=places, side=st.integers(60, 140))
@settings(max_examples=60, deadline=None)
def test_a_face_that_comes_while_the_camera_moves_is_unexplained(
    way: tuple[int, int, float], place: tuple[int, int], side: int
) -> None:
    now = _with_face(_seen(SCENE, *way), *place, side)
    assert _unexplained(now, _seen(SCENE)) >= CHANGE_CELLS


@given(way=ways, place=places, side=st.integers(60, 140))
@settings(max_examples=40, deadline=None)
def test_a_moving_camera_explains_no_more_than_half_of_a_new_face(
    way: tuple[int, int, float], place: tuple[int, int], side: int
) -> None:
    """Beside what the same face changes before a camera that stands."""
    stands = _unexplained(_with_face(_seen(SCENE), *place, side), _seen(SCENE), reach=0)
    assert 2 * _unexplained(_with_face(_seen(SCENE, *way), *place, side), _seen(SCENE)) >= stands


@pytest.mark.parametrize("across", [-23, 23])
def test_a_face_of_the_promised_size_that_comes_in_at_the_border_with_the_camera_is_unexplained(
    across: int,
) -> None:
    """The border that was uncovered is narrower than half of it: the rest is compared."""
    x = 640 - 36 if across < 0 else 36 - 60
    judged, now = _seen(SCENE), _with_face(_seen(SCENE, across), x + across, 200, 60)
    assert _unexplained(now, judged) >= CHANGE_CELLS


def test_a_camera_that_moved_further_than_half_a_face_explains_nothing() -> None:
    judged, now = _seen(SCENE), _seen(SCENE, CELL_PX * (REACH + 1))
    assert _unexplained(now, judged) == _unexplained(now, judged, reach=0) > CHANGE_CELLS


@given(place=st.tuples(st.integers(340, 540), st.integers(30, 380)), way=st.integers(8, 24))
@settings(max_examples=40, deadline=None)
def test_somebody_who_moves_before_a_bare_wall_is_no_moving_camera(place: tuple[int, int], way: int) -> None:
    wall = np.full(SHAPE, 180, np.uint8)
    judged, now = _with_face(wall, *place, 90), _with_face(wall, place[0] - way, place[1], 90)
    assert _unexplained(now, judged) == _unexplained(now, judged, reach=0)


@given(way=ways)
@settings(max_examples=30, deadline=None)
def test_another_face_in_the_same_place_is_a_cut_while_the_camera_moves_and_the_same_face_is_none(
    way: tuple[int, int, float],
) -> None:
    face: Box = (280, 180, 120, 120)
    before = _with_face(SCENE, 360, 260, 120)
    another = 255 - _with_face(SCENE, 360, 260, 120)[260:380, 360:480]
    swapped = before.copy()
    swapped[260:380, 360:480] = another
    assert _cut(_seen(swapped, *way), _seen(before), face) > 0
    assert _cut(_seen(before, *way), _seen(before), face) == 0


def _cut(now: Luma, before: Luma, face: Box) -> int:
    return cut_cells(View(now), View(before), [face], SHAPE, LEVEL, 0.5, REACH)
