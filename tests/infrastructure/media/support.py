"""What tests of the media plane share: numbered pictures, a judge that reads them, a recorder of facts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import numpy as np

from application.facts import decision
from application.handle import handle
from application.ports import EventStore, SeatTerms
from domain.booking.events import CallBooked
from domain.clearance import ClearanceMode, Side
from domain.events import EVENTS
from domain.lifecycle import CallStarted
from domain.moderation.block import digest
from domain.moderation.kind import Kind
from domain.moderation.observation import Box, Face, Observation, Quality
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State
from domain.mute import MediaKind
from domain.policy import LinePolicy, PolicyPublished
from domain.policy.keeping import RecordingPolicy
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore
from infrastructure.media.beside import AskOfStream
from infrastructure.media.call import LiveCall
from infrastructure.media.client import CameraClient
from infrastructure.media.clip import Drawn, Footage
from infrastructure.media.facts import CallFacts
from infrastructure.media.frame import EncodedFrame
from infrastructure.media.journal import Journal
from infrastructure.media.judge import ModerationAway
from infrastructure.media.reporter import Reporter
from infrastructure.media.sampler import Seen, luma_plane
from infrastructure.media.seat import NetworkTerms, advertise
from infrastructure.media.side import Surroundings
from infrastructure.moderation.client import Engine
from infrastructure.moderation.schedule import Due
from infrastructure.rpc import Peer, Server, connect
from tests.application.history import put
from tests.facts import fact
from tests.scripted_call import MemoryVault
from tests.stores import MemoryKeys, context

CALL, PRISON, POLICY_VERSION = "c-1", "MDI", "MDI/1"
WIDTH, HEIGHT, PER_S = 320, 240, 25
BITS = 12
SITTER: Box = (40, 60, 80, 80)
STRANGER: Box = (200, 80, 80, 80)
KINDS = (Kind.UNAPPROVED_FACE, Kind.EXPLICIT_NUDITY)
GOOD = Quality(side=80, sharpness=500, brightness=128, turn=0, inside=10_000, edge=40, stir=1000)
Luma = np.ndarray[tuple[int, int], np.dtype[np.uint8]]


def numbered(stranger: Callable[[float], bool] = lambda _: False, seconds: float = 60.0) -> Drawn:
    """Footage whose pictures carry their number along the top; a bright square is a stranger."""

    def draw(at: float) -> av.VideoFrame:
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        planes[:HEIGHT] = 70
        x, y, w, h = SITTER
        planes[y : y + h, x : x + w] = 110
        number = round(at * PER_S)
        for bit in range(BITS):
            planes[0:16, bit * 16 : bit * 16 + 16] = 235 if number >> bit & 1 else 16
        if stranger(at):
            x, y, w, h = STRANGER
            planes[y : y + h, x : x + w] = 220
        return av.VideoFrame.from_ndarray(planes, format="yuv420p")

    return Drawn(seconds, draw, PER_S)


def number_of(luma: Luma) -> int | None:
    """The number a picture carries; None for the slate."""
    if luma.shape != (HEIGHT, WIDTH):
        return None
    return sum(int(luma[4:12, bit * 16 + 4 : bit * 16 + 12].mean() > 125) << bit for bit in range(BITS))


def has_stranger(luma: Luma) -> bool:
    """Is the bright square there?"""
    x, y, w, h = STRANGER
    return luma.shape == (HEIGHT, WIDTH) and bool(luma[y : y + h, x : x + w].mean() > 160)


def shown(frames: list[EncodedFrame]) -> list[tuple[EncodedFrame, int | None, bool]]:
    """Received pictures decoded: each with its number (None: the slate) and whether it shows the stranger."""
    decoder = av.CodecContext.create("libvpx", "r")
    seen = []
    for frame in frames:
        for picture in decoder.decode(av.Packet(frame.data)):
            luma = luma_plane(picture)
            seen.append((frame, number_of(luma), has_stranger(luma)))
    return seen


@dataclass
class ScriptedObserver:
    """Reads the numbered pictures: the sitter is always there and approved, the bright square is not."""

    delay_s: float = 0.02
    away: bool = False
    stranger_distance: int = 8000
    unsure_looks: int = 0  # so often the bright square is seen too badly to tell
    strangers_from: list[int] = field(default_factory=list)  # media times of samples that showed the stranger
    asked: int = 0
    closed: bool = False

    async def observe(self, due: Due[Seen], state: State, *, calm: bool) -> Observation:
        self.asked += 1
        await asyncio.sleep(self.delay_s)
        if self.away:
            raise ModerationAway
        luma = luma_plane(due.picture.picture)
        faces = [Face(SITTER, 9000, 5000, (3000,), GOOD)]
        if has_stranger(luma):
            self.strangers_from.append(due.media_ms)
            unsure = len(self.strangers_from) <= self.unsure_looks
            faces.append(Face(STRANGER, 9000, 5000, (5500 if unsure else self.stranger_distance,), GOOD))
        return Observation(
            due.media_ms, tuple(faces), 100, 40, 0, 100, due.unexplained, False, False, "scripted",
            KINDS,
        )  # fmt: skip

    async def accept(self, box: Box) -> int | None:
        return None

    async def engine(self) -> Engine | None:
        return None if self.away else Engine("scripted", "scripted", KINDS)

    async def embeddings(self) -> int:
        return 0

    async def close(self) -> None:
        self.closed = True


@dataclass
class KeptFacts:
    """A recorder at the other end of a real socket: keeps what it is told."""

    facts: list[dict[str, Any]] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    pieces: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[dict[str, Any]] = field(default_factory=list)
    takes_pieces: bool = True
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, _: Peer, body: dict[str, Any]) -> dict[str, int]:
        self.facts.append(body)
        self.news.set()
        return {"position": len(self.facts)}

    async def take_block(self, _: Peer, body: dict[str, Any]) -> dict[str, str]:
        self.blocks.append(body)
        return {"reference": ""}

    async def take_piece(self, _: Peer, body: dict[str, Any]) -> dict[str, str]:
        if not self.takes_pieces:
            raise ValueError("not this one")
        self.pieces.append(body)
        return {"reference": ""}

    async def take_picture(self, _: Peer, body: dict[str, Any]) -> dict[str, str]:
        if not self.takes_pieces:
            raise ValueError("not this one")
        self.pictures.append(body)
        return {"reference": ""}

    async def until(self, name: str, timeout: float = 10.0, **fields: Any) -> dict[str, Any]:
        """The body of the first fact of this name with these fields, once it is there."""
        async with asyncio.timeout(timeout):
            while True:
                for fact in self.named(name):
                    if fields.items() <= fact.items():
                        return fact
                self.news.clear()
                await self.news.wait()

    def named(self, name: str) -> list[dict[str, Any]]:
        """The bodies of all facts of this name so far."""
        return [fact["body"] for fact in self.facts if fact["name"] == name]

    @property
    def names(self) -> list[str]:
        """The names of all facts in order."""
        return [fact["name"] for fact in self.facts]


async def on_record(kept: KeptFacts) -> EventStore:
    """What was kept, decided on and appended to a log in memory as the recorder would."""
    store = InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())
    start = datetime.now(UTC) - timedelta(minutes=1)
    await put(
        store,
        fact(PolicyPublished),
        fact(CallBooked, call=CALL),
        fact(WaitingRoomOpened, call=CALL, policy_version=POLICY_VERSION),
        fact(CallStarted, call=CALL, at=start, ends_at=start + timedelta(minutes=30)),
    )
    for body in kept.facts:
        decided = decision(body["name"], body["body"])
        await handle(store, decided.decider, decided.command, context(UUID(body["cmd"])))
    return store


def kept_blocks(kept: KeptFacts) -> MemoryVault:
    """The blocks that were kept, as the vault would have them."""
    return MemoryVault({digest(body["content"]): body["content"] for body in kept.blocks})


@dataclass
class Stage:
    """A call in this process with its recorder, and clients that join it."""

    call: LiveCall
    kept: KeptFacts
    reporter: Reporter
    observers: dict[Side, ScriptedObserver]
    observed: list[str] = field(default_factory=list)  # streams for which a judge was made
    clients: dict[Side, CameraClient] = field(default_factory=dict)

    async def join(self, side: Side, footage: Footage | None = None, name: str = "") -> CameraClient:
        client = CameraClient(footage or numbered(), keep=True)
        self.clients[side] = client
        answer = await self.call.join(side, await client.offer(), name or f"{side}-1")
        await client.accept(answer)
        return client

    async def begin(self, mode: ClearanceMode = ClearanceMode.MATCH, **footage: Drawn) -> None:
        """Both join, are admitted, and the call starts; media time 0 is the first picture of each."""
        for side in Side:
            await self.join(side, footage.get(side.value))
            await self.call.admit(side, mode, 1)
        for side in Side:
            await self.kept.until("MediaConnected", side=side.value)
        for client in self.clients.values():
            client.start()
        self.call.start(datetime.now(UTC))


@asynccontextmanager
async def stage(
    folder: Path,
    mode: ClearanceMode = ClearanceMode.MATCH,
    policy: ModerationPolicy | None = None,
    line: LinePolicy | None = None,
    started_at: datetime | None = None,
    limit_s: float = 60.0,
    unseen: Side | None = None,
    muted: tuple[MediaKind, ...] = (),
    authorised_until: datetime | None = None,
    recording: RecordingPolicy | None = None,
    pictured: bool = False,
    tried: AskOfStream | None = None,
) -> AsyncIterator[Stage]:
    """A call with both seats empty. `muted`: of the visitor's side. `recording`: None where nothing is recorded.

    `tried`: what an engine on trial sees.
    """
    advertise(("127.0.0.1",))
    kept = KeptFacts()
    folder.mkdir(exist_ok=True)
    socket = folder / "recorder.sock"
    observers = {side: ScriptedObserver() for side in Side}
    observed: list[str] = []

    def observer_of(stream: str, *_: object) -> ScriptedObserver:
        observed.append(stream)
        return observers[Side(stream.rpartition("/")[2])]

    handlers = {
        "fact": kept.take,
        "block": kept.take_block,
        "piece": kept.take_piece,
        "picture": kept.take_picture,
    }
    async with Server(socket, handlers):
        peer = await connect(socket)
        calls: list[LiveCall] = []
        reporter = Reporter(
            "media-1",
            Journal(folder / "journal", "media-1"),
            lambda _, cause: calls[0].darken(cause),
            lambda _, cause: calls[0].lighten(cause),
        )
        reporter.open(CALL, limit_s)
        reporter.reach(peer)
        reporter.start()
        facts = CallFacts(CALL, PRISON, POLICY_VERSION, reporter, lambda: datetime.now(UTC))
        around = Surroundings(
            CALL,
            policy or ModerationPolicy(),
            line or LinePolicy(),
            NetworkTerms(),
            facts,
            observer_of,
            seed=7,
            recording=recording or RecordingPolicy(),
            tried=tried,
        )
        seats = [
            SeatTerms(
                side,
                1,
                ((0.0,) * 128,),
                (f"p-{side}",),
                mode,
                shown=side is not unseen,
                muted=muted if side is Side.VISITOR else (),
                until=authorised_until,
                recorded=recording is not None,
                pictured=pictured,
            )
            for side in Side
        ]
        call = LiveCall(seats, around, started_at)
        calls.append(call)
        staged = Stage(call, kept, reporter, observers, observed)
        try:
            yield staged
        finally:
            for client in staged.clients.values():
                await client.close()
            await call.end()
            await reporter.stop()
            await peer.close()
