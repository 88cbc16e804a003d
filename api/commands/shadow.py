"""`kinline shadow`: what a policy or an engine on trial would have done in a prison's calls, against what was done."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.commands.database import doors, one_line, settings_with_data
from api.commands.output import JsonOption, print_json
from application.replay import Comparison, tried, tried_engines
from domain.events import EVENTS
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.projector import NoKeys
from infrastructure.settings import Settings


def shadow(
    prison: Annotated[str, typer.Argument(help="The prison's code.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="So many days back from now.")] = 28,
    engine: Annotated[
        bool, typer.Option("--engine", help="Of the engine on trial (KINLINE_TRIAL), in place of the policy.")
    ] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    json: JsonOption = False,
) -> None:
    """Compare what `moderation.shadow`, or an engine on trial, would have done with what was done, kind by kind.

    Names no call and nobody.
    """
    settings = settings_with_data(data)
    with one_line():
        found = asyncio.run(_tried(settings, prison, days, engine=engine))
    if json:
        print_json({**asdict(found), "changes": list(found.changes)})
    else:
        _tell(found, "an engine" if engine else "a policy")


async def _tried(settings: Settings, prison: str, days: int, *, engine: bool) -> Comparison:
    until = datetime.now(UTC)
    async with (
        doors(settings) as entering,
        PostgresEventStore(entering.projector, Envelopes(EVENTS), NoKeys()) as log,
    ):
        compared = tried_engines if engine else tried
        return await compared(log, prison, until - timedelta(days=days), until)


def _tell(found: Comparison, what_was_tried: str) -> None:
    """The comparison for people."""
    print(
        f"{found.calls} calls with {what_was_tried} on trial: {', '.join(map(str, found.changes)) or 'none'}"
    )
    if found.tallies:
        print(f"{'':<34}{'both':>8}{'only live':>12}{'only shadow':>14}")
    for what, tally in found.tallies.items():
        print(f"{what:<34}{tally.both:>8}{tally.only_live:>12}{tally.only_shadow:>14}")
