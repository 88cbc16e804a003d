"""Whether a soak tells memory that grows from memory that only moves up and down."""

import math

from bench.soak import slope_of

HOURS = [number / 1800 for number in range(900)]  # every two seconds for half an hour


def test_memory_that_only_moves_up_and_down_is_flat() -> None:
    slope, half = slope_of([(hour, 300 + 2 * math.sin(hour * 500)) for hour in HOURS])
    assert slope - half <= 0 <= slope + half


def test_growth_is_found_under_the_same_movement() -> None:
    slope, half = slope_of([(hour, 300 + 20 * hour + 2 * math.sin(hour * 500)) for hour in HOURS])
    assert slope - half > 1
    assert slope - half <= 20 <= slope + half
