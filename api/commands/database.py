"""The database of an installation, for a command beside it: as it runs, or started for the command alone."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from api.commands.output import wrong
from application.ports import StoreAway
from domain.events import EVENTS
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases, entrances
from infrastructure.postgres import EmbeddedPostgres, FolderInUse, PostgresUnavailable
from infrastructure.settings import Settings
from infrastructure.vault import FolderKeys, PostgresKeys, PostgresVault


@dataclass(frozen=True)
class Archive:
    """The log, the keys and the vault of an installation."""

    store: PostgresEventStore
    keys: PostgresKeys
    vault: PostgresVault


def settings_of(data: Path | None) -> Settings:
    """The settings, with the data folder of the command line where one was named."""
    return Settings() if data is None else Settings(data=data)


def settings_with_data(data: Path | None) -> Settings:
    """The same for a command that looks at what there is. Ends with one line when there is nothing."""
    settings = settings_of(data)
    nothing = without_data(settings)
    if nothing is not None:
        wrong(nothing)
    return settings


@contextlib.contextmanager
def one_line(*kinds: type[Exception]) -> Iterator[None]:
    """Whatever the database, or one of these, says ends the command with one line."""
    said: tuple[type[Exception], ...] = (PostgresUnavailable, *kinds)
    try:
        yield
    except StoreAway:
        wrong("The database did not answer. Please try again.")
    except said as error:
        wrong(str(error))


@contextlib.asynccontextmanager
async def archive(settings: Settings) -> AsyncIterator[Archive]:
    """Open what is on record and what was put away. Raises `PostgresUnavailable`."""
    async with doors(settings) as entering, Gateway(entering.vault) as gateway:
        keys = PostgresKeys(gateway, FolderKeys.open(settings.keys))
        async with PostgresEventStore(entering.app, Envelopes(EVENTS), keys) as store:
            yield Archive(store, keys, PostgresVault(gateway, keys))


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
