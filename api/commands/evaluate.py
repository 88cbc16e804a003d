"""`kinline evaluate`: how well engines and policies tell people apart, on films that somebody labelled."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.output import JsonOption, print_json, read_policy, wrong
from application.moderation import Setup
from domain.moderation.policy import ModerationPolicy
from domain.policy import Policy
from infrastructure.evaluation import figures, run
from infrastructure.evaluation.curves import Point
from infrastructure.evaluation.manifest import Manifest, ManifestRefused, read
from infrastructure.evaluation.summary import summary
from infrastructure.moderation import footage, setups
from infrastructure.moderation.footage import FootageRefused
from infrastructure.moderation.models import ModelRefused

HELP = """Judge labelled films and tell how often moderation is wrong.

The manifest is JSON or TOML. Paths are beside it; a photograph is needed of whoever is admitted:

\b
{
  "people": {
    "p1": {"photograph": "p1.png", "group": "as they say"},
    "s1": {}
  },
  "clips": [
    {
      "path": "clip-1.webm", "side": "visitor",
      "admitted": ["p1"], "conditions": ["dim"],
      "intervals": [
        {"from_s": 0, "to_s": 30, "kind": "face", "person": "p1"},
        {"from_s": 9, "to_s": 14, "kind": "face", "person": "s1"},
        {"from_s": 20, "to_s": 26, "kind": "camera_covered"}
      ]
    }
  ]
}

Kinds: face, camera_covered, face_absent, explicit_nudity. A face of somebody who was not admitted is a stranger's.
Group, side and conditions may be left out. docs/evaluation.md says what each number means, and what it does not.
"""


@dataclass(frozen=True)
class Trial:
    """One engine under one policy."""

    setup: str
    policy: str
    terms: ModerationPolicy


def evaluate(
    manifest: Annotated[Path, typer.Argument(help="Labelled films, JSON or TOML.")],
    setup: Annotated[
        list[str] | None, typer.Option(help="Models that judge: full, permissive or pack; may be repeated.")
    ] = None,
    policy: Annotated[
        list[Path] | None,
        typer.Option(help="JSON object laid over the set-up's policy; may be repeated. Without: as it is."),
    ] = None,
    figures_in: Annotated[
        Path | None, typer.Option("--figures", help="Folder for ROC and DET curves as SVG.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Judge labelled films and tell how often moderation is wrong."""
    try:
        films = read(manifest)
        trials = list(_trials(setup or [setups.chosen_name()], policy or []))
        found = _evaluated(films, trials)
    except (ManifestRefused, FootageRefused, ModelRefused, ValueError) as error:
        wrong(str(error))
    drawn = _draw(figures_in, found) if figures_in is not None else []
    for path in drawn:
        print(f"Written: {path}", file=sys.stderr)
    if json:
        print_json({"manifest": str(manifest), "trials": found})
    else:
        _tell(found)


def _trials(names: list[str], policies: list[Path]) -> Iterator[Trial]:
    """Every engine under every policy. Raises ValueError for a name or a key nobody knows."""
    changes = [(path.stem, read_policy(path)) for path in policies] or [("default", {})]
    if len({name for name, _ in changes}) < len(changes):
        raise ValueError("Two policy files have the same name: the report could not tell them apart.")
    for name in dict.fromkeys(names):
        base = Policy(moderation=setups.default_policy(setups.chosen_name(name)))
        for policy, change in changes:
            yield Trial(name, policy, base.merged(change).moderation)


def _evaluated(manifest: Manifest, trials: list[Trial]) -> list[dict[str, Any]]:
    """Each trial's numbers, with a bar on standard error."""
    total_s = sum(footage.length_ms(clip.path) for clip in manifest.clips) / 1000 * len(trials)
    columns = (TextColumn("Judging"), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    found = []
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total_s)
        engines: dict[str, Setup] = {}
        for trial in trials:
            bar.update(task, description=f"{trial.setup}, {trial.policy}")
            engine = engines.setdefault(trial.setup, setups.load(trial.setup))
            found.append(_one(manifest, trial, engine, lambda seconds: bar.advance(task, seconds)))
    return found


def _one(manifest: Manifest, trial: Trial, engine: Setup, moved: run.Moved) -> dict[str, Any]:
    enrolled = run.enrol(manifest, engine)
    judged = list(run.films(manifest, enrolled, engine, trial.terms, moved))
    return {
        "setup": trial.setup,
        "policy": trial.policy,
        "engine": engine.engine,
        "accept": trial.terms.matching.accept,
        "reject": trial.terms.matching.reject,
        "not_enrolled": dict(enrolled.refused),
        **summary(manifest, judged),
    }


def _draw(folder: Path, found: list[dict[str, Any]]) -> list[Path]:
    drawn = []
    for name in ("stranger", "face", "nudity"):
        curves = {
            f"{one['setup']}, {one['policy']}": [Point(**point) for point in one["per_frame"][name]["points"]]
            for one in found
            if one["per_frame"][name] is not None
        }
        if curves:
            drawn += figures.write(folder, name, curves)
    return drawn


def _tell(found: list[dict[str, Any]]) -> None:
    """The report for people."""
    for one in found:
        print(f"{one['setup']}, policy {one['policy']} ({one['engine']})")
        for line in _lines(one):
            print(f"  {line}")


def _lines(one: dict[str, Any]) -> Iterator[str]:
    events, leaks = one["events"], one["leaks"]
    minutes = one["hours"] * 60
    yield f"{one['clips']} films, {minutes:.1f} min, {one['identities']} people, {one['judged']} pictures judged"
    for name, why in one["not_enrolled"].items():
        yield f"{name} could not be enrolled, and their films were left out: {why}"
    for name, says in (("stranger", "stranger present"), ("face", "face found"), ("nudity", "nudity")):
        curve = one["per_frame"][name]
        if curve is not None:
            yield f"{says + ':':<30}AUC {_number(curve['auc'])}, EER {_number(curve['eer'])}"
    yield f"{'false matches at accept:':<30}{_share(one['false_match_rate'])}"
    yield f"{'false non-matches at accept:':<30}{_share(one['false_non_match_rate'])}"
    for kind, counts in events["labelled"].items():
        yield f"{kind + ' found:':<30}{counts['found']} of {counts['intervals']}"
    yield f"{'missed violations:':<30}{events['missed_violations']}, rate {_share(events['miss_rate'])}"
    yield f"{'time to freeze p50, p95:':<30}{_times(events['time_to_freeze_ms'])}"
    never = f", {events['strangers_never_paused']} never" if events["strangers_never_paused"] else ""
    yield f"{'time to pause p50, p95:':<30}{_times(events['time_to_pause_ms'])}{never}"
    yield f"{'false pauses an hour:':<30}{_number(events['false_pauses_per_hour'])}"
    longest = events["longest_false_freeze_ms"] / 1000
    yield f"{'false freezes an hour:':<30}{_number(events['false_freezes_per_hour'])}, longest {longest:.2f} s"
    yield f"{'leaked pictures:':<30}{leaks['pictures']} of {leaks['of']} with a stranger, in {leaks['clips']} films"
    for group, numbers in one["groups"].items():
        yield f"group {group}: {_group(numbers)}"
    for name, numbers in one["conditions"].items():
        yield (
            f"condition {name}: {numbers['clips']} films, false non-matches {_share(numbers['false_non_match_rate'])}, "
            f"{numbers['missed_violations']} missed, {numbers['leaked_pictures']} pictures leaked"
        )


def _group(numbers: dict[str, Any]) -> str:
    if numbers["suppressed"]:
        return "fewer than five people, not reported"
    return (
        f"{numbers['identities']} people, false matches {_share(numbers['false_match_rate'])}, "
        f"false non-matches {_share(numbers['false_non_match_rate'])}, "
        f"false pauses an hour {_number(numbers['false_pauses_per_hour'])}"
    )


def _number(measured: dict[str, Any] | None) -> str:
    return _with_interval(measured, "{:.3f}")


def _share(measured: dict[str, Any] | None) -> str:
    return _with_interval(measured, "{:.2%}")


def _with_interval(measured: dict[str, Any] | None, form: str) -> str:
    if measured is None:
        return "nothing to count"
    value = form.format(measured["value"])
    if measured["low"] is None:
        return f"{value} (too few people for an interval)"
    return f"{value} ({form.format(measured['low'])} to {form.format(measured['high'])})"


def _times(found: dict[str, Any]) -> str:
    if not found["n"]:
        return "never"
    return f"{found['p50'] / 1000:.2f} s, {found['p95'] / 1000:.2f} s ({found['n']} times)"
