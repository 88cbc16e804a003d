"""`kinline rehearse`: one whole call between two video files, through the real processes and real WebRTC."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.commands.output import JsonOption, PolicyOption, print_json, read_policy, wrong
from api.commands.rehearse_set import rehearse_set
from application.ports import NoSuitableFace
from application.set_up import AT_ONCE
from domain.policy import Policy
from domain.timetable.events import CallType
from infrastructure.media.clip import Clip, ClipUnusable
from infrastructure.moderation import setups
from infrastructure.moderation.local_enroller import LocalEnroller
from infrastructure.moderation.models import ModelRefused
from infrastructure.postgres import PostgresUnavailable
from infrastructure.rehearsal.door import NotHeld
from infrastructure.rehearsal.rehearsal import Part, Plan
from infrastructure.rehearsal.report import Report
from infrastructure.rehearsal.stage import perform

NOT_HELD = 1

ClipOption = Annotated[
    Path | None, typer.Option(help="Video file that is this side's camera; its sound too, if it has any.")
]
PhotoOption = Annotated[
    list[Path] | None, typer.Option(help="Photograph by which this side is known; may be repeated.")
]


def rehearse(
    prisoner: ClipOption = None,
    visitor: ClipOption = None,
    prisoner_photo: PhotoOption = None,
    visitor_photo: PhotoOption = None,
    clip_set: Annotated[
        str | None,
        typer.Option("--set", help="Hold calls of the set of made films instead: all, or names with commas."),
    ] = None,
    approved_minutes: Annotated[
        float,
        typer.Option(
            min=0, max=60, help="Of the set: calls with approved people alone last at least so long together."
        ),
    ] = 0,
    visitor_people: Annotated[int, typer.Option(min=1, help="People on the visitor's side.")] = 1,
    visitor_without_template: Annotated[
        int, typer.Option(min=0, help="So many of them have no template: faces there are only counted.")
    ] = 0,
    resume_after: Annotated[
        float | None, typer.Option(min=0, help="Seconds after which an officer resumes each pause.")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="Folder for what each side really received.")] = None,
    setup: Annotated[str | None, typer.Option(help="Models that judge: full or permissive.")] = None,
    call_type: Annotated[
        CallType, typer.Option(help="Type of the call. A legal one needs no photographs: nobody is matched.")
    ] = CallType.SOCIAL,
    policy: PolicyOption = None,
    json: JsonOption = False,
) -> None:
    """Hold one whole call at real speed on this machine and tell what happened; or a set of calls."""
    changes = read_policy(policy)
    if clip_set is not None:
        rehearse_set(clip_set, _set_up_name(setup), changes, approved_minutes=approved_minutes, as_json=json)
        return
    if prisoner is None or visitor is None:
        wrong("A rehearsal needs a film for each side, or a set.")
    if visitor_without_template > visitor_people:
        wrong("There cannot be more people without a template than people.")
    if call_type is not CallType.LEGAL and not (prisoner_photo and visitor_photo):
        wrong("Each side is known by a photograph: --prisoner-photo and --visitor-photo.")
    try:
        name = setups.chosen_name(setup)
        enroller = LocalEnroller(setups.load(name))
        plan = Plan(
            prisoner=Part(Clip.open(prisoner), _photographs(prisoner_photo or [], enroller)),
            visitor=Part(
                Clip.open(visitor),
                _photographs(visitor_photo or [], enroller),
                visitor_people,
                visitor_without_template,
            ),
            resume_after_s=resume_after,
            record=record,
            call_type=call_type,
            policy=_policy(name, changes),
        )
    except (ClipUnusable, ModelRefused, ValueError) as error:
        wrong(str(error))
    print(f"Set-up: {name}.", file=sys.stderr)
    _hold(plan, name, enroller, json)


def _set_up_name(setup: str | None) -> str:
    try:
        return setups.chosen_name(setup)
    except (ModelRefused, ValueError) as error:
        wrong(str(error))


def _photographs(paths: list[Path], enroller: LocalEnroller) -> list[bytes]:
    """The photographs, each checked to hold one face before anything is started."""
    contents = []
    for path in paths:
        if not path.is_file():
            wrong(f"There is no photograph {path}.")
        contents.append(path.read_bytes())
        try:
            asyncio.run(enroller.template(contents[-1]))
        except NoSuitableFace as error:
            wrong(f"{path}: {error}")
    return contents


def _policy(setup: str, changes: dict[str, Any]) -> dict[str, Any]:
    """The rehearsal's own policy: the set-up's defaults, calls at once, and what the file changes."""
    base = Policy(moderation=setups.default_policy(setup))
    return base.merged(AT_ONCE).merged(changes).document()


def _hold(plan: Plan, setup: str, enroller: LocalEnroller, as_json: bool) -> None:
    if plan.record is not None:
        plan.record.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="kinline-rehearsal-") as folder:
        try:
            with console.status(f"Holding the call: {plan.seconds:.0f} s of clip at real speed."):
                held = asyncio.run(perform(plan, Path(folder), setup, enroller))
        except (NotHeld, PostgresUnavailable) as error:
            print(str(error), file=sys.stderr)
            raise typer.Exit(NOT_HELD) from error
    document = Report(held, setup).document()
    if as_json:
        print_json(document)
    else:
        _tell(document)


def _tell(document: dict[str, Any]) -> None:
    """The same for people: the timeline, then the figures."""
    for line in document["timeline"]:
        media = "" if line["media_s"] is None else f"{line['media_s']:8.2f} s"
        about = ", ".join(f"{key} {value}" for key, value in line["data"].items() if _short(value))
        print(f"{media:>10}  {line['type']:<22} {about}")
    for name in ("pauses", "freezes", "embeddings", "received", "added_latency_ms", "recordings"):
        print(f"{name}: {document[name]}")
    print(f"outcome: {document['outcome']}")


def _short(value: Any) -> bool:
    return isinstance(value, str | int) and len(str(value)) <= 24
