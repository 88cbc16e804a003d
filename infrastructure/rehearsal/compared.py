"""What came of each call of the set, beside what was expected of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.clearance import Side
from infrastructure.rehearsal.leaks import NONE, Leaks
from infrastructure.rehearsal.repertoire import ENTRY_S, Freezes, Scene

BRIEF_S = 1.0  # no freeze of approved people lasts longer
FREEZES_PER_S = 1 / 600  # of approved people, and one in any case
ADDED_P95_MS = 280
IN_STEP_MS = 45
STALL_S = 0.7  # what a telephone in the hand may cost once a minute
STALLS_A_MINUTE = 1


@dataclass(frozen=True)
class Outcome:
    """One call that was held: what `rehearse` tells of it, and what a sweep of the far side's recording found."""

    scene: Scene
    document: Mapping[str, Any]
    leaks: Leaks = NONE
    not_held: str | None = None  # why there was no call

    @property
    def freezes(self) -> list[dict[str, Any]]:
        """Those of the side that is looked at."""
        return [f for f in self.document["freezes"] if f["side"] == self.scene.side.value]

    @property
    def pauses(self) -> list[dict[str, Any]]:
        """All of the call."""
        pauses: list[dict[str, Any]] = self.document["pauses"]
        return pauses

    @property
    def false_pauses(self) -> int:
        """Pauses of another kind or side than expected."""
        wanted = (self.scene.expected.pause, self.scene.side.value)
        return sum((pause["kind"], pause["side"]) != wanted for pause in self.pauses)

    @property
    def longest_s(self) -> float:
        """The longest freeze of the side, 0 without one."""
        return max((float(freeze["seconds"]) for freeze in self.freezes), default=0.0)

    @property
    def latency(self) -> tuple[int | None, int | None, int | None]:
        """Of pictures at p50 and p95, and how far sound is from them at the worse of both."""
        video, audio = self.document["added_latency_ms"]["video"], self.document["added_latency_ms"]["audio"]
        both = [(video[s], audio[s]) for s in ("p50", "p95") if None not in (video[s], audio[s])]
        return video["p50"], video["p95"], max((abs(v - a) for v, a in both), default=None)

    def differs(self) -> list[str]:
        """What is otherwise than expected, in words."""
        expected = self.scene.expected
        if self.not_held is not None:
            return [f"not held: {self.not_held}"]
        wrong = [
            (self.leaks.leaked > 0, f"{self.leaks.leaked} faces of a stranger received"),
            (self.false_pauses > 0, f"{self.false_pauses} false pauses"),
            (expected.pause and len(self.pauses) == self.false_pauses, f"no pause for {expected.pause}"),
            (expected.alert and expected.alert not in self._raised(), f"no alert for {expected.alert}"),
            (expected.freezes is Freezes.SOME and not self.freezes, "no freeze"),
            (self._may_not_last() and self.longest_s > BRIEF_S, f"a freeze of {self.longest_s:.2f} s"),
        ]
        return [sentence for is_so, sentence in wrong if is_so]

    def _may_not_last(self) -> bool:
        return self.scene.expected.freezes is not Freezes.SOME and self.scene.expected.pause is None

    def _raised(self) -> set[str]:
        lines = (line["data"] for line in self.document["timeline"] if line["type"] == "ViolationRaised")
        return {data["kind"] for data in lines if data["side"] == self.scene.side.value}

    def observed(self) -> str:
        """In words, for the table."""
        told = [f"{len(self.freezes)} freezes"] if self.freezes else []
        told += [f"pause: {pause['kind']}" for pause in self.pauses]
        paused = {pause["kind"] for pause in self.pauses}
        told += [f"alert: {kind}" for kind in sorted(self._raised() - paused)]
        return ", ".join(told) or "nothing"

    def row(self) -> dict[str, Any]:
        """The call as one row of plain data."""
        p50, p95, apart = self.latency
        return {
            "clip": self.scene.name,
            "shows": self.scene.says,
            "expected": self.scene.expected.sentence(),
            "observed": self.observed(),
            "differs": self.differs(),
            "stranger_faces_received": self.leaks.leaked,
            "pictures_swept": self.leaks.pictures,
            "false_pauses": self.false_pauses,
            "freezes": len(self.freezes),
            "longest_freeze_s": self.longest_s,
            "freeze_after_s": _after_entry(self.freezes),
            "pause_after_s": _after_entry(self.pauses),
            "added_video_p50_ms": p50,
            "added_video_p95_ms": p95,
            "sound_beside_picture_ms": apart,
            "known_limit": self.scene.limit,
        }


NOTHING: Mapping[str, Any] = {
    "pauses": [],
    "freezes": [],
    "timeline": [],
    "added_latency_ms": {kind: {"p50": None, "p95": None} for kind in ("video", "audio")},
}
"""What is told of a call that was not held."""


@dataclass(frozen=True)
class Summary:
    """The whole set against its goals."""

    outcomes: Sequence[Outcome]

    def rows(self) -> list[dict[str, Any]]:
        """Each figure with its goal."""
        calm = [outcome for outcome in self.outcomes if outcome.scene.is_of_approved_people]
        seconds = sum(outcome.scene.film.seconds for outcome in calm)
        figures: list[tuple[str, float, float]] = [
            ("faces of a stranger received", sum(o.leaks.leaked for o in self.outcomes), 0),
            ("false pauses", sum(o.false_pauses for o in self.outcomes), 0),
        ]
        if calm:  # without one nothing was measured, and nothing is said
            figures += [
                (
                    f"freezes in {seconds:.0f} s of approved people",
                    sum(len(o.freezes) for o in calm),
                    _allowed(seconds),
                ),
                ("the longest of them, s", max((o.longest_s for o in calm), default=0.0), BRIEF_S),
                ("sound beside the picture, worst calm call, ms", _worst(calm, 2), IN_STEP_MS),
            ]
        if standing := [outcome for outcome in calm if outcome.scene.film.handheld is None]:
            figure = "added latency of pictures, p95 of the worst calm call with a camera that stands, ms"
            figures.append((figure, _worst(standing, 1), ADDED_P95_MS))
        if in_hand := [outcome for outcome in calm if outcome.scene.film.handheld is not None]:
            figure = f"stalls above {STALL_S} s a minute, telephone in the hand"
            figures.append((figure, _stalls_a_minute(in_hand), STALLS_A_MINUTE))
        return [{"figure": f, "value": v, "goal": g, "holds": v <= g} for f, v, g in figures]

    def differs(self) -> bool:
        """Is anything otherwise than expected?"""
        return any(o.differs() for o in self.outcomes) or not all(row["holds"] for row in self.rows())


def viewer_of(side: Side) -> Side:
    """Who sees this side."""
    return Side.VISITOR if side is Side.PRISONER else Side.PRISONER


def _allowed(seconds: float) -> int:
    return max(1, round(seconds * FREEZES_PER_S))


def _worst(outcomes: Sequence[Outcome], figure: int) -> int:
    return max((o.latency[figure] or 0 for o in outcomes), default=0)


def _stalls_a_minute(outcomes: Sequence[Outcome]) -> float:
    stalls = sum(float(freeze["seconds"]) > STALL_S for o in outcomes for freeze in o.freezes)
    return round(stalls * 60 / sum(o.scene.film.seconds for o in outcomes), 1)


def _after_entry(lines: Sequence[dict[str, Any]]) -> float | None:
    """Seconds of the clip from the moment something comes into it to the first of these."""
    times = [line["media_s"] for line in lines if line["media_s"] is not None]
    return round(times[0] - ENTRY_S, 2) if times else None
