"""The two processes that carry and judge calls, started as an installation starts them.

We stand where the API process stands: take what the media worker reports, open calls, and let both sides join.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from application.ports import SeatTerms
from bench.load import PEOPLE, Load, flowing, talking
from bench.servers import reach
from domain.clearance import ClearanceMode, Side
from domain.policy import Policy
from infrastructure import clips
from infrastructure.media.engine import WorkerEngine
from infrastructure.media.seat import advertise
from infrastructure.moderation.setups import default_policy
from infrastructure.rpc import Peer, Server

START_S = 60.0


@dataclass
class Plant:
    """A media worker and its moderation."""

    setup: str
    worker: WorkerEngine
    moderation: Peer
    pids: list[int]

    async def call(self, name: str) -> list[Load]:
        """Hold a call with every face matched; until pictures arrive at both sides."""
        policy = Policy(moderation=default_policy(self.setup)).model_dump(mode="json")
        seats = [await self._seat(side, person) for side, person in zip(Side, PEOPLE, strict=True)]
        await self.worker.open_call(name, "MDI", "MDI/1", policy, seats)
        loads = [Load(reel) for reel in talking()]
        for side, load in zip(Side, loads, strict=True):
            await load.accept(await self.worker.join(name, side, await load.offer(), side.value))
        await self.worker.start(name, datetime.now(UTC))
        await flowing((load.viewer for load in loads), START_S)
        return loads

    async def keep_going(self) -> int:
        """Resume what stopped, as staff would; how many calls had."""
        calls = (await self.worker.status())["calls"]
        stopped = [name for name, call in calls.items() if call["state"] in ("paused", "interrupted")]
        for name in stopped:
            await self.worker.resume(name, {})
        return len(stopped)

    async def judged(self) -> int:
        """Samples judged in all calls."""
        return sum(side["judged"] for side in await self._sides())

    async def embeddings(self) -> int:
        """Vectors of faces computed in all calls."""
        return sum(side["embeddings"] for side in await self._sides())

    def memory_mb(self) -> float:
        """Of both processes, each page counted once."""
        return sum(psutil.Process(pid).memory_full_info().pss / 1e6 for pid in self.pids)

    async def _sides(self) -> list[dict[str, Any]]:
        calls = (await self.worker.status())["calls"].values()
        return [side for call in calls for side in call["sides"].values()]

    async def _seat(self, side: Side, person: str) -> SeatTerms:
        enrolled = await self.moderation.call("enrol", {"photograph": clips.photograph(person)})
        return SeatTerms(side, 1, (tuple(enrolled["vector"]),), (person,), ClearanceMode.MATCH, admitted=True)


@asynccontextmanager
async def plant(setup: str) -> AsyncIterator[Plant]:
    """Both processes, in a folder that is deleted afterwards."""
    advertise(("127.0.0.1",))
    connected: asyncio.Future[Peer] = asyncio.get_running_loop().create_future()

    async def hello(peer: Peer, _: object) -> None:
        connected.set_result(peer)

    async def taken(_: Peer, __: object) -> None:
        """What is reported is as good as on record."""

    handlers = {"hello": hello, "fact": taken, "block": taken, "load": taken}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kinline-bench-")))
        judge, recorder = folder / "moderation", folder / "recorder"
        await stack.enter_async_context(Server(recorder, handlers))
        judging = await stack.enter_async_context(
            _process("infrastructure.moderation.worker", str(judge), "--setup", setup)
        )
        moderation = await reach(judge)
        stack.push_async_callback(moderation.close)
        arguments = ("--recorder", recorder, "--moderation", judge, "--journal", folder / "journal")
        carrying = await stack.enter_async_context(
            _process("infrastructure.media.worker", *map(str, arguments), "--worker", "bench")
        )
        async with asyncio.timeout(START_S):
            worker = WorkerEngine(await connected)
        yield Plant(setup, worker, moderation, [judging, carrying])


@asynccontextmanager
async def _process(module: str, *arguments: str) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        stdout=asyncio.subprocess.DEVNULL, env=os.environ | {"KINLINE_PRECISION": "fp32"},
    )  # fmt: skip
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()
