"""The promise, measured: real calls through `kinline rehearse`, and an independent look at what came through.

    python -m bench rehearsals [--quick] [--setup full|permissive]

Films are made at run time from pictures inside installed packages and are deleted with their folder. Calls are
held one after another. Only the set-up `full` has goals for times; in `permissive` they are told as they are.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.report import Report
from domain.moderation.policy import ModerationPolicy
from infrastructure import clips
from infrastructure.clips import Actor, Clip
from infrastructure.moderation import setups
from infrastructure.rehearsal.leaks import NONE as NO_LEAKS
from infrastructure.rehearsal.leaks import Checker, Leaks

ENTRY_S = 8.0
CONTROL_S = 1.0  # of a film that is swept as it was sent, to show that the sweep finds the stranger
HOLD_S = 240.0  # longer than this no rehearsal takes beside its clip
PRISONER, VISITOR = "group-1", "astronaut"
GOALS_FOR = "full"


@dataclass(frozen=True)
class Scene:
    """One call to be held."""

    name: str
    visitor: Clip
    prisoner: Clip
    stranger: str | None = None
    photographs: Mapping[str, str] = field(
        default_factory=lambda: {"prisoner": PRISONER, "visitor": VISITOR}
    )  # by side: whose picture is handed in
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """A call that was held: what `kinline rehearse --json` said of it."""

    scene: Scene
    document: dict[str, Any]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Lines of the timeline of one type."""
        return [line for line in self.document["timeline"] if line["type"] == kind]

    def recording(self, side: str) -> Path:
        """What one side really received."""
        return Path(self.document["recordings"][side])

    def of_side(self, kind: str, side: str) -> list[dict[str, Any]]:
        """The same, of one side."""
        return [line for line in self.events(kind) if line["data"]["side"] == side]

    def after_s(self, line: dict[str, Any], media_ms: int) -> float:
        """Seconds on the clock from a picture's arrival (media time of the call) to a line of the timeline."""
        started = datetime.fromisoformat(self.events("CallStarted")[0]["at"])
        return (datetime.fromisoformat(line["at"]) - started).total_seconds() - media_ms / 1000


class Stage:
    """Makes films and holds calls with one set-up, in a folder that is deleted afterwards."""

    def __init__(self, folder: Path, setup: str, checker: Checker, *, quick: bool) -> None:
        self._folder, self.setup, self._checker, self.quick = folder, setup, checker, quick
        policy: ModerationPolicy = setups.default_policy(setup)
        self.promised_px = policy.detection.smallest_promised_px

    def hold(self, scene: Scene) -> Call:
        """Hold the call at real speed. Raises RuntimeError when it could not be held."""
        kinline = Path(sys.executable).with_name("kinline")
        record = self._folder / f"{scene.name}-{self.setup}"
        command = [str(kinline), "rehearse", "--json", "--setup", self.setup, "--record", str(record)]
        for side, clip in (("prisoner", scene.prisoner), ("visitor", scene.visitor)):
            command += [f"--{side}", str(self._film(f"{scene.name}-{side}", clip))]
            command += [f"--{side}-photo", str(self._photograph(scene.photographs[side]))]
        print(f"  {scene.name}, {self.setup}", file=sys.stderr, flush=True)
        held = subprocess.run(
            [*command, *scene.arguments],
            check=False,
            capture_output=True,
            timeout=HOLD_S + max(scene.visitor.seconds, scene.prisoner.seconds),
        )
        if held.returncode != 0:
            raise RuntimeError(f"The call {scene.name} was not held: {held.stderr.decode()[-2000:]}")
        return Call(scene, json.loads(held.stdout))

    def leaks(self, call: Call, viewer: str, from_s: float) -> Leaks:
        """Faces of the promised size that reached the viewer and are the stranger's."""
        assert call.scene.stranger is not None
        photograph = clips.photograph(call.scene.stranger)
        return self._checker.sweep(call.recording(viewer), photograph, self.promised_px, from_s)

    def control(self, call: Call, from_s: float) -> Leaks:
        """The same look at the film as the camera sent it: what the check finds where nothing is held back."""
        assert call.scene.stranger is not None
        film = self._film(f"{call.scene.name}-visitor", call.scene.visitor)
        photograph = clips.photograph(call.scene.stranger)
        return self._checker.sweep(film, photograph, self.promised_px, from_s)

    def _film(self, name: str, clip: Clip) -> Path:
        path = self._folder / f"{name}.webm"
        return path if path.exists() else clips.write(clip, path)

    def _photograph(self, person: str) -> Path:
        path = self._folder / f"{person}.png"
        path.write_bytes(clips.photograph(person))
        return path


class Told:
    """Figures of one set-up in the report; goals for times are set only where they are promised."""

    def __init__(self, report: Report, setup: str) -> None:
        self._report, self._setup = report, setup

    def at_most(self, name: str, value: float, unit: str, goal: float, against: str) -> None:
        """A figure that holds in every set-up."""
        self._report.at_most(self._name(name), value, unit, goal=goal, against=against)

    def at_least(self, name: str, value: float, unit: str, goal: float, against: str) -> None:
        """The same from below."""
        self._report.at_least(self._name(name), value, unit, goal=goal, against=against)

    def time_at_most(self, name: str, value: float, unit: str, goal: float, against: str) -> None:
        """A time: a goal in the set-up that promises it, else told as it is."""
        if self._setup == GOALS_FOR:
            self._report.at_most(self._name(name), value, unit, goal=goal, against=against)
        else:
            self._report.say(self._name(name), value, unit, against=against)

    def time_at_least(self, name: str, value: float, unit: str, goal: float, against: str) -> None:
        """The same from below."""
        if self._setup == GOALS_FOR:
            self._report.at_least(self._name(name), value, unit, goal=goal, against=against)
        else:
            self._report.say(self._name(name), value, unit, against=against)

    def say(self, name: str, value: float, unit: str, against: str) -> None:
        """A figure without a goal."""
        self._report.say(self._name(name), value, unit, against=against)

    def _name(self, name: str) -> str:
        return f"promise_{self._setup}_{name}"


def measure(report: Report, setup: str = GOALS_FOR, *, quick: bool = False, only: Sequence[str] = ()) -> None:
    """Every figure of the promise in one set-up, or only those of some parts."""
    checker, told = Checker(), Told(report, setup)
    with tempfile.TemporaryDirectory(prefix="kinline-promise-") as folder:
        stage = Stage(Path(folder), setup, checker, quick=quick)
        calls: list[Call] = []
        for name, part in PARTS.items():
            if not only or name in only:
                calls += part(stage, told)
        added_latency(calls, told)


def stranger_at_the_visitor(stage: Stage, told: Told) -> list[Call]:
    """A stranger comes into the visitor's picture: how soon it freezes, how soon it pauses, what gets through."""
    ways = _ways(stage.promised_px)
    calls, leaks = [], NO_LEAKS
    for number, (stranger, way) in enumerate(ways[:2] if stage.quick else ways):
        clip = Clip((way, _visitor(number)), ENTRY_S + 6)
        call = stage.hold(Scene(f"stranger-{number}", clip, _prisoner(number, ENTRY_S + 6), stranger))
        calls.append(call)
        leaks += stage.leaks(call, "prisoner", ENTRY_S - 1)
    freezes = [_freeze_after_s(call, "visitor") for call in calls]
    pauses = [_pause_after_s(call) for call in calls]
    of = f"median of {len(calls)}, from the first judged sample with the stranger"
    told.time_at_most("visitor_freeze", median(freezes), "s", 0.5, of)
    told.time_at_most("visitor_pause", median(pauses), "s", 1.8, of)
    told.say("visitor_freeze_worst", max(freezes), "s", f"worst of {len(calls)}")
    told.say("visitor_pause_worst", max(pauses), "s", f"worst of {len(calls)}")
    told.say("visitor_seen_after_entry", median(_seen_after_s(c) for c in calls), "s", "clip second 8")
    _tell_leaks(told, "visitor", leaks, stage.promised_px)
    control = stage.control(calls[0], calls[0].scene.visitor.seconds - CONTROL_S)
    of = f"in {control.pictures} pictures as the camera sent them"
    told.at_least("visitor_control_faces", control.leaked, "faces", control.pictures, of)
    return calls


def swapped_in_place(stage: Stage, told: Told) -> list[Call]:
    """From one picture to the next another person sits where the visitor sat."""
    stranger = "group-4"
    clip = Clip((clips.swapped(_sitting(VISITOR, 5, size=140), stranger, ENTRY_S),), ENTRY_S + 6)
    call = stage.hold(Scene("swap", clip, _prisoner(1, ENTRY_S + 6), stranger))
    told.say("swap_freeze", _freeze_after_s(call, "visitor"), "s", "from the first judged sample")
    told.say("swap_pause", _pause_after_s(call), "s", "from the first judged sample")
    _tell_leaks(told, "swap", stage.leaks(call, "prisoner", ENTRY_S - 1), stage.promised_px)
    return [call]


def flashes(stage: Stage, told: Told) -> list[Call]:
    """A stranger's face for 80 ms, at six phases of the sampling."""
    stranger = "group-3"
    moments = [
        ENTRY_S + number * 3.04 for number in range(6)
    ]  # each one picture later in the rhythm of 250 ms
    actors = clips.flashes(stranger, moments, size=1.6 * stage.promised_px), _visitor(7)
    clip = Clip(actors, moments[-1] + 4)
    call = stage.hold(Scene("flash", clip, _prisoner(2, clip.seconds), stranger))
    told.say("flash_freezes", len(call.of_side("StreamFrozen", "visitor")), "freezes", "6 flashes of 80 ms")
    _tell_leaks(told, "flash", stage.leaks(call, "prisoner", ENTRY_S - 1), stage.promised_px)
    return [call]


def approved_people_only(stage: Stage, told: Told) -> list[Call]:
    """Approved people who sit, talk, turn and lean for a minute, one of them in dim light: nothing may stop them."""
    seconds = 30 if stage.quick else 60
    pairs = [
        (_calm("group-1", 21, seconds), _calm(VISITOR, 5, seconds)),
        (_calm("group-0", 22, seconds), _calm(VISITOR, 6, seconds, light=0.4)),
        (_calm("group-5", 23, seconds), _calm(VISITOR, 8, seconds, lively=True)),
    ]
    people = ("group-1", "group-0", "group-5")
    calls = [
        stage.hold(
            Scene(f"approved-{n}", visitor, prisoner, photographs={"prisoner": who, "visitor": VISITOR})
        )
        for n, (who, (prisoner, visitor)) in enumerate(zip(people, pairs, strict=True))
    ]
    stalls = [freeze["seconds"] for call in calls for freeze in call.document["freezes"]]
    minutes = len(calls) * 2 * seconds / 60
    of = f"{len(calls) * 2} clips of {seconds} s, one dimmed to 0.4, one lively"
    told.at_most("approved_pauses", sum(len(c.document["pauses"]) for c in calls), "pauses", 0, of)
    told.time_at_most("approved_stalls", sum(s > 0.7 for s in stalls) / minutes, "per minute", 1, of)
    told.say("approved_freezes", len(stalls) / minutes, "per minute", of)
    told.say("approved_freeze_worst", max(stalls, default=0.0), "s", of)
    gaps = [side["longest_gap_ms"] for call in calls for side in call.document["received"].values()]
    told.say("approved_longest_gap", max(gaps), "ms", "between two pictures as received")
    return calls


def added_latency(calls: Sequence[Call], told: Told) -> None:
    """How much later pictures and sound leave than they came, pauses and freezes left out: the worst call."""
    measured = [call.document["added_latency_ms"] for call in calls]
    of = f"worst of {2 * len(calls)} directions, pauses and freezes left out"
    video = max(one["video"]["p95"] for one in measured)
    apart = max(abs(one["video"][p] - one["audio"][p]) for one in measured for p in ("p50", "p95"))
    told.time_at_most("added_video_p95", video, "ms", 350, of)
    told.time_at_most("sound_beside_picture", apart, "ms", 40, f"p50 and p95, {of}")
    told.say("added_video_p50", median(one["video"]["p50"] for one in measured), "ms", "median of calls")


def stranger_at_the_prisoner(stage: Stage, told: Told) -> list[Call]:
    """Somebody passes behind the prisoner and stays: the picture freezes, nobody is accused, staff are asked."""
    stranger = "group-3"
    way = clips.appears(stranger, ENTRY_S, size=1.2 * max(80, stage.promised_px))
    seconds = ENTRY_S + 23
    prisoner = Clip((way, _sitting("group-1", 31, x=220)), seconds)
    photographs = {"prisoner": "group-1", "visitor": VISITOR}
    call = stage.hold(Scene("prison", _calm(VISITOR, 9, seconds), prisoner, stranger, photographs))
    kinds = {"unapproved_face", "identity_swap"}
    accused = [v for v in call.of_side("ViolationRaised", "prisoner") if v["data"]["kind"] in kinds]
    of = "from the first judged sample with the stranger"
    told.time_at_most("prisoner_freeze", _freeze_after_s(call, "prisoner"), "s", 0.5, of)
    told.at_most(
        "prisoner_violations", len(accused), "violations", 0, "an unapproved face at the prison's side"
    )
    waited = [p["seconds"] for p in call.document["pauses"] if p["kind"] == "could_not_check"]
    told.time_at_least("prisoner_pause", min(waited, default=0.0), "s", 20.0, of)
    told.time_at_most("prisoner_pause_latest", max(waited, default=99.0), "s", 20.5, of)
    _tell_leaks(told, "prisoner", stage.leaks(call, "visitor", ENTRY_S - 1), stage.promised_px)
    return [call]


def child_without_template(stage: Stage, told: Told) -> list[Call]:
    """An enrolled adult and somebody without a template: faces are counted, and not one is compared."""
    people = _sitting(VISITOR, 5, x=200), _sitting("group-2", 12, x=450, size=110)
    arguments = ("--visitor-people", "2", "--visitor-without-template", "1")
    call = stage.hold(Scene("count", Clip(people, 20), _prisoner(4, 20), arguments=arguments))
    modes = [(m["data"]["mode"], m["data"]["people"]) for m in call.of_side("ClearanceModeSet", "visitor")]
    wrong = (modes != [("count", 2)]) + (not call.events("MonitorJoined")) + bool(call.document["pauses"])
    sealed = sum(s["data"]["embeddings"] for s in call.of_side("ObservationsSealed", "visitor"))
    told.at_most("count_deviations", wrong, "deviations", 0, "one COUNT of 2 people, a monitor, no pause")
    counted = call.document["embeddings"]["visitor"] + sealed
    told.at_most("count_embeddings", counted, "vectors", 0, "moderation's own count and the record's")
    shown = call.document["received"]["prisoner"]["frames"]
    told.say("count_pictures_shown", shown, "pictures", "20 s at 25 a second")
    return [call]


PARTS: Mapping[str, Callable[["Stage", "Told"], list[Call]]] = {
    "visitor": stranger_at_the_visitor,
    "swap": swapped_in_place,
    "flash": flashes,
    "approved": approved_people_only,
    "prisoner": stranger_at_the_prisoner,
    "count": child_without_template,
}


# --------------------------------------------------------------------------------------------- people


def _ways(promised_px: int) -> list[tuple[str, Actor]]:
    """Five ways to come into a picture, with faces at and above the promised size."""
    small, large = 1.2 * promised_px, 1.6 * promised_px
    return [
        ("group-3", clips.appears("group-3", ENTRY_S, size=large)),
        ("group-0", clips.enters("group-0", ENTRY_S, size=large)),
        ("group-2", clips.appears("group-2", ENTRY_S, size=small, x=110, y=150)),
        ("group-4", clips.enters("group-4", ENTRY_S, size=small, speed=220)),
        ("group-5", clips.appears("group-5", ENTRY_S, size=large, x=500, y=300)),
    ]


def _sitting(person: str, seed: int, *, x: float = 300, size: float = 120, lively: bool = False) -> Actor:
    return clips.sitter(person, seed, x=x, size=size, lively=lively)


def _visitor(seed: int) -> Actor:
    """The approved visitor, in the middle, so that somebody can come in on either side."""
    return _sitting(VISITOR, seed)


def _prisoner(seed: int, seconds: float) -> Clip:
    return _calm(PRISONER, 40 + seed, seconds)


def _calm(person: str, seed: int, seconds: float, *, light: float = 1.0, lively: bool = False) -> Clip:
    return Clip((_sitting(person, seed, lively=lively),), seconds, light=light)


# --------------------------------------------------------------------------------------------- times


def _first_freeze(call: Call, side: str) -> dict[str, Any]:
    """The first freeze from the moment the stranger is there. Raises when there was none."""
    frozen = [f for f in call.of_side("StreamFrozen", side) if f["media_s"] >= ENTRY_S - 0.1]
    if not frozen:
        raise RuntimeError(f"In {call.scene.name} the stranger froze nothing.")
    return frozen[0]


def _freeze_after_s(call: Call, side: str) -> float:
    """From the arrival of the first judged sample with the stranger to the freeze, on the clock."""
    frozen = _first_freeze(call, side)
    return call.after_s(frozen, frozen["data"]["media_ms"])


def _seen_after_s(call: Call) -> float:
    """From the stranger's first picture in the clip to the first judged sample that shows them."""
    seen: float = _first_freeze(call, "visitor")["media_s"] - ENTRY_S
    return seen


def _pause_after_s(call: Call) -> float:
    """From the arrival of the first judged sample with the stranger to the pause, on the clock.

    Infinite where the stream stayed frozen to the end of the clip: too little evidence to pause, nothing shown.
    """
    since = _first_freeze(call, "visitor")["data"]["media_ms"]
    paused = call.events("CallPaused")
    if not paused:
        return math.inf
    return call.after_s(paused[0], since)


def _tell_leaks(told: Told, name: str, leaks: Leaks, side_px: int) -> None:
    swept = f"{leaks.faces} faces from {side_px} px in {leaks.pictures} received pictures"
    against = f"{swept}, the nearest at {leaks.nearest:.2f}"
    told.at_most(f"{name}_leaked_faces", leaks.leaked, "faces", 0, against)


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; 1 when a goal is missed."""
    options = argparse.ArgumentParser(prog="python -m bench rehearsals")
    options.add_argument("--quick", action="store_true", help="fewer and shorter calls")
    options.add_argument("--setup", choices=("full", "permissive"), help="only this one")
    options.add_argument("--only", nargs="+", choices=tuple(PARTS), help="only these parts")
    chosen = options.parse_args(arguments)
    report = Report()
    for setup in (chosen.setup,) if chosen.setup else ("full", "permissive"):
        measure(report, setup, quick=chosen.quick, only=chosen.only or ())
        report.write()
    return 0 if report.all_hold else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
