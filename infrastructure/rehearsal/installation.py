"""An installation of its own for a rehearsal or a demonstration: all processes, and a way to set a prison up in it."""

import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from application.ports import FaceEnroller
from application.set_up import Cast, SetUp
from domain.events import EVENTS
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases
from infrastructure.settings import DemoLink
from infrastructure.vault import FolderKeys, PostgresKeys, PostgresVault

NEVER_FULL: Mapping[str, Any] = {"media_lag_ms_max": 60_000, "media_verdict_ms_max": 60_000}
"""Settings of an installation that shows how a call goes on this machine, however slow it is."""


@dataclass(frozen=True)
class Workshop:
    """The log and the vault, opened from the command line to set a prison up."""

    store: PostgresEventStore
    set_up: SetUp


@asynccontextmanager
async def workshop(
    databases: Databases, keys_folder: FolderKeys, enroller: FaceEnroller
) -> AsyncIterator[Workshop]:
    """Open the log beside the running API: appends of two processes take their turns."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(Gateway(databases.vault))
        keys = PostgresKeys(gateway, keys_folder)
        store = await stack.enter_async_context(PostgresEventStore(databases.app, Envelopes(EVENTS), keys))
        vault = PostgresVault(gateway, keys)
        yield Workshop(store, SetUp(store, vault, enroller, keys.hmac_index, lambda: datetime.now(UTC)))


def links(cast: Cast) -> tuple[DemoLink, ...]:
    """A sign-in link for each role that takes part or looks on."""
    people = (
        (cast.visitors[0], "FA", None, "the family's side of the call"),
        (cast.prisoner, "PR", cast.prison, "the prisoner's side of the call"),
        (cast.officer, "LM", cast.prison, "the wall: watch, pause, resume, end"),
        (f"bo{cast.officer[2:]}", "BO", cast.prison, "book calls"),
        (f"ap{cast.officer[2:]}", "AP", cast.prison, "say yes or no to requests"),
        (f"sg{cast.officer[2:]}", "SG", cast.prison, "safeguarding: everything about a call"),
        (f"au{cast.officer[2:]}", "AU", cast.prison, "audit: the timeline of each call"),
        (f"go{cast.officer[2:]}", "GO", cast.prison, "the governor: policy and usage"),
    )
    return tuple(
        DemoLink(token=secrets.token_urlsafe(24), person=person, role=role, prison=prison, says=says)
        for person, role, prison, says in people
    )


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
