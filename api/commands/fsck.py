"""`kinline fsck`: does the log say what it said when it was written, and do the read models say the same?"""

import asyncio
from dataclasses import asdict

import typer
from rich.console import Console
from rich.progress import Progress

from api.commands.database import doors, one_line, settings_with_data
from api.commands.output import JsonOption, print_json
from domain.events import EVENTS
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.fsck import Finding
from infrastructure.fsck import fsck as check
from infrastructure.projector import PROJECTIONS, NoKeys
from infrastructure.settings import Settings

FOUND = 1


def fsck(json: JsonOption = False) -> None:
    """Check each event's bytes, tags and hash, and each read model against the events. Exit code 1: something found."""
    settings = settings_with_data(None)
    with one_line():
        findings = asyncio.run(_check(settings))
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            print(f"{finding.where}: {finding.sentence}")
        if not findings:
            print("Everything is as it was written.")
    if findings:
        raise typer.Exit(FOUND)


async def _check(settings: Settings) -> list[Finding]:
    async with doors(settings) as entering:
        envelopes = Envelopes(EVENTS)
        async with PostgresEventStore(entering.projector, envelopes, NoKeys()) as log:
            with Progress(console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task("Events checked")
                return await check(
                    entering.projector,
                    log,
                    envelopes,
                    PROJECTIONS,
                    lambda position, head: bar.update(task, completed=position, total=head),
                )
