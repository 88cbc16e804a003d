"""The database of an installation, for a command beside it: as it runs, or started for the command alone."""

import contextlib
from collections.abc import AsyncIterator

from infrastructure.migrations import Databases, entrances
from infrastructure.postgres import EmbeddedPostgres, FolderInUse
from infrastructure.settings import Settings


@contextlib.asynccontextmanager
async def doors(settings: Settings) -> AsyncIterator[Databases]:
    """Where each role enters. Raises `PostgresUnavailable`."""
    if settings.database_url is not None:
        yield entrances(settings.database_url, trusted_socket=False)
        return
    postgres = EmbeddedPostgres(settings.data / "postgres")
    entering = entrances(postgres.dsn(database="kinline"), trusted_socket=True)
    try:
        await postgres.start()
    except FolderInUse:  # Kinline is running: use what it uses
        yield entering
        return
    try:
        yield entering
    finally:
        await postgres.stop()


def without_data(settings: Settings) -> str | None:
    """What to say when there is nothing yet that a command could look at."""
    if settings.database_url is None and not (settings.data / "postgres").exists():
        return f"There is no data in {settings.data.absolute()}."
    return None
