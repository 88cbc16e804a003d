"""How a media worker asks moderation: open a stream, have pictures judged, accept a face, close.

    client = await ModerationClient.connect(socket)
    await client.open(stream, mode, templates, policy)
    observation = await client.observe(stream, sample)     # None: a newer sample of the stream came first
    index = await client.accept(stream, box)

Every call raises `PeerGone` when the moderation process is away: the stream must then be opened again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain.clearance import ClearanceMode
from domain.moderation.kind import Kind
from domain.moderation.observation import Box, Observation
from domain.moderation.policy import DetectionPolicy, ModerationPolicy
from infrastructure.moderation.analyser import Plane, Sample
from infrastructure.rpc import Peer, connect


@dataclass(frozen=True, slots=True)
class Engine:
    """Which networks judge, as it goes on record."""

    setup: str
    engine: str
    assessed: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What an engine on trial sees in a stream's newest picture. No observation: there was no time for it."""

    engine: str
    detection: DetectionPolicy  # from which scores its boxes count
    observation: Observation | None


@dataclass(frozen=True, slots=True)
class Status:
    """How the moderation process does."""

    engine: Engine
    streams: int
    judged: int  # samples since it started
    repeated: int  # of them answered by the gate
    superseded: int  # samples dropped for a newer one
    threads: int


class ModerationClient:
    """One connection to one moderation process. Shared by all streams of a media worker."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._engines: dict[str, Engine] = {}

    @classmethod
    async def connect(cls, socket: Path) -> "ModerationClient":
        """Raises OSError when nobody listens."""
        return cls(await connect(socket))

    async def open(
        self,
        stream: str,
        mode: ClearanceMode,
        templates: Sequence[Sequence[float]],
        policy: ModerationPolicy,
        barred: Sequence[Sequence[float]] = (),
    ) -> Engine:
        """Make an analyser for a stream; an earlier one of the same name is forgotten.

        Templates, also of faces that are barred, are only ever sent for a stream in MATCH: elsewhere nobody is
        compared.
        """
        matching = mode is ClearanceMode.MATCH
        body = {
            "stream": stream,
            "mode": mode.value,
            "templates": [list(template) for template in templates] if matching else [],
            "barred": [list(template) for template in barred] if matching else [],
            "policy": policy.model_dump(mode="json"),
        }
        self._engines[stream] = _engine(await self.peer.call("open", body))
        return self._engines[stream]

    async def observe(self, stream: str, sample: Sample) -> Observation | None:
        """What the picture shows. None: dropped, because a newer one of the stream was waiting."""
        planes = sample.planes
        height, width = planes.shape
        body = {
            "stream": stream,
            "media_ms": sample.media_ms,
            "width": width,
            "height": height,
            "y": _bytes(planes.y),
            "u": _bytes(planes.u),
            "v": _bytes(planes.v),
            "known": [list(box) for box in sample.known],
            "calm": sample.calm,
            "unexplained": sample.unexplained,
            "repeats_ms": sample.repeats_ms,
        }
        answer = await self.peer.call("sample", body)
        if answer["observation"] is None:
            return None
        engine = self._engines[stream]
        return Observation.from_record(answer["observation"], engine.engine, engine.assessed)

    async def tried(self, stream: str) -> Tried | None:
        """The newest judged picture under the engine on trial; None where no engine is on trial."""
        answer = await self.peer.call("trial", {"stream": stream})
        if answer["engine"] is None:
            return None
        engine, detection = _engine(answer["engine"]), DetectionPolicy.model_validate(answer["detection"])
        record = answer["observation"]
        seen = None if record is None else Observation.from_record(record, engine.engine, engine.assessed)
        return Tried(engine.engine, detection, seen)

    async def accept(self, stream: str, box: Box) -> int | None:
        """Keep the vector of the face at this place: its distances get this index. None: no face there."""
        answer = await self.peer.call("accept", {"stream": stream, "box": list(box)})
        index: int | None = answer["index"]
        return index

    async def close(self, stream: str) -> int:
        """Forget the stream with its templates and vectors. How many vectors were computed in it."""
        self._engines.pop(stream, None)
        answer = await self.peer.call("close", {"stream": stream})
        return int(answer["embeddings"])

    async def embeddings(self, stream: str) -> int:
        """How many vectors were computed in this stream so far: none, where faces are only counted."""
        answer = await self.peer.call("embeddings", {"stream": stream})
        return int(answer["embeddings"])

    async def status(self) -> Status:
        """How the process does."""
        answer = dict(await self.peer.call("status"))
        return Status(engine=_engine(answer.pop("engine")), **answer)

    async def disconnect(self) -> None:
        """Close the connection; the other end forgets every stream of it."""
        await self.peer.close()


def _engine(answer: dict[str, Any]) -> Engine:
    return Engine(answer["setup"], answer["engine"], tuple(Kind(kind) for kind in answer["assessed"]))


def _bytes(plane: Plane) -> bytes:
    return np.ascontiguousarray(plane).tobytes()
