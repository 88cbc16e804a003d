"""Enrolment by the moderation process: the one that parses what strangers upload."""

from pathlib import Path

from application.ports import NoSuitableFace, StoreAway, Template
from infrastructure.rpc import PeerGone, PeerRefused, connect


class RemoteEnroller:
    """Sends a photograph over the moderation socket. Fulfils `application.ports.FaceEnroller`."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def template(self, photograph: bytes) -> Template:
        """The template of the one face. Raises `NoSuitableFace`, or `StoreAway` while moderation is away."""
        try:
            peer = await connect(self._socket)
            try:
                answer = await peer.call("enrol", {"photograph": photograph})
            finally:
                await peer.close()
        except (OSError, PeerGone) as error:
            raise StoreAway("moderation") from error
        except PeerRefused as refused:
            if refused.kind == "PhotographRefused":
                raise NoSuitableFace(str(refused)) from refused
            raise
        return Template(tuple(answer["vector"]), answer["engine"], answer["side_px"])
