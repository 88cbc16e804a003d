"""What a measurement is, and how it is written down: `bench/out/results.json`, under names that stay.

Times on a shared machine say little; ratios of runs that took turns say much. So every figure with a
goal is a ratio, or a time small enough that only its order matters.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil

OUT = Path(__file__).with_name("out") / "results.json"


@dataclass(frozen=True)
class Figure:
    """One number. `against` says what it was measured against, `holds` whether it reaches its goal."""

    value: float
    unit: str
    against: str | None = None
    goal: float | None = None
    holds: bool | None = None


class Report:
    """Prints each figure as it comes, and keeps all of them for the file."""

    def __init__(self, path: Path = OUT) -> None:
        self._path = path
        self._figures: dict[str, Figure] = {}

    def at_least(self, name: str, value: float, unit: str, *, goal: float, against: str) -> None:
        """A figure that has to reach a goal."""
        self._add(name, Figure(round(value, 4), unit, against, goal, value >= goal))

    def at_most(self, name: str, value: float, unit: str, *, goal: float, against: str) -> None:
        """A figure that must not exceed a goal."""
        self._add(name, Figure(round(value, 4), unit, against, goal, value <= goal))

    def say(self, name: str, value: float, unit: str, *, against: str | None = None) -> None:
        """A figure without a goal."""
        self._add(name, Figure(round(value, 4), unit, against))

    def skip(self, name: str, why: str) -> None:
        """A figure that cannot be measured on this machine."""
        print(f"{name:<48}      not measured: {why}", flush=True)

    def write(self) -> None:
        """Write all figures, those of earlier runs that were not measured again included."""
        kept = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        figures = kept | {name: asdict(figure) for name, figure in self._figures.items()}
        self._path.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")

    @property
    def all_hold(self) -> bool:
        """Whether every figure with a goal reaches it."""
        return all(figure.holds is not False for figure in self._figures.values())

    def _add(self, name: str, figure: Figure) -> None:
        self._figures[name] = figure
        goal = (
            "" if figure.goal is None else f"   goal {figure.goal:g}: {'holds' if figure.holds else 'MISSED'}"
        )
        against = "" if figure.against is None else f"   against {figure.against}"
        print(f"{name:<48} {figure.value:>12,.3f} {figure.unit}{goal}{against}", flush=True)


async def take_turns(
    rounds: int, candidates: Mapping[str, Callable[[], Awaitable[float]]]
) -> dict[str, list[float]]:
    """Measure every candidate once a round, in turn, so that what else runs on the machine hits all alike."""
    results: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, measure in candidates.items():
            results[name].append(await measure())
    return results


def ratio(results: Mapping[str, list[float]], name: str, ceiling: str) -> float:
    """The median over the rounds of one candidate's result against another's of the same round."""
    return median(ours / theirs for ours, theirs in zip(results[name], results[ceiling], strict=True))


def memory_mb(*others: int) -> float:
    """The memory of this process, and of other processes by id, each page counted once, in MB."""
    return sum(_resident_mb(pid) for pid in (os.getpid(), *others))


def _resident_mb(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_full_info().pss / 1e6)
    except psutil.NoSuchProcess:
        return 0.0  # it ended while we were looking
