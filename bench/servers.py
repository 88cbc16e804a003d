"""The servers of a media measurement, each in a process of its own: `python -m bench.servers NAME SOCKET`.

`ours` forwards and decodes a call, and moderation, which is another process, answers at once that all is well;
`ours-lease` does so without holding pictures and sound back; `ours-open` looks at nothing, as in a call with a
lawyer, which is what carrying packets costs in Python; `relay` is what aiortc's own examples do.
"""

import asyncio
import itertools
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from application.ports import SeatTerms
from bench.load import CONNECT_S, Load, flowing
from domain.clearance import ClearanceMode, Side
from domain.moderation.kind import Kind
from domain.moderation.observation import Box, Face, Observation, Quality
from domain.moderation.policy import ModerationPolicy, ReleaseMode, ReleasePolicy
from domain.moderation.step import State
from domain.policy import LinePolicy
from infrastructure.media.call import LiveCall
from infrastructure.media.facts import CallFacts
from infrastructure.media.journal import Journal
from infrastructure.media.observer import planes_of
from infrastructure.media.reporter import Reporter
from infrastructure.media.sampler import Seen
from infrastructure.media.seat import NetworkTerms, advertise
from infrastructure.media.side import Surroundings
from infrastructure.moderation.client import Engine
from infrastructure.moderation.schedule import Due
from infrastructure.rpc import Peer, Server, connect


def cpu_s(*pids: int) -> float:
    """Processor time that these processes used so far."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(float(spent.user + spent.system) for spent in times)


async def join_all(peer: Peer, loads: list[Load]) -> None:
    """Have both sides join and the call begin; until pictures arrive at both."""
    for side, load in zip(Side, loads, strict=True):
        await load.accept(await peer.call("join", {"side": side.value, "offer": await load.offer()}))
    await peer.call("begin")
    await flowing(load.viewer for load in loads)


@asynccontextmanager
async def server(name: str) -> AsyncIterator[tuple[int, Peer]]:
    """A server process: its id, and the connection to it."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "s"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.servers", name, str(socket)
        )
        try:
            peer = await reach(socket)
            yield process.pid, peer
            await peer.close()
        finally:
            process.terminate()
            await process.wait()


async def reach(socket: Path) -> Peer:
    """The connection to a process that has just been started. Raises TimeoutError."""
    async with asyncio.timeout(CONNECT_S):
        while True:
            try:
                return await connect(socket)
            except OSError:
                await asyncio.sleep(0.05)


class Ours:
    """A call of our media plane; moderation, which is another process, answers at once that all is well."""

    def __init__(self, folder: Path, release: ReleaseMode, mode: ClearanceMode) -> None:
        self._reporter = Reporter("bench", Journal(folder, "bench"), _nothing, _nothing)
        self._reporter.open("c", 3600.0)
        facts = CallFacts("c", "MDI", "MDI/1", self._reporter, lambda: datetime.now(UTC))
        policy = ModerationPolicy(release=ReleasePolicy(mode=release))
        around = Surroundings("c", policy, LinePolicy(), NetworkTerms(), facts, lambda *_: AllWell(), seed=1)
        seats = [SeatTerms(side, 1, ((0.0,),), (), mode, admitted=True) for side in Side]
        self._call = LiveCall(seats, around)

    async def join(self, _: Peer, body: dict[str, str]) -> str:
        return await self._call.join(Side(body["side"]), body["offer"], body["side"])

    async def begin(self, _: Peer, __: object) -> None:
        self._reporter.start()
        self._call.start(datetime.now(UTC))


SITS = (
    Face(
        box=(230, 160, 140, 140),  # where `talking` films show a face
        score=8_000,
        confirmed=6_000,
        distances=(3_000,),
        quality=Quality(140, 500, 128, turn=0, inside=10_000, edge=40, stir=1_000),
    ),
)


@dataclass
class AllWell:
    """Takes the planes of each sample as the socket to moderation would, and sees the approved person there."""

    bytes_taken: int = 0

    async def observe(self, due: Due[Seen], state: State, *, calm: bool) -> Observation:
        planes = planes_of(due.picture.picture)
        self.bytes_taken += sum(
            len(np.ascontiguousarray(p).tobytes()) for p in (planes.y, planes.u, planes.v)
        )
        return Observation(
            due.media_ms,
            SITS,
            100,
            40,
            None,
            0,
            due.unexplained,
            False,
            False,
            "none",
            (Kind.UNAPPROVED_FACE,),
        )

    async def accept(self, box: Box) -> int | None:
        return None

    async def engine(self) -> Engine | None:
        return None

    async def embeddings(self) -> int:
        return 0

    async def close(self) -> None:
        return None


class Relay:
    """What aiortc's own examples do: every picture is decoded and encoded again for the other side."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._peers: list[RTCPeerConnection] = []

    async def join(self, _: Peer, body: dict[str, str]) -> str:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peers.append(peer)
        await peer.setRemoteDescription(RTCSessionDescription(body["offer"], "offer"))
        for transceiver in peer.getTransceivers():
            transceiver.direction = "sendrecv"
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    async def begin(self, _: Peer, __: object) -> None:
        for viewer, shown in itertools.permutations(self._peers, 2):
            for mine, theirs in zip(viewer.getTransceivers(), shown.getTransceivers(), strict=True):
                mine.sender.replaceTrack(self._relay.subscribe(theirs.receiver.track))


_MODES = {
    "ours": (ReleaseMode.HOLD, ClearanceMode.MATCH),
    "ours-lease": (ReleaseMode.LEASE, ClearanceMode.MATCH),
    "ours-open": (ReleaseMode.HOLD, ClearanceMode.OPEN),
}


def _nothing(_: str, __: str) -> None:
    """The log of a measurement is nowhere."""


async def serve(name: str, socket: Path) -> None:
    """Be a server until terminated."""
    advertise(("127.0.0.1",))
    made = Relay() if name == "relay" else Ours(socket.parent / "journal", *_MODES[name])
    async with Server(socket, {"join": made.join, "begin": made.begin}):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
