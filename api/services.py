"""What a route may ask for. The main program fills it in once, when the process starts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Request

from api.limits import Rates
from application.access import Permissions
from application.live import Live
from application.notifications.rendering import Addresses
from application.ports import (
    Answers,
    EventStore,
    FaceEnroller,
    FaceRehearser,
    Keys,
    Mailbox,
    MediaEngine,
    StoreAway,
    Vault,
    WorkerLoad,
)
from application.relay import Relay

PATIENCE_S = 4.0  # longer than any healthy answer of a read model; after it the database counts as away

AWAY: tuple[type[Exception], ...] = (
    asyncpg.UndefinedTableError,  # the read models are being built for the first time
    asyncpg.UndefinedColumnError,  # the version that this release reads is still being built beside an older one
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says when the server dies between two of its steps
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A link of the demonstration: whoever opens it is signed in in this role."""

    token: str  # fixed for the life of the process
    person: str
    role: str
    prison: str | None
    says: str  # what a newcomer can do with it


@dataclass(frozen=True)
class WebSettings:
    """How this process serves its pages. `demo` is None wherever real people are."""

    secure: bool = False  # served over https: cookies are bound to the host
    secret: bytes = b""  # signs what one officer proposes to another; at least 32 bytes
    demo: "Demo | None" = None
    rates: Rates = field(default_factory=Rates)  # how much one person may ask for
    mailbox: bool = False  # messages stay here, and a demonstration shows them
    addresses: Addresses = field(default_factory=lambda: Addresses("http://127.0.0.1", "no-reply@127.0.0.1"))


@dataclass(frozen=True)
class Demo:
    """A demonstration: sign-in links, and a drawn head over every face on every page."""

    logins: Sequence[DemoLogin] = ()


@dataclass(frozen=True)
class Services:
    """Everything behind the routes."""

    store: EventStore
    read: "asyncpg.Pool[Any]"  # read models and logins; never the log
    answers: Answers  # given before, for whoever sends the same request again
    keys: Keys
    vault: Vault
    engine: MediaEngine
    enroller: FaceEnroller
    rehearser: FaceRehearser
    live: Live
    now: Callable[[], datetime]
    permissions: Permissions
    number_index: Callable[[str], str]  # a keyed hash, by which a prisoner number is found again
    reopen: Callable[[str], Awaitable[None]]  # makes sure the media plane has a call, should it have lost it
    may_send_to: Callable[[str], Awaitable[object]]  # raises `Refused` for an address no webhook may have
    relay: Relay = field(
        default_factory=Relay
    )  # by which browsers reach the media plane where nothing else gets out
    loads: Callable[[], Sequence[WorkerLoad]] = tuple  # how busy each media worker is
    settings: WebSettings = field(default_factory=WebSettings)
    mailbox: Mailbox | None = None  # None: messages leave this installation


Connection = Any
"""A connection to the read models, as the queries in `projections` take it."""


def services_of(request: Request) -> Services:
    """The services of this process."""
    found: Services = request.app.state.services
    return found


@asynccontextmanager
async def tables(services: Services) -> AsyncIterator[Connection]:
    """A connection to the read models while patience lasts. Raises `StoreAway`."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            connection = await services.read.acquire()
            try:
                yield connection
            except (asyncio.CancelledError, OSError, asyncpg.InternalClientError):
                connection.terminate()  # it did not answer in time: it is not given to anybody else
                raise
            finally:
                await services.read.release(connection)
    except ValueError:
        raise  # asyncpg counts an unfit argument among the errors of its interface; it is ours
    except AWAY as error:
        raise StoreAway(type(error).__name__) from error


Use = Annotated[Services, Depends(services_of)]
