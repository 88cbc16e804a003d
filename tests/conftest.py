"""What tests of every area share: a real PostgreSQL for the whole run, an empty database for each test."""

import asyncio
import contextlib
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from infrastructure.postgres import EmbeddedPostgres

pytest_plugins = ["tests.stores"]

_numbers = count(1)

MEMORY, ROOM = Path("/dev/shm"), 2 << 30
NOTHING_TO_LOSE = {"fsync": "off", "full_page_writes": "off"}
"""Databases of tests end with their test. What survives a power cut and a kill is tried on servers of their own."""


def pytest_collection_finish() -> None:
    """Ten thousand tests are kept until the end: looking for garbage among them took every twentieth second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A started PostgreSQL in a temporary folder, one for each worker process of the test run."""
    with _in_memory() or contextlib.nullcontext(str(tmp_path_factory.mktemp("postgres"))) as folder:
        server = EmbeddedPostgres(Path(folder) / "data", settings=NOTHING_TO_LOSE)
        asyncio.run(server.start())
        yield server
        asyncio.run(server.stop())


def _in_memory() -> tempfile.TemporaryDirectory[str] | None:
    """A folder in memory, where there is one with room: a third of a test's time is files that nobody reads again."""
    room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return tempfile.TemporaryDirectory(prefix="kinline-test-", dir=MEMORY) if room else None


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a fresh, empty database; it is dropped after the test, whoever is still connected."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.dsn(), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" STRATEGY FILE_COPY')
    yield postgres.dsn(database=name)
    with psycopg.connect(postgres.dsn(), autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
