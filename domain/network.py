"""How good the line of a side is: what is lost on it in either direction, measured at every heartbeat.

A line is as good as the worst of its newest measurements, so that it does not turn with every breath.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from domain.clearance import Side
from domain.policy.line import LinePolicy

PER_PERCENT = 100  # loss is counted in 1/10,000


class Grade(StrEnum):
    """How good a line is."""

    GOOD = "good"
    POOR = "poor"
    BAD = "bad"


class Way(StrEnum):
    """Which way media goes on a side's line."""

    FROM_SIDE = "from_side"  # what the side sends
    TO_SIDE = "to_side"  # what it is sent


@dataclass(frozen=True, slots=True)
class Line:
    """One way of one side's line, by its newest measurements."""

    grade: Grade = Grade.GOOD
    recent: tuple[int, ...] = ()  # losses, 1/10,000, the newest last
    worst: int = 0  # since it was last good
    degraded_ms: int | None = None  # when it stopped being good, milliseconds by the caller's clock


def beat(line: Line, loss: int, now_ms: int, policy: LinePolicy) -> Line:
    """The line after one more measurement."""
    recent = (*line.recent, loss)[-policy.values :]
    grade = grade_of(max(recent), policy)
    if grade is Grade.GOOD:
        return Line(grade, recent)
    since = now_ms if line.degraded_ms is None else line.degraded_ms
    return replace(line, grade=grade, recent=recent, worst=max(line.worst, *recent), degraded_ms=since)


def grade_of(loss: int, policy: LinePolicy) -> Grade:
    """What a loss, in 1/10,000, makes of a line."""
    if loss < policy.loss_poor * PER_PERCENT:
        return Grade.GOOD
    return Grade.POOR if loss < policy.loss_bad * PER_PERCENT else Grade.BAD


def lines_of(side: Side) -> tuple[tuple[Side, Way], ...]:
    """The two lines that a side's picture goes over: its own, and the one of whoever sees it."""
    return (side, Way.FROM_SIDE), (side.other, Way.TO_SIDE)
