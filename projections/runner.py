"""Brings read models up to date, each in a schema of its own version, and swaps a rebuilt one in.

A read model is a module: its name, its version, its tables and `project`. Its rows and its position
change in the same transaction, so a crash at any moment neither loses an event nor applies one twice.
A raised VERSION is built beside the live one from the first event on; once it has caught up, the views
in schema `public` (`<name>_<table>`) name the new tables, and the old schema is dropped.

What cannot be projected stops an audit read model and is parked by a dashboard: the one must not show
a record with a hole, the other must not stand still. Both are seen in `lag`.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import structlog
from asyncpg import Connection

from application.ports import Recorded, StoreAway

BATCH_MAX = 1000  # events in one transaction
POLL_S = 1.0  # a runner looks by itself this often, should a wake-up be lost
RETRY_S = 1.0  # after the database was away
STOPPED_RETRY_S = 10.0  # a stopped read model tries its event again, which another release may understand

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Poison:
    """What stands at a position of the log and cannot be read by this release."""

    position: int
    error: str


Entry = Recorded[Any] | Poison


class Log(Protocol):
    """The log as a runner reads it."""

    async def entries_after(self, position: int, *, limit: int) -> Sequence[Entry]:
        """Everything behind the position, in order. Raises `StoreAway`."""

    async def head(self) -> int:
        """The position of the newest event. Raises `StoreAway`."""

    def hearing(self) -> contextlib.AbstractContextManager[asyncio.Event]:
        """An event that is set whenever something may have been appended."""


class Projection(Protocol):
    """Satisfied by a module such as `projections.call_wall`.

    A module may also have `project_batch(db, recorded)`, which takes many events at once and must
    leave the same rows as `project`, one after the other.
    """

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant
        """What the views in `public` begin with."""

    @property
    def VERSION(self) -> int:  # noqa: N802
        """Raised when the same events shall give other rows."""

    @property
    def TABLES(self) -> str:  # noqa: N802
        """Statements that make the tables, without a schema in their names."""

    @property
    def AUDIT(self) -> bool:  # noqa: N802
        """Whether to stop at what is not understood, rather than to go on without it."""

    async def project(self, db: Connection, recorded: Any, /) -> None:
        """Take one event in."""


class Fenced(Exception):
    """Another runner has moved this read model on."""


class Replaced(Exception):
    """A newer version of this read model is live."""


class Unprojectable(Exception):
    """An event that this read model cannot take in: the message names its position and the kind of error."""


def schema_of(projection: Projection) -> str:
    """The schema that holds this version's tables."""
    return f"p_{projection.NAME}_v{projection.VERSION}"


class Runner:
    """Keeps one version of one read model up to date, for ever. Of several one works, others stand by."""

    def __init__(self, url: str, log: Log, projection: Projection, *, batch_max: int = BATCH_MAX) -> None:
        self._url, self._source, self._projection, self._batch_max = url, log, projection, batch_max
        self._schema = schema_of(projection)

    async def run(self) -> None:
        """Run until cancelled, or until a newer version has replaced this one."""
        while True:
            try:
                await self._run_connected()
            except Replaced:
                _log.info("read model replaced", schema=self._schema)
                return
            except Unprojectable as error:
                _log.error("read model stopped", schema=self._schema, error=str(error))
                await asyncio.sleep(STOPPED_RETRY_S)
            except Exception as error:
                if not _passing(error):
                    raise
                _log.warning("read model waits", schema=self._schema, error=type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _run_connected(self) -> None:
        db = await asyncpg.connect(self._url)
        try:
            await db.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", self._schema)  # stand by
            position = await prepare(db, self._projection)
            await db.execute(f"SET search_path = {self._schema}, public")
            await self._follow(db, position)
        finally:
            db.terminate()

    async def _follow(self, db: Connection, position: int) -> None:
        live = False
        with self._source.hearing() as heard:
            while True:
                heard.clear()
                position = await self._catch_up(db, position)
                if not live:
                    await swap_in(db, self._projection)
                    live = True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):  # wait_for may lose a cancellation before Python 3.12
                        await heard.wait()

    async def _catch_up(self, db: Connection, position: int) -> int:
        """Apply what there is. The next batch is read while this one is written."""
        reading = asyncio.ensure_future(self._source.entries_after(position, limit=self._batch_max))
        try:
            while entries := await reading:
                end = entries[-1].position
                reading = asyncio.ensure_future(self._source.entries_after(end, limit=self._batch_max))
                await self._apply(db, entries, position)
                position = end
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        return position

    async def _apply(self, db: Connection, entries: Sequence[Entry], position: int) -> None:
        try:
            await self._commit(db, position, entries)
        except Exception as error:
            if _passing(error):
                raise
            for entry in entries:  # one of them is the cause: find it
                await self._apply_alone(db, entry, position)
                position = entry.position

    async def _apply_alone(self, db: Connection, entry: Entry, position: int) -> None:
        try:
            await self._commit(db, position, [entry])
        except Exception as error:
            if _passing(error):
                raise
            cause = f"position {entry.position}: {type(error).__name__}"
            if self._projection.AUDIT:
                await db.execute(_STOP, self._schema, cause)
                raise Unprojectable(cause) from error
            _log.warning(
                "event parked", schema=self._schema, position=entry.position, error=type(error).__name__
            )
            async with db.transaction():
                await db.execute(_PARK, self._schema, entry.position, cause)
                await self._advance(db, position, entry.position)

    async def _commit(self, db: Connection, position: int, entries: Sequence[Entry]) -> None:
        async with db.transaction():
            await project_all(db, self._projection, entries)
            await self._advance(db, position, entries[-1].position)

    async def _advance(self, db: Connection, old: int, new: int) -> None:
        if await db.fetchval(_ADVANCE, self._schema, old, new) is None:
            raise Fenced(self._schema)


async def project_all(db: Connection, projection: Projection, entries: Sequence[Entry]) -> None:
    """Take the entries in, in order, by the module's own batch if it has one. Raises at poison."""
    for entry in entries:
        if isinstance(entry, Poison):
            raise Unprojectable(entry.error)
    in_batches: Callable[..., Awaitable[None]] | None = getattr(projection, "project_batch", None)
    if in_batches is not None:
        await in_batches(db, entries)
        return
    for entry in entries:
        await projection.project(db, entry)


async def prepare(db: Connection, projection: Projection) -> int:
    """Make schema and tables if they are missing; the position to go on from. Raises `Replaced`."""
    schema = schema_of(projection)
    async with db.transaction():
        if await db.fetchval(_NEWER, projection.NAME, projection.VERSION):
            raise Replaced(schema)
        position: int | None = await db.fetchval("SELECT position FROM projections WHERE schema = $1", schema)
        if position is not None:
            return position
        await db.execute(f"CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}; {projection.TABLES}")
        await db.execute("SET LOCAL search_path = public")
        await db.execute(_ENTER, schema, projection.NAME, projection.VERSION)
        first = not await db.fetchval(_HAS_LIVE, projection.NAME)
    if first:
        await swap_in(db, projection)  # nobody reads an older one: better an incomplete view than none
    return 0


async def swap_in(db: Connection, projection: Projection) -> None:
    """Make this version the one that is read, in one transaction, and drop the one before. Once is enough."""
    schema, name = schema_of(projection), projection.NAME
    async with db.transaction():
        status = await db.fetchval(
            "SELECT status FROM public.projections WHERE schema = $1 FOR UPDATE", schema
        )
        if status == "live":
            return
        replaced = await db.fetch(_RETIRE, name, schema)
        await db.execute(
            "UPDATE public.projections SET status = 'live', error = NULL WHERE schema = $1", schema
        )
        await _point_views(db, schema, name)
        for row in replaced:
            await db.execute(f"DROP SCHEMA IF EXISTS {row['schema']} CASCADE")


async def _point_views(db: Connection, schema: str, name: str) -> None:
    reader = await db.fetchval("SELECT rolname FROM pg_roles WHERE rolname = 'kinline_app'")
    for row in await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema):
        view = f"public.{name}_{row['tablename']}"
        await db.execute(f"DROP VIEW IF EXISTS {view}")
        await db.execute(f"CREATE VIEW {view} AS TABLE {schema}.{row['tablename']}")
        if reader is not None:
            await db.execute(f"GRANT SELECT ON {view} TO {reader}")


def _passing(error: Exception) -> bool:
    """Whether to try the same again, rather than to blame the event."""
    if isinstance(error, ValueError):
        return False  # asyncpg counts an unfit argument among the errors of its interface
    return isinstance(error, _PASSING)


_PASSING = (
    Fenced,
    StoreAway,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says when the server dies between two of its steps
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,  # a deadlock; the next attempt finds it gone
)


_ENTER = "INSERT INTO projections (schema, name, version) VALUES ($1, $2, $3)"
_HAS_LIVE = "SELECT true FROM projections WHERE name = $1 AND status IN ('live', 'stopped')"
_NEWER = "SELECT true FROM projections WHERE name = $1 AND version > $2 AND status IN ('live', 'stopped')"
_RETIRE = """
UPDATE public.projections SET status = 'retired', updated = now()
WHERE name = $1 AND schema <> $2 AND status <> 'retired' RETURNING schema
"""
_ADVANCE = """
UPDATE public.projections
SET position = $3, updated = now(), error = NULL,
    status = CASE status WHEN 'stopped' THEN 'live' ELSE status END
WHERE schema = $1 AND position = $2 AND status <> 'retired' RETURNING true
"""
_STOP = """
UPDATE public.projections SET error = $2, status = CASE status WHEN 'live' THEN 'stopped' ELSE status END
WHERE schema = $1
"""
_PARK = "INSERT INTO public.parked (schema, position, error) VALUES ($1, $2, $3)"
