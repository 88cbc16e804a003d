"""`kinline weed`: what is kept of calls past its last day, and its destruction where the installation did not do it."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from api.commands.database import doors, without_data
from api.commands.output import JsonOption, print_json, wrong
from application.handle import handle
from application.ports import Actor, ActorKind, Context, StoreAway
from application.weeding import Standing, Weeding, standing
from domain import retention
from domain.decider import about
from domain.events import EVENTS
from domain.kept import WeedingBegun
from domain.retention import WeedMedia
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.postgres import PostgresUnavailable
from infrastructure.settings import Settings
from infrastructure.vault import FolderKeys, PostgresKeys, PostgresVault
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
    settings = Settings(**({} if data is None else {"data": data}))  # type: ignore[arg-type]
    nothing = without_data(settings)
    if nothing is not None:
        wrong(nothing)
    try:
        rows = asyncio.run(_weed(settings, dry_run=dry_run))
    except PostgresUnavailable as error:
        wrong(str(error))
    except StoreAway:
        wrong("The database did not answer. Please try again.")
    if json:
        print_json([{**asdict(row), "last_day": row.last_day.isoformat()} for row in rows])
    else:
        _tell(rows)
    if any(row.weeding is not Weeding.KEPT_LONGER for row in rows):
        raise typer.Exit(OVERDUE)


async def _weed(settings: Settings, *, dry_run: bool) -> list[Standing]:
    """What is past its last day; after the run, unless nothing was to be done."""
    async with doors(settings) as entering, Gateway(entering.vault) as gateway:
        keys = PostgresKeys(gateway, FolderKeys.open(settings.keys))
        async with PostgresEventStore(entering.app, Envelopes(EVENTS), keys) as store:
            rows = await standing(store, datetime.now(UTC))
            if dry_run:
                return rows
            weeder = Weeder(store, keys, PostgresVault(gateway, keys), lambda: datetime.now(UTC))
            for call, prison in sorted({(row.call, row.prison) for row in rows}):
                await _destroy(store, weeder, call, prison)
            return await standing(store, datetime.now(UTC))


async def _destroy(store: PostgresEventStore, weeder: Weeder, call: str, prison: str) -> None:
    """Begin what may be, and see everything through that was begun."""
    command = WeedMedia(at=datetime.now(UTC), call=call, prison=prison)
    context = Context(Actor(ActorKind.SERVICE, "kinline-weed"), uuid4(), uuid4())
    await handle(store, retention, command, context)
    begun, _ = await store.read((about(f"call:{call}", WeedingBegun),))
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
