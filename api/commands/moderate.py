"""`kinline moderate`: what moderation would have found in a video file, faster than real time."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.output import JsonOption, PolicyOption, print_json, read_policy, wrong
from application.moderation import Setup
from domain.policy import Policy
from infrastructure.moderation import footage, setups
from infrastructure.moderation.enrol import PhotographRefused, template_from_file
from infrastructure.moderation.footage import FootageRefused
from infrastructure.moderation.models import ModelRefused

VideoArgument = Annotated[Path, typer.Argument(help="Video file to judge.")]
PhotoOption = Annotated[
    list[Path], typer.Option(help="Photograph of one person who may be seen; may be repeated.")
]
SetupOption = Annotated[
    str | None,
    typer.Option(
        help="Models that judge: full or permissive. Without it: full where the extra is installed."
    ),
]


def moderate(
    video: VideoArgument,
    photo: PhotoOption,
    policy: PolicyOption = None,
    setup: SetupOption = None,
    json: JsonOption = False,
) -> None:
    """Judge a video file as a live stream would be judged, and tell what was found."""
    changes = read_policy(policy)
    try:
        footage.check(video)
        name = setups.chosen_name(setup)
        models = setups.load(name)
        templates = [template_from_file(path, models) for path in photo]
        terms = Policy(moderation=setups.default_policy(name)).merged(changes).moderation
        print(f"Set-up: {name}.", file=sys.stderr)
        report = _watched(video, templates, models, terms)
    except (FootageRefused, PhotographRefused, ModelRefused, ValueError) as error:
        wrong(str(error))
    document = report.document()
    if json:
        print_json(document)
    else:
        _tell(document)


def _watched(video: Path, templates: list[tuple[float, ...]], models: Setup, terms: Any) -> footage.Report:
    """Judges with a progress bar on standard error."""
    columns = (
        TextColumn("Judging"),
        BarColumn(),
        TextColumn("{task.fields[done]:.0f} s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging", total=None, done=0.0)

        def moved(done_s: float, total_s: float | None) -> None:
            bar.update(task, completed=done_s, total=total_s, done=done_s)

        return footage.judge(video, templates, models, terms, moved)


def _tell(document: dict[str, Any]) -> None:
    """The report for people."""
    for name, lines in (
        ("Violations", [_violation(v) for v in document["violations"]]),
        ("Withheld", [f"{f['from_s']:8.2f} to {f['to_s']:.2f} s  {f['cause']}" for f in document["freezes"]]),
        ("Faces", [_face(t) for t in document["tracks"]]),
    ):
        print(f"{name}: {len(lines) or 'none'}")
        for line in lines:
            print(f"  {line}")
    seconds, speed = document["seconds"], document["speed"]
    judged, skipped = document["frames_judged"], document["frames_skipped"]
    print(f"{seconds:.1f} s at {speed} times real speed: {judged} pictures judged, {skipped} skipped")


def _violation(violation: dict[str, Any]) -> str:
    until = "the end" if violation["until_s"] is None else f"{violation['until_s']:.2f} s"
    return (
        f"{violation['media_s']:8.2f} s  {violation['kind']}: {violation['action']} "
        f"(seen from {violation['since_s']:.2f} s to {until})"
    )


def _face(track: dict[str, Any]) -> str:
    nearest = "" if track["distance_min"] is None else f", nearest {track['distance_min']:.2f}"
    whose = "" if track["photo"] is None else f" as photograph {track['photo']}"
    return f"{track['first_s']:8.2f} to {track['last_s']:.2f} s  {track['verdict']}{whose}{nearest}"
