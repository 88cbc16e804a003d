"""`kinline replay`: the checks of one call, run again from its observations."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.console import Console

from api.commands.database import archive, one_line, settings_with_data
from api.commands.output import JsonOption, PolicyOption, print_json, read_policy, wrong
from api.scope import Id
from application.handle import handle
from application.ports import Actor, ActorKind, Context, EventStore
from application.replay import Checked, Outcome, Report, replay
from domain import access
from domain.access import RecordView, RecordViewed, Viewed
from domain.decider import about
from domain.event import Refused
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.settings import Settings

FOUND = 1
SHOWN = 50


def replay_call(
    call: Annotated[str, typer.Argument(help="The call's id.")],
    by: Annotated[str, typer.Option(help="Your id: that you ran the checks again goes on record.")],
    policy: PolicyOption = None,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    json: JsonOption = False,
) -> None:
    """Judge a call again and compare it with the record. Exit code 1: something differs, or is gone.

    With --policy, the changes are laid over the policy the call was held under: what would have been decided is
    told up to the first difference.
    """
    if not all(re.match(Id, ident) for ident in (call, by)):
        wrong("A call and a person are named by their ids.")
    changes = read_policy(policy)
    settings = settings_with_data(data)
    with one_line(Refused), Console(stderr=True).status("Judging again."):
        report = asyncio.run(_replay(settings, call, by, changes))
    if json:
        print_json(report.document())
    else:
        _tell(report)
    if not report.same:
        raise typer.Exit(FOUND)


async def _replay(settings: Settings, call: str, by: str, changes: dict[str, Any]) -> Report:
    async with archive(settings) as kept:
        await _on_record(kept.store, call, by)
        return await replay(kept.store, kept.vault, call, changes or None)


async def _on_record(store: EventStore, call: str, by: str) -> None:
    """That somebody reads the record is on it first. Whoever sits at the machine says who they are."""
    facts, _ = await store.read((about(f"call:{call}", WaitingRoomOpened),))
    if not facts:
        raise Refused("There is no such call, or nobody could enter it yet.", "call_unknown")
    viewed = RecordViewed(
        at=datetime.now(UTC),
        prison=facts[0].event.prison,
        viewed=f"call:{call}",
        what=Viewed.REPLAY,
        viewed_by=by,
    )
    context = Context(Actor(ActorKind.SERVICE, "kinline-replay"), uuid4(), uuid4())
    await handle(store, access, RecordView(at=viewed.at, view=viewed), context)


def _tell(report: Report) -> None:
    """The report for people."""
    counts = report.counts()
    print(f"Call {report.call}, policy {report.policy}: {report.samples} judged pictures")
    for side, found in report.sides.items():
        print(
            f"  {side.value}: {found.blocks} blocks, {len(found.gone)} gone, {found.unreachable} behind those"
        )
    print(
        f"Decisions: {counts['same']} the same to the byte, {counts['different']} different, "
        f"{counts['not_covered']} that can no longer be shown"
    )
    for one in [c for c in report.checked if c.outcome is not Outcome.SAME][:SHOWN]:
        print(f"  {_line(one)}")
    if report.otherwise is not None:
        _tell_otherwise(report)


def _line(one: Checked) -> str:
    where = "not on record" if one.position is None else f"position {one.position}"
    says = one.says or "what it rested on is gone"
    return f"{one.media_ms / 1000:8.2f} s  {one.side.value}  {one.type} {one.kind} ({where}): {says}"


def _tell_otherwise(report: Report) -> None:
    other = report.otherwise
    assert other is not None
    if other.observing:
        print(f"Under the other policy other pictures would have been judged ({', '.join(other.observing)}):")
        print("  nothing can be compared.")
    elif other.first is None:
        print("Under the other policy every decision would have been the same.")
    else:
        first = other.first
        print(
            f"Under the other policy the first difference is at {first.media_ms / 1000:.2f} s, {first.side}:"
        )
        print(f"  it was {first.was}; it would have been {first.would}")
        print(f"  {other.comparable} pictures up to there, {other.not_comparable} after it not comparable")
