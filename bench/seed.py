"""A whole service carried out: commands per second of every kind, beside each other, as a seed sends them.

Then a year's change of policy is tried on one of its prisons.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from application.seeding import Scale
from application.simulation import Simulation, simulate
from application.simulation.draft import checked
from bench.report import Report, memory_mb
from bench.setting import setting
from infrastructure import seeding
from infrastructure.gateway import Gateway
from infrastructure.vault import FolderKeys, PostgresKeys

SCALE = Scale(prisons=6, months=2)
NOW = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
DRAFT = {"booking": {"notice_days_min": 5, "visitors_max": 3, "call_minutes_max": 45}}


async def measure(report: Report) -> None:
    """All figures of a seed."""
    with tempfile.TemporaryDirectory(prefix="kinline-bench-") as folder:
        async with setting("seed") as where, Gateway(where.databases.vault) as vault:
            keys = FolderKeys.open(Path(folder) / "keys")
            seeded = await seeding.seed(where.databases, keys, SCALE, NOW, lambda _: None, lambda _: None)
            performed = seeded.performed
            report.say(
                "seed_commands_per_second",
                performed.commands / seeded.seconds,
                "commands/s",
                against=f"{performed.commands:,} of every kind, {performed.events:,} events, names sealed",
            )
            report.say("seed_memory", memory_mb(*where.server.pids()), "MB", against="seed and PostgreSQL")
            started = time.perf_counter()
            trial = Simulation("S01", checked(DRAFT), NOW - timedelta(days=366), NOW)
            tried = await simulate(where.store, PostgresKeys(vault, keys), trial)
            seconds = time.perf_counter() - started
            report.say(
                "simulation_seconds",
                seconds,
                "s",
                against=f"{tried.looked_at.total()} requests and refusals in a log of {performed.events:,} events",
            )
