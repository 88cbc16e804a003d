"""Whatever is changed behind our back is found: an event, its index, a read model."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncpg
import pytest
from asyncpg import Connection

from domain.event import Event
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.fsck import Finding, fsck
from infrastructure.migrations import Databases
from projections.progress import wait_for
from projections.runner import Runner
from tests.infrastructure.sample_events import EVENTS, NOW, NoteWritten, fresh, seat
from tests.projections.test_runner import Seats
from tests.stores import context

pytestmark = pytest.mark.postgres


@pytest.fixture
def event_types() -> Mapping[str, type[Event]]:
    return EVENTS


async def checked(databases: Databases, log: PostgresEventStore) -> list[Finding]:
    return await fsck(databases.projector, log, Envelopes(EVENTS), [Seats()])


async def fill(databases: Databases, log: PostgresEventStore) -> None:
    """Ten events, and a read model of them."""
    note = NoteWritten(at=NOW, prison="MDI", call="c1", author="p7", words="x")
    await log.append([note, *(seat("hamlet", f"g{i}") for i in range(8))], fresh(), 0, context())
    last = await log.append([seat("lear")], fresh(), 0, context())
    runner = asyncio.create_task(Runner(databases.projector, log, Seats()).run())
    reader = await asyncpg.connect(databases.app)
    assert await wait_for(reader, "theatre", last, seconds=20)
    await reader.close()
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)


@asynccontextmanager
async def behind_our_back(databases: Databases) -> AsyncIterator[Connection]:
    """A superuser who knows how to switch the triggers off."""
    connection = await asyncpg.connect(databases.owner)
    for table in ("dcb_events_tt_main", "dcb_events_tt_tag"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield connection
    await connection.close()


async def test_an_untouched_log_has_a_clean_bill(databases: Databases, log: PostgresEventStore) -> None:
    assert await checked(databases, log) == []
    await fill(databases, log)
    assert await checked(databases, log) == []


async def test_every_position_is_told_to_whoever_watches(
    databases: Databases, log: PostgresEventStore
) -> None:
    await fill(databases, log)
    told: list[tuple[int, int]] = []
    await fsck(databases.projector, log, Envelopes(EVENTS), [], lambda at, head: told.append((at, head)))
    assert told == [(10, 10)]


TAMPERED = {
    "UPDATE dcb_events_tt_main SET type = 'ShowOpened' WHERE id = 3": [
        Finding("position 3", "It is indexed under another type than its bytes say.")
    ],
    "UPDATE dcb_events_tt_main SET tags = array_append(tags, 'show:lear') WHERE id = 3": [
        Finding("position 3", "It is stored with other tags than its bytes say."),
    ],
    "DELETE FROM dcb_events_tt_tag WHERE main_id = 4 AND tag = 'show:hamlet'": [
        Finding("position 4", "It is indexed under other tags than its bytes say: decisions miss it.")
    ],
    "INSERT INTO dcb_events_tt_tag VALUES ('show:lear', 5)": [
        Finding("position 5", "It is indexed under a tag that it does not carry.")
    ],
    "INSERT INTO dcb_events_tt_tag VALUES ('show:hamlet', 5)": [
        Finding("position 5", "It is indexed under other tags than its bytes say: decisions miss it.")
    ],
    "INSERT INTO dcb_events_tt_tag VALUES ('show:hamlet', 99)": [
        Finding("position 99", "It is indexed, but is not there.")
    ],
}


@pytest.mark.parametrize("statement", TAMPERED)
async def test_a_changed_index_is_found(
    databases: Databases, log: PostgresEventStore, statement: str
) -> None:
    await fill(databases, log)
    async with behind_our_back(databases) as superuser:
        await superuser.execute(statement)
    assert await checked(databases, log) == TAMPERED[statement]


async def test_bytes_that_are_no_event_are_found(databases: Databases, log: PostgresEventStore) -> None:
    await fill(databases, log)
    async with behind_our_back(databases) as superuser:
        data: bytes = await superuser.fetchval("SELECT data FROM dcb_events_tt_main WHERE id = 2")
        damaged = json.dumps({**json.loads(data), "type": "Unheard"}).encode()
        await superuser.execute("UPDATE dcb_events_tt_main SET data = $1 WHERE id = 2", damaged)
        await superuser.execute("UPDATE dcb_events_tt_main SET data = 'no JSON' WHERE id = 6")
    findings = {finding.where: finding.sentence for finding in await checked(databases, log)}
    assert findings["position 2"] == "It cannot be read (unknown type Unheard)."
    assert findings["position 6"] == "It cannot be read (DecodeError)."
    assert findings["theatre"] == "It has taken in an event that cannot be read."


async def test_bytes_that_no_longer_fit_their_leaf_are_found(
    databases: Databases, log: PostgresEventStore
) -> None:
    await fill(databases, log)
    async with behind_our_back(databases) as superuser:
        await superuser.execute("ALTER TABLE dcb_events_tt_main ALTER COLUMN leaf DROP EXPRESSION")
        await superuser.execute("UPDATE dcb_events_tt_main SET leaf = sha256('other') WHERE id = 7")
    assert [finding.where for finding in await checked(databases, log)] == ["position 7"]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "DELETE FROM p_theatre_v1.seats WHERE position = 5",
            "0 rows that the events do not give, 1 that are missing",
        ),
        (
            "UPDATE p_theatre_v1.seats SET show = 'x' WHERE position < 4",
            "2 rows that the events do not give, 2 that",
        ),
        ("INSERT INTO p_theatre_v1.seats VALUES (77, 'x')", "1 rows that the events do not give, 0 that"),
    ],
)
async def test_a_read_model_that_says_other_things_than_the_events_is_found(
    databases: Databases, log: PostgresEventStore, statement: str, sentence: str
) -> None:
    await fill(databases, log)
    async with behind_our_back(databases) as superuser:
        await superuser.execute(statement)
    (finding,) = await checked(databases, log)
    assert finding.where == "theatre"
    assert sentence in finding.sentence
