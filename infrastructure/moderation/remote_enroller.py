"""Enrolment by the moderation process: the one that parses what strangers upload."""

from pathlib import Path
from typing import Any

from application.ports import NoSuitableFace, StoreAway, Template
from domain.enrolment.events import PhotographQuality
from infrastructure.rpc import PeerGone, PeerRefused, connect


class RemoteEnroller:
    """Sends a photograph over the moderation socket. Fulfils `application.ports.FaceEnroller`."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def template(self, photograph: bytes) -> Template:
        """The template of the one face. Raises `NoSuitableFace`, or `StoreAway` while moderation is away."""
        answer = await self._ask("enrol", {"photograph": photograph})
        quality = PhotographQuality.model_validate(answer["quality"])
        return Template(tuple(answer["vector"]), answer["engine"], answer["side_px"], quality)

    async def distance(self, one: Template, other: Template) -> int:
        """How far apart two faces are, 1/10,000. Raises `StoreAway` while moderation is away."""
        answer = await self._ask("distance", {"one": list(one.vector), "other": list(other.vector)})
        return int(answer["distance"])

    async def _ask(self, method: str, body: dict[str, Any]) -> Any:
        try:
            peer = await connect(self._socket)
            try:
                return await peer.call(method, body)
            finally:
                await peer.close()
        except (OSError, PeerGone) as error:
            raise StoreAway("moderation") from error
        except PeerRefused as refused:
            if refused.kind == "PhotographRefused":
                raise NoSuitableFace(str(refused)) from refused
            raise
