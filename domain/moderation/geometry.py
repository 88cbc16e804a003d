"""Boxes compared in whole numbers, so that a replay on any machine agrees."""

from math import isqrt

from domain.moderation.observation import Box

ONE = 10_000  # a share of one


def area(box: Box) -> int:
    """Area in square pixels."""
    return box[2] * box[3]


def side(box: Box) -> int:
    """Side of the square of the same area, in pixels."""
    return isqrt(area(box))


def shared(a: Box, b: Box) -> int:
    """Area of the intersection in square pixels."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0, width) * max(0, height)


def overlap(a: Box, b: Box) -> int:
    """Intersection over union in 1/10,000."""
    common = shared(a, b)
    return common * ONE // max(1, area(a) + area(b) - common)


def share_inside(a: Box, b: Box) -> int:
    """How much of `a` lies inside `b`, in 1/10,000."""
    return shared(a, b) * ONE // max(1, area(a))


def way(a: Box, b: Box) -> int:
    """Distance of the centres in 1/10,000 of the larger side."""
    across = (2 * a[0] + a[2]) - (2 * b[0] + b[2])
    down = (2 * a[1] + a[3]) - (2 * b[1] + b[3])
    return isqrt(across * across + down * down) * ONE // (2 * max(1, side(a), side(b)))


def size_ratio(a: Box, b: Box) -> int:
    """Larger side over smaller side, in 1/10,000."""
    return max(side(a), side(b)) * ONE // max(1, min(side(a), side(b)))
