"""A whole Kinline in a folder of its own, started by its own command, for stories in which parts of it die.

    async with installed(folder) as kinline:
        held = await kinline.hold_a_call()
        kinline.kill("moderation")

Everything is real: processes, PostgreSQL, WebRTC, models. What is asked of it goes through its front door.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from application.set_up import AT_ONCE, Cast, Somebody
from domain.policy import Policy
from domain.timetable.events import CallType
from infrastructure.migrations import Databases, entrances
from infrastructure.moderation import setups
from infrastructure.moderation.remote_enroller import RemoteEnroller
from infrastructure.postgres import EmbeddedPostgres
from infrastructure.rehearsal.installation import NEVER_FULL, Workshop, free_port, links, workshop
from infrastructure.rehearsal.stage import ready
from infrastructure.settings import DemoLink, Settings
from infrastructure.vault import FolderKeys
from tests.faults.camera import PRISONER, VISITOR, photograph
from tests.faults.held import HeldCall, Log

PRISON = "FLT"
MINUTES = 60
STOP_S = 15.0
PROGRAMS = {
    "api": "api.process",
    "projector": "infrastructure.projector",
    "moderation": "infrastructure.moderation.worker",
    "media": "infrastructure.media.worker",
}

T = TypeVar("T")


@dataclass
class Installation:
    """One data folder, and the processes that `kinline serve` runs on it."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    demo: bool = False
    cast: Cast = field(default_factory=lambda: Cast.of(PRISON, 1))
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    _links: tuple[DemoLink, ...] = ()

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def databases(self) -> Databases:
        """Where each role enters."""
        return entrances(
            EmbeddedPostgres(self.data / "postgres").dsn(database="kinline"), trusted_socket=True
        )

    def token(self, role: str) -> str:
        """The sign-in link's token of a role."""
        return next(link.token for link in self._links if link.role == role)

    async def start(self) -> None:
        """Start it, or start it again, and wait until every part is up."""
        self._links = self._links or links(self.cast)
        spoken = json.dumps([link.model_dump() for link in self._links])
        with (self.folder / "serve.out").open("ab") as out:
            self.process = subprocess.Popen(  # noqa: ASYNC220  waited for as a whole, by `ready`
                [
                    str(Path(sys.executable).with_name("kinline")),
                    "serve",
                    "--demo" if self.demo else "--no-demo",
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={
                    **{name: value for name, value in os.environ.items() if not name.startswith("KINLINE_")},
                    "KINLINE_DATA": str(self.data),
                    "KINLINE_PORT": str(self.port),
                    "KINLINE_SETUP": "full",
                    **{f"KINLINE_{name.upper()}": str(value) for name, value in NEVER_FULL.items()},
                    "KINLINE_DEMO_LINKS": spoken,
                    **self.environment,
                },
            )
        if not await ready(self.address):
            raise AssertionError(f"It did not get ready: {self.said()[-2000:]}")

    async def stop(self) -> float:
        """Ask it to end as Ctrl-C does. The seconds it took; nothing of it is left."""
        assert self.process is not None
        family, began = self.family(), time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.process.wait, 60)
        took = time.monotonic() - began
        assert code == 0, self.said()[-2000:]
        assert [process for process in family if process.is_running()] == []
        return took

    def family(self) -> list[psutil.Process]:
        """Every process of it, the supervisor first."""
        if self.process is None or self.process.poll() is not None:
            return []
        try:
            first = psutil.Process(self.process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def pid(self, name: str) -> int | None:
        """The process of that name, None while there is none."""
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if PROGRAMS[name] in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    return process.pid
        return None

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill a process as the kernel would for want of memory. Its pid."""
        pid = self.pid(name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, number)
        return pid

    def postgres(self) -> list[psutil.Process]:
        """Every process of PostgreSQL."""
        cluster = str((self.data / "postgres" / "cluster").resolve())
        named = (p for p in psutil.process_iter(["name", "cwd"]) if p.info["name"] == "postgres")
        return [process for process in named if process.info["cwd"] == cluster]

    def stop_postgres(self) -> None:
        """Every process of PostgreSQL stands still. Some come and go by themselves."""
        self._tell_postgres(psutil.Process.suspend)

    def wake_postgres(self) -> None:
        """They go on."""
        self._tell_postgres(psutil.Process.resume)

    def kill_postgres(self) -> None:
        """Every process of PostgreSQL ends at once."""
        self._tell_postgres(psutil.Process.kill)

    def _tell_postgres(self, what: Callable[[psutil.Process], None]) -> None:
        for process in self.postgres():
            with contextlib.suppress(psutil.NoSuchProcess):
                what(process)

    def kill_everything(self) -> None:
        """What a power cut leaves: nobody gets to say anything."""
        for process in [*self.family(), *self.postgres()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        assert self.process is not None
        self.process.wait(10)

    async def die(self) -> None:
        """The same, where somebody may wait for the end."""
        await asyncio.to_thread(self.kill_everything)

    def said(self) -> str:
        """Everything its processes wrote, for a failure's message."""
        files = [self.folder / "serve.out", *sorted((self.data / "logs").glob("*.log"))]
        return "\n".join(
            f"== {file.name}\n{file.read_text(errors='replace')}" for file in files if file.exists()
        )

    def restarted(self) -> list[str]:
        """Processes that the supervisor had to start again, in order. PostgreSQL is not among them."""
        lines = (self.folder / "serve.out").read_text().splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return [each["process"] for each in told if each["event"].startswith("A process ended")]

    @contextlib.asynccontextmanager
    async def shop(self) -> AsyncIterator[Workshop]:
        """Its log and vault, opened beside it."""
        settings = Settings(data=self.data)
        enroller = RemoteEnroller(settings.run_folder / "moderation.sock")
        async with workshop(self.databases, FolderKeys.open(settings.keys), enroller) as opened:
            yield opened

    async def set_up(
        self,
        changes: Mapping[str, Any],
        names: tuple[str, str, str],
        call_type: CallType = CallType.SOCIAL,
    ) -> None:
        """A prison, two people and a booked call. `names`: prisoner, visitor, prisoner number."""
        base = Policy(moderation=setups.default_policy("full"))
        prisoner, visitor, number = names
        async with self.shop() as shop:
            await shop.set_up.prison(self.cast, base.merged(AT_ONCE).merged(changes).document())
            await shop.set_up.people(
                self.cast,
                Somebody(prisoner, [photograph(PRISONER)], number),
                [Somebody(visitor, [photograph(VISITOR)])],
            )
            await shop.set_up.call(self.cast, "Europe/London", MINUTES, call_type)


@dataclass(frozen=True)
class Story:
    """A call that runs in an installation, and everything that is on record about it."""

    kinline: Installation
    call: HeldCall
    log: Log


@contextlib.asynccontextmanager
async def a_call(
    folder: Path,
    policy: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    names: tuple[str, str, str] = ("Prisoner of the story", "Visitor of the story", "A0002AA"),
) -> AsyncIterator[Story]:
    """Start an installation, hold a call in it, and end everything afterwards, cleanly or not at all."""
    kinline = Installation(folder, environment or {})
    try:
        await kinline.start()
        await kinline.set_up(policy or {}, names)
        async with AsyncExitStack() as stack:
            shop = await stack.enter_async_context(kinline.shop())
            log = await stack.enter_async_context(Log(shop.store, kinline.cast.call))
            call = await stack.enter_async_context(
                HeldCall(kinline.address, kinline.cast.call, kinline.token, log)
            )
            await call.begin()
            yield Story(kinline, call, log)
    finally:
        if kinline.process is not None and kinline.process.poll() is None:
            kinline.wake_postgres()
            kinline.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(kinline.process.wait, 60)
            except subprocess.TimeoutExpired:
                kinline.kill_everything()


async def until(true: Callable[[], object], seconds: float, what: str) -> float:
    """Wait for a condition. The seconds it took; raises AssertionError with `what` when it does not come."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"In {seconds:.0f} s it did not come: {what}")
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def patiently(ask: Callable[[], Awaitable[T]], seconds: float, *errors: type[Exception]) -> T:
    """Ask again while it is refused in one of these ways."""
    end = time.monotonic() + seconds
    while True:
        try:
            return await ask()
        except errors:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.1)
