"""Where a rehearsal takes place: an installation of its own, started, used once and stopped."""

import asyncio
import time
from pathlib import Path

import httpx

from application.ports import FaceEnroller
from domain.event import Refused
from infrastructure.moderation import setups
from infrastructure.rehearsal.door import NotHeld
from infrastructure.rehearsal.installation import NEVER_FULL, free_port, workshop
from infrastructure.rehearsal.rehearsal import Held, Plan, Rehearsal, cast_of, links_of, set_up
from infrastructure.settings import Settings
from infrastructure.supervisor import Supervisor
from infrastructure.vault import FolderKeys

READY_S = 60.0
POLL_S = 0.1


async def perform(plan: Plan, folder: Path, setup: str, enroller: FaceEnroller) -> Held:
    """Start everything in the folder, hold the call, stop everything. Raises `NotHeld`."""
    cast = cast_of(plan)
    links = links_of(cast)
    settings = Settings(data=folder, port=free_port(), setup=setup, demo_links=links, **NEVER_FULL)
    settings = settings.model_copy(update=setups.pack_in_full(setup))
    async with Supervisor(settings) as supervisor:
        address = f"http://{settings.host}:{settings.port}"
        if not await ready(address):
            raise NotHeld("The service did not get ready.")
        async with workshop(supervisor.databases, FolderKeys.open(settings.keys), enroller) as shop:
            try:
                await set_up(plan, cast, shop)
            except Refused as no:
                raise NotHeld(str(no)) from no
            return await Rehearsal(plan, cast, links, address, shop.store).hold()


async def ready(address: str, stop: asyncio.Event | None = None) -> bool:
    """Whether every part reported to be up within a minute."""
    end = time.monotonic() + READY_S
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        while time.monotonic() < end and not (stop is not None and stop.is_set()):
            try:
                answer = await http.get("/health", timeout=2)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == httpx.codes.OK:
                return True
            await asyncio.sleep(POLL_S)
    return False
