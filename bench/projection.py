"""Read models: how fast the timeline catches up, and how soon an event can be seen."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from functools import partial
from statistics import median, quantiles
from uuid import uuid4

import asyncpg

from application.ports import StoreAway
from bench.report import Report, memory_mb, ratio, take_turns
from bench.setting import Setting, context, setting, violation
from domain.decider import about
from projections import call_timeline
from projections.progress import wait_for
from projections.runner import Runner, schema_of

EVENTS, CALLS, ROUNDS = 40_000, 400, 5
VISIBLE, VISIBLE_EVERY_S = 400, 0.005

_COPY = """
INSERT INTO copied.entries
SELECT id, j->>'call', j->>'prison', (j->>'at')::timestamptz, (j->>'recorded_at')::timestamptz, type,
       (j->'d'->>'media_ms')::bigint, j->'d'->>'side', j->'actor'->>'kind', j->'actor'->>'role',
       j->'actor'->>'id', (j->>'cmd')::uuid, (j->>'cause')::uuid, j->>'policy', j->'d', j->'p', 'nothing', 'nothing'
FROM (SELECT id, type, convert_from(data, 'UTF8')::jsonb AS j FROM dcb_events_tt_main OFFSET 0) AS log
"""


async def measure(report: Report) -> None:
    """All figures of read models."""
    async with setting("projection") as where:
        await _fill(where)
        results = await take_turns(
            ROUNDS, {"ours": partial(catch_up, where), "copy": partial(insert_select, where)}
        )
        report.say("catch_up_per_second", median(results["ours"]), "events/s")
        report.say("catch_up_insert_select_per_second", median(results["copy"]), "events/s")
        report.at_least(
            "catch_up_vs_insert_select",
            ratio(results, "ours", "copy"),
            "ratio",
            goal=0.4,
            against="INSERT ... SELECT of the same rows from the same log in PostgreSQL",
        )
        await _visible(report, where)
        report.say(
            "projection_memory", memory_mb(*where.server.pids()), "MB", against="runner and PostgreSQL"
        )


async def _fill(where: Setting) -> None:
    numbers = itertools.count()
    for _ in range(EVENTS // 100):
        events = [violation(number % CALLS, number) for number in itertools.islice(numbers, 100)]
        await where.store.append(events, (about(f"cmd:{uuid4()}"),), 0, context())


async def catch_up(where: Setting) -> float:
    """Events per second from an empty timeline to one that is complete."""
    owner = await asyncpg.connect(where.databases.owner)
    await owner.execute("DROP SCHEMA IF EXISTS p_call_timeline_v1 CASCADE; DELETE FROM projections")
    started = time.perf_counter()
    async with _running(where):
        await _reached(owner, await where.store.head())
        speed = EVENTS / (time.perf_counter() - started)
    assert await owner.fetchval(f"SELECT count(*) FROM {schema_of(call_timeline)}.entries") == EVENTS
    await owner.close()
    return speed


async def insert_select(where: Setting) -> float:
    """Events per second that the server itself writes into the same table, with the same indexes."""
    owner = await asyncpg.connect(where.databases.owner)
    await owner.execute(
        "DROP SCHEMA IF EXISTS copied CASCADE; CREATE SCHEMA copied; SET search_path = copied, public"
    )
    await owner.execute(call_timeline.TABLES)
    started = time.perf_counter()
    await owner.execute(_COPY)
    speed = EVENTS / (time.perf_counter() - started)
    assert await owner.fetchval("SELECT count(*) FROM copied.entries") == EVENTS
    await owner.close()
    return speed


async def _visible(report: Report, where: Setting) -> None:
    """From the moment an append is acknowledged until another connection reads the row."""
    reader = await asyncpg.connect(where.databases.app)
    waits = []
    async with _running(where):
        await _reached(reader, await where.store.head())
        for number in range(VISIBLE):
            position = await where.store.append(
                [violation(number, number)], (about(f"cmd:{uuid4()}"),), 0, context()
            )
            acknowledged = time.perf_counter()
            while not await reader.fetchval(
                "SELECT true FROM call_timeline_entries WHERE position = $1", position
            ):
                pass
            waits.append((time.perf_counter() - acknowledged) * 1000)
            await asyncio.sleep(VISIBLE_EVERY_S)
    await reader.close()
    report.say("append_to_visible_p50", median(waits), "ms")
    report.say("append_to_visible_p99", quantiles(waits, n=100)[98], "ms")


@contextlib.asynccontextmanager
async def _running(where: Setting) -> AsyncIterator[None]:
    running = asyncio.create_task(Runner(where.databases.projector, where.store, call_timeline).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _reached(connection: asyncpg.Connection, position: int) -> None:
    if not await wait_for(connection, call_timeline.NAME, position, seconds=60):
        raise StoreAway("the timeline does not catch up")
