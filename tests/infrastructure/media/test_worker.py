"""The real media worker and the real moderation worker, in processes of their own, with scripted people."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import cv2
import numpy as np
import pytest

from application.ports import Actor, ActorKind, Context, SeatTerms
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from domain.policy import Policy
from infrastructure.media.client import CameraClient
from infrastructure.media.clip import Drawn
from infrastructure.media.engine import WorkerEngine
from infrastructure.media.seat import advertise
from infrastructure.moderation.engines.scripted import HUES, draw
from infrastructure.rpc import Peer, Server
from tests.infrastructure.media.support import CALL, PRISON, KeptFacts

pytestmark = pytest.mark.slow  # real connections, in real time

SITTER_HUE, STRANGER_HUE = HUES[0], HUES[2]
READY_S = 30.0


def people(stranger: Callable[[float], bool] = lambda _: False) -> Drawn:
    """A person drawn for the scripted engine, and a stranger beside them at times."""

    def picture(at: float) -> av.VideoFrame:
        rgb = np.full((240, 320, 3), 90, np.uint8)
        draw(rgb, SITTER_HUE, 40 + round(at * 8) % 16, 60, 80)
        if stranger(at):
            draw(rgb, STRANGER_HUE, 200, 80, 80)
        planes = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).astype(np.uint8, copy=False)
        return av.VideoFrame.from_ndarray(planes, format="yuv420p")

    return Drawn(60.0, picture)


def template(hue: int) -> tuple[float, ...]:
    angle = np.deg2rad(float(hue))
    return (float(np.cos(angle)), float(np.sin(angle)), *([0.0] * 126))


@dataclass
class Plant:
    """Two worker processes and a recorder in this one."""

    folder: Path
    kept: KeptFacts = field(default_factory=KeptFacts)
    hellos: asyncio.Queue[tuple[Peer, dict[str, Any]]] = field(default_factory=asyncio.Queue)
    loads: list[dict[str, Any]] = field(default_factory=list)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    async def hello(self, peer: Peer, body: dict[str, Any]) -> None:
        await self.hellos.put((peer, body))

    async def load(self, _: Peer, body: dict[str, Any]) -> None:
        self.loads.append(body)

    def start(self, name: str) -> None:
        moderation, recorder = str(self.folder / "m.sock"), str(self.folder / "r.sock")
        arguments = {
            "moderation": ["infrastructure.moderation.worker", moderation, "--setup", "scripted"],
            "media": [
                "infrastructure.media.worker", "--recorder", recorder, "--moderation", moderation,
                "--journal", str(self.folder / "journal"), "--worker", "media-1",
            ],
        }[name]  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments], stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    async def engine(self) -> tuple[WorkerEngine, dict[str, Any]]:
        async with asyncio.timeout(READY_S):
            peer, body = await self.hellos.get()
        return WorkerEngine(peer), body

    async def open(self, engine: WorkerEngine, mode: ClearanceMode = ClearanceMode.MATCH) -> None:
        templates = (template(SITTER_HUE),) if mode is ClearanceMode.MATCH else ()
        seats = [SeatTerms(side, 1, templates, (f"p-{side}",), mode) for side in Side]
        await engine.open_call(CALL, PRISON, "MDI/1", Policy().document(), seats)

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            process.wait(10)


@asynccontextmanager
async def plant(folder: Path) -> AsyncIterator[Plant]:
    advertise(("127.0.0.1",))
    made = Plant(folder)
    handlers = {"hello": made.hello, "load": made.load, "fact": made.kept.take, "block": made.kept.take_block}
    async with Server(folder / "r.sock", handlers):
        made.start("moderation")
        made.start("media")
        try:
            yield made
        finally:
            made.stop()


async def until(condition: Callable[[], bool], timeout: float = 20.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.02)


async def join(
    engine: WorkerEngine, stack: AsyncExitStack, footage: Drawn, side: Side, name: str
) -> CameraClient:
    client = await stack.enter_async_context(CameraClient(footage, keep=True))
    await client.accept(await engine.join(CALL, side, await client.offer(), name))
    return client


async def test_a_call_from_door_to_door_survives_the_death_of_its_processes(tmp_path: Path) -> None:
    """One story, for starting processes is what takes time."""
    async with plant(tmp_path) as on, AsyncExitStack() as stack:
        engine, hello = await on.engine()
        assert hello == {"worker": "media-1", "calls": []}
        with pytest.raises(Refused, match="not open"):
            await engine.join("c-unknown", Side.VISITOR, "", "x")
        await on.open(engine)
        with pytest.raises(Refused, match="cannot be used"):
            await engine.join(CALL, Side.VISITOR, "v=0 VP8/90000 nonsense", "x")
        clients = {s: await join(engine, stack, people(), s, f"{s}-1") for s in Side}
        for side in Side:
            identity = await on.kept.until("ReportIdentity", side=side.value, timeout=READY_S)
            assert identity["result"] == "match"
            await engine.admit(CALL, side, ClearanceMode.MATCH, 1)
        await engine.start(CALL, datetime.now(UTC))
        for client in clients.values():
            client.start()
        for side in Side:
            await clients[side].until_pictures(30)
            started = await on.kept.until("ModerationStarted", side=side.value)
            assert started["not_assessed"] == ["liveness_failed"]
        still = await engine.still(CALL, Side.VISITOR)
        assert still is not None
        assert len(still.faces) == 1

        on.kill("moderation")
        lost = await on.kept.until("ModerationLost", side="visitor")
        frames = clients[Side.PRISONER].received.frames
        await until(lambda: clients[Side.PRISONER].received.slate_frames >= 3)
        assert clients[Side.PRISONER].received.frames == frames
        assert lost["last_media_ms"] > 0
        on.start("moderation")
        await on.kept.until("ModerationRestored", side="visitor", timeout=READY_S)
        await clients[Side.PRISONER].until_pictures(frames + 20)

        officer = Context(Actor(ActorKind.STAFF, "o-1", "SG", "l-1"), uuid4(), uuid4())
        await engine.pause(CALL, officer, "staff", "slate.other_side", "a reason")
        paused = await on.kept.until("ReportPause")
        assert (paused["officer"], paused["reason"]) == ("o-1", "a reason")
        await engine.resume(CALL, {})
        status = (await engine.status())["calls"][CALL]
        assert status["state"] == "live"
        assert status["sides"]["visitor"]["embeddings"] > 0
        assert on.loads[-1].keys() == {"worker", "lag_ms", "verdict_ms"}
        assert on.loads[-1]["verdict_ms"] > 0  # of the scripted engine, over a real socket
        assert status["sides"]["visitor"]["added_latency_ms"]["video"]["count"] > 0

        on.kill("media")
        on.start("media")
        engine, hello = await on.engine()
        assert hello["calls"] == []
        await until(lambda: not list((tmp_path / "journal").glob("*.journal")))  # replayed, then forgotten
        sent = [fact["cmd"] for fact in on.kept.facts]
        assert len(sent) > len(set(sent))  # what it had reported came again under the same command
        await engine.end(CALL)


async def test_in_count_no_vector_is_computed_and_an_extra_person_freezes(tmp_path: Path) -> None:
    async with plant(tmp_path) as on, AsyncExitStack() as stack:
        engine, _ = await on.engine()
        await on.open(engine, ClearanceMode.COUNT)
        footage = {Side.PRISONER: people(), Side.VISITOR: people(lambda at: at >= 2.0)}
        clients = {s: await join(engine, stack, footage[s], s, f"{s}-1") for s in Side}
        for side in Side:
            await on.kept.until("MediaConnected", side=side.value, timeout=READY_S)
            await engine.admit(CALL, side, ClearanceMode.COUNT, 1)
        await engine.start(CALL, datetime.now(UTC))
        for client in clients.values():
            client.start()
        frozen = await on.kept.until("StreamFrozen", side="visitor", cause="head_count", timeout=READY_S)
        raised = await on.kept.until("ReportViolation", side="visitor", kind="head_count_above")
        assert frozen["last_media_ms"] < raised["since_ms"]
        sides = (await engine.status())["calls"][CALL]["sides"]
        assert sides["visitor"]["embeddings"] == sides["prisoner"]["embeddings"] == 0
        assert on.kept.named("ReportIdentity") == []
        await engine.end(CALL)
        ended = (await engine.status())["calls"][CALL]
        assert ended["state"] == "ended"
