"""CPU per forwarded picture: our way, with every picture decoded and compared, against a relay that transcodes.

Both carry the same call: two sides, each 640x480 at 30 pictures a second and about 800 kbit/s with Opus sound,
encoded beforehand. Each server is a process of its own; this process is the load. They take turns.
"""

import asyncio
import itertools
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

import av
import numpy as np
import psutil
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from application.ports import SeatTerms
from bench.report import Report, ratio, take_turns
from domain.clearance import ClearanceMode, Side
from domain.moderation.kind import Kind
from domain.moderation.observation import Box, Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State
from domain.policy import LinePolicy
from infrastructure.media.assembler import FrameAssembler, assemble
from infrastructure.media.call import LiveCall
from infrastructure.media.facts import CallFacts
from infrastructure.media.frame import PICTURE_RATE, SOUND_RATE, Codec, StreamClock
from infrastructure.media.journal import Journal
from infrastructure.media.observer import planes_of
from infrastructure.media.reporter import Reporter
from infrastructure.media.sampler import Seen
from infrastructure.media.seat import NetworkTerms, advertise
from infrastructure.media.side import Surroundings
from infrastructure.moderation.client import Engine
from infrastructure.moderation.schedule import Due
from infrastructure.rpc import Peer, Server, connect

PICTURES_PER_S, BITS_PER_S = 30, 800_000
LOOP_PICTURES = 90  # then the load begins again, with a key frame
WARM_S, SECONDS, ROUNDS = 1.5, 4.0, 3
CONNECT_S = 20.0
WIDTH, HEIGHT = 640, 480


async def measure(report: Report) -> None:
    """All figures of forwarding."""
    memory: dict[str, list[float]] = {"ours": [], "relay": []}
    results = await take_turns(ROUNDS, {name: partial(cost_ms, name, memory[name]) for name in memory})
    report.say("forwarding_cpu_per_picture", median(results["ours"]), "ms")
    report.say("transcoding_cpu_per_picture", median(results["relay"]), "ms")
    report.at_most(
        "forwarding_vs_transcoding",
        ratio(results, "ours", "relay"),
        "ratio",
        goal=1 / 3,
        against="an aiortc MediaRelay that transcodes the same call",
    )
    report.say("forwarding_memory", median(memory["ours"]), "MB", against="the process of one call")
    report.say("transcoding_memory", median(memory["relay"]), "MB", against="the process of one call")


async def cost_ms(name: str, memory: list[float]) -> float:
    """Milliseconds of processor time that one server needs for each picture that arrives at a viewer."""
    advertise(("127.0.0.1",))
    async with server(name) as (process, peer):
        loads = [Load(), Load()]
        try:
            for side, load in zip(Side, loads, strict=True):
                await load.accept(await peer.call("join", {"side": side.value, "offer": await load.offer()}))
            await peer.call("begin")
            await _flowing(loads)
            await asyncio.sleep(WARM_S)
            before, pictures = _cpu_s(process), sum(load.pictures for load in loads)
            await asyncio.sleep(SECONDS)
            spent_s, came = _cpu_s(process) - before, sum(load.pictures for load in loads) - pictures
            memory.append(psutil.Process(process.pid).memory_full_info().pss / 1e6)
            return spent_s * 1000 / came
        finally:
            await asyncio.gather(*(load.close() for load in loads))


def _cpu_s(process: asyncio.subprocess.Process) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


async def _flowing(loads: "list[Load]") -> None:
    async with asyncio.timeout(CONNECT_S):
        for load in loads:
            await load.flowing.wait()


@asynccontextmanager
async def server(name: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Peer]]:
    """A server process and the connection to it."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "s"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.forwarding", name, str(socket)
        )
        try:
            peer = await _reach(socket)
            yield process, peer
            await peer.close()
        finally:
            process.terminate()
            await process.wait()


async def _reach(socket: Path) -> Peer:
    async with asyncio.timeout(CONNECT_S):
        while True:
            try:
                return await connect(socket)
            except OSError:
                await asyncio.sleep(0.05)


# The load


@cache
def encoded() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Three seconds of pictures and of sound, encoded once; the first picture alone is a key frame."""
    return _encoded_pictures(), _encoded_sounds()


def _encoded_pictures() -> tuple[bytes, ...]:
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = WIDTH, HEIGHT, "yuv420p", BITS_PER_S
    encoder.time_base, encoder.framerate = Fraction(1, PICTURES_PER_S), Fraction(PICTURES_PER_S, 1)
    rate = str(BITS_PER_S)
    encoder.options = {
        "cpu-used": "-6", "deadline": "realtime", "lag-in-frames": "0", "minrate": rate, "maxrate": rate,
        "bufsize": rate,
    }  # fmt: skip
    encoder.gop_size = 3000
    chance = np.random.default_rng(1)
    ground = np.kron(chance.integers(90, 170, (HEIGHT // 32, WIDTH // 32)), np.ones((32, 32)))
    packets: list[bytes] = []
    for number in range(LOOP_PICTURES):
        packets += [bytes(packet) for packet in encoder.encode(_picture(ground, number, chance))]
    return tuple(packets)


def _picture(ground: Any, number: int, chance: np.random.Generator) -> av.VideoFrame:
    """A head that moves before a shaking, noisy ground."""
    luma = np.roll(ground, (number % 5, number % 7), (0, 1)) + chance.normal(scale=2.5, size=(HEIGHT, WIDTH))
    left = 220 + round(40 * np.sin(number / 12))
    luma[110:370, left : left + 200] += 40
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = np.clip(luma, 0, 255)
    picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    picture.pts, picture.time_base = number, Fraction(1, PICTURES_PER_S)
    return picture


def _encoded_sounds() -> tuple[bytes, ...]:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.bit_rate, encoder.sample_rate = 24_000, SOUND_RATE
    encoder.format, encoder.layout = "s16", "stereo"
    samples = SOUND_RATE // 50
    packets: list[bytes] = []
    for number in range(150):
        angle = (np.arange(samples) + number * samples) * 2 * np.pi * 180 / SOUND_RATE
        wave = (6000 * np.sin(angle)).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(np.repeat(wave, 2).reshape(1, -1), format="s16", layout="stereo")
        sound.sample_rate, sound.pts, sound.time_base = SOUND_RATE, number * samples, Fraction(1, SOUND_RATE)
        packets += [bytes(packet) for packet in encoder.encode(sound)]
    return tuple(packets)


class _Player(MediaStreamTrack):
    """Plays encoded packets in a loop and in real time."""

    def __init__(self, kind: str, packets: tuple[bytes, ...], every_s: float, rate: int) -> None:
        super().__init__()
        self.kind = kind
        self._packets, self._every_s, self._rate = packets, every_s, rate
        self._number = self._next = 0
        self._began = monotonic()

    def begin_again(self) -> None:
        """The viewer asks for a key frame: the first packet of the loop is one."""
        self._next = 0

    async def recv(self) -> Any:
        due = self._began + self._number * self._every_s
        await asyncio.sleep(max(0.0, due - monotonic()))
        packet = av.Packet(self._packets[self._next % len(self._packets)])
        packet.pts = packet.dts = round(self._number * self._every_s * self._rate)
        packet.time_base = Fraction(1, self._rate)
        self._number += 1
        self._next += 1
        return packet


class Load:
    """One side of the call: sends what was encoded beforehand, and counts whole pictures without decoding them."""

    def __init__(self) -> None:
        pictures, sounds = encoded()
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._camera = _Player("video", pictures, 1 / PICTURES_PER_S, PICTURE_RATE)
        self._microphone = _Player("audio", sounds, 0.02, SOUND_RATE)
        self.pictures = 0
        self.flowing = asyncio.Event()  # a second of pictures came

    async def offer(self) -> str:
        for track in (self._camera, self._microphone):
            self._peer.addTrack(track)
        for transceiver in self._peer.getTransceivers():
            if transceiver.kind == "video":
                _only_vp8(transceiver)
                setattr(transceiver.sender, "_send_keyframe", self._camera.begin_again)  # noqa: B010  asked by PLI
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return str(self._peer.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        for transceiver in self._peer.getTransceivers():
            if transceiver.kind == "video":
                clock = StreamClock(PICTURE_RATE, monotonic())
                assemble(transceiver.receiver, FrameAssembler(Codec.VP8, clock, self._count))
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        await self._peer.close()

    def _count(self, _: object) -> None:
        self.pictures += 1
        if self.pictures >= PICTURES_PER_S:
            self.flowing.set()


def _only_vp8(transceiver: Any) -> None:
    capable: Any = RTCRtpSender.getCapabilities("video")
    transceiver.setCodecPreferences([c for c in capable.codecs if c.name in ("VP8", "rtx")])


# The servers, each in a process of its own


class Ours:
    """A call of our media plane; moderation, which is another process, answers at once that all is well."""

    def __init__(self, folder: Path) -> None:
        self._reporter = Reporter("bench", Journal(folder, "bench"), _nothing, _nothing)
        self._reporter.open("c", 3600.0)
        facts = CallFacts("c", "MDI", "MDI/1", self._reporter, lambda: datetime.now(UTC))
        around = Surroundings(
            "c", ModerationPolicy(), LinePolicy(), NetworkTerms(), facts, lambda *_: AllWell(), seed=1
        )
        seats = [SeatTerms(side, 1, (), (), ClearanceMode.MATCH, admitted=True) for side in Side]
        self._call = LiveCall(seats, around)

    async def join(self, _: Peer, body: dict[str, str]) -> str:
        return await self._call.join(Side(body["side"]), body["offer"], body["side"])

    async def begin(self, _: Peer, __: object) -> None:
        self._reporter.start()
        self._call.start(datetime.now(UTC))


@dataclass
class AllWell:
    """Takes the planes of each sample as the socket to moderation would, and sees nobody."""

    bytes_taken: int = 0

    async def observe(self, due: Due[Seen], state: State, *, calm: bool) -> Observation:
        planes = planes_of(due.picture.picture)
        self.bytes_taken += sum(
            len(np.ascontiguousarray(p).tobytes()) for p in (planes.y, planes.u, planes.v)
        )
        return Observation(
            due.media_ms, (), 100, 40, None, 0, due.unexplained, False, False, "none", (Kind.UNAPPROVED_FACE,)
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


def _nothing(_: str, __: str) -> None:
    """The log of a measurement is nowhere."""


async def serve(name: str, socket: Path) -> None:
    """Be a server until terminated."""
    advertise(("127.0.0.1",))
    made = Ours(socket.parent / "journal") if name == "ours" else Relay()
    async with Server(socket, {"join": made.join, "begin": made.begin}):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
