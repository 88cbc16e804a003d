"""What measurements of the event core have in common: a server, a log, and calls to write about."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from application.ports import Actor, ActorKind, Context
from domain.booking.events import CallBooked
from domain.clearance import Side
from domain.event import Event
from domain.events import EVENTS
from domain.moderation.kind import Action, Kind, Severity
from domain.violation import ViolationRaised
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases, migrate
from infrastructure.postgres import EmbeddedPostgres
from infrastructure.vault import FolderKeys, PostgresKeys

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ENVELOPES = Envelopes(EVENTS)
MODERATION = Actor(ActorKind.SERVICE, "moderation")


@dataclass(frozen=True)
class Setting:
    """A server with one migrated log, as the application has it."""

    server: EmbeddedPostgres
    databases: Databases
    store: PostgresEventStore


@contextlib.asynccontextmanager
async def setting(name: str) -> AsyncIterator[Setting]:
    """An embedded PostgreSQL in a folder that is deleted afterwards, with an empty log."""
    with tempfile.TemporaryDirectory(prefix="kinline-bench-") as folder:
        async with EmbeddedPostgres(Path(folder) / "postgres") as server:
            databases = await migrate(server.dsn(database=name), trusted_socket=True)
            keys_folder = FolderKeys.open(Path(folder) / "keys")
            async with Gateway(databases.vault) as vault:
                keys = PostgresKeys(vault, keys_folder)
                async with PostgresEventStore(databases.app, ENVELOPES, keys) as store:
                    yield Setting(server, databases, store)


async def on_database(server: EmbeddedPostgres, name: str, statements: str) -> str:
    """A further database on the same server, for what is measured against; its URL."""
    connection = await asyncpg.connect(server.dsn())
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    connection = await asyncpg.connect(server.dsn(database=name))
    await connection.execute(statements)
    await connection.close()
    return server.dsn(database=name)


def context(cmd: UUID | None = None) -> Context:
    """The context of one report of the moderation."""
    return Context(MODERATION, cmd or uuid4(), uuid4(), policy="demo/1")


def violation(call: int, number: int) -> Event:
    """A violation with the evidence it rests on: two tags, as most events of a call."""
    return ViolationRaised(
        at=START + timedelta(seconds=number),
        prison="MDI",
        call=f"call-{call}",
        violation=f"violation-{number}",
        side=Side.VISITOR,
        kind=next(iter(Kind)),
        severity=next(iter(Severity)),
        action=next(iter(Action)),
        since_ms=number * 250,
        media_ms=number * 250 + 1000,
        track=number % 7,
        evidence={
            "distances": [8412, 8377, 8501],
            "threshold": 6000,
            "votes": 4,
            "of": 4,
            "model": "3f2a" * 16,
        },
    )


def booking(call: int, number: int) -> Event:
    """A booked call: five tags, as the events with the widest boundary."""
    prisoner, visitor = f"prisoner-{call % 1000}", f"visitor-{call % 1500}"
    return CallBooked(
        at=START + timedelta(seconds=number),
        prison="MDI",
        call=f"booked-{call}-{number}",
        session=f"session-{call}-{number % 50}",
        starts_at=START + timedelta(days=2),
        minutes=30,
        prisoner=prisoner,
        visitors=(visitor,),
        prisoner_month=f"{prisoner}/2026-11",
        visitor_day=(f"{visitor}/2026-11-25",),
    )
