"""A small seed on the real log and vault: what is on record afterwards, and what the running service makes of it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from application.seeding import Scale, SeededOtherwise
from domain.booking.events import CallBooked
from domain.event import Event
from domain.events import EVENTS
from domain.person import PersonKind, PersonRegistered
from domain.policy import PolicyPublished
from infrastructure import seeding
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases
from infrastructure.projector import PROJECTIONS, NoKeys
from infrastructure.seeding import Seeded
from infrastructure.vault import FolderKeys, PostgresKeys
from projections.runner import Runner
from tests.application.history import put
from tests.facts import fact

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
TINY = Scale(prisons=2, months=1, prisoners=8, seed=3)


@pytest.fixture
def folder(tmp_path: Path) -> FolderKeys:
    return FolderKeys.open(tmp_path / "keys")


async def _seeded(databases: Databases, folder: FolderKeys, now: datetime = NOW) -> tuple[Seeded, list[int]]:
    over: list[int] = []
    return await seeding.seed(databases, folder, TINY, now, lambda _: None, over.append), over


async def test_a_seed_is_on_record_once_with_its_names_sealed(
    databases: Databases, folder: FolderKeys, log: PostgresEventStore, keys: PostgresKeys
) -> None:
    seeded, _ = await _seeded(databases, folder)
    head = await log.head()
    assert (seeded.prisons, seeded.performed.events) == (("S01", "S02"), head)
    later, over = await _seeded(databases, folder, NOW.replace(day=26))
    assert (later.performed.commands, await log.head()) == (0, head)
    assert sum(over) == later.performed.known
    people = await log.after(0, limit=10_000, types=[PersonRegistered])
    held = [one for one in people if one.event.kind is PersonKind.PRISONER]
    assert len(held) == 2 * TINY.prisoners
    for one in held:
        name = await keys.open(one.sealed["name"])
        assert one.event.name is None
        assert one.event.number
        assert name is not None
        assert len(name.split()) == 2


async def test_every_read_model_takes_a_seed_in(databases: Databases, folder: FolderKeys) -> None:
    await _seeded(databases, folder)
    async with PostgresEventStore(databases.projector, Envelopes(EVENTS), NoKeys()) as log:
        head = await log.head()
        runners = [asyncio.create_task(Runner(databases.projector, log, each).run()) for each in PROJECTIONS]
        db = await asyncpg.connect(databases.projector)
        async with asyncio.timeout(60):
            while await db.fetchval("SELECT count(*) FROM projections WHERE position = $1", head) < len(
                PROJECTIONS
            ):
                await asyncio.sleep(0.02)
        assert await db.fetchval("SELECT count(*) FROM parked") == 0
        assert await db.fetchval("SELECT count(*) FROM projections WHERE error IS NOT NULL") == 0
        await db.close()
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)


async def test_what_is_to_come_is_put_off_and_what_is_over_is_not_taken_up_again(
    databases: Databases, folder: FolderKeys, log: PostgresEventStore
) -> None:
    await _seeded(databases, folder, datetime.now(UTC))
    db = await asyncpg.connect(databases.app)
    due = await db.fetch("SELECT command, due_at FROM due WHERE done IS NULL")
    booked: list[Any] = [one.event for one in await log.after(0, limit=10_000, types=[CallBooked])]
    to_come = {event.call for event in booked if event.starts_at > datetime.now(UTC)}
    assert to_come
    assert "OpenWaitingRoom" in {row["command"] for row in due}
    assert len(due) >= len(to_come)
    assert all(row["due_at"] > datetime.now(UTC) for row in due)
    followers = await db.fetch("SELECT name, position FROM followers")
    assert {row["name"]: row["position"] for row in followers} == dict.fromkeys(
        seeding.FOLLOWERS, await log.head()
    )
    await db.close()


async def test_invented_people_are_never_put_among_others(
    databases: Databases, folder: FolderKeys, log: PostgresEventStore
) -> None:
    others: Event = fact(PolicyPublished)
    await put(log, others)
    with pytest.raises(SeededOtherwise, match="a data folder of its own"):
        await _seeded(databases, folder)
    assert await log.head() == 1
