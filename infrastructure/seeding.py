"""Seeding an installation: the plan of each prison through the real log, vault and keys.

A seed belongs into a log of its own: invented people are never put among real ones. What follows from its
events is part of the plan, so the followers of the log begin behind it; what is still to come (waiting
rooms to open, requests to decide in time) is put off as for every other call.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from application.seeding import Performed, Performer, Scale, SeededOtherwise, plan_of
from application.seeding.perform import patiently
from domain.booking.events import PLACES
from domain.decider import about
from domain.events import EVENTS
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases, migrate
from infrastructure.postgres import EmbeddedPostgres
from infrastructure.reactor import Reactor
from infrastructure.settings import DemoLink, Settings
from infrastructure.vault import FolderKeys, PostgresKeys, PostgresVault

PRISONS_AT_ONCE = 8
FOLLOWERS = ("reactions", "conductor")
ROLES = {
    "BO": "book calls",
    "AP": "say yes or no to requests",
    "LM": "the wall: watch, pause, resume, end",
    "SG": "safeguarding: everything about a call",
    "GO": "the governor: policy and usage",
    "AU": "audit: the timeline of each call",
    "PA": "try changes of policy on what happened",
}


@dataclass(frozen=True)
class Seeded:
    """What a seeding came to."""

    prisons: tuple[str, ...]
    performed: Performed
    seconds: float


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Databases]:
    """The external PostgreSQL, or the embedded one for as long as it is needed. Raises `PostgresUnavailable`."""
    if settings.database_url:
        yield await migrate(settings.database_url, trusted_socket=False)
        return
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with EmbeddedPostgres(settings.data / "postgres") as server:
        yield await migrate(server.dsn(database="kinline"), trusted_socket=True)


async def seed(
    databases: Databases,
    keys_folder: FolderKeys,
    scale: Scale,
    now: datetime,
    planned: Callable[[int], None],
    moved: Callable[[int], None],
) -> Seeded:
    """Seed a log. `planned` and `moved` are told how many steps there are, and of each that is over.

    Raises `SeededOtherwise` when the log holds anything else.
    """
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        vault = await stack.enter_async_context(Gateway(databases.vault))
        app = await stack.enter_async_context(Gateway(databases.app))
        keys = PostgresKeys(vault, keys_folder)
        store = await stack.enter_async_context(PostgresEventStore(databases.app, Envelopes(EVENTS), keys))
        before = await store.head()
        now = await _moment(store, scale, now)
        performer = Performer(scale, store, PostgresVault(vault, keys), keys.hmac_index, moved)
        started = loop.time()
        to_come = await _all(performer, now, planned)
        seconds = loop.time() - started
        if performer.performed.commands:
            await _put_off(store, app, now, to_come)
            await _move_followers(app, before, await store.head())
        prisons = tuple(scale.prison(number) for number in range(1, scale.prisons + 1))
        return Seeded(prisons, performer.performed, seconds)


async def _all(performer: Performer, now: datetime, planned: Callable[[int], None]) -> list[str]:
    """Every prison, some at a time: a plan is made when its turn has come. Gives the calls to come."""
    scale, slots = performer.scale, asyncio.Semaphore(PRISONS_AT_ONCE)
    steps: list[int] = []
    to_come: list[str] = []

    async def one(number: int) -> None:
        async with slots:
            plan = await asyncio.to_thread(plan_of, scale, number, now)
            steps.append(len(plan.steps))
            planned(sum(steps) * scale.prisons // len(steps))  # as if the others were like these
            to_come.extend(plan.to_come)
            await performer.perform(plan)

    async with asyncio.TaskGroup() as group:
        for number in range(1, scale.prisons + 1):
            group.create_task(one(number))
    return to_come


async def _moment(store: PostgresEventStore, scale: Scale, now: datetime) -> datetime:
    """The moment up to which this seed tells: that of its first run, if there was one."""
    if await store.head() == 0:
        return now
    first = scale.command(f"policy/{scale.prison(1)}/1")
    last = scale.command(f"heard/{scale.prison(1)}")
    facts, _ = await store.read((about(f"cmd:{first}"),))
    if not facts:
        raise SeededOtherwise("This log holds other events. A seed belongs in a data folder of its own.")
    heard, _ = await store.read((about(f"cmd:{last}"),))
    if heard:
        told: datetime = heard[0].event.at
        return told
    days = now - scale.opened_at(now)  # it was broken off: as far from its beginning as a seed of today is
    resumed: datetime = facts[0].event.at + days
    return resumed


async def _put_off(store: PostgresEventStore, app: Gateway, now: datetime, to_come: Sequence[str]) -> None:
    """What follows from calls that are still to be held, as the running service would put it off at that moment."""
    reactor = Reactor(store, app, lambda: now)
    for call in to_come:
        await patiently(partial(_put_off_one, store, reactor, call))


async def _put_off_one(store: PostgresEventStore, reactor: Reactor, call: str) -> None:
    facts, _ = await store.read((about(f"call:{call}", *PLACES),))
    for fact in facts:
        await reactor.take(fact)


async def _move_followers(app: Gateway, before: int, after: int) -> None:
    """Followers that had seen everything before the seed go on behind it."""
    for name in FOLLOWERS:
        position = await app.fetchval("SELECT position FROM followers WHERE name = $1", name) or 0
        if position >= before:
            await app.execute(
                "INSERT INTO followers VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET position = $2",
                name,
                after,
            )


def links(scale: Scale, number: int, token: Callable[[], str]) -> tuple[DemoLink, ...]:
    """A sign-in link for each role of one seeded prison."""
    prison = scale.prison(number)
    return tuple(
        DemoLink(
            token=token(),
            person=scale.ident(prison, "staff", role),
            role=role,
            prison=prison,
            says=f"{prison}: {says}",
        )
        for role, says in ROLES.items()
    )
