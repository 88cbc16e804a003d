"""The arithmetic of an evaluation, against numbers that can be checked by hand, and as rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.evaluation.curves import Measured, Score, curve, per_hour, quantile, rate


def scores(positive: list[int], negative: list[int], people: int = 4) -> list[Score]:
    """Pictures dealt out to so many people."""
    rows = [(value, True) for value in positive] + [(value, False) for value in negative]
    return [Score(f"p{at % people}", is_positive, value) for at, (value, is_positive) in enumerate(rows)]


def test_scores_that_never_meet_are_told_apart_without_error() -> None:
    found = curve(scores([7_000, 8_000, 9_000], [1_000, 2_000]))
    assert found is not None
    assert (found.auc.value, found.eer.value) == (1.0, 0.0)
    assert (found.positives, found.negatives, found.identities) == (3, 2, 4)
    assert found.auc.low == pytest.approx(0.05 ** (1 / 2))  # two persons without, and that is all it rests on
    assert found.eer.high == pytest.approx(1 - 0.05 ** (1 / 2))


def test_the_area_counts_pairs_and_a_tie_is_half() -> None:
    found = curve(scores([3_000, 5_000], [3_000, 4_000]))
    assert found is not None
    assert found.auc.value == (0.5 + 0 + 1 + 1) / 4


def test_the_equal_error_lies_between_two_thresholds() -> None:
    """One of four is wrong on each side at the threshold 5000."""
    found = curve(scores([4_000, 5_000, 6_000, 7_000], [1_000, 2_000, 3_000, 5_000]))
    assert found is not None
    assert found.eer.value == pytest.approx(0.25)


def test_a_point_says_what_its_threshold_costs() -> None:
    found = curve(scores([4_000, 6_000], [1_000, 5_000]))
    assert found is not None
    assert [(p.threshold, p.false_alarms, p.misses) for p in found.points] == [
        (1_000, 1.0, 0.0),
        (4_000, 0.5, 0.0),
        (5_000, 0.5, 0.5),
        (6_000, 0.0, 0.5),
    ]


def test_there_is_no_curve_of_one_sort_of_picture() -> None:
    assert curve(scores([1_000], [])) is None
    assert curve(scores([], [1_000])) is None
    assert curve([]) is None


def test_one_person_has_no_interval_however_many_pictures() -> None:
    found = curve(scores([7_000] * 500, [1_000] * 500, people=1))
    assert found is not None
    assert (found.auc.low, found.auc.high) == (None, None)


def test_a_person_who_is_always_wrong_widens_the_interval_more_than_scattered_errors_do() -> None:
    """Ten of a hundred pictures are wrong: all of one person, or one of each of ten."""
    of_one = rate([("p0", 10, 10), *((f"p{n}", 0, 10) for n in range(1, 10))])
    of_each = rate([(f"p{n}", 1, 10) for n in range(10)])
    assert of_one is not None
    assert of_each is not None
    assert of_one.value == of_each.value == 0.1
    assert _width(of_one) > 0.2 > _width(of_each)


def test_no_error_among_few_people_is_no_proof() -> None:
    found = rate([(f"p{n}", 0, 1_000) for n in range(10)])
    assert found is not None
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 10))
    everything = rate([(f"p{n}", 5, 5) for n in range(10)])
    assert everything is not None
    assert everything.low == pytest.approx(0.05 ** (1 / 10))


def test_a_quiet_hour_does_not_prove_that_there_are_none() -> None:
    quiet = per_hour([("p0", 0, 0.5), ("p1", 0, 0.5)])
    assert quiet is not None
    assert quiet.value == 0
    assert quiet.high == pytest.approx(3.0, abs=0.005)
    some = per_hour([("p0", 3, 1.0), ("p1", 1, 1.0)])
    assert some is not None
    assert (some.value, some.low, some.high) == (2.0, 1.0, 3.0)
    assert per_hour([]) is None


def test_a_run_says_the_same_twice() -> None:
    some = scores([4_000, 6_000, 7_000, 5_000], [1_000, 5_000, 4_500, 2_000])
    assert curve(some) == curve(some)


def test_a_quantile_is_a_value_that_was_seen() -> None:
    assert quantile([], 0.5) is None
    assert quantile([30, 10, 20], 0.5) == 20
    assert quantile(list(range(1, 101)), 0.95) == 95
    assert quantile([7], 0.95) == 7


PICTURES = st.lists(
    st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 20_000)), min_size=2, max_size=60
)


@given(PICTURES)
def test_a_curve_falls_from_everything_to_nothing(pictures: list[tuple[int, bool, int]]) -> None:
    found = curve([Score(f"p{who}", positive, value) for who, positive, value in pictures])
    if found is None:
        assert len({positive for _, positive, _ in pictures}) < 2
        return
    alarms = [point.false_alarms for point in found.points]
    misses = [point.misses for point in found.points]
    assert alarms == sorted(alarms, reverse=True)
    assert misses == sorted(misses)
    assert misses[0] == 0
    for measured in (found.auc, found.eer):
        assert 0 <= measured.value <= 1
        assert measured.low is None or measured.low <= (measured.high or 0)


@given(PICTURES)
def test_swapping_what_is_looked_for_mirrors_the_area(pictures: list[tuple[int, bool, int]]) -> None:
    one = curve([Score(f"p{who}", positive, value) for who, positive, value in pictures])
    other = curve([Score(f"p{who}", not positive, value) for who, positive, value in pictures])
    if one is not None and other is not None:
        assert one.auc.value + other.auc.value == pytest.approx(1)


def _width(measured: Measured) -> float:
    assert measured.low is not None
    assert measured.high is not None
    return measured.high - measured.low
