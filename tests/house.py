"""A whole installation but for media and moderation: the real application on the real log, for tests of pages.

The media plane is an adapter of its port that keeps what it was told. `house.given(...)` puts facts on
record; `house.client("LM")` is the browser of somebody who signed in in that role.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import cv2
import httpx
import numpy as np
from fastapi import FastAPI

from api.guard import cookie_name
from api.limits import Rates
from api.logins import Kind
from api.main import create_app
from api.services import Demo, DemoLogin, Services, WebSettings
from application.access import Who, load
from application.live import Live
from application.notifications.rendering import Addresses
from application.ports import (
    Context,
    Listening,
    NoSuitableFace,
    Recorded,
    SeatTerms,
    Still,
    StoreAway,
    Template,
)
from domain.audio_only import AudioOnlyBecause
from domain.clearance import ClearanceMode, Side
from domain.decider import about
from domain.enrolment import PhotographQuality
from domain.event import Event
from domain.events import EVENTS
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.mute import MediaKind
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.gateway import Gateway
from infrastructure.idempotency import KeptAnswers
from infrastructure.migrations import Databases
from infrastructure.moderation.engines.scripted import ScriptedSetup
from infrastructure.moderation.enrol import PhotographRefused
from infrastructure.moderation.rehearse import observed
from infrastructure.notify.mailbox import LocalMailbox
from infrastructure.outbound import Outbound
from infrastructure.projector import PROJECTIONS
from infrastructure.vault import FolderKeys, PostgresKeys, PostgresVault
from projections.progress import wait_for
from projections.runner import Runner
from tests.facts import CALL, NOON, OFFICER, PRISON, PRISONER, VISITOR
from tests.stores import context

PEOPLE = {"FA": VISITOR, "PR": PRISONER, "LM": OFFICER}
ORIGIN = "http://127.0.0.1"
ADDRESSES = Addresses("https://calls.example", "no-reply@calls.example")


class Media:
    """The media plane in memory: what it was told, in order, and what it shows."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.faces: tuple[tuple[int, int, int, int], ...] = ((60, 30, 60, 80),)

    async def open_call(
        self,
        call: str,
        prison: str,
        policy: str,
        document: Mapping[str, Any],
        seats: Sequence[SeatTerms],
        started_at: datetime | None = None,
    ) -> None:
        self.told.append(("open_call", call))

    async def join(self, call: str, side: Side, offer: str, connection: str, *, light: bool = False) -> str:
        self.told.append(("join", call, side, "light") if light else ("join", call, side))
        return f"answer to {offer}"

    async def save_data(self, call: str, side: Side, *, light: bool) -> None:
        self.told.append(("save_data", call, side, light))

    async def sound_alone(self, call: str, side: Side, because: AudioOnlyBecause | None) -> None:
        self.told.append(("sound_alone", call, side, because))

    async def admit(self, call: str, side: Side, mode: ClearanceMode, people: int) -> None:
        self.told.append(("admit", call, side))

    async def start(self, call: str, at: datetime) -> None:
        self.told.append(("start", call))

    async def pause(self, call: str, context: Context, cause: str, text_key: str, reason: str | None) -> None:
        self.told.append(("pause", call, cause, text_key, reason, context.actor.id))

    async def hold(self, call: str, cause: str, side: Side | None) -> None:
        self.told.append(("hold", call))

    async def resume(self, call: str, words: Mapping[str, str]) -> None:
        self.told.append(("resume", call))

    async def mute(self, call: str, context: Context, side: Side, kind: MediaKind, reason: str) -> None:
        self.told.append(("mute", call, side, kind, reason, context.actor.id))

    async def muted(self, call: str, side: Side, kind: MediaKind) -> None:
        self.told.append(("muted", call, side, kind))

    async def unmute(self, call: str, side: Side, kind: MediaKind) -> None:
        self.told.append(("unmute", call, side, kind))

    async def by_eye(self, call: str, side: Side, takeover: str, viewer: str) -> None:
        self.told.append(("by_eye", call, side, viewer))

    async def give_back(self, call: str, context: Context, side: Side) -> None:
        self.told.append(("give_back", call, side, context.actor.id))

    async def given_back(self, call: str, takeover: str) -> None:
        self.told.append(("given_back", call, takeover))

    async def looks(self, call: str, side: Side, viewer: str) -> bool:
        return ("watch", call, side, viewer) in [told[:4] for told in self.told]

    async def end(self, call: str) -> None:
        self.told.append(("end", call))

    async def close_taps(self, call: str, side: Side) -> None:
        self.told.append(("close_taps", call, side))

    async def stop_listening(self, call: str) -> None:
        self.told.append(("stop_listening", call))

    async def watch(self, call: str, side: Side, viewer: str, offer: str, listening: Listening | None) -> str:
        self.told.append(("watch", call, side, viewer, listening))
        return f"answer to {offer}"

    async def still(self, call: str, side: Side, *, bare: bool = False) -> Still | None:
        if bare:
            self.told.append(("bare still", call, side))
        return Still(_picture(), 240, 180, self.faces, 12_000)


class Photographs:
    """An enroller that knows a few photographs: whatever ends with the words below shows that face."""

    FACES: ClassVar = {b"a face": (0.25, -0.5), b"the same face": (0.25, -0.2), b"another face": (0.25, 0.5)}

    async def template(self, photograph: bytes) -> Template:
        shown = (vector for ending, vector in self.FACES.items() if photograph.endswith(ending))
        vector = next(shown, None)
        if vector is None:
            raise NoSuitableFace("There is no face in this photograph.")
        return Template(vector, "test/1", 180, PhotographQuality(sharpness=5200, brightness=128, turn=300))

    async def distance(self, one: Template, other: Template) -> int:
        return round(10_000 * math.dist(one.vector, other.vector))


class Rehearser:
    """Looks at drawn pictures as the moderation process would, in this process."""

    async def observe(
        self,
        pictures: Sequence[bytes],
        policy: ModerationPolicy,
        mode: ClearanceMode,
        templates: Sequence[Sequence[float]],
    ) -> Sequence[Observation]:
        try:
            return observed(pictures, ScriptedSetup(), policy, mode, templates)
        except PhotographRefused as refused:
            raise NoSuitableFace(str(refused)) from refused


class BreakableStore(PostgresEventStore):
    """The real log, which a test can make unreachable."""

    away = False

    async def read(self, boundary: Any) -> Any:
        self._check()
        return await super().read(boundary)

    async def append(self, *arguments: Any) -> int:
        self._check()
        return await super().append(*arguments)

    def _check(self) -> None:
        if self.away:
            raise StoreAway("test")


@dataclass
class House:
    """The application with everything behind it, and hands to use it."""

    app: FastAPI
    services: Services
    store: BreakableStore
    media: Media
    clock: "Clock"

    async def given(self, *facts: Event) -> int:
        """Put facts on record, as they happened. Every read model has taken them in."""
        head = await self.store.head()
        position = await self.store.append(facts, (about("cmd:none"),), head, context())
        await self.caught_up()
        return position

    async def caught_up(self) -> None:
        """Every read model has taken in everything that is on record."""
        position = await self.store.head()
        async with self.services.read.acquire() as db:
            for projection in PROJECTIONS:
                assert await wait_for(db, projection.NAME, position, seconds=20), projection.NAME

    async def log(self) -> list[Recorded[Any]]:
        """Everything on record."""
        return list(await self.store.after(0, limit=10_000))

    async def events(self, kind: type[Event]) -> list[Any]:
        """Every event of a type."""
        return [recorded.event for recorded in await self.log() if isinstance(recorded.event, kind)]

    async def token(self, role: str, person: str | None = None, prison: str | None = PRISON) -> str:
        """Sign somebody in; the token of their cookie."""
        who = Who(person or PEOPLE.get(role, f"{role.lower()}-1"), role, None if role == "FA" else prison)
        token: str = await self.app.state.logins.begin(self.services, who)
        return token

    async def seat(self, side: Side, call: str = CALL) -> str:
        """Seat a side; the token of its cookie."""
        who = Who(
            VISITOR if side is Side.VISITOR else PRISONER, "FA" if side is Side.VISITOR else "PR", PRISON
        )
        until = self.services.now() + timedelta(hours=1)
        token: str = await self.app.state.logins.seat(self.services, who, call, side, until)
        return token

    async def client(self, role: str | None = None, **who: Any) -> httpx.AsyncClient:
        """The browser of somebody who is signed in in this role, or of nobody."""
        client = self.browser()
        if role is not None:
            client.cookies.set(cookie_name(self.services, Kind.LOGIN), await self.token(role, **who))
        return client

    async def seated(self, side: Side, call: str = CALL) -> httpx.AsyncClient:
        """The browser of a side of a call."""
        client = self.browser()
        client.cookies.set(cookie_name(self.services, Kind.SEAT), await self.seat(side, call))
        return client

    async def seen(self, client: httpx.AsyncClient, call: str = CALL) -> dict[str, str]:
        """The header by which somebody who has looked at a call now decides on it."""
        return {"if-match": (await client.get(f"/v1/calls/{call}")).headers["etag"]}

    def browser(self) -> httpx.AsyncClient:
        """A browser without any cookie."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})


class Clock:
    """The time, as the test sets it."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def to(self, seconds: float) -> None:
        """So many seconds after NOON."""
        self.moment = NOON + timedelta(seconds=seconds)


@contextlib.asynccontextmanager
async def opened(
    databases: Databases, folder: Path, *, demo: bool = False, rates: Rates | None = None
) -> AsyncIterator[House]:
    """The house, with its read models kept up to date while it is open."""
    async with contextlib.AsyncExitStack() as stack:
        vault = await stack.enter_async_context(Gateway(databases.vault))
        keys = PostgresKeys(vault, FolderKeys.open(folder / "keys"))
        store = await stack.enter_async_context(BreakableStore(databases.app, Envelopes(EVENTS), keys))
        read = await asyncpg.create_pool(databases.app, min_size=0, max_size=6)
        stack.callback(read.terminate)
        app_gateway = await stack.enter_async_context(Gateway(databases.app))
        outbound = await stack.enter_async_context(Outbound("127.0.0.1"))
        media, clock, live = Media(), Clock(), Live()
        mailbox = LocalMailbox(app_gateway, keys, clock)
        services = Services(
            store=store,
            read=read,
            answers=KeptAnswers(app_gateway, keys),
            keys=keys,
            vault=PostgresVault(vault, keys),
            engine=media,
            enroller=Photographs(),
            rehearser=Rehearser(),
            live=live,
            now=clock,
            permissions=load(),
            number_index=keys.hmac_index,
            reopen=_nothing_lost,
            may_send_to=outbound.check,
            settings=WebSettings(
                secret=b"s" * 32,
                demo=Demo(_demo_logins()) if demo else None,
                rates=rates or Rates(),
                mailbox=True,
                addresses=ADDRESSES,
            ),
            mailbox=mailbox,
        )
        await _keep_up(stack, databases, store, live)
        await _built(read)
        app = _application(services.settings)
        app.state.opening = services
        await stack.enter_async_context(app.router.lifespan_context(app))
        yield House(app, services, store, media, clock)


@cache
def _application(settings: WebSettings) -> FastAPI:
    """The application, put together once: a house opens it with its own services."""
    app = create_app(lambda: contextlib.nullcontext(app.state.opening), settings, load())
    return app


async def _keep_up(
    stack: contextlib.AsyncExitStack, databases: Databases, store: PostgresEventStore, live: Live
) -> None:
    async def publish() -> None:
        async for recorded in store.follow(0):
            live.publish(recorded)

    runners = [Runner(databases.projector, store, projection) for projection in PROJECTIONS]
    tasks = [asyncio.create_task(work) for work in (publish(), *(runner.run() for runner in runners))]

    async def stop() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    stack.push_async_callback(stop)


async def _built(read: "asyncpg.Pool[Any]") -> None:
    """Wait until every read model has its tables: a page that is asked before says that it is not ready."""
    async with asyncio.timeout(20):
        while await read.fetchval("SELECT count(*) FROM projections WHERE status = 'live'") < len(
            PROJECTIONS
        ):
            await asyncio.sleep(0.01)


async def _nothing_lost(call: str) -> None:
    """The media plane of a test never loses a call."""


def _demo_logins() -> tuple[DemoLogin, ...]:
    roles = {
        "FA": (VISITOR, None),
        "PR": (PRISONER, PRISON),
        "LM": (OFFICER, PRISON),
        "AU": ("auditor-1", PRISON),
    }
    return tuple(
        DemoLogin(f"token-for-{role}-{'x' * 20}", person, role, prison, f"what {role} can do")
        for role, (person, prison) in roles.items()
    )


@cache
def _picture() -> bytes:
    """A grey picture with a drawn disc where a face would be: nobody's."""
    picture = np.full((180, 240, 3), 120, np.uint8)
    cv2.circle(picture, (90, 70), 34, (170, 200, 230), -1)
    cv2.rectangle(picture, (40, 120), (140, 180), (90, 60, 40), -1)
    done, jpeg = cv2.imencode(".jpg", picture)
    assert done
    return jpeg.tobytes()
