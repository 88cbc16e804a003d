"""Fixtures of the log and the vault: the same test runs on the in-memory store and on PostgreSQL."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from application.ports import Actor, ActorKind, Context, EventStore, Sealed
from domain.event import Event, Purpose
from domain.events import EVENTS
from infrastructure.envelope import Envelopes, associated_data
from infrastructure.event_store import InMemoryEventStore, PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases, migrate
from infrastructure.postgres import EmbeddedPostgres
from infrastructure.projector import PROJECTIONS
from infrastructure.vault import FolderKeys, PostgresKeys, PostgresVault, commitment_of, decrypt, encrypt
from projections.runner import prepare

_copies = count(1)

NOW = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)


class MemoryKeys:
    """Keys without a database, for decisions on the in-memory store. The cryptography is the real one."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, Purpose], bytes] = {}

    async def seal(self, subject: str, purpose: Purpose, event: UUID, name: str, text: str) -> Sealed:
        key = self._keys.setdefault((subject, purpose), os.urandom(32))
        ciphertext = encrypt(key, text.encode(), associated_data(event, name, subject))
        return Sealed(subject, purpose, 1, commitment_of(key), name, event, ciphertext)

    async def open(self, sealed: Sealed) -> str | None:
        key = self._keys.get((sealed.subject, sealed.purpose))
        bound = associated_data(sealed.event, sealed.field, sealed.subject)
        return decrypt(key, sealed.ciphertext, bound).decode() if key else None


def context(cmd: UUID | None = None, actor: str = "officer-1") -> Context:
    """The context of one command of one officer."""
    return Context(Actor(ActorKind.STAFF, actor, "LM"), cmd or uuid4(), uuid4())


@pytest.fixture
def event_types() -> Mapping[str, type[Event]]:
    """The events that the stores of this test know; test modules with events of their own override it."""
    return EVENTS


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated log, and with `_vault` of its vault, of which every test gets a copy.

    The read models have their tables there and have taken nothing in yet.
    """
    made = asyncio.run(migrate(postgres.dsn(database="migrated"), trusted_socket=True))
    asyncio.run(_prepared(made.projector))
    return "migrated"


async def _prepared(projector: str) -> None:
    connection = await asyncpg.connect(projector)
    for projection in PROJECTIONS:
        await prepare(connection, projection)
    await connection.close()


@pytest_asyncio.fixture
async def databases(postgres: EmbeddedPostgres, migrated: str) -> AsyncIterator[Databases]:
    """A migrated log and vault: copies, since making both anew takes most of a second."""
    name = f"copy_{next(_copies)}"
    server = await asyncpg.connect(postgres.dsn())
    for kind in ("", "_vault"):
        copy = f'CREATE DATABASE "{name}{kind}" TEMPLATE "{migrated}{kind}" STRATEGY FILE_COPY'
        await server.execute(copy)  # four times as fast as by the write-ahead log
    yield await migrate(postgres.dsn(database=name), trusted_socket=True)
    for kind in ("", "_vault"):
        await server.execute(f'DROP DATABASE "{name}{kind}" WITH (FORCE)')
    await server.close()


@pytest_asyncio.fixture
async def keys(databases: Databases, tmp_path: Path) -> AsyncIterator[PostgresKeys]:
    """The real keys, in the vault database and a folder of the test."""
    async with Gateway(databases.vault) as vault:
        yield PostgresKeys(vault, FolderKeys.open(tmp_path / "keys"))


@pytest_asyncio.fixture
async def vault(databases: Databases, keys: PostgresKeys) -> AsyncIterator[PostgresVault]:
    """The real vault."""
    async with Gateway(databases.vault) as gateway:
        yield PostgresVault(gateway, keys)


@pytest_asyncio.fixture
async def log(
    databases: Databases, keys: PostgresKeys, event_types: Mapping[str, type[Event]]
) -> AsyncIterator[PostgresEventStore]:
    """The log on PostgreSQL, as the application opens it."""
    async with PostgresEventStore(databases.app, Envelopes(event_types), keys) as store:
        yield store


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, event_types: Mapping[str, type[Event]]) -> EventStore:
    """The event store, once in memory and once on PostgreSQL. Decisions are tested on both."""
    if request.param == "memory":
        return InMemoryEventStore(Envelopes(event_types), MemoryKeys())
    on_postgres: PostgresEventStore = request.getfixturevalue("log")
    return on_postgres
