"""Every read model is a fold of the log: however it is cut into batches, and whoever starts again."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.ports import Recorded
from domain.event import Event
from domain.events import EVENTS
from infrastructure.projector import PROJECTIONS
from projections import call_timeline, call_wall
from projections.call_timeline import Seen, seen_after, timeline
from projections.call_wall import WallCall, after
from projections.runner import Projection, prepare, project_all, schema_of
from tests.facts import CALL, fact, recorded
from tests.projections.conftest import batches

pytestmark = pytest.mark.postgres

events = st.builds(
    lambda kind, call: fact(kind, **({"call": call} if "call" in kind.model_fields else {})),
    st.sampled_from(list(EVENTS.values())),
    st.sampled_from([CALL, "call-2"]),
)
logs = st.lists(events, max_size=40).map(lambda tail: [*BEGINNING, *tail])
sizes = st.lists(st.integers(1, 9), max_size=12)
BEGINNING: list[Event] = [
    fact(EVENTS["SessionOpened"]),
    fact(EVENTS["CallRequested"]),
    fact(EVENTS["CallRequested"], call="call-2"),
    fact(EVENTS["WaitingRoomOpened"]),
    fact(EVENTS["WaitingRoomOpened"], call="call-2"),
]
bounded = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


Connected = tuple[asyncio.Runner, Connection]


@pytest.fixture
def connected(read_models: str) -> Iterator[Connected]:
    """One connection for all logs of a test: a server takes a moment to be rid of one that was closed."""
    with asyncio.Runner() as loop:
        db = loop.run(_connect(read_models))
        yield loop, db
        loop.run(db.close())


async def _connect(address: str) -> Connection:
    return await asyncpg.connect(address)


async def rows(db: Connection, projection: Projection) -> dict[str, list[str]]:
    """Everything in a read model's tables."""
    schema = schema_of(projection)
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema)
    return {
        name: sorted(row[0] for row in await db.fetch(f"SELECT t::text FROM {schema}.{name} AS t"))
        for (name,) in tables
    }


async def made(db: Connection, projection: Projection, pieces: Sequence[Sequence[Recorded[Any]]]) -> None:
    """The read model, made anew from these batches."""
    schema = schema_of(projection)
    await db.execute(f"SET search_path = public; DROP SCHEMA IF EXISTS {schema} CASCADE")
    await db.execute("DELETE FROM projections WHERE schema = $1", schema)
    await prepare(db, projection)
    await db.execute(f"SET search_path = {schema}, public")
    for piece in pieces:
        await project_all(db, projection, piece)


def log_of(history: Sequence[Event]) -> list[Recorded[Any]]:
    return [recorded(position, event) for position, event in enumerate(history, 1)]


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.NAME)
@bounded
@given(history=logs, cuts=sizes)
def test_the_rows_are_the_same_however_the_log_is_cut_into_batches(
    connected: Connected, projection: Projection, history: list[Event], cuts: list[int]
) -> None:
    loop, db = connected

    async def scenario() -> None:
        log = log_of(history)
        await made(db, projection, [[each] for each in log])
        one_by_one = await rows(db, projection)
        await made(db, projection, batches(log, cuts))
        assert await rows(db, projection) == one_by_one

    loop.run(scenario())


@bounded
@given(history=logs, cuts=sizes)
def test_the_wall_and_the_timeline_are_what_their_folds_say(
    connected: Connected, history: list[Event], cuts: list[int]
) -> None:
    loop, db = connected

    async def scenario() -> None:
        log = log_of(history)
        await made(db, call_wall, batches(log, cuts))
        assert await call_wall.call_on_wall(db, CALL) == wall_of(log)
        await made(db, call_timeline, batches(log, cuts))
        assert [entry.seen for entry in await timeline(db, CALL)] == seen_of(log)

    loop.run(scenario())


def wall_of(log: Sequence[Recorded[Any]]) -> WallCall | None:
    start: WallCall | None = None
    ours = [
        each
        for each in log
        if isinstance(each.event, call_wall.EVENTS) and getattr(each.event, "call", None) == CALL
    ]
    return reduce(after, ours, start)


def seen_of(log: Sequence[Recorded[Any]]) -> list[Seen]:
    seen, found = Seen(), []
    for event in (each.event for each in log):
        if getattr(event, "call", None) == CALL or getattr(event, "viewed", None) == f"call:{CALL}":
            seen = seen_after(seen, event)
            found.append(seen)
    return found
