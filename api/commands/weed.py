"""`kinline weed`: what is kept of calls past its last day, and its destruction where the installation did not do it."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from api.commands.database import Archive, archive, one_line, settings_with_data
from api.commands.output import JsonOption, print_json
from application.handle import handle
from application.ports import Actor, ActorKind, Context
from application.weeding import Standing, Weeding, standing
from domain import retention
from domain.decider import about
from domain.kept import WeedingBegun
from domain.retention import WeedMedia
from infrastructure.settings import Settings
from infrastructure.weeder import Weeder

OVERDUE = 1


def weed(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Destroy nothing, only tell.")] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    json: JsonOption = False,
) -> None:
    """Destroy what is kept of calls past its last day, and tell what is kept longer. Exit code 1: something is left.

    Kinline does this by itself while it runs: this is for what was left while it did not.
    """
    settings = settings_with_data(data)
    with one_line():
        rows = asyncio.run(_weed(settings, dry_run=dry_run))
    if json:
        print_json([{**asdict(row), "last_day": row.last_day.isoformat()} for row in rows])
    else:
        _tell(rows)
    if any(row.weeding is not Weeding.KEPT_LONGER for row in rows):
        raise typer.Exit(OVERDUE)


async def _weed(settings: Settings, *, dry_run: bool) -> list[Standing]:
    """What is past its last day; after the run, unless nothing was to be done."""
    async with archive(settings) as kept:
        rows = await standing(kept.store, datetime.now(UTC))
        if dry_run:
            return rows
        for call, prison in sorted({(row.call, row.prison) for row in rows}):
            await _destroy(kept, call, prison)
        return await standing(kept.store, datetime.now(UTC))


async def _destroy(kept: Archive, call: str, prison: str) -> None:
    """Begin what may be, and see everything through that was begun."""
    command = WeedMedia(at=datetime.now(UTC), call=call, prison=prison)
    context = Context(Actor(ActorKind.SERVICE, "kinline-weed"), uuid4(), uuid4())
    await handle(kept.store, retention, command, context)
    begun, _ = await kept.store.read((about(f"call:{call}", WeedingBegun),))
    weeder = Weeder(kept.store, kept.keys, kept.vault, lambda: datetime.now(UTC))
    for recorded in begun:
        await weeder.take(recorded)


def _tell(rows: list[Standing]) -> None:
    if not rows:
        print("Nothing is kept past its last day.")
    for row in rows:
        print(
            f"{row.last_day}  {row.weeding.value:<12} {row.media.value:<13} {row.pieces:>6} pieces  "
            f"{row.prison}  {row.call}"
        )
