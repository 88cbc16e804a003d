"""A door to one database: statements that either are answered in time or say `StoreAway`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

import asyncpg
from asyncpg import Connection, Record

from application.ports import StoreAway

PATIENCE_S = 4.0  # longer than any healthy answer; after it the database counts as away

AWAY: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says when the server dies between two of its steps
    asyncpg.OperatorInterventionError,  # shutting down, starting up
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.LockNotAvailableError,
)


class Gateway:
    """A pool of connections in one role. Open it with `async with`; connects when first used."""

    def __init__(self, url: str, *, connections: int = 4) -> None:
        self.url, self._connections = url, connections

    async def __aenter__(self) -> Self:
        # Nothing is connected yet: the database may be away when we start, and come later.
        self._pool = await asyncpg.create_pool(
            self.url, min_size=0, max_size=self._connections, reset=_keep_as_it_is
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._pool.terminate()

    async def fetch(self, statement: str, *arguments: Any) -> list[Record]:
        """All rows. Raises `StoreAway`."""
        async with self.connection() as connection:
            rows: list[Record] = await connection.fetch(statement, *arguments)
        return rows

    async def fetchrow(self, statement: str, *arguments: Any) -> Record | None:
        """The first row. Raises `StoreAway`."""
        async with self.connection() as connection:
            return await connection.fetchrow(statement, *arguments)

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        """The first value of the first row. Raises `StoreAway`."""
        async with self.connection() as connection:
            return await connection.fetchval(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> str:
        """Run it; the command tag. Raises `StoreAway`."""
        async with self.connection() as connection:
            tag: str = await connection.execute(statement, *arguments)
        return tag

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Several statements, all or nothing. Raises `StoreAway`."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection while patience lasts. One that does not answer is dropped, not waited for."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                connection = await self._pool.acquire()
                try:
                    yield connection
                except (asyncio.CancelledError, OSError, asyncpg.InternalClientError):
                    connection.terminate()
                    raise
                finally:
                    await self._pool.release(connection)
        except ValueError:
            raise  # asyncpg counts an unfit argument among the errors of its interface; it is ours
        except AWAY as error:
            raise StoreAway(type(error).__name__) from error


async def _keep_as_it_is(_: object) -> None:
    """Nothing is set on our connections, so nothing is reset: it would cost a round trip each time."""
