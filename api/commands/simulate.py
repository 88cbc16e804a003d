"""`kinline simulate-policy`: a change of policy, tried on what happened in one prison."""

import asyncio
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.commands.database import one_line, settings_of
from api.commands.output import JsonOption, PolicyOption, print_json, read_policy, wrong
from application.simulation import Draft, Report, Simulation, simulate
from application.simulation.draft import checked
from domain.calendar import day_bounds
from domain.event import Refused
from domain.events import EVENTS
from domain.policy import Policy
from infrastructure import seeding
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.settings import Settings
from infrastructure.vault import FolderKeys, PostgresKeys

SHOWN = 20


def simulate_policy(
    prison: Annotated[str, typer.Argument(help="The prison's code.")],
    policy: PolicyOption = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="So many days back from today.")] = 90,
    data: Annotated[Path | None, typer.Option(help="Data folder. Not while Kinline serves it.")] = None,
    json: JsonOption = False,
) -> None:
    """Decide a prison's requests again under a changed policy. Nothing is changed or kept."""
    changes = read_policy(policy)
    if not changes:
        wrong("There is nothing to try: name a file with changes by --policy.")
    settings = settings_of(data)
    with one_line(Refused), Console(stderr=True).status("Deciding again."):
        report = asyncio.run(_simulate(settings, prison, checked(changes), days))
    if json:
        print_json(document_of(report))
    else:
        _tell(report)


async def _simulate(settings: Settings, prison: str, draft: Draft, days: int) -> Report:
    today = datetime.now(UTC).date()
    since, until = _bounds(today - timedelta(days=days)), _bounds(today + timedelta(days=1))
    async with (
        seeding.database(settings) as databases,
        Gateway(databases.vault) as vault,
    ):
        keys = PostgresKeys(vault, FolderKeys.open(settings.keys))
        async with PostgresEventStore(databases.app, Envelopes(EVENTS), keys) as store:
            return await simulate(store, keys, Simulation(prison, draft, since, until))


def _bounds(day: date) -> datetime:
    return day_bounds(day, Policy().time_zone)[0]


def document_of(report: Report) -> dict[str, Any]:
    """The whole report as plain data."""
    summary = asdict(report.summary())
    first = summary["first_difference"]
    items = [
        {
            **asdict(item),
            "at": item.at.isoformat(),
            "starts_at": item.starts_at and item.starts_at.isoformat(),
            "comparable": item.comparable,
        }
        for item in report.items
    ]
    return {"summary": {**summary, "first_difference": first and first.isoformat()}, "items": items}


def _tell(report: Report) -> None:
    """The same for people."""
    summary = report.summary()
    print(f"{summary.requests} requests, {summary.changes} changes and {summary.refusals} refusals")
    print(f"comparable: {_counted(summary.comparable)}")
    print(f"not comparable: {_counted(summary.not_comparable)}")
    print(f"by rule: {_counted(summary.rules)}")
    for item in report.items[:SHOWN]:
        world = "" if item.comparable else f" (not comparable since {item.since})"
        print(
            f"{item.position:>9} {item.at:%Y-%m-%d %H:%M} {item.what} {item.answer}: {', '.join(item.rules)}{world}"
        )
    if len(report.items) > SHOWN:
        print(f"and {len(report.items) - SHOWN} more, with --json", file=sys.stderr)


def _counted(numbers: Any) -> str:
    return ", ".join(f"{name} {number}" for name, number in Counter(numbers).most_common()) or "none"
