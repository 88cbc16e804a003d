"""The moderation process from inside: streams with their analysers, and as many threads as there are cores.

Sessions are shared by all streams. At most one sample of a stream is judged and one waits; a newer one puts
the waiting one out.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import structlog

from application.moderation import Setup
from domain.clearance import ClearanceMode
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation.analyser import Plane, Planes, Sample, StreamAnalyser
from infrastructure.moderation.enrol import distance, enrolled
from infrastructure.moderation.rehearse import observed
from infrastructure.rpc import Handler, Peer

STREAMS_MAX = 64  # open at once in one process
SIDE_PX_MAX = 4096  # of a picture

Result = TypeVar("Result")

log = structlog.get_logger()


@dataclass(slots=True)
class _Stream:
    analyser: StreamAnalyser
    peer: Peer
    trial: StreamAnalyser | None = None  # under the engine on trial
    tried: Sample | None = None  # the newest judged picture, until it was tried
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    newest: int = 0  # number of the newest sample that arrived


class ModerationService:
    """What other processes may ask of moderation."""

    def __init__(self, setup: Setup, threads: int | None = None, trial: Setup | None = None) -> None:
        self._setup, self._trial = setup, trial
        self._under_way = 0  # pictures of calls that are judged, or wait for it
        self._threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="judge")
        self._rehearsing = asyncio.Lock()
        self._streams: dict[str, _Stream] = {}
        self._judged = self._repeated = self._superseded = 0

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By the name under which another process calls them."""
        return {
            "open": self.open,
            "sample": self.sample,
            "trial": self.trial,
            "accept": self.accept,
            "close": self.close,
            "embeddings": self.embeddings,
            "enrol": self.enrol,
            "rehearse": self.rehearse,
            "distance": self.distance,
            "status": self.status,
        }

    async def open(self, peer: Peer, body: Any) -> dict[str, Any]:
        """Make an analyser for a stream."""
        if len(self._streams) >= STREAMS_MAX and body["stream"] not in self._streams:
            raise RuntimeError("Moderation has as many streams as it can take.")
        policy = ModerationPolicy.model_validate(body["policy"])
        mode = ClearanceMode(body["mode"])
        if mode not in (ClearanceMode.MATCH, ClearanceMode.COUNT):
            raise ValueError("Only streams whose faces are matched or counted are judged.")
        self._streams[body["stream"]] = await self._run(lambda: self._opened(peer, policy, mode, body))
        return self._engine()

    async def sample(self, peer: Peer, body: Any) -> dict[str, Any]:
        """Judge a picture; no observation when a newer one of the stream came first."""
        stream = self._of(peer, body)
        stream.newest += 1
        number = stream.newest
        async with stream.turn:
            if number != stream.newest:
                self._superseded += 1
                return {"observation": None}
            sample = _sample(body)
            self._under_way += 1
            try:
                observation = await self._run(lambda: stream.analyser.analyse(sample))
            finally:
                self._under_way -= 1
            stream.tried = None if stream.trial is None else sample
        self._judged += 1
        self._repeated += observation.repeated
        return {"observation": observation.to_record()}

    async def trial(self, peer: Peer, body: Any) -> dict[str, Any]:
        """The newest judged picture under the engine on trial, unless something of a call is to be judged."""
        stream = self._of(peer, body)
        if self._trial is None or stream.trial is None:
            return {"engine": None}
        answer: dict[str, Any] = {
            "engine": _engine(self._trial),
            "detection": self._trial.policy.detection.model_dump(mode="json"),
            "observation": None,
        }
        sample, analyser = stream.tried, stream.trial
        if sample is None or self._under_way:
            return answer
        stream.tried = None
        observation = await self._run(lambda: analyser.analyse(sample))
        return {**answer, "observation": observation.to_record()}

    async def accept(self, peer: Peer, body: Any) -> dict[str, Any]:
        """Keep the vector of a face for this call."""
        stream = self._of(peer, body)
        x, y, width, height = body["box"]
        async with stream.turn:
            try:
                return {"index": stream.analyser.accept((x, y, width, height))}
            except LookupError:
                return {"index": None}

    async def close(self, peer: Peer, body: Any) -> dict[str, Any]:
        """Forget a stream."""
        stream = self._of(peer, body)
        async with stream.turn:
            del self._streams[body["stream"]]
        return {"embeddings": stream.analyser.embeddings}

    async def embeddings(self, peer: Peer, body: Any) -> dict[str, Any]:
        """How many vectors were computed in a stream."""
        return {"embeddings": self._of(peer, body).analyser.embeddings}

    async def enrol(self, peer: Peer, body: Any) -> dict[str, Any]:
        """Make a template from a photograph. Raises `PhotographRefused`."""
        made = await self._run(lambda: enrolled(body["photograph"], self._setup))
        return {
            "vector": list(made.vector),
            "engine": self._setup.engine,
            "side_px": made.side_px,
            "quality": made.quality.model_dump(),
        }

    async def rehearse(self, peer: Peer, body: Any) -> dict[str, Any]:
        """What a few pictures show, before a call. One after the other: running calls come first."""
        policy, mode = ModerationPolicy.model_validate(body["policy"]), ClearanceMode(body["mode"])
        async with self._rehearsing:
            seen = await self._run(
                lambda: observed(body["pictures"], self._setup, policy, mode, body["templates"])
            )
        return {**self._engine(), "observations": [one.to_record() for one in seen]}

    async def distance(self, peer: Peer, body: Any) -> dict[str, Any]:
        """How far apart two templates of this set-up are."""
        return {"distance": await self._run(lambda: distance(body["one"], body["other"], self._setup))}

    async def status(self, peer: Peer, body: Any) -> dict[str, Any]:
        """How the process does."""
        return {
            "engine": self._engine(),
            "streams": len(self._streams),
            "judged": self._judged,
            "repeated": self._repeated,
            "superseded": self._superseded,
            "threads": self._threads,
        }

    async def connected(self, peer: Peer) -> None:
        """Forget the streams of a connection when it is gone: templates do not outlive who brought them."""
        await peer.gone.wait()
        self._streams = {name: s for name, s in self._streams.items() if s.peer is not peer}

    def stop(self) -> None:
        """End the threads; what is being judged is finished."""
        self._pool.shutdown(cancel_futures=True)

    def _of(self, peer: Peer, body: Any) -> _Stream:
        stream = self._streams.get(body["stream"])
        if stream is None or stream.peer is not peer:
            raise LookupError("This stream is not open here.")
        return stream

    def _opened(self, peer: Peer, policy: ModerationPolicy, mode: ClearanceMode, body: Any) -> _Stream:
        """A stream with its analyser; beside it one of the engine on trial, with scores of its own for a box."""
        known = body["templates"], body["barred"]
        live = StreamAnalyser(self._setup, policy, mode, *known)
        if self._trial is None:
            return _Stream(live, peer)
        tried = policy.model_copy(update={"detection": self._trial.policy.detection})
        return _Stream(live, peer, StreamAnalyser(self._trial, tried, mode, *known))

    def _engine(self) -> dict[str, Any]:
        return _engine(self._setup)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _engine(setup: Setup) -> dict[str, Any]:
    return {
        "setup": setup.name,
        "engine": setup.engine,
        "assessed": [kind.value for kind in setup.assessed],
    }


def _sample(body: Mapping[str, Any]) -> Sample:
    """The picture in a request. Raises ValueError when its planes are not as large as it says."""
    width, height = int(body["width"]), int(body["height"])
    if not (2 <= width <= SIDE_PX_MAX and 2 <= height <= SIDE_PX_MAX):
        raise ValueError("The picture is larger than we judge.")
    half = -(-height // 2), -(-width // 2)
    planes = Planes(_plane(body["y"], (height, width)), _plane(body["u"], half), _plane(body["v"], half))
    known = tuple((x, y, w, h) for x, y, w, h in body["known"])
    return Sample(body["media_ms"], planes, known, body["calm"], body["unexplained"], body["repeats_ms"])


def _plane(content: bytes, shape: tuple[int, int]) -> Plane:
    return np.frombuffer(content, np.uint8).reshape(shape)
