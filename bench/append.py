"""Conditional appends per second through the one recorder, against plain inserts and the library's own."""

import asyncio
import itertools
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import NoReturn

import asyncpg

from bench.aggregates import THREADS, Cases, saves
from bench.report import Report, memory_mb, ratio, take_turns
from bench.setting import ENVELOPES, START, booking, context, on_database, setting, violation
from domain.decider import about
from domain.event import Event
from infrastructure.event_store import PostgresEventStore

APPENDERS, PLAIN_CONNECTIONS = 64, 8
SECONDS, ROUNDS = 2.0, 7
RAW = "CREATE TABLE raw (id bigserial PRIMARY KEY, type text NOT NULL, data bytea NOT NULL)"

Make = Callable[[int, int], Event]


async def measure(report: Report) -> None:
    """All figures of appending."""
    async with setting("append") as where:
        raw = await on_database(where.server, "raw", RAW)
        url = await on_database(where.server, "aggregates", "SELECT 1")
        with Cases(url, where.server.socket_folder) as cases:
            for name, make in (("appends", violation), ("booking_appends", booking)):
                results = await take_turns(
                    ROUNDS,
                    {
                        "ours": partial(appends, where.store, make),
                        "plain": partial(plain_inserts, raw, make),
                        "aggregates": partial(saves, cases, SECONDS),
                    },
                )
                _tell(report, name, results)
            memory = memory_mb(*where.server.pids())
        report.say("appends_memory", memory, "MB", against="recorder, the library beside it, and PostgreSQL")


def _tell(report: Report, name: str, results: dict[str, list[float]]) -> None:
    report.say(f"{name}_per_second", median(results["ours"]), "events/s", against=f"{APPENDERS} appenders")
    report.say(f"{name}_plain_inserts_per_second", median(results["plain"]), "events/s")
    report.say(f"{name}_aggregate_saves_per_second", median(results["aggregates"]), "events/s")
    report.at_least(
        f"{name}_vs_plain_inserts",
        ratio(results, "ours", "plain"),
        "ratio",
        goal=0.8,
        against=f"asyncpg INSERT of the same bytes on {PLAIN_CONNECTIONS} connections",
    )
    report.say(
        f"{name}_vs_aggregates",
        ratio(results, "ours", "aggregates"),
        "ratio",
        against=f"the library's aggregates, an event a save, nothing read, {THREADS} threads",
    )


async def appends(store: PostgresEventStore, make: Make) -> float:
    """Events per second that 64 tasks append, each on the condition that nothing entered its call since."""
    head, end, done = await store.head(), time.perf_counter() + SECONDS, itertools.count()

    async def appender(call: int) -> None:
        after = head
        for number in itertools.count():
            if time.perf_counter() > end:
                return
            event, asked = make(call, number), context()
            boundary = (*(about(tag, type(event)) for tag in sorted(event.tags())), about(f"cmd:{asked.cmd}"))
            after = await store.append([event], boundary, after, asked)
            next(done)

    started = time.perf_counter()
    await asyncio.gather(*(appender(call) for call in range(APPENDERS)))
    return next(done) / (time.perf_counter() - started)


async def plain_inserts(url: str, make: Make) -> float:
    """Events per second that 8 connections insert one by one, with no condition, tag, or order."""
    stored = [
        await ENVELOPES.write(make(call, 1), context(), START, _no_personal_fields) for call in range(64)
    ]
    connections = [await asyncpg.connect(url) for _ in range(PLAIN_CONNECTIONS)]
    end, done = time.perf_counter() + SECONDS, itertools.count()

    async def inserter(connection: asyncpg.Connection) -> None:
        insert = await connection.prepare("INSERT INTO raw (type, data) VALUES ($1, $2) RETURNING id")
        for each in itertools.cycle(stored):
            if time.perf_counter() > end:
                return
            await insert.fetchval(each.type, each.data)
            next(done)

    started = time.perf_counter()
    await asyncio.gather(*map(inserter, connections))
    speed = next(done) / (time.perf_counter() - started)
    for connection in connections:
        await connection.close()
    return speed


async def _no_personal_fields(*_: object) -> NoReturn:
    raise AssertionError("these events have no personal fields")
