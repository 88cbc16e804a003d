"""Pages: how long each read model takes to answer the question of its page, over a year of a prison.

Against a database of your own (`kinline seed` fills one): set KINLINE_DATA to its folder, or KINLINE_DATABASE_URL.
Without either, a year of one prison is written into a database that is deleted afterwards. Every read model is
brought up to date first; nothing else is written.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median, quantiles
from typing import Any

import asyncpg

from bench.report import Report
from bench.setting import ENVELOPES, setting
from bench.year import write_year
from infrastructure import processes
from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases, migrate
from infrastructure.postgres import EmbeddedPostgres
from infrastructure.projector import PROJECTIONS, NoKeys
from infrastructure.settings import Settings
from projections.allowances import ledger
from projections.booking_calendar import calendar_day, calls_of, sessions_between
from projections.booking_history import history
from projections.call_timeline import timeline
from projections.call_wall import calls_on_wall
from projections.flags import closed_flags, flags_open, open_flags
from projections.overbooking import overbooked
from projections.people import (
    evidence_of,
    evidence_to_decide,
    known,
    links_of,
    links_to_decide,
    people_waiting,
)
from projections.progress import lag, wait_for
from projections.requests import requests_to_decide, requests_waiting
from projections.runner import Runner
from projections.usage import usage

ASKED = 400  # times each question is asked
SAMPLES = 200  # different things it is asked about, at most
WARM = 20  # asked before, so that statements are prepared and tables in memory, as in a process that serves
LOOK_AGAIN_S = 5.0
GOAL_MS = 20.0
_DAY = timedelta(days=1)

_DAYS = """
SELECT prison, (starts_at AT TIME ZONE 'Europe/London')::date AS day, starts_at - interval '3 days' AS at
FROM booking_calendar_bookings ORDER BY md5(call) LIMIT $1
"""
_MONTHS = """
SELECT prisoner, to_char(starts_at AT TIME ZONE 'Europe/London', 'YYYY-MM') AS month, prison,
       starts_at - interval '3 days' AS at
FROM booking_calendar_bookings ORDER BY md5(call) LIMIT $1
"""
_CALLS = "SELECT call FROM booking_calendar_bookings ORDER BY md5(call) LIMIT $1"
_PEOPLE = (
    "SELECT DISTINCT person FROM booking_calendar_bookings, unnest(people) AS person ORDER BY 1 LIMIT $1"
)
_LINKED = "SELECT prisoner, prison FROM people_links ORDER BY md5(prisoner || visitor) LIMIT $1"
_PRISONS = """
SELECT prison, max(starts_at) - interval '14 days' AS at FROM booking_calendar_bookings GROUP BY prison LIMIT $1
"""

Ask = Callable[[Any, Any], Awaitable[Any]]


@dataclass(frozen=True)
class Question:
    """What a page asks, and the statement that finds things to ask it about."""

    about: str
    ask: Ask


QUESTIONS: Mapping[str, Question] = {
    "calendar_day": Question(_DAYS, lambda db, r: calendar_day(db, r["prison"], r["day"], r["at"])),
    "times_of_four_weeks": Question(
        _DAYS,
        lambda db, r: sessions_between(db, r["prison"], r["day"], r["day"] + 28 * _DAY, r["at"]),
    ),
    "own_calls": Question(_PEOPLE, lambda db, r: calls_of(db, r["person"])),
    "requests": Question(_PRISONS, lambda db, r: requests_to_decide(db, r["prison"])),
    "flags": Question(_PRISONS, lambda db, r: open_flags(db, r["prison"])),
    "flags_closed": Question(_PRISONS, lambda db, r: closed_flags(db, r["prison"])),
    "people": Question(_PRISONS, lambda db, r: _people(db, r["prison"])),
    "person": Question(_LINKED, lambda db, r: _person(db, r)),
    "allowance": Question(_MONTHS, lambda db, r: ledger(db, r["prisoner"], r["month"], r["prison"], r["at"])),
    "booking_history": Question(_CALLS, lambda db, r: history(db, r["call"])),
    "overbooking": Question(_DAYS, lambda db, r: overbooked(db, r["prison"], r["at"])),
    "home": Question(_PRISONS, lambda db, r: _home(db, r)),
    "wall": Question(_DAYS, lambda db, r: calls_on_wall(db, r["prison"], r["at"] + 3 * _DAY)),
    "timeline": Question(_CALLS, lambda db, r: timeline(db, r["call"])),
    "usage_of_a_year": Question(
        _PRISONS, lambda db, r: usage(db, r["prison"], r["at"].date() - 365 * _DAY, r["at"].date())
    ),
}


async def measure(report: Report) -> None:
    """The page query of every read model."""
    async with _databases() as databases:
        await _catch_up(report, databases)
        db = await asyncpg.connect(databases.app)
        size = await db.fetchval("SELECT count(*) FROM booking_calendar_bookings")
        if not size:
            raise SystemExit("There is no call in this database. `kinline seed` fills one.")
        report.say("pages_bookings", size, "bookings")
        processes.settle()  # as the process that serves pages does
        for name, question in QUESTIONS.items():
            took = await _asked(db, question)
            report.say(f"page_{name}_p50", median(took), "ms")
            report.at_most(
                f"page_{name}_p99", quantiles(took, n=100)[98], "ms", goal=GOAL_MS, against="20 ms"
            )
        await db.close()


async def _asked(db: asyncpg.Connection, question: Question) -> list[float]:
    """How long each of so many answers took, in milliseconds."""
    things = await db.fetch(question.about, SAMPLES)
    took = []
    for number in range(-WARM, ASKED):
        started = time.perf_counter()
        await question.ask(db, things[number % len(things)])
        if number >= 0:
            took.append((time.perf_counter() - started) * 1000)
    return took


async def _home(db: asyncpg.Connection, record: asyncpg.Record) -> None:
    prison = record["prison"]
    await requests_waiting(db, prison)
    await flags_open(db, prison)
    await overbooked(db, prison, record["at"])
    await people_waiting(db, prison)


async def _people(db: asyncpg.Connection, prison: str) -> None:
    await links_to_decide(db, prison)
    await evidence_to_decide(db, prison)


async def _person(db: asyncpg.Connection, record: asyncpg.Record) -> None:
    await known(db, record["prisoner"])
    await evidence_of(db, record["prisoner"])
    await links_of(db, record["prisoner"], record["prison"])


async def _none_stopped(db: asyncpg.Connection) -> None:
    """A read model that stopped at an event would be waited for without end."""
    for each in await lag(db):
        if each.error is not None:
            raise SystemExit(f"The read model {each.name} cannot take in this log: {each.error}.")


@contextlib.asynccontextmanager
async def _databases() -> AsyncIterator[Databases]:
    """The database that was named, or one with a year of ours."""
    settings = Settings()
    if settings.database_url:
        yield await migrate(settings.database_url, trusted_socket=False)
    elif "KINLINE_DATA" in os.environ:
        if not (settings.data / "postgres").exists():
            raise SystemExit(f"There is no database in {settings.data}. `kinline seed` fills one.")
        async with EmbeddedPostgres(settings.data / "postgres") as server:
            yield await migrate(server.dsn(database="kinline"), trusted_socket=True)
    else:
        async with setting("pages") as where:
            await write_year(where.store)
            yield where.databases


async def _catch_up(report: Report, databases: Databases) -> None:
    """Bring every read model up to date, and say how fast all of them together were."""
    started = time.perf_counter()
    async with PostgresEventStore(databases.projector, ENVELOPES, NoKeys()) as log:
        head = await log.head()
        if head == 0:
            raise SystemExit("There is nothing in this database. `kinline seed` fills one.")
        runners = [Runner(databases.projector, log, each).run() for each in PROJECTIONS]
        running = [asyncio.create_task(runner) for runner in runners]
        db = await asyncpg.connect(databases.app)
        for each in PROJECTIONS:
            while not await wait_for(db, each.NAME, head, seconds=LOOK_AGAIN_S):
                await _none_stopped(db)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await db.close()
    owner = await asyncpg.connect(databases.owner)
    await owner.execute("ANALYZE")  # as autovacuum does of itself, a little later
    await owner.close()
    report.say("pages_rebuilt_in", time.perf_counter() - started, "s", against=f"{head:,} positions")
