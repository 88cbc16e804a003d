"""Eight processes that book calls against each other, while the tables are vacuumed and a reader follows."""

import asyncio
import contextlib
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from multiprocessing.queues import Queue
from typing import Any
from uuid import uuid4

import asyncpg

from application.handle import handle
from application.ports import BoundaryMoved, Context, Recorded
from domain import booking
from domain.booking.commands import BookCall
from domain.booking.events import CallRequested
from domain.decider import Boundary, about
from domain.event import Event, Refused
from domain.events import EVENTS
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.relationship import ApprovalBasis, RelationshipApproved
from domain.timetable.events import SessionOpened, Starts
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases
from tests.stores import NOW, MemoryKeys, context

PROCESSES, CLIENTS = 8, 3
SESSIONS, STATIONS, AT_ONE_TIME = 400, 3, 4
PEOPLE = 600
WINDOW = 12  # sessions and people that all processes want at the same moment
RULES = {"booking": {"notice_days_min": 0, "notice_days_max": 3650, "approval": "auto"}}
PRISON, ZONE = "MDI", "Europe/London"


@dataclass
class Outcome:
    """What one process saw."""

    counts: Counter[str] = field(default_factory=Counter)
    append_ms_max: float = 0.0


@dataclass
class Race:
    """What came of all of them."""

    counts: Counter[str]
    append_ms_max: float
    positions: list[int]
    followed: list[int]
    vacuums: int
    waited_for_vacuum: int
    broken: list[str]


class TimedStore:
    """The store, and how long its slowest append took."""

    def __init__(self, store: PostgresEventStore, outcome: Outcome) -> None:
        self._store, self._outcome = store, outcome

    async def read(self, boundary: Boundary) -> tuple[Sequence[Recorded[Any]], int]:
        return await self._store.read(boundary)

    async def append(self, events: Sequence[Event], boundary: Boundary, after: int, context: Context) -> int:
        started = time.perf_counter()
        try:
            return await self._store.append(events, boundary, after, context)
        except BoundaryMoved:
            self._outcome.counts["moved"] += 1
            raise
        finally:
            took = (time.perf_counter() - started) * 1000
            self._outcome.append_ms_max = max(self._outcome.append_ms_max, took)

    async def after(
        self, position: int, *, limit: int, types: Sequence[type[Event]] = ()
    ) -> Sequence[Recorded[Any]]:
        return await self._store.after(position, limit=limit, types=types)

    async def head(self) -> int:
        return await self._store.head()


def session_start(number: int) -> Any:
    """Four sessions begin at the same time, so that people can meet themselves in two calls."""
    return NOW + timedelta(days=2, hours=number // AT_ONE_TIME)


async def prepare(log: PostgresEventStore) -> None:
    """A prison with its rules, its sessions, and approved relationships."""
    policy = Policy().merged(RULES)
    facts: list[Event] = [
        PolicyPublished(
            at=NOW, prison=PRISON, version=1, document=policy.document(), published_by="g1", approved_by=None
        )
    ]
    facts += [
        SessionOpened(
            at=NOW,
            prison=PRISON,
            session=f"s{number}",
            starts_at=session_start(number),
            minutes=30,
            stations=STATIONS,
            starts=Starts.AT_TIME,
        )
        for number in range(SESSIONS)
    ]
    facts += [
        PersonRegistered(
            at=NOW, person=f"p{number}", kind=PersonKind.PRISONER, prison=PRISON, number=(f"n{number}",)
        )
        for number in range(PEOPLE)
    ]
    facts += [
        RelationshipApproved(
            at=NOW,
            prison=PRISON,
            prisoner=f"p{number}",
            visitor=f"v{number}",
            basis=ApprovalBasis.STAFF,
            approved_by="o1",
        )
        for number in range(PEOPLE)
    ]
    await log.append(facts, (about(f"cmd:{uuid4()}"),), 0, context())


def wish(dice: random.Random, progress: float) -> BookCall:
    """A call that somebody else wants as well."""
    session = min(int(progress * SESSIONS), SESSIONS - WINDOW) + dice.randrange(WINDOW)
    person = min(int(progress * PEOPLE), PEOPLE - WINDOW) + dice.randrange(WINDOW)
    return BookCall(
        at=NOW,
        call=str(uuid4()),
        prison=PRISON,
        session=f"s{session}",
        starts_at=session_start(session),
        zone=ZONE,
        minutes=30,
        prisoner=f"p{person}",
        visitors=(f"v{person}",),
        requested_by=f"v{person}",
    )


def appender(url: str, number: int, ready: Any, answers: "Queue[Outcome]", seconds: float) -> None:
    """One process: its own recorder, three people who book as fast as they can."""
    asyncio.run(_append_until(url, number, ready, answers, seconds))


async def _append_until(url: str, number: int, ready: Any, answers: "Queue[Outcome]", seconds: float) -> None:
    outcome = Outcome()
    async with PostgresEventStore(url, Envelopes(EVENTS), MemoryKeys(), connections=3) as log:
        await log.head()
        await asyncio.to_thread(ready.wait)
        started = time.perf_counter()

        async def client(dice: random.Random) -> None:
            while (progress := (time.perf_counter() - started) / seconds) < 1:
                try:
                    await handle(TimedStore(log, outcome), booking, wish(dice, progress), context())
                    outcome.counts["booked"] += 1
                except Refused as refused:
                    outcome.counts[refused.rule] += 1
                except BoundaryMoved:
                    outcome.counts["gave up"] += 1

        await asyncio.gather(*(client(random.Random(number * 100 + each)) for each in range(CLIENTS)))
    answers.put(outcome)


async def race(databases: Databases, log: PostgresEventStore, seconds: float) -> Race:
    """Let them race, vacuum meanwhile, follow meanwhile; then look at what is in the log."""
    await prepare(log)
    followed: list[int] = []
    vacuuming = Vacuuming(databases.owner)
    following = asyncio.create_task(_follow(log, followed))
    looping = asyncio.create_task(vacuuming.run())
    outcomes = await asyncio.to_thread(_run_processes, databases.app, seconds)
    looping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await looping
    facts = await _all(log)
    positions = [fact.position for fact in facts]
    with contextlib.suppress(TimeoutError):  # what it has missed it will never get
        async with asyncio.timeout(20):
            while len(followed) < len(positions):
                await asyncio.sleep(0.02)
    following.cancel()
    return Race(
        counts=sum((outcome.counts for outcome in outcomes), Counter()),
        append_ms_max=max(outcome.append_ms_max for outcome in outcomes),
        positions=positions,
        followed=followed,
        vacuums=vacuuming.done,
        waited_for_vacuum=vacuuming.waited_for,
        broken=broken_invariants([fact.event for fact in facts]),
    )


def _run_processes(url: str, seconds: float) -> list[Outcome]:
    spawn = multiprocessing.get_context("spawn")
    ready, answers = spawn.Barrier(PROCESSES), spawn.Queue()
    processes = [
        spawn.Process(target=appender, args=(url, number, ready, answers, seconds))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    try:
        return [answers.get(timeout=seconds + 60) for _ in processes]
    finally:
        for process in processes:
            process.join(30)
            process.close()


async def _follow(log: PostgresEventStore, followed: list[int]) -> None:
    async for recorded in log.follow(0):
        followed.append(recorded.position)  # noqa: PERF401 - it never ends: whoever looks reads as it grows


async def _all(log: PostgresEventStore) -> list[Recorded[Any]]:
    facts: list[Recorded[Any]] = []
    while found := await log.after(facts[-1].position if facts else 0, limit=1000):
        facts.extend(found)
    return facts


class Vacuuming:
    """VACUUM FREEZE and ANALYZE without end, and whether anybody who appends ever waits for it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.done = self.waited_for = 0

    async def run(self) -> None:
        vacuum, watch = await asyncpg.connect(self._url), await asyncpg.connect(self._url)
        try:
            await asyncio.gather(self._vacuum(vacuum), self._watch(watch, vacuum.get_server_pid()))
        finally:
            vacuum.terminate()
            watch.terminate()

    async def _vacuum(self, connection: asyncpg.Connection) -> None:
        while True:
            for table in ("dcb_events_tt_main", "dcb_events_tt_tag"):
                await connection.execute(f"VACUUM (FREEZE, ANALYZE) {table}")
                await connection.execute(f"ANALYZE {table}")
            self.done += 1

    async def _watch(self, connection: asyncpg.Connection, vacuum: int) -> None:
        blocked = """
            SELECT count(*) FROM pg_stat_activity
            WHERE usename = 'kinline_app' AND wait_event_type = 'Lock' AND $1 = ANY (pg_blocking_pids(pid))
        """
        while True:
            self.waited_for += await connection.fetchval(blocked, vacuum)
            await asyncio.sleep(0.005)


def broken_invariants(events: Sequence[Event]) -> list[str]:
    """What no booking may do, found without the rules that should have prevented it."""
    booked = [event for event in events if isinstance(event, CallRequested)]
    broken = [
        f"session {session}: {taken} of {STATIONS} stations"
        for session, taken in Counter(call.session for call in booked).items()
        if taken > STATIONS
    ]
    minutes: Counter[str] = Counter()
    for call in booked:
        minutes[call.prisoner_month] += call.minutes
    limit = Policy().booking.minutes_a_month
    broken += [f"month {month}: {used} minutes" for month, used in minutes.items() if used > limit]
    of_person: dict[str, list[CallRequested]] = {}
    for call in booked:
        for person in (call.prisoner, *call.visitors):
            of_person.setdefault(person, []).append(call)
    for person, calls in of_person.items():
        for one, other in combinations(calls, 2):
            if abs(one.starts_at - other.starts_at) < timedelta(minutes=30):
                broken.append(f"{person} is in two calls at once")
    return broken
