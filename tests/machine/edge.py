"""The edge of the media plane without a network: time that jumps, lines without RTP, cameras without pictures.

Everything inside is real: the worker, the call, its sides, directions, egresses, tracks and judges. A picture
is the name of a scene; the scripted eyes see what the name says, and the real rules judge it.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, cast
from unittest.mock import patch

import numpy as np
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from application.ports import SeatTerms
from domain.clearance import ClearanceMode
from domain.moderation.kind import Kind
from domain.moderation.observation import Box, Face, Observation, Quality
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State
from domain.moderation.verdict import Verdict
from infrastructure.media import call, direction, egress, judge, reporter, side, worker
from infrastructure.media.clearance import Grant
from infrastructure.media.frame import Codec, EncodedFrame, EncodedSound
from infrastructure.media.judge import ModerationAway
from infrastructure.media.sampler import Chosen, Seen
from infrastructure.media.seat import SILENT_S, Ingress, Secured
from infrastructure.moderation.client import Engine, Tried
from infrastructure.moderation.schedule import Due, Schedule
from infrastructure.moderation.steady import View
from tests.facts import NOON

SITTER, STRANGER, NOBODY, COVERED = b"sitter", b"stranger", b"nobody", b"covered"
SCENES = (SITTER, STRANGER, NOBODY, COVERED)
PICTURE_S = 0.2  # a camera here sends five pictures a second, and as many sounds
STARTED = 1000.0  # of the loop's own time
OPENS_S = 20  # so long before the call the waiting room opens
KINDS = tuple(Kind)  # these eyes tell everything
GOOD = Quality(side=80, sharpness=500, brightness=128, turn=0, inside=10_000, edge=40, stir=1000)
STILL = View(np.full((240, 320), 100, np.uint8))
FIRST: Box = (40, 60, 80, 80)
SECOND: Box = (200, 80, 80, 80)


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop in which nobody waits: when nothing is to be done, it is at once the time of the next thing."""

    def __init__(self) -> None:
        self.now = STARTED
        self.phase = 0  # in which samples are taken: chance elsewhere, here part of the life
        super().__init__()

    def time(self) -> float:
        """The loop's own time."""
        return self.now

    def run_in_executor(self, _: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """What goes to a thread elsewhere is done at once: nothing here may go on beside it."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  whoever awaits it gets it
            done.set_exception(error)
        return done

    def _run_once(self) -> None:
        ready: Sequence[Any] = self._ready  # type: ignore[attr-defined]
        waiting: Sequence[Any] = self._scheduled  # type: ignore[attr-defined]
        if not ready and waiting:
            self.now = max(self.now, waiting[0]._when)
        super()._run_once()  # type: ignore[misc]


def wall_time(loop: JumpingLoop) -> datetime:
    """What the clock on the wall shows: the waiting room opens now, and the call is to begin at NOON."""
    return NOON - timedelta(seconds=OPENS_S) + timedelta(seconds=loop.now - STARTED)


@contextlib.contextmanager
def without_a_network(loop: JumpingLoop) -> Iterator[None]:
    """The media plane on this loop's time, with lines and cameras that need no network and no thread."""

    class Clock(datetime):
        """The wall's clock."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls.fromtimestamp(wall_time(loop).timestamp(), tz)

    with contextlib.ExitStack() as stack:
        for module in (call, direction, egress, judge, reporter, side):
            stack.enter_context(patch.object(module, "monotonic", loop.time))
        for told in (call, worker):
            stack.enter_context(patch.object(told, "datetime", Clock))
        stack.enter_context(patch.object(secrets, "randbelow", lambda _: loop.phase))
        stack.enter_context(patch.object(side, "Connection", Line))
        stack.enter_context(patch.object(judge, "Sampler", NamedScenes))
        stack.enter_context(patch.object(call, "slate", lambda _: b"slate"))
        yield


# What leaves


@dataclass
class Left:
    """One packet that was given to the transport."""

    line: "Line"
    kind: str
    data: bytes


class _Sender:
    """Where aiortc's sender would be: takes every packet of a track as soon as it may."""

    def __init__(self, kind: str, line: "Line") -> None:
        self.kind, self._line = kind, line
        self._RTCRtpSender__rtp_history: dict[int, Any] = {}
        self._RTCRtpSender__ntp_timestamp = 0
        self._sending: asyncio.Task[None] | None = None

    def replaceTrack(self, track: Any) -> None:  # noqa: N802  as aiortc names it
        self._sending = asyncio.ensure_future(self._send(track))

    async def _handle_rtcp_packet(self, packet: Any) -> None:
        """Nothing is reported back here."""

    async def _send(self, track: Any) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                packet = await track.recv()
                self._line.sent(Left(self._line, self.kind, bytes(packet)))

    def stop(self) -> None:
        if self._sending is not None:
            self._sending.cancel()


class Line:
    """A side's connection. What it is sent is written down; what its camera sees comes in."""

    opened: Callable[["Line"], None] = staticmethod(lambda _: None)
    sent: Callable[[Left], None] = staticmethod(lambda _: None)

    def __init__(
        self, name: str, network: Any, on_secured: Callable[[Secured], None], on_lost: Callable[[str], None]
    ) -> None:
        self.name, self.codec, self.key_requests, self.silent = name, Codec.VP8, 0, False
        self.scene, self.cut = SITTER, False
        self._on_secured, self._on_lost = on_secured, on_lost
        self._senders: list[_Sender] = []
        self._camera: asyncio.Task[None] | None = None
        self._epoch, self._wants_key, self._ticks = 0.0, True, 0

    async def answer(
        self, offer: str, egress_: Any, ingress: Ingress | None, codec: Codec | None = None
    ) -> str:
        for kind in ("audio", "video"):
            sender: Any = _Sender(kind, self)
            self._senders.append(sender)
            egress_.bind(sender)
        if ingress is not None:
            self._epoch = ingress.epoch
            self._camera = asyncio.ensure_future(self._film(ingress))
        Line.opened(self)
        return offer

    async def _film(self, ingress: Ingress) -> None:
        """A picture and a sound five times a second; silence is noticed, and so is its end."""
        self._on_secured(Secured("sha-256 00", "SRTP_AEAD_AES_256_GCM", "host/prflx"))
        loop = asyncio.get_running_loop()
        heard = loop.time()
        while True:
            await asyncio.sleep(PICTURE_S)
            now = loop.time()
            if not self.cut:
                heard = now
                self._ticks += round(PICTURE_S * 90_000)
                key, self._wants_key = self._wants_key, False
                media_ms = round((now - self._epoch) * 1000)
                ingress.on_frame(EncodedFrame(self.scene, self._ticks, media_ms, key, now))
                ingress.on_sound(EncodedSound(b"sound", self._ticks * 48 // 90, now))
            silent = now - heard > SILENT_S
            if silent and not self.silent:
                self._on_lost("no_media")
            self.silent = silent

    async def close(self) -> None:
        for sender in self._senders:
            sender.stop()
        if self._camera is not None:
            self._camera.cancel()

    async def counts(self) -> dict[Any, Any]:
        return {}  # nothing is lost on the way

    def set_epoch(self, epoch: float) -> None:
        self._epoch = epoch

    def request_key(self) -> None:
        self.key_requests += 1
        self._wants_key = True


# What is seen


class NamedScenes:
    """In place of the decoder: every picture is what its name says. When it is judged, the real schedule says."""

    def __init__(
        self,
        grant: Grant,
        codec: Codec,
        policy: ModerationPolicy,
        seed: int,
        on_chosen: Callable[[Chosen], None],
        on_broken: Callable[[], None],
    ) -> None:
        self._policy, self._seed, self._on_chosen = policy, seed, on_chosen
        self._schedule: Schedule[Seen] = Schedule(policy, seed)
        self._round, self._awaits_key = 0, True
        self.decoded = 0

    def picture(self, frame: EncodedFrame) -> None:
        self.decoded += 1
        awaited = self._awaits_key and frame.key
        self._awaits_key = self._awaits_key and not awaited
        seen = Seen(frame, cast(VideoFrame, None))  # nothing is decoded here
        due = self._schedule.offer(seen, frame.media_ms, STILL, (240, 320), awaited=awaited)
        if due is not None:
            self._on_chosen(Chosen(due, self._round))

    def restart(self, *, decoder: bool = False) -> int:
        self._round += 1
        self._schedule = Schedule(self._policy, self._seed + self._round)
        self._awaits_key = True
        return self._round

    def await_key(self) -> None:
        self._awaits_key = True

    def judged(self, verdict: Verdict, people: Sequence[Box]) -> Chosen | None:
        due = self._schedule.judged(verdict, people)
        return Chosen(due, self._round) if due is not None else None

    def failed(self) -> None:
        self._schedule.failed()

    def close(self) -> None:
        """There is no thread to end."""


@dataclass
class Eyes:
    """In place of the moderation process, for all streams of a worker."""

    away: bool = False

    def of(
        self, stream: str, terms: SeatTerms, mode: ClearanceMode, policy: ModerationPolicy
    ) -> "StreamEyes":
        """The eyes on one stream."""
        return StreamEyes(self, mode)

    async def tried(self, stream: str) -> Tried | None:
        """No engine is on trial."""
        return None


@dataclass
class StreamEyes:
    """See what the name of a picture says."""

    eyes: Eyes
    mode: ClearanceMode

    async def observe(self, due: Due[Seen], state: State, *, calm: bool) -> Observation:
        await asyncio.sleep(0.03)
        if self.eyes.away:
            raise ModerationAway
        scene = due.picture.frame.data
        boxes = {SITTER: [FIRST], STRANGER: [FIRST, SECOND]}.get(scene, [])
        faces = tuple(Face(box, 9000, 5000, self._distances(box), GOOD) for box in boxes)
        luma = (2, 0) if scene == COVERED else (100, 40)
        return Observation(
            due.media_ms, faces, *luma, 0, 100, due.unexplained, False, False, "scripted", KINDS
        )  # fmt: skip

    def _distances(self, box: Box) -> tuple[int, ...]:
        if self.mode is not ClearanceMode.MATCH:
            return ()
        return (3000,) if box == FIRST else (8000,)

    async def accept(self, box: Box) -> int | None:
        return None

    async def engine(self) -> Engine | None:
        return Engine("scripted", "scripted", KINDS)

    async def embeddings(self) -> int:
        return 0

    async def close(self) -> None:
        """Nothing is kept."""
