"""ROC and DET curves with intervals by identity. Pure arithmetic on whole numbers of 1/10,000.

Pictures of one person are no independent trials: an interval comes from drawing persons with replacement, each
with all of their pictures (a bootstrap with a fixed seed, so that a run says the same twice). Curves are taken
to 1/1000; what is said at the policy's own thresholds is exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ROUNDS = 1000
SEED = 20_261_123
LEVEL = 95
STEP = 10  # units of 1/10,000 of one point of a curve
POINTS_SHOWN = 41

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """One picture: whose it is, whether what is looked for is there, and how much it looks so."""

    subject: str
    positive: bool
    value: int  # 1/10,000; the higher, the more likely


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its interval of 95 %; None where too few people were seen for one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """At one threshold: how many are taken for it wrongly, and how many are missed."""

    threshold: int
    false_alarms: float
    misses: float


@dataclass(frozen=True, slots=True)
class Curve:
    """How well a score tells two sorts of pictures apart."""

    positives: int
    negatives: int
    identities: int
    auc: Measured
    eer: Measured
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """Pictures by person and value."""

    thresholds: npt.NDArray[np.int64]
    positive: Counts  # people x thresholds
    negative: Counts


def curve(scores: Sequence[Score]) -> Curve | None:
    """The curve of these scores; None unless there are pictures of both sorts."""
    positives = sum(score.positive for score in scores)
    if not 0 < positives < len(scores):
        return None
    table = _table(scores)
    auc, eer = _measured(table, _auc), _measured(table, _eer)
    if auc.value == 1 and auc.low is not None:  # nobody was mistaken, of so few
        beyond = _beyond(min(_people(table.positive), _people(table.negative)))
        auc, eer = Measured(1.0, 1 - beyond, 1.0), Measured(0.0, 0.0, beyond)
    return Curve(
        positives=positives,
        negatives=len(scores) - positives,
        identities=table.positive.shape[0],
        auc=auc,
        eer=eer,
        points=tuple(_points(table)),
    )


def rate(found: Sequence[tuple[str, int, int]]) -> Measured | None:
    """A share with its interval: of each person, how many of how many. None without anything to count.

    Where nothing (or everything) was found a bootstrap knows no doubt: then the interval says what so many
    persons without a single error support.
    """
    hits, of = _by_subject(found)
    if not of.sum():
        return None
    value = float(hits.sum() / of.sum())
    people = int((of > 0).sum())
    if people < 2:
        return Measured(value)
    beyond = _beyond(people)
    if hits.sum() == 0:
        return Measured(value, 0.0, beyond)
    if hits.sum() == of.sum():
        return Measured(value, 1 - beyond, 1.0)
    drawn = _drawn(len(of))
    low, high = _interval((drawn @ hits) / np.maximum(drawn @ of, 1e-9), drawn @ of > 0)
    return Measured(value, low, high)


def per_hour(found: Sequence[tuple[str, int, float]]) -> Measured | None:
    """Events an hour with their interval: of each person, how many in how many hours.

    Without any event the interval ends where so many hours would still show none one time in twenty.
    """
    events, hours = _by_subject(found)
    if hours.sum() <= 0:
        return None
    value = float(events.sum() / hours.sum())
    if events.sum() == 0:
        return Measured(value, 0.0, float(-np.log(0.05) / hours.sum()))
    if len(hours) < 2:
        return Measured(value)
    drawn = _drawn(len(hours))
    low, high = _interval((drawn @ events) / np.maximum(drawn @ hours, 1e-9), drawn @ hours > 0)
    return Measured(value, low, high)


def quantile(values: Sequence[int], share: float) -> int | None:
    """The smallest value that so large a share does not exceed; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(np.ceil(share * len(ordered))) - 1))]


def _beyond(people: int) -> float:
    """The largest share of mistaken persons of whom so many draws would still show none one time in twenty."""
    return float(1 - 0.05 ** (1 / people))


def _people(counts: Counts) -> int:
    """How many persons have any picture of this sort."""
    return int((counts.sum(axis=1) > 0).sum())


def _table(scores: Sequence[Score]) -> _Table:
    subjects = sorted({score.subject for score in scores})
    rows = {subject: row for row, subject in enumerate(subjects)}
    values = np.array([score.value // STEP * STEP for score in scores])
    thresholds, columns = np.unique(values, return_inverse=True)
    positive = np.zeros((len(subjects), len(thresholds)))
    negative = np.zeros_like(positive)
    for score, column in zip(scores, columns, strict=True):
        (positive if score.positive else negative)[rows[score.subject], column] += 1
    return _Table(thresholds, positive, negative)


def _auc(positive: Counts, negative: Counts) -> Counts:
    """The chance that a picture with it scores higher than one without; ties count half. By row."""
    below = np.cumsum(negative, axis=1) - negative / 2
    trials = positive.sum(axis=1) * negative.sum(axis=1)
    found: Counts = (positive * below).sum(axis=1) / np.maximum(trials, 1e-9)
    return found


def _eer(positive: Counts, negative: Counts) -> Counts:
    """The error where both kinds are equally frequent, between two thresholds by straight line. By row."""
    alarms, misses = _errors(positive, negative)
    gap = misses - alarms  # rises with the threshold, from at most 0 to at least 0
    after = np.argmax(gap >= 0, axis=1)
    rows = np.arange(len(gap))
    before = np.maximum(after - 1, 0)
    rise = gap[rows, after] - gap[rows, before]
    part = np.where(rise > 0, gap[rows, after] / np.where(rise > 0, rise, 1), 0)
    found: Counts = misses[rows, after] - part * (misses[rows, after] - misses[rows, before])
    return found


def _errors(positive: Counts, negative: Counts) -> tuple[Counts, Counts]:
    """False alarms and misses at each threshold, and beyond the last."""
    return _from_each(negative), 1 - _from_each(positive)


def _from_each(counts: Counts) -> Counts:
    """The share at or above each threshold, and 0 beyond the last."""
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
    above = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1] / total
    return np.concatenate([above, np.zeros((len(counts), 1))], axis=1)


def _measured(table: _Table, statistic: Callable[[Counts, Counts], Counts]) -> Measured:
    """The statistic of everybody, and its spread over draws of persons."""
    everybody = np.ones((1, len(table.positive)))
    value = float(statistic(everybody @ table.positive, everybody @ table.negative)[0])
    if len(table.positive) < 2:
        return Measured(value)
    drawn = _drawn(len(table.positive))
    positive, negative = drawn @ table.positive, drawn @ table.negative
    whole = (positive.sum(axis=1) > 0) & (negative.sum(axis=1) > 0)
    low, high = _interval(statistic(positive, negative), whole)
    return Measured(value, low, high)


def _drawn(people: int) -> Counts:
    """How often each person is drawn, by round."""
    chance = np.random.default_rng(SEED)
    return chance.multinomial(people, [1 / people] * people, size=ROUNDS).astype(np.float64)


def _interval(values: Counts, whole: npt.NDArray[np.bool_]) -> tuple[float | None, float | None]:
    """The middle 95 % of the rounds in which there was something to count."""
    counted = values[whole]
    if not len(counted):
        return None, None
    outside = (100 - LEVEL) / 2
    return float(np.percentile(counted, outside)), float(np.percentile(counted, 100 - outside))


def _points(table: _Table) -> list[Point]:
    """Points of the curve, few enough to read."""
    everybody = np.ones((1, len(table.positive)))
    alarms, misses = _errors(everybody @ table.positive, everybody @ table.negative)
    last = len(table.thresholds) - 1
    chosen = sorted({round(n * last / (POINTS_SHOWN - 1)) for n in range(POINTS_SHOWN)})
    return [Point(int(table.thresholds[at]), float(alarms[0, at]), float(misses[0, at])) for at in chosen]


def _by_subject(found: Sequence[tuple[str, int, float]]) -> tuple[Counts, Counts]:
    subjects = sorted({subject for subject, _, _ in found})
    rows = {subject: row for row, subject in enumerate(subjects)}
    first, second = np.zeros(len(subjects)), np.zeros(len(subjects))
    for subject, hits, of in found:
        first[rows[subject]] += hits
        second[rows[subject]] += of
    return first, second
