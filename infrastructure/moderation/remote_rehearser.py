"""A dress rehearsal's pictures, looked at by the moderation process: the one that parses what strangers send."""

from collections.abc import Sequence
from pathlib import Path

from application.ports import NoSuitableFace, StoreAway
from domain.clearance import ClearanceMode
from domain.moderation.kind import Kind
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from infrastructure.rpc import PeerGone, PeerRefused, connect


class RemoteRehearser:
    """Sends pictures over the moderation socket. Fulfils `application.ports.FaceRehearser`."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def observe(
        self,
        pictures: Sequence[bytes],
        policy: ModerationPolicy,
        mode: ClearanceMode,
        templates: Sequence[Sequence[float]],
    ) -> Sequence[Observation]:
        """What each shows. Raises `NoSuitableFace`, or `StoreAway` while moderation is away."""
        body = {
            "pictures": list(pictures),
            "policy": policy.model_dump(mode="json"),
            "mode": mode.value,
            "templates": [list(template) for template in templates],
        }
        try:
            peer = await connect(self._socket)
            try:
                answer = await peer.call("rehearse", body)
            finally:
                await peer.close()
        except (OSError, PeerGone) as error:
            raise StoreAway("moderation") from error
        except PeerRefused as refused:
            if refused.kind == "PhotographRefused":
                raise NoSuitableFace(str(refused)) from refused
            raise
        assessed = tuple(Kind(kind) for kind in answer["assessed"])
        return [Observation.from_record(one, answer["engine"], assessed) for one in answer["observations"]]
