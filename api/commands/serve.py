"""`kinline serve`: starts every process of an installation, and ends them all on Ctrl-C."""

import asyncio
import secrets
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.commands import demo as demo_command
from api.commands import seed as seed_command
from api.commands.output import wrong
from application.seeding import Scale
from application.set_up import Cast
from infrastructure import seeding
from infrastructure.logging import set_up
from infrastructure.notify.chosen import with_secrets
from infrastructure.postgres import PostgresUnavailable
from infrastructure.processes import told_to_end
from infrastructure.rehearsal.installation import links
from infrastructure.rehearsal.stage import ready
from infrastructure.settings import DemoLink, Settings
from infrastructure.supervisor import Supervisor


def serve(
    host: Annotated[str | None, typer.Option(help="Address to serve on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    demo: Annotated[
        bool | None,
        typer.Option("--demo/--no-demo", help="A demonstration prison, with a link for each role."),
    ] = None,
) -> None:
    """Start Kinline: database, pages, moderation and media, on this machine. Ctrl-C ends all of it."""
    given = {"host": host, "port": port, "data": data, "demo": demo}
    try:
        settings = Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong(error.errors()[0]["msg"].removeprefix("Value error, "))
    set_up("supervisor")
    try:
        with_secrets(settings)
        people = demo_command.cast(settings) if settings.demo else None
        seeded = seed_command.seed_in(settings) if settings.demo else None
    except (OSError, ValueError) as error:
        wrong(str(error))
    if people is not None:
        settings = settings.model_copy(update={"demo_links": (*links(people), *_into(seeded))})
    try:
        asyncio.run(_serve(settings, people))
    except PostgresUnavailable as error:
        wrong(str(error))


def _into(seeded: Scale | None) -> tuple[DemoLink, ...]:
    """Links into the first prison of a seed."""
    return () if seeded is None else seeding.links(seeded, 1, lambda: secrets.token_urlsafe(24))


async def _serve(settings: Settings, people: Cast | None) -> None:
    stop = asyncio.Event()
    with told_to_end(stop.set):
        await _until(settings, people, stop)


async def _until(settings: Settings, people: Cast | None, stop: asyncio.Event) -> None:
    async with Supervisor(settings) as supervisor:
        address = f"http://{settings.host}:{settings.port}"
        if not await ready(address, stop):
            wrong(f"Kinline did not get ready. Its logs are in {settings.logs}.")
        print(f"Kinline is ready: {address}", flush=True)
        if people is not None:
            demo_command.show_links(address, settings.demo_links)
            await demo_command.demonstrate(settings, supervisor, address, people, stop)
        await stop.wait()
        print("Kinline is ending; calls are ended with it.", flush=True)
