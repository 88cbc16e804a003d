"""The streams of this worker at the moderation process: opened there when needed, again after it was away."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import structlog
from av import VideoFrame

from application.ports import SeatTerms
from domain.clearance import ClearanceMode
from domain.moderation.observation import Box, Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State
from infrastructure.media.judge import ModerationAway
from infrastructure.media.sampler import Seen
from infrastructure.moderation.analyser import Plane, Planes, Sample
from infrastructure.moderation.client import Engine, ModerationClient, Tried
from infrastructure.moderation.schedule import Due
from infrastructure.rpc import PeerGone, PeerRefused

_RECONNECT_S = 0.25

log = structlog.get_logger()


class Observers:
    """The one connection to moderation, kept up, and the observers that share it."""

    def __init__(self, socket: Path, on_verdict: Callable[[float], None]) -> None:
        self._socket = socket
        self.on_verdict = on_verdict  # told how long each took, in milliseconds
        self.client: ModerationClient | None = None

    def of(
        self, stream: str, terms: SeatTerms, mode: ClearanceMode, policy: ModerationPolicy
    ) -> "StreamObserver":
        """The observer of one stream. `mode` says how it is judged: MATCH or COUNT."""
        return StreamObserver(self, stream, terms, mode, policy)

    async def run(self) -> None:
        """Connect, and again whenever moderation is back."""
        while True:
            try:
                client = await ModerationClient.connect(self._socket)
            except OSError:
                await asyncio.sleep(_RECONNECT_S)
                continue
            self.client = client
            try:
                await client.peer.gone.wait()
                log.warning("Moderation is gone.")
            finally:
                self.client = None
                await client.disconnect()

    async def tried(self, stream: str) -> Tried | None:
        """The newest judged picture of a stream under the engine on trial; None where no engine is on trial.

        Raises `PeerRefused` or `ModerationAway`.
        """
        client = self.client
        if client is None:
            raise ModerationAway
        try:
            return await client.tried(stream)
        except PeerGone as error:
            raise ModerationAway from error


class StreamObserver:
    """Looks at the samples of one stream, in the moderation process. Fulfils `judge.Observer`."""

    def __init__(
        self,
        observers: Observers,
        stream: str,
        terms: SeatTerms,
        mode: ClearanceMode,
        policy: ModerationPolicy,
    ) -> None:
        self._observers, self._stream = observers, stream
        self._terms, self._mode, self._policy = terms, mode, policy
        self._opened: ModerationClient | None = None  # where the stream is open
        self._engine: Engine | None = None

    async def engine(self) -> Engine | None:
        """What judges this stream; None while moderation is away."""
        try:
            await self._client()
        except ModerationAway:
            return None
        return self._engine

    async def observe(self, due: Due[Seen], state: State, *, calm: bool) -> Observation:
        """See `judge.Observer`."""
        planes = planes_of(due.picture.picture)
        sample = Sample(due.media_ms, planes, state.boxes, calm, due.unexplained, due.repeats_ms)
        asked = monotonic()
        observation: Observation | None = await self._asked("observe", sample)
        self._observers.on_verdict((monotonic() - asked) * 1000)
        if observation is None:
            raise ModerationAway
        return observation

    async def accept(self, box: Box) -> int | None:
        """See `judge.Observer`."""
        with contextlib.suppress(ModerationAway):
            index: int | None = await self._asked("accept", box)
            return index
        return None

    async def embeddings(self) -> int:
        """Vectors computed in this stream since it was opened; 0 while moderation is away."""
        with contextlib.suppress(ModerationAway):
            return int(await self._asked("embeddings"))
        return 0

    async def close(self) -> None:
        """See `judge.Observer`."""
        if self._opened is not None and self._opened is self._observers.client:
            with contextlib.suppress(PeerGone, PeerRefused):
                await self._opened.close(self._stream)
        self._opened = None

    async def _asked(self, question: str, *arguments: Any) -> Any:
        client = await self._client()
        try:
            return await getattr(client, question)(self._stream, *arguments)
        except PeerGone as error:
            raise ModerationAway from error
        except PeerRefused as error:
            log.warning("Moderation could not answer.", kind=question, error=error.kind)
            self._opened = None  # it is opened again for the next sample
            raise ModerationAway from error

    async def _client(self) -> ModerationClient:
        client = self._observers.client
        if client is None:
            raise ModerationAway
        if client is not self._opened:
            templates, barred = self._terms.templates, self._terms.barred
            try:
                self._engine = await client.open(self._stream, self._mode, templates, self._policy, barred)
            except (PeerGone, PeerRefused) as error:
                raise ModerationAway from error
            self._opened = client
        return client


def planes_of(picture: VideoFrame) -> Planes:
    """The planes of a decoded picture, without a copy."""
    half = -(-picture.height // 2), -(-picture.width // 2)
    full = picture.height, picture.width
    y, u, v = (_plane(p, shape) for p, shape in zip(picture.planes, (full, half, half), strict=True))
    return Planes(y, u, v)


def _plane(plane: Any, shape: tuple[int, int]) -> Plane:
    rows: Plane = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: shape[0], : shape[1]]
    return rows
