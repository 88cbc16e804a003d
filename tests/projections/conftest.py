"""What the tests of read models share: one database, in which each test makes its read model anew."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from asyncpg import Connection

from domain.event import Event
from infrastructure.migrations import migrate
from infrastructure.postgres import EmbeddedPostgres
from projections.runner import prepare, project_all, schema_of
from tests.facts import recorded

Fill = Callable[..., Awaitable[Connection]]


@pytest.fixture(scope="session")
def read_models(postgres: EmbeddedPostgres) -> str:
    """The projector's door to a migrated database that the tests of read models use in turn."""
    return asyncio.run(migrate(postgres.dsn(database="read_models"), trusted_socket=True)).projector


@pytest_asyncio.fixture
async def fill(read_models: str) -> AsyncIterator[Fill]:
    """Make a read model's tables and take events in, at positions 1, 2, 3 and so on, in these batches."""
    db = await asyncpg.connect(read_models)

    async def filled(projection: Any, events: Sequence[Event], sizes: Sequence[int] = ()) -> Connection:
        await _forget(db, projection)
        await prepare(db, projection)
        await db.execute(f"SET search_path = {schema_of(projection)}, public")
        log = [recorded(position, event) for position, event in enumerate(events, 1)]
        for batch in batches(log, sizes):
            await project_all(db, projection, batch)
        return db

    yield filled
    await db.close()


async def _forget(db: Connection, projection: Any) -> None:
    schema = schema_of(projection)
    await db.execute("SET search_path = public")
    await db.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    await db.execute("DELETE FROM projections WHERE schema = $1", schema)


def batches(log: Sequence[Any], sizes: Sequence[int]) -> list[Sequence[Any]]:
    """The log cut into pieces of these sizes; what is left over is the last piece."""
    pieces, start = [], 0
    for size in [*sizes, len(log)]:
        if start < len(log):
            pieces.append(log[start : start + size])
            start += size
    return pieces
