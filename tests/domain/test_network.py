"""A line is as good as the worst of its newest measurements, and a call's data is told before it is used."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clearance import Side
from domain.data_use import megabytes
from domain.network import Grade, Line, Way, beat, grade_of, lines_of
from domain.policy import LinePolicy, Policy

POLICY = LinePolicy()
LOSSES = st.lists(st.integers(0, 10_000), min_size=1, max_size=20)


def after(*losses: int) -> Line:
    numbered = enumerate(losses)
    return reduce(lambda line, one: beat(line, one[1], one[0] * 5000, POLICY), numbered, Line())


@pytest.mark.parametrize(
    ("loss", "grade"),
    [
        (0, Grade.GOOD),
        (999, Grade.GOOD),
        (1000, Grade.POOR),
        (1499, Grade.POOR),
        (1500, Grade.BAD),
        (10_000, Grade.BAD),
    ],
)
def test_below_ten_percent_is_good_below_fifteen_poor_and_else_bad(loss: int, grade: Grade) -> None:
    assert grade_of(loss, POLICY) is grade


@given(LOSSES)
def test_a_line_is_as_good_as_the_worst_of_its_last_four(losses: list[int]) -> None:
    assert after(*losses).grade is grade_of(max(losses[-4:]), POLICY)


@given(LOSSES)
def test_a_bad_spell_remembers_its_worst_and_its_beginning(losses: list[int]) -> None:
    line = after(*losses)
    if line.grade is Grade.GOOD:
        assert (line.worst, line.degraded_ms) == (0, None)
        return
    assert line.degraded_ms is not None
    since = line.degraded_ms // 5000
    assert grade_of(losses[since], POLICY) is not Grade.GOOD  # it began with a measurement that was not good
    assert line.worst == max(losses[since:])


def test_one_bad_breath_is_forgotten_after_four_good_ones() -> None:
    assert after(0, 2000, 0, 0, 0).grade is Grade.BAD
    assert after(0, 2000, 0, 0, 0, 0) == Line(Grade.GOOD, (0, 0, 0, 0))


def test_a_picture_goes_over_its_own_line_and_that_of_whoever_sees_it() -> None:
    assert lines_of(Side.VISITOR) == (
        (Side.VISITOR, Way.FROM_SIDE),
        (Side.PRISONER, Way.TO_SIDE),
    )


def test_saving_data_keeps_half_an_hour_below_two_hundred_megabytes() -> None:
    assert megabytes(30, POLICY, light=True) <= 200
    assert megabytes(30, POLICY, light=False) == 430
    assert megabytes(60, POLICY, light=True) == 390


@pytest.mark.parametrize(
    "changes", [{"loss_poor": 20}, {"picture_kbps": 300}, {"picture_kbps_light": 100, "picture_kbps": 200}]
)
def test_a_policy_whose_numbers_contradict_each_other_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot be so"):
        Policy().merged({"call": {"line": changes}})
