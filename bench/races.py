"""Pairs of people who ask for the same last thing at the same instant: one is booked, the other is told why not.

`python -m bench races` lets 4 processes race for 10,000 last things, a third each: the last place of a session,
the last minutes of a month, one hour of one visitor. `--pairs 300` for fewer.
"""

import argparse
import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import uuid4

from application.asking import Asking, NotBooked
from application.booking import Lookup
from application.handle import replay
from application.ports import Actor, ActorKind, BoundaryMoved, Context, Recorded
from bench.pairs import FAR, Pair
from bench.report import Report, memory_mb
from bench.setting import ENVELOPES, START, context, setting
from domain import booking
from domain.booking.commands import BookCall
from domain.booking.events import BookingRefused, CallBooked
from domain.decider import Boundary, about
from domain.event import Event, Refused
from domain.timetable.events import SessionTemplatePublished
from domain.timetable.slot import slot_on
from infrastructure.event_store import PostgresEventStore
from infrastructure.projector import NoKeys

PROCESSES, PAIRS = 4, 10_000
SAMPLE = 20  # of every so many refusals the other times are searched for one by one
IN_ONE_APPEND = 1000
PATIENCE_S = 60.0  # the longest that one process waits for another


@dataclass(frozen=True)
class Heard:
    """What one of a pair was told, in words: nothing where they were booked."""

    pair: int
    side: int
    rules: tuple[str, ...] = ()
    sentence: str = ""
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What one process heard, how often somebody was a moment earlier, and what it needed."""

    heard: tuple[Heard, ...]
    moved: int
    memory_mb: float


@dataclass
class Outcome:
    """What came of all pairs, and everything that must not have come."""

    pairs: int
    seconds: float = 0.0
    moved: int = 0
    memory_mb: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    with_alternative: int = 0
    searched: int = 0
    broken: list[str] = field(default_factory=list)


class CountingStore(PostgresEventStore):
    """The log, and how often somebody else was a moment earlier."""

    moved = 0

    async def append(self, events: Sequence[Event], boundary: Boundary, after: int, context: Context) -> int:
        """As the log does."""
        try:
            return await super().append(events, boundary, after, context)
        except BoundaryMoved:
            self.moved += 1
            raise


async def race(url: str, log: PostgresEventStore, pairs: int) -> Outcome:
    """Let all pairs race, in 4 processes, and look at what is on record afterwards."""
    await _prepare(log, pairs)
    head, outcome, started = await log.head(), Outcome(pairs), time.perf_counter()
    told = await asyncio.to_thread(_run_processes, url, pairs)
    outcome.seconds = time.perf_counter() - started
    outcome.moved = sum(one.moved for one in told)
    outcome.memory_mb = sum(one.memory_mb for one in told)
    heard = [one for each in told for one in each.heard]
    outcome.broken += _on_record(await _behind(log, head), pairs)
    outcome.broken += _as_heard(heard, pairs)
    refused = [one for one in heard if one.rules]
    outcome.refused.update(rule for one in refused for rule in one.rules)
    outcome.with_alternative = sum(bool(one.alternatives) for one in refused)
    for one in refused[::SAMPLE]:
        outcome.searched += 1
        if await _searched(log, Pair(one.pair), one) != one.alternatives:
            outcome.broken.append(f"pair {one.pair}: a search by hand finds other times than were offered")
    return outcome


async def _prepare(log: PostgresEventStore, pairs: int) -> None:
    facts: list[Event] = []
    for number in range(pairs):
        facts += Pair(number).history()
        if len(facts) >= IN_ONE_APPEND or number == pairs - 1:
            await log.append(facts, (about(f"cmd:{uuid4()}"),), 0, context())
            facts = []


def _run_processes(url: str, pairs: int) -> list[Told]:
    spawn = multiprocessing.get_context("spawn")
    gate, answers = spawn.Barrier(PROCESSES), spawn.Queue()
    processes = [
        spawn.Process(target=_take_part, args=(url, number, pairs, gate, answers))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    try:
        return [answers.get(timeout=PATIENCE_S + pairs) for _ in processes]
    finally:
        for process in processes:
            process.join(PATIENCE_S)
            process.close()


def _take_part(url: str, number: int, pairs: int, gate: Barrier, answers: "Queue[Told]") -> None:
    """One process: in each round it is one side of a pair, always against another process."""
    asyncio.run(_ask_in_turn(url, number, pairs, gate, answers))


async def _ask_in_turn(url: str, number: int, pairs: int, gate: Barrier, answers: "Queue[Told]") -> None:
    heard: list[Heard] = []
    async with CountingStore(url, ENVELOPES, NoKeys(), connections=2) as log:
        asking = Asking(Lookup(log, NoKeys()))
        await log.head()
        for turn in range(-(-pairs // 2)):
            pair, side = _place(number, turn)
            await asyncio.to_thread(gate.wait, PATIENCE_S)
            if pair < pairs:
                heard.append(await _ask(asking, Pair(pair), side))
        answers.put(Told(tuple(heard), log.moved, memory_mb()))


def _place(process: int, turn: int) -> tuple[int, int]:
    """Which pair a process is part of, and which side: against each other process in turn."""
    partner = process ^ (1 + turn % 3)  # 0-1 and 2-3, then 0-2 and 1-3, then 0-3 and 1-2
    first = min(process, partner)
    return 2 * turn + (0 if 0 in (process, partner) else 1), int(process != first)


async def _ask(asking: Asking, pair: Pair, side: int) -> Heard:
    wish = pair.wish(side)
    by = wish.visitors[0]
    asked = Context(Actor(ActorKind.PUBLIC, by, "FA"), cmd := uuid4(), cmd)
    try:
        await asking.ask(BookCall, asked, START, wish, requested_by=by)
    except NotBooked as no:
        offered = tuple(slot.session for slot in no.alternatives)
        return Heard(pair.number, side, no.rules, str(no), offered)
    return Heard(pair.number, side)


async def _behind(log: PostgresEventStore, position: int) -> list[Recorded[Any]]:
    found: list[Recorded[Any]] = []
    while more := await log.after(found[-1].position if found else position, limit=1000):
        found += more
    return found


def _on_record(log: Sequence[Recorded[Any]], pairs: int) -> Iterator[str]:
    """One booking and one refusal of each pair, with its rule and what was asked for."""
    booked: Counter[str] = Counter()
    refused: dict[str, list[BookingRefused]] = {}
    for event in (recorded.event for recorded in log):
        if isinstance(event, CallBooked):
            booked[event.prison] += 1
        elif isinstance(event, BookingRefused):
            refused.setdefault(event.prison, []).append(event)
    for pair in map(Pair, range(pairs)):
        noted = refused.get(pair.prison, [])
        if booked[pair.prison] != 1:
            yield f"pair {pair.number}: {booked[pair.prison]} bookings of one last {pair.kind}"
        if len(noted) != 1:
            yield f"pair {pair.number}: {len(noted)} refusals on record"
        for one in noted:
            if (one.rules, one.people, one.minutes, one.adults) != ((pair.kind,), 1, 30, 1):
                yield f"pair {pair.number}: refused by {one.rules}, noted as {one}"


def _as_heard(heard: Sequence[Heard], pairs: int) -> Iterator[str]:
    """One of each pair was told why not in a sentence, with the other time where there is one."""
    by_pair: dict[int, list[Heard]] = {}
    for one in heard:
        by_pair.setdefault(one.pair, []).append(one)
    for pair in map(Pair, range(pairs)):
        said = by_pair.get(pair.number, [])
        refused = [one for one in said if one.rules]
        if len(said) != 2 or len(refused) != 1:
            yield f"pair {pair.number}: {len(said)} were answered, {len(refused)} of them refused"
        for one in refused:
            if not one.sentence.endswith("."):
                yield f"pair {pair.number}: refused without a sentence"
            if one.alternatives != pair.alternatives:
                yield f"pair {pair.number}: offered {one.alternatives} in place of {pair.alternatives}"


async def _searched(log: PostgresEventStore, pair: Pair, heard: Heard) -> tuple[str, ...]:
    """Every time the prison has near the one asked for, tried one after another, each as a wish of its own."""
    facts, _ = await log.read((about(f"timetable:{pair.prison}", SessionTemplatePublished),))
    wish = pair.wish(heard.side)
    lookup = Lookup(log, NoKeys())
    asked, policy = await lookup.time(wish.prison, wish.session, START)
    free = []
    for day in (asked.starts_at.date() + timedelta(days=number) for number in range(-FAR, FAR + 1)):
        for template in (fact.event for fact in facts):
            slot = slot_on(template, None, day, policy.time_zone)
            if slot is None or slot.session == wish.session:
                continue
            fields = await lookup.fields(replace(wish, session=slot.session), START)
            command = BookCall(at=START, **fields, requested_by=wish.visitors[0])
            try:
                booking.decide(await replay(log, booking, command), command)
            except Refused:
                continue
            free.append(slot)
    free.sort(key=lambda slot: abs(slot.starts_at - asked.starts_at))
    return tuple(slot.session for slot in free[: policy.booking.alternatives_max])


async def measure(report: Report, pairs: int = PAIRS) -> Outcome:
    """All figures of the races."""
    async with setting("races") as where:
        outcome = await race(where.databases.app, where.store, pairs)
        memory = memory_mb(*where.server.pids()) + outcome.memory_mb
    kinds = ", ".join(f"{number:,} {rule}" for rule, number in sorted(outcome.refused.items()))
    report.at_most("races_broken", len(outcome.broken), "promises", goal=0, against=f"{pairs:,} pairs")
    report.say("races_pairs_per_second", pairs / outcome.seconds, "pairs/s", against=f"{PROCESSES} processes")
    report.say("races_refused", outcome.refused.total(), "refusals", against=kinds)
    report.say("races_with_other_times", outcome.with_alternative, "refusals", against="where there is one")
    report.say("races_met", outcome.moved, "appends", against="somebody else was a moment earlier")
    report.say("races_searched", outcome.searched, "refusals", against="other times searched one by one")
    report.say("races_memory", memory, "MB", against=f"{PROCESSES} processes, ours, and PostgreSQL")
    return outcome


def main(arguments: Sequence[str]) -> int:
    """Race, print, write down; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench races", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    pairs = parser.parse_args(arguments).pairs
    report = Report()
    outcome = asyncio.run(measure(report, pairs))
    for what in outcome.broken[:20]:
        print(what)
    report.write()
    return 1 if outcome.broken or not report.all_hold else 0
