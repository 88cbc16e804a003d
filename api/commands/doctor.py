"""`kinline doctor`: is everything here that a call needs, and what can this installation not promise?"""

import asyncio
import importlib.metadata
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from api.commands.output import JsonOption, print_json
from application.relay import IceServer
from infrastructure.migrations import migrate
from infrastructure.moderation import setups
from infrastructure.moderation.inventory import OPTIONAL
from infrastructure.moderation.models import ModelRefused
from infrastructure.notify.chosen import with_secrets
from infrastructure.postgres import EmbeddedPostgres, PostgresUnavailable
from infrastructure.settings import Settings, relay_of
from infrastructure.turn import RelayRefused, allocate

ILL = 1
AIORTC = "1.16."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    well: bool
    says: str


def doctor(json: JsonOption = False) -> None:
    """Check database, models, media and folders. Exit code 1 when something a call needs is missing."""
    settings = Settings()
    findings = [finding for look in LOOKS for finding in look(settings)]
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            print(f"{'well ' if finding.well else 'ILL  '} {finding.name}: {finding.says}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(ILL)


def _python(_: Settings) -> list[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return [Finding("python", sys.version_info >= (3, 11), f"version {version}")]


def _media(settings: Settings) -> list[Finding]:
    version = importlib.metadata.version("aiortc")
    says = f"aiortc {version}, media is sent from {settings.media_address}"
    return [Finding("media", version.startswith(AIORTC), says)]


def _relay(settings: Settings) -> list[Finding]:
    try:
        servers = relay_of(settings).servers(datetime.now(UTC))
    except OSError as error:
        return [Finding("relay", False, f"its secret cannot be read: {error.strerror}")]
    if not servers:
        return [Finding("relay", True, "none is set: browsers have to reach this machine by UDP themselves")]
    return [asyncio.run(_tried(server)) for server in servers]


async def _tried(server: IceServer) -> Finding:
    try:
        await allocate(server)
    except (RelayRefused, ValueError) as error:
        return Finding("relay", False, str(error))
    return Finding("relay", True, f"{server.urls} answers and lets our callers in")


def _models(settings: Settings) -> list[Finding]:
    try:
        name = setups.chosen_name(settings.setup)
        loaded = setups.load(name)
        trial = setups.on_trial(loaded, settings.trial)
    except (ModelRefused, ValueError) as error:
        return [Finding("models", False, str(error))]
    missing = ", ".join(kind for kind in OPTIONAL if kind not in loaded.assessed) or "nothing"
    says = f"set-up {name}, every file verified ({loaded.engine}); not assessed: {missing}"
    tried = [] if trial is None else [Finding("models", True, f"on trial beside it: {trial.engine}")]
    return [Finding("models", True, says), *tried]


def _database(settings: Settings) -> list[Finding]:
    try:
        weaknesses = asyncio.run(_weaknesses(settings))
    except (PostgresUnavailable, OSError) as error:
        return [Finding("database", False, str(error))]
    where = "external" if settings.database_url else "embedded"
    return [
        Finding("database", True, f"{where} PostgreSQL answers and its schema is this release's"),
        *(Finding("database", True, weakness) for weakness in weaknesses),
    ]


async def _weaknesses(settings: Settings) -> tuple[str, ...]:
    if settings.database_url:
        return (await migrate(settings.database_url, trusted_socket=False)).weaknesses
    with tempfile.TemporaryDirectory(prefix="kinline-doctor-") as folder:
        async with EmbeddedPostgres(Path(folder) / "postgres") as postgres:  # not the one that may be in use
            return (await migrate(postgres.dsn(database="kinline"), trusted_socket=True)).weaknesses


def _folder(settings: Settings) -> list[Finding]:
    folder = settings.data.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return [Finding("data folder", True, f"{folder} can be written")]
    except OSError:
        return [Finding("data folder", False, f"{folder} cannot be written")]


def _messages(settings: Settings) -> list[Finding]:
    try:
        with_secrets(settings)
    except (OSError, ValueError) as error:
        return [Finding("messages", False, str(error))]
    if settings.notifier == "mailbox":
        says = "visitors are not written to: messages stay here (KINLINE_NOTIFIER=notify or smtp sends them)"
    else:
        says = f"visitors are written to by {settings.notifier}; links lead to {settings.pages}"
    return [Finding("messages", True, says)]


LOOKS: tuple[Callable[[Settings], list[Finding]], ...] = (
    _python,
    _folder,
    _database,
    _models,
    _media,
    _relay,
    _messages,
)
