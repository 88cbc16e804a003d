"""`kinline serve`: starts every process of an installation, and ends them all on Ctrl-C."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer

from api.commands.output import wrong
from infrastructure.logging import set_up
from infrastructure.postgres import PostgresUnavailable
from infrastructure.settings import Settings
from infrastructure.supervisor import READY_S, Supervisor

POLL_S = 0.1


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
    settings = Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    set_up("supervisor")
    try:
        asyncio.run(_serve(settings))
    except PostgresUnavailable as error:
        wrong(str(error))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Supervisor(settings) as supervisor:
        address = f"http://{settings.host}:{settings.port}"
        if not await until_ready(address, stop):
            wrong(f"Kinline did not get ready. Its logs are in {settings.logs}.")
        print(f"Kinline is ready: {address}", flush=True)
        if settings.demo:
            from api.commands.demo import demonstrate  # noqa: PLC0415  models are loaded for a demonstration only

            await demonstrate(settings, supervisor, address, stop)
        await stop.wait()
        print("Kinline is ending; calls are ended with it.", flush=True)


async def until_ready(address: str, stop: asyncio.Event) -> bool:
    """Whether the pages answered and every part reported to be up, within a minute."""
    end = time.monotonic() + READY_S
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        while time.monotonic() < end and not stop.is_set():
            try:
                answer = await http.get("/health", timeout=2)
                if answer.status_code == 200:
                    return True
            except httpx.HTTPError:
                pass
            await asyncio.sleep(POLL_S)
    return False
