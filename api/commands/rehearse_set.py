"""`kinline rehearse --set`: films made at run time, each held as a real call, expected against observed."""

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from api.commands.output import print_json, wrong
from application.set_up import AT_ONCE
from domain.clearance import Side
from domain.policy import Policy
from infrastructure import clips
from infrastructure.media.clip import Clip, Footage
from infrastructure.moderation import setups
from infrastructure.moderation.local_enroller import LocalEnroller
from infrastructure.postgres import PostgresUnavailable
from infrastructure.rehearsal.compared import NOTHING, Outcome, Summary, viewer_of
from infrastructure.rehearsal.door import NotHeld
from infrastructure.rehearsal.film import Film
from infrastructure.rehearsal.leaks import NONE, Checker, Leaks
from infrastructure.rehearsal.rehearsal import Part, Plan
from infrastructure.rehearsal.repertoire import (
    AT_SIX,
    CHILDREN_ENROLLED,
    ENTRY_S,
    Scene,
    chosen,
    with_more_of_the_approved,
)
from infrastructure.rehearsal.report import Report
from infrastructure.rehearsal.stage import perform

DIFFERS = 1
SYNTHETIC = "Synthetic: people cut from still pictures and moved about. No evidence of how well people are told apart."
COLUMNS: Mapping[str, str] = {
    "clip": "clip",
    "expected": "expected",
    "observed": "observed",
    "stranger_faces_received": "stranger's faces",
    "false_pauses": "false pauses",
    "longest_freeze_s": "longest freeze s",
    "freeze_after_s": "freeze after s",
    "pause_after_s": "pause after s",
    "added_video_p50_ms": "added p50 ms",
    "added_video_p95_ms": "p95 ms",
    "sound_beside_picture_ms": "sound beside ms",
}


def rehearse_set(
    names: str, setup: str, changes: dict[str, Any], *, approved_minutes: float, as_json: bool
) -> None:
    """Hold the chosen calls one after another and tell what came of them. Ends with 1 when anything differs.

    `approved_minutes`: those of approved people last at least so long together.
    """
    try:
        scenes = with_more_of_the_approved(chosen(names), approved_minutes)
    except ValueError as error:
        wrong(str(error))
    base = Policy(moderation=setups.default_policy(setup)).merged(AT_ONCE).merged(AT_SIX).merged(changes)
    performer = Performer(setup, LocalEnroller(setups.load(setup)), base)
    outcomes = [performer.hold(scene, f"{at}/{len(scenes)}") for at, scene in enumerate(scenes, 1)]
    summary = Summary(outcomes)
    if as_json:
        print_json(_document(outcomes, summary, setup))
    else:
        _tell(outcomes, summary)
    if summary.differs():
        raise typer.Exit(DIFFERS)


class Performer:
    """Holds scenes as real calls, each in a folder that is deleted afterwards."""

    def __init__(self, setup: str, enroller: LocalEnroller, policy: Policy) -> None:
        self._setup, self._enroller, self._policy = setup, enroller, policy
        self._checker: Checker | None = None  # loaded when the first film with a stranger is swept

    def hold(self, scene: Scene, number: str) -> Outcome:
        """One call, or why it could not be held."""
        with tempfile.TemporaryDirectory(prefix="kinline-rehearsal-") as folder:
            _say(f"{number} {scene.name}: {scene.says}")
            try:
                outcome = self._held(scene, Path(folder))
            except (NotHeld, PostgresUnavailable) as error:
                outcome = Outcome(scene, NOTHING, not_held=str(error))
        _say(f"    {outcome.observed()}; {'; '.join(outcome.differs()) or 'as expected'}")
        return outcome

    def _held(self, scene: Scene, folder: Path) -> Outcome:
        held = asyncio.run(perform(self._plan(scene, folder), folder / "data", self._setup, self._enroller))
        document = Report(held, self._setup).document()
        return Outcome(scene, document, self._swept(scene, document))

    def _plan(self, scene: Scene, folder: Path) -> Plan:
        record = folder / "received"
        record.mkdir()
        parts = {side: self._part(scene, side, folder) for side in Side}
        prisoner, visitor = parts[Side.PRISONER], parts[Side.VISITOR]
        policy = self._policy.merged(CHILDREN_ENROLLED) if scene.with_child else self._policy
        barred = [clips.photograph(scene.stranger)] if scene.barred and scene.stranger is not None else []
        return Plan(prisoner, visitor, record=record, barred=barred, policy=policy.document())

    def _part(self, scene: Scene, side: Side, folder: Path) -> Part:
        clip, people = scene.clip(side), scene.people(side)
        footage: Footage = Film(clip)  # drawn as it is needed: a file would not repeat a picture exactly
        if clip.stuck is None:
            footage = Clip.open(clips.write(clip, folder / f"{side.value}.webm"))
        photographs = [clips.photograph(person) for person in people]
        return Part(footage, photographs, len(people), with_child=scene.with_child and side is scene.side)

    def _swept(self, scene: Scene, document: dict[str, Any]) -> Leaks:
        """Faces of the stranger in what the other side received, from before they came."""
        if scene.stranger is None:
            return NONE
        self._checker = self._checker or Checker()
        recording = Path(document["recordings"][viewer_of(scene.side).value])
        side_px = self._policy.moderation.detection.smallest_promised_px
        return self._checker.sweep(recording, clips.photograph(scene.stranger), side_px, ENTRY_S - 1)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _document(outcomes: Sequence[Outcome], summary: Summary, setup: str) -> dict[str, Any]:
    return {
        "synthetic": True,
        "says": SYNTHETIC,
        "setup": setup,
        "calls": [outcome.row() for outcome in outcomes],
        "summary": summary.rows(),
        "differs": summary.differs(),
    }


def _tell(outcomes: Sequence[Outcome], summary: Summary) -> None:
    table = Table(title=SYNTHETIC)
    for heading in (*COLUMNS.values(), "as expected"):
        table.add_column(heading)
    for row in (outcome.row() for outcome in outcomes):
        cells = ["" if row[key] is None else str(row[key]) for key in COLUMNS]
        table.add_row(*cells, "; ".join(row["differs"]) or "yes")
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table)
    for row in summary.rows():
        holds = "holds" if row["holds"] else "does not hold"
        console.print(f"{row['figure']}: {row['value']}, at most {row['goal']}: {holds}")
    for outcome in outcomes:
        if outcome.scene.limit:
            console.print(f"Known limit ({outcome.scene.name}): {outcome.scene.limit}.")
