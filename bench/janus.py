"""CPU per forwarded picture against Debian's Janus: the same call through its videoroom, unmoderated.

Ours decodes every picture and compares it with the one before; Janus passes packets on. Janus carries no media
over the loopback address, so both run in a network of their own (Linux namespaces) with one address that nobody
else can reach. Where Janus is not installed (`apt-get install janus`), or such a network cannot be made, nothing
is measured.
"""

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import httpx
import psutil
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from bench.forwarding import WARM_S, cost_ms, spent, tell_least
from bench.load import CONNECT_S, Load, flowing, talking
from bench.report import Report, ratio, take_turns
from infrastructure.media.seat import advertise

SECONDS, ROUNDS = 4.0, 3
RUN_S_MAX = 300
ROOM = 1234
ADDRESS = "10.11.12.13"
_APART = ("unshare", "--user", "--map-root-user", "--net", "sh", "-c")
_NETWORK = (
    "ip link set lo up && ip link add own type bridge "
    f'&& ip addr add {ADDRESS}/32 dev own && ip link set own up && exec "$@"'
)


async def measure(report: Report) -> None:
    """Both carry the same call, in turn, in a network of their own."""
    missing = _missing()
    if missing is not None:
        report.skip("forwarding_vs_janus", missing)
        return
    with tempfile.TemporaryDirectory(prefix="kinline-bench-") as folder:
        answer = Path(folder) / "measured.json"
        command = (*_APART, _NETWORK, "sh", sys.executable, "-m", "bench.janus", str(answer))
        process = await asyncio.create_subprocess_exec(*command)
        async with asyncio.timeout(RUN_S_MAX):
            await process.wait()
        if not answer.exists():
            report.skip("forwarding_vs_janus", "the call through Janus did not come about")
            return
        measured = json.loads(answer.read_text())
    _tell(report, measured["cpu_ms"], measured["memory_mb"])


def _missing() -> str | None:
    """What this machine lacks for the measurement."""
    if shutil.which("janus") is None:
        return "Janus is not installed"
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "unshare and ip are not installed"
    tried = subprocess.run([*_APART, _NETWORK, "sh", "true"], capture_output=True, check=False)
    return None if tried.returncode == 0 else "no network of its own can be made here"


def _tell(report: Report, cpu_ms: dict[str, list[float]], memory_mb: dict[str, list[float]]) -> None:
    report.say("forwarding_cpu_per_picture_beside_janus", median(cpu_ms["ours"]), "ms")
    report.say("janus_cpu_per_picture", median(cpu_ms["janus"]), "ms")
    tell_least(report, "janus", cpu_ms, "janus")
    report.say("janus_memory", median(memory_mb["janus"]), "MB", against="the process of one call")
    report.at_most(
        "forwarding_vs_janus",
        ratio(cpu_ms, "ours", "janus"),
        "ratio",
        goal=3.0,
        against="Debian's Janus videoroom that carries the same call and decodes nothing",
    )


async def _apart(answer: Path) -> None:
    """What runs in the network of its own."""
    memory: dict[str, list[float]] = {"ours": [], "ours-open": [], "janus": []}
    candidates = {
        "ours": partial(cost_ms, "ours", memory["ours"]),
        "ours-open": partial(cost_ms, "ours-open", memory["ours-open"]),
        "janus": partial(_janus_ms, memory["janus"]),
    }
    results = await take_turns(ROUNDS, candidates)
    answer.write_text(json.dumps({"cpu_ms": results, "memory_mb": memory}))


async def _janus_ms(memory: list[float]) -> float:
    advertise((ADDRESS,))
    async with _janus() as (pid, api), httpx.AsyncClient(base_url=api, timeout=CONNECT_S) as http:
        sides = [_Side(await Session.begin(http), Load(reel)) for reel in talking()]
        await _create_room(sides[0].session)
        watching = [asyncio.create_task(side.session.listen()) for side in sides]
        try:
            for side in sides:
                await side.publish()
            for side, other in zip(sides, reversed(sides), strict=True):
                await side.subscribe(other.feed)
            await flowing(side.load.viewer for side in sides)
            await asyncio.sleep(WARM_S)
            spent_s, came = await spent([pid], [side.load for side in sides], SECONDS)
            memory.append(psutil.Process(pid).memory_full_info().pss / 1e6)
            return spent_s * 1000 / came
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await asyncio.gather(*(side.close() for side in sides))


# Janus' API: a session with handles; what is asked of a plugin is answered by an event of the session


class Session:
    """One client of Janus."""

    def __init__(self, http: httpx.AsyncClient, path: str) -> None:
        self._http, self._path = http, path
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    @classmethod
    async def begin(cls, http: httpx.AsyncClient) -> "Session":
        """Raises TimeoutError when Janus does not come up."""
        async with asyncio.timeout(CONNECT_S):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await _posted(http, "/janus", {"janus": "create"})
                    return cls(http, f"/janus/{answer['data']['id']}")
                await asyncio.sleep(0.05)

    async def attach(self) -> str:
        """The path of a new handle of the videoroom."""
        asked = {"janus": "attach", "plugin": "janus.plugin.videoroom"}
        return f"{self._path}/{(await _posted(self._http, self._path, asked))['data']['id']}"

    async def at_once(self, handle: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask the plugin something that it answers without an event."""
        answer = await _posted(self._http, handle, {"janus": "message", "body": body})
        return dict(answer["plugindata"]["data"])

    async def ask(
        self, handle: str, body: dict[str, Any], jsep: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Ask the plugin something; the event that answers it."""
        transaction = uuid4().hex
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = answered
        asked = {"janus": "message", "body": body} | ({"jsep": jsep} if jsep else {})
        await _posted(self._http, handle, asked, transaction)
        async with asyncio.timeout(CONNECT_S):
            return await answered

    async def listen(self) -> None:
        """Take events in until cancelled. Asking for them also keeps the session alive."""
        while True:
            event = (await self._http.get(self._path)).json()
            answered = self._waiting.pop(event.get("transaction", ""), None)
            if answered is not None:
                answered.set_result(event)


async def _posted(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], transaction: str | None = None
) -> dict[str, Any]:
    response = await http.post(path, json={"transaction": transaction or uuid4().hex} | body)
    answer: dict[str, Any] = response.json()
    if answer["janus"] == "error":
        raise RuntimeError(f"Janus refused: {answer['error']['reason']}")
    return answer


async def _create_room(session: Session) -> None:
    body = {"request": "create", "room": ROOM, "publishers": 2, "videocodec": "vp8", "audiocodec": "opus"}
    created = await session.at_once(await session.attach(), body)
    if created["videoroom"] != "created":
        raise RuntimeError(f"Janus made no room: {created}")


@dataclass
class _Side:
    """One side of the call: it publishes on one connection and subscribes on another, as Janus' own pages do."""

    session: Session
    load: Load
    feed: int = 0

    def __post_init__(self) -> None:
        self._viewing = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def publish(self) -> None:
        handle = await self.session.attach()
        joined = await self.session.ask(handle, {"request": "join", "room": ROOM, "ptype": "publisher"})
        self.feed = joined["plugindata"]["data"]["id"]
        offer = {"type": "offer", "sdp": await self.load.offer()}
        published = await self.session.ask(handle, {"request": "publish"}, offer)
        await self.load.accept(published["jsep"]["sdp"])

    async def subscribe(self, feed: int) -> None:
        handle = await self.session.attach()
        wanted = {"request": "join", "room": ROOM, "ptype": "subscriber", "streams": [{"feed": feed}]}
        async with asyncio.timeout(CONNECT_S):
            attached = await self.session.ask(handle, wanted)
            while "jsep" not in attached:  # the other side is not connected yet
                await asyncio.sleep(0.1)
                attached = await self.session.ask(handle, wanted)
        await self._viewing.setRemoteDescription(RTCSessionDescription(attached["jsep"]["sdp"], "offer"))
        self.load.viewer.count_of(self._viewing)
        await self._viewing.setLocalDescription(await self._viewing.createAnswer())
        answer = {"type": "answer", "sdp": self._viewing.localDescription.sdp}
        await self.session.ask(handle, {"request": "start"}, answer)

    async def close(self) -> None:
        await asyncio.gather(self._viewing.close(), self.load.close())


# The process


@contextlib.asynccontextmanager
async def _janus() -> AsyncIterator[tuple[int, str]]:
    """Janus with the videoroom and its HTTP API alone: its process id and the address of the API."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="kinline-bench-") as folder:
        _configure(Path(folder), port)
        process = await asyncio.create_subprocess_exec(
            "janus", f"--configs-folder={folder}", f"--interface={ADDRESS}", "--debug-level=2",
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process.pid, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            await process.wait()


def _configure(folder: Path, port: int) -> None:
    """Only what the call needs runs, and nothing of it can be reached from elsewhere."""
    plugins, transports = (
        next(Path("/usr/lib").glob(f"*/janus/{kind}")) for kind in ("plugins", "transports")
    )
    unused = [_unused(plugins, "libjanus_videoroom.so"), _unused(transports, "libjanus_http.so")]
    (folder / "janus.jcfg").write_text(
        f'general: {{ plugins_folder = "{plugins}" transports_folder = "{transports}" }}\n'
        f'nat: {{ ice_enforce_list = "{ADDRESS}" }}\n'
        f'plugins: {{ disable = "{unused[0]}" }}\n'
        f'transports: {{ disable = "{unused[1]}" }}\n'
    )
    (folder / "janus.transport.http.jcfg").write_text(
        f'general: {{ http = true port = {port} ip = "127.0.0.1" https = false }}\n'
    )


def _unused(folder: Path, needed: str) -> str:
    return ",".join(sorted(path.name for path in folder.glob("*.so") if path.name != needed))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    asyncio.run(_apart(Path(sys.argv[1])))
