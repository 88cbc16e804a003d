"""Boxes compared in whole numbers."""

import pytest

from domain.moderation.geometry import area, overlap, share_inside, shared, side, size_ratio, way
from domain.moderation.observation import Box

SQUARE: Box = (10, 20, 30, 30)


def test_area_and_side_of_a_box() -> None:
    assert area((5, 7, 20, 45)) == 900
    assert side((5, 7, 20, 45)) == 30
    assert side((0, 0, 10, 11)) == 10


@pytest.mark.parametrize(
    ("other", "common"),
    [
        ((10, 20, 30, 30), 900),
        ((20, 30, 30, 30), 400),
        ((0, 5, 20, 25), 100),
        ((15, 25, 5, 6), 30),
        ((40, 20, 30, 30), 0),
        ((10, 50, 30, 30), 0),
        ((39, 49, 30, 30), 1),
        ((100, 200, 30, 30), 0),
        ((100, 20, 30, 30), 0),
    ],
)
def test_what_two_boxes_share(other: Box, common: int) -> None:
    assert shared(SQUARE, other) == shared(other, SQUARE) == common
    assert overlap(SQUARE, other) == overlap(other, SQUARE) == common * 10_000 // (900 + area(other) - common)
    assert share_inside(other, SQUARE) == common * 10_000 // area(other)


def test_a_box_without_area_overlaps_nothing() -> None:
    nothing: Box = (10, 20, 0, 0)
    assert overlap(nothing, nothing) == 0
    assert share_inside(nothing, SQUARE) == 0
    assert way(nothing, nothing) == 0
    assert size_ratio(SQUARE, nothing) == 300_000


@pytest.mark.parametrize(
    ("other", "distance"),
    [
        ((10, 20, 30, 30), 0),
        ((40, 20, 30, 30), 10_000),
        ((10, 50, 30, 30), 10_000),
        ((40, 60, 30, 30), 50 * 10_000 // 30),
        ((10, 20, 60, 60), 42 * 10_000 // 120),
        ((0, 0, 30, 30), 44 * 10_000 // 60),
    ],
)
def test_the_way_between_two_boxes_is_measured_in_sides_of_the_larger(other: Box, distance: int) -> None:
    assert way(SQUARE, other) == way(other, SQUARE) == distance


def test_sizes_are_compared_larger_over_smaller() -> None:
    assert size_ratio(SQUARE, (0, 0, 60, 60)) == size_ratio((0, 0, 60, 60), SQUARE) == 20_000
    assert size_ratio(SQUARE, SQUARE) == 10_000
