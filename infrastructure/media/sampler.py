"""The eyes of one stream: decodes every picture that may be forwarded, compares each, picks those to judge.

One thread for each participant. Decoding less than is forwarded would let a changed client hide pictures.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import structlog
from av.video.codeccontext import VideoCodecContext

from domain.clearance import Tap
from domain.moderation.observation import Box
from domain.moderation.policy import ModerationPolicy
from domain.moderation.verdict import Verdict
from infrastructure.media.clearance import Grant
from infrastructure.media.frame import Codec, EncodedFrame
from infrastructure.moderation.repetition import Repetition
from infrastructure.moderation.schedule import Due, Schedule
from infrastructure.moderation.steady import View

WAITING_MAX = 256  # pictures not yet decoded, about 8 s; beyond, the stream starts again with a key frame
_DECODERS = {Codec.VP8: "libvpx", Codec.H264: "h264"}  # libvpx: what browsers decode VP8 with
_SHOWN = 0x10  # bit of a VP8 picture's first byte: it is shown, not only referred to

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """A decoded picture, and the encoded one it came from: the very object that will be sent."""

    frame: EncodedFrame
    picture: av.VideoFrame


@dataclass(frozen=True, slots=True)
class Chosen:
    """A picture to be judged now. `round` tells whether the stream began anew since."""

    due: Due[Seen]
    round: int


@dataclass(frozen=True, slots=True)
class _Restart:
    round: int
    decoder: bool  # a new connection: nothing before it can be referred to


class Sampler:
    """Runs a decoder thread. `on_chosen` and `on_broken` are called on that thread."""

    def __init__(
        self,
        grant: Grant,
        codec: Codec,
        policy: ModerationPolicy,
        seed: int,
        on_chosen: Callable[[Chosen], None],
        on_broken: Callable[[], None],
    ) -> None:
        if grant.tap is not Tap.SAMPLER:
            raise ValueError("A sampler is built with a grant to sample.")
        self._codec, self._policy, self._seed = codec, policy, seed
        self._on_chosen, self._on_broken = on_chosen, on_broken
        self._decoder = _decoder(codec)
        self._waiting: queue.SimpleQueue[EncodedFrame | _Restart | None]
        self._waiting = queue.SimpleQueue()  # at most WAITING_MAX
        self._lock = threading.Lock()  # the schedule is offered to here and told of verdicts on the loop
        self._schedule: Schedule[Seen] = Schedule(policy, seed)
        self._repetition = Repetition(policy.repetition)  # of its own thread alone
        self._round = 0
        self._broken = True  # until a key frame
        self._awaits_key = True
        self.decoded = 0
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self._thread.start()

    def picture(self, frame: EncodedFrame) -> None:
        """Take a picture as it arrived."""
        if self._waiting.qsize() >= WAITING_MAX:
            self._waiting = queue.SimpleQueue()  # at most WAITING_MAX
            self.restart(decoder=True)
            self._on_broken()
        self._waiting.put(frame)

    def restart(self, *, decoder: bool = False) -> int:
        """Begin anew: nothing before is compared with. Returns the number of the new round."""
        with self._lock:
            self._round += 1
            self._schedule = Schedule(self._policy, self._seed + self._round)
            self._awaits_key = True
        self._waiting.put(_Restart(self._round, decoder))
        return self._round

    def await_key(self) -> None:
        """A key frame was asked for, to end a stall: judge it as soon as it is here."""
        self._awaits_key = True

    def judged(self, verdict: Verdict, people: Sequence[Box]) -> Chosen | None:
        """The verdict on the picture chosen last; perhaps the next is chosen at once."""
        with self._lock:
            due = self._schedule.judged(verdict, people)
            return Chosen(due, self._round) if due is not None else None

    def failed(self) -> None:
        """The picture chosen last will have no verdict."""
        with self._lock:
            self._schedule.failed()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._waiting.put(None)
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        seen_round = 0
        while (item := self._waiting.get()) is not None:
            if isinstance(item, _Restart):
                seen_round = item.round
                if item.decoder:
                    self._decoder, self._broken = _decoder(self._codec), True
            else:
                self._look(item, seen_round)

    def _look(self, frame: EncodedFrame, seen_round: int) -> None:
        if self._broken and not frame.key:
            return
        pictures = self._decode(frame)
        if pictures is None:
            self._broken = True
            self._on_broken()
            return
        self._broken = False
        for picture in pictures:
            self.decoded += 1
            self._offer(Seen(frame, picture), seen_round)

    def _decode(self, frame: EncodedFrame) -> list[av.VideoFrame] | None:
        """What the encoded picture shows. None: it could not be decoded, so nobody may be sent it."""
        try:
            pictures = self._decoder.decode(av.Packet(frame.data))
        except av.FFmpegError:
            return None
        hidden = self._codec is Codec.VP8 and not frame.data[0] & _SHOWN
        return pictures if pictures or hidden or self._codec is Codec.H264 else None

    def _offer(self, seen: Seen, seen_round: int) -> None:
        luma = luma_plane(seen.picture)
        view = View(luma)
        repeats_ms = self._repetition.seen(view, seen.frame.media_ms)
        with self._lock:
            if seen_round != self._round:
                return  # of before the restart
            awaited = self._awaits_key and seen.frame.key
            if awaited:
                self._awaits_key = False
            media_ms, shape = seen.frame.media_ms, (luma.shape[0], luma.shape[1])
            due = self._schedule.offer(seen, media_ms, view, shape, awaited=awaited, repeats_ms=repeats_ms)
        if due is not None:
            self._on_chosen(Chosen(due, seen_round))


def luma_plane(picture: av.VideoFrame) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Luma of a planar picture, shape (height, width), without a copy."""
    plane: Any = picture.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: picture.height, : picture.width]


def _decoder(codec: Codec) -> VideoCodecContext:
    decoder = av.CodecContext.create(_DECODERS[codec], "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    return decoder
