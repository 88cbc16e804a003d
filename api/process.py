"""The API process: pages, JSON, the recorder, reactions. Started by the supervisor with `python -m api.process`."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from api.health import media_health
from api.main import create_app
from api.services import Demo, DemoLogin, Services, WebSettings
from application.access import load
from application.notifications.rendering import Addresses
from infrastructure import processes
from infrastructure.migrations import Databases
from infrastructure.moderation.remote_enroller import RemoteEnroller
from infrastructure.moderation.remote_rehearser import RemoteRehearser
from infrastructure.notify.mailbox import LocalMailbox
from infrastructure.settings import Settings, relay_of
from infrastructure.wiring import Backend, backend


def web_settings(settings: Settings) -> WebSettings:
    """How this process serves its pages."""
    logins = tuple(DemoLogin(**link.model_dump()) for link in settings.demo_links)
    demo = Demo(logins) if logins else None
    return WebSettings(
        secure=False,
        secret=secrets.token_bytes(32),
        demo=demo,
        mailbox=settings.notifier == "mailbox",
        addresses=Addresses(settings.pages, settings.sender),
    )


def services_of(built: Backend, web: WebSettings) -> Services:
    """What a route may ask for."""
    return Services(
        store=built.store,
        read=built.read,
        answers=built.answers,
        keys=built.keys,
        vault=built.vault,
        engine=built.engine,
        enroller=RemoteEnroller(built.settings.run_folder / "moderation.sock"),
        rehearser=RemoteRehearser(built.settings.run_folder / "moderation.sock"),
        live=built.live,
        now=built.now,
        permissions=load(),
        number_index=built.keys.hmac_index,
        reopen=built.conductor.open,
        may_send_to=built.outbound.check,
        loads=built.engine.loads,
        relay=relay_of(built.settings),
        settings=web,
        mailbox=built.notifier if isinstance(built.notifier, LocalMailbox) else None,
    )


async def serve(settings: Settings, databases: Databases) -> None:
    """Serve until cancelled. A follower that fails ends the process with its error."""
    async with backend(settings, databases) as built:
        web = web_settings(settings)

        @asynccontextmanager
        async def services() -> AsyncIterator[Services]:
            yield services_of(built, web)

        async def parts() -> dict[str, dict[str, Any]]:
            return {
                "media": media_health(built.engine.loads()),
                **await built.moderation_health(),
            }

        app = create_app(services, web, load(), parts=parts)
        processes.settle()
        config = uvicorn.Config(
            app, settings.host, settings.port, log_config=None, access_log=False, timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        try:
            await built.until_failure(serving)
        finally:
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)


if __name__ == "__main__":
    processes.run("api", serve(Settings(), processes.databases()))
