"""One command starts, watches and stops every process of an installation.

    PostgreSQL -- API (pages, recorder, reactions) -- projector -- moderation -- media workers

A process that ends is started again. Started first, stopped last: what others depend on.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec
import structlog

from infrastructure.migrations import Databases, migrate
from infrastructure.postgres import EmbeddedPostgres, PostgresUnavailable
from infrastructure.processes import PARENT
from infrastructure.settings import Settings

RESTART_S = 0.5  # first wait before a process is started again; doubled while it keeps failing
RESTART_MAX_S = 10.0
STEADY_S = 20.0  # a process that ran so long is healthy: its next restart is quick again
STOP_S = 8.0
READY_S = 60.0

log = structlog.get_logger()


@dataclass
class Child:
    """One process of ours, and what starts it."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait_s: float = RESTART_S
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def pid(self) -> int | None:
        """The running process, or None."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None


class Supervisor:
    """Holds the processes of one data folder from start to stop."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] | None = None) -> None:
        self.settings = settings
        self.postgres = None if settings.database_url else EmbeddedPostgres(settings.data / "postgres")
        self.children: list[Child] = []
        self.restarts = 0
        self._environment = dict(environment or {})
        self._watching: list[asyncio.Task[None]] = []
        self._stopping = False

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _start(self) -> None:
        for folder in (
            self.settings.data,
            self.settings.run_folder,
            self.settings.logs,
            self.settings.journals,
        ):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.postgres is not None:
            await self.postgres.start()
            self._watching.append(asyncio.create_task(self._keep_postgres(self.postgres)))
        self.databases = await self._migrate()
        for child in self._plan(self.databases):
            self.children.append(child)
            self._spawn(child)
            self._watching.append(asyncio.create_task(self._keep(child)))

    async def _migrate(self) -> Databases:
        if self.postgres is None:
            return await migrate(str(self.settings.database_url), trusted_socket=False)
        return await migrate(self.postgres.dsn(database="kinline"), trusted_socket=True)

    def _plan(self, databases: Databases) -> list[Child]:
        run = self.settings.run_folder
        environment = {
            "KINLINE_DATABASES": msgspec.json.encode(databases).decode(),
            **self._set_values(),
            **self._environment,
        }
        media = [
            Child(
                f"media-{number}",
                "infrastructure.media.worker",
                (
                    *("--recorder", str(run / "recorder.sock"), "--moderation", str(run / "moderation.sock")),
                    *("--journal", str(self.settings.journals / f"media-{number}")),
                    *("--worker", f"media-{number}", "--address", self.settings.media_address),
                ),
                environment=environment,
            )
            for number in range(1, self.settings.media_workers + 1)
        ]
        # Workers parse what strangers send: they are not even told where the database is.
        plain = {key: value for key, value in environment.items() if key != "KINLINE_DATABASES"}
        for child in media:
            child.environment = plain
        return [
            Child("api", "api.process", environment=environment),
            Child("projector", "infrastructure.projector", environment=environment),
            Child(
                "moderation",
                "infrastructure.moderation.worker",
                (str(run / "moderation.sock"),),
                environment=plain,
            ),
            *media,
        ]

    def _set_values(self) -> dict[str, str]:
        """Our settings as a child reads them; the way to the database travels apart."""
        settings = self.settings.model_copy(update={"data": self.settings.data.absolute()})
        values = settings.model_dump(mode="json", exclude={"database_url"}, exclude_none=True)
        return {f"KINLINE_{key.upper()}": _text(value) for key, value in values.items()}

    def _spawn(self, child: Child) -> None:
        with (self.settings.logs / f"{child.name}.log").open("ab") as out:
            child.process = subprocess.Popen(
                [sys.executable, "-m", child.module, *child.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **child.environment, PARENT: str(os.getpid())},
                cwd=Path(__file__).resolve().parent.parent,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops them in order
            )
        child.started = time.monotonic()

    async def _keep(self, child: Child) -> None:
        while True:
            assert child.process is not None
            exit_code = await asyncio.to_thread(child.process.wait)
            if self._stopping:
                return
            log.warning("A process ended and is started again.", process=child.name, exit_code=exit_code)
            self.restarts += 1
            steady = time.monotonic() - child.started > STEADY_S
            child.wait_s = RESTART_S if steady else min(child.wait_s * 2, RESTART_MAX_S)
            await asyncio.sleep(RESTART_S if steady else child.wait_s / 2)
            if not self._stopping:
                self._spawn(child)

    async def _keep_postgres(self, postgres: EmbeddedPostgres) -> None:
        while not self._stopping:
            await postgres.wait_ended()
            if self._stopping:
                return
            log.warning("PostgreSQL ended and is started again.", process="postgres")
            await asyncio.sleep(self.settings.postgres_restart_s)
            try:
                if not self._stopping:
                    await postgres.start()
            except PostgresUnavailable as error:
                log.error("PostgreSQL did not start; it is tried again.", process="postgres", error=error)
                await asyncio.sleep(RESTART_S)

    async def stop(self) -> None:
        """End every process, in the reverse of their order, and PostgreSQL last."""
        self._stopping = True
        for child in reversed(self.children):
            await self._end(child)
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        if self.postgres is not None:
            await self.postgres.stop()

    async def _end(self, child: Child) -> None:
        if child.process is None or child.process.poll() is not None:
            return
        child.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.to_thread(child.process.wait, STOP_S), STOP_S + 1)
        except (TimeoutError, subprocess.TimeoutExpired):
            child.process.kill()
            await asyncio.to_thread(child.process.wait)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
