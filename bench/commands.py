"""Whole commands per second: read the boundary, fold it, decide, append on condition."""

import asyncio
import itertools
import time
from datetime import timedelta
from functools import partial
from statistics import median
from uuid import uuid4

from application.handle import handle
from application.ports import EventStore
from bench.report import Report, memory_mb, take_turns
from bench.setting import START, context, setting
from domain import booking
from domain.booking.commands import BookCall
from domain.decider import about
from domain.event import Event
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.relationship import ApprovalBasis, RelationshipApproved
from domain.timetable.events import SessionOpened, Starts

CLIENTS = 64
SECONDS, ROUNDS = 2.0, 5
PRISON, ZONE = "MDI", "Europe/London"
RULES = {
    "booking": {"notice_days_min": 0, "notice_days_max": 3650, "approval": "auto"},
    "people": {"identity_required": False},
}
SESSION_START = START + timedelta(days=2)


async def measure(report: Report) -> None:
    """All figures of whole commands."""
    async with setting("commands") as where:
        numbers = itertools.count()
        results = await take_turns(
            ROUNDS,
            {
                "commands": partial(bookings, where.store, numbers),
                "reads": partial(reads, where.store),
            },
        )
        report.say(
            "commands_per_second",
            median(results["commands"]),
            "commands/s",
            against="each a booking under every rule: 3 events written on condition",
        )
        report.say("boundary_reads_per_second", median(results["reads"]), "reads/s")
        report.say(
            "commands_memory", memory_mb(*where.server.pids()), "MB", against="recorder and PostgreSQL"
        )


async def reads(store: EventStore) -> float:
    """Boundaries of a booking read per second by as many at once: the part of a command that is not an append."""
    boundary = booking.boundary(_wish("0-0", 0))
    end, done = time.perf_counter() + SECONDS, itertools.count()

    async def client() -> None:
        while time.perf_counter() < end:
            await store.read(boundary)
            next(done)

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return next(done) / (time.perf_counter() - started)


async def bookings(store: EventStore, numbers: "itertools.count[int]") -> float:
    """Calls booked per second by 64 people at once, each under the real rules."""
    batch = next(numbers)
    await _prepare(store, batch)
    end, done = time.perf_counter() + SECONDS, itertools.count()

    async def client(number: int) -> None:
        for attempt in itertools.count():
            if time.perf_counter() > end:
                return
            await handle(store, booking, _wish(f"{batch}-{number}", attempt), context())
            next(done)

    started = time.perf_counter()
    await asyncio.gather(*map(client, range(CLIENTS)))
    return next(done) / (time.perf_counter() - started)


PEOPLE_EACH = 200  # a month has room for two calls of one person: each client books for many


async def _prepare(store: EventStore, batch: int) -> None:
    document = Policy().merged(RULES).document()
    facts: list[Event] = (
        [
            PolicyPublished(
                at=START, prison=PRISON, version=1, document=document, published_by="g1", approved_by=None
            )
        ]
        if batch == 0
        else []
    )
    for number in range(CLIENTS):
        who = f"{batch}-{number}"
        facts += [_session(f"{who}-{person}") for person in range(PEOPLE_EACH)]
        facts += [_prisoner(f"{who}-{person}") for person in range(PEOPLE_EACH)]
        facts += [_relationship(f"{who}-{person}") for person in range(PEOPLE_EACH)]
    for start in range(0, len(facts), 500):
        await store.append(facts[start : start + 500], (about(f"cmd:{uuid4()}"),), 0, context())


def _session(name: str) -> Event:
    return SessionOpened(
        at=START,
        prison=PRISON,
        session=f"s-{name}",
        starts_at=SESSION_START,
        minutes=30,
        stations=3,
        starts=Starts.AT_TIME,
    )


def _prisoner(name: str) -> Event:
    return PersonRegistered(at=START, person=f"p-{name}", kind=PersonKind.PRISONER, prison=PRISON, number=())


def _relationship(name: str) -> Event:
    return RelationshipApproved(
        at=START,
        prison=PRISON,
        prisoner=f"p-{name}",
        visitor=f"v-{name}",
        basis=ApprovalBasis.STAFF,
        approved_by="o1",
    )


def _wish(who: str, attempt: int) -> BookCall:
    name = f"{who}-{attempt % PEOPLE_EACH}"
    return BookCall(
        at=START,
        call=str(uuid4()),
        prison=PRISON,
        session=f"s-{name}",
        starts_at=SESSION_START,
        zone=ZONE,
        minutes=30,
        prisoner=f"p-{name}",
        visitors=(f"v-{name}",),
        ages={f"v-{name}": 40},
        requested_by=f"v-{name}",
    )
