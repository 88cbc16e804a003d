"""The media engine of the application, spoken over the socket to one worker process."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from application.ports import Context, Listening, MediaEngine, SeatTerms, Still
from domain.audio_only import AudioOnlyBecause
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from domain.mute import MediaKind
from infrastructure.rpc import Peer, PeerGone, PeerRefused

_SENTENCES = frozenset({"Refused", "OfferRefused", "TapForbidden"})
"""What a worker answers with a sentence fit for the person who asked."""


class WorkerEngine(MediaEngine):
    """One media worker. What is asked of it raises `Refused`; what it is told it may miss by dying."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def open_call(
        self,
        call: str,
        prison: str,
        policy: str,
        document: Mapping[str, Any],
        seats: Sequence[SeatTerms],
        started_at: datetime | None = None,
    ) -> None:
        """See the port."""
        body = {
            "prison": prison,
            "policy": policy,
            "document": dict(document),
            "seats": [asdict(seat) for seat in seats],
            "started_at": started_at.isoformat() if started_at is not None else None,
        }
        await self._ask("open_call", call, body)

    async def join(self, call: str, side: Side, offer: str, connection: str, *, light: bool = False) -> str:
        """See the port."""
        body = {"side": side.value, "offer": offer, "connection": connection, "light": light}
        return str(await self._ask("join", call, body))

    async def save_data(self, call: str, side: Side, *, light: bool) -> None:
        """See the port."""
        await self._ask("save_data", call, {"side": side.value, "light": light})

    async def sound_alone(self, call: str, side: Side, because: AudioOnlyBecause | None) -> None:
        """See the port."""
        body = {"side": side.value, "because": because.value if because is not None else None}
        await self._tell("sound_alone", call, body)

    async def admit(self, call: str, side: Side, mode: ClearanceMode, people: int) -> None:
        """See the port."""
        await self._tell("admit", call, {"side": side.value, "mode": mode.value, "people": people})

    async def start(self, call: str, at: datetime) -> None:
        """See the port."""
        await self._tell("start", call, {"at": at.isoformat()})

    async def pause(self, call: str, context: Context, cause: str, text_key: str, reason: str | None) -> None:
        """See the port."""
        body = {**_of_officer(context), "cause": cause, "text_key": text_key, "reason": reason or ""}
        await self._ask("pause", call, body)

    async def hold(self, call: str, cause: str, side: Side | None) -> None:
        """See the port."""
        await self._tell("hold", call, {"cause": cause, "side": side})

    async def resume(self, call: str, words: Mapping[str, str]) -> None:
        """See the port."""
        await self._tell("resume", call, {"words": dict(words)})

    async def mute(self, call: str, context: Context, side: Side, kind: MediaKind, reason: str) -> None:
        """See the port."""
        body = {**_of_officer(context), "side": side.value, "kind": kind.value, "reason": reason}
        await self._ask("mute", call, body)

    async def muted(self, call: str, side: Side, kind: MediaKind) -> None:
        """See the port."""
        await self._tell("muted", call, {"side": side.value, "kind": kind.value})

    async def unmute(self, call: str, side: Side, kind: MediaKind) -> None:
        """See the port."""
        await self._tell("unmute", call, {"side": side.value, "kind": kind.value})

    async def by_eye(self, call: str, side: Side, takeover: str, viewer: str) -> None:
        """See the port."""
        await self._tell("by_eye", call, {"side": side.value, "takeover": takeover, "viewer": viewer})

    async def give_back(self, call: str, context: Context, side: Side) -> None:
        """See the port."""
        await self._ask("give_back", call, {**_of_officer(context), "side": side.value})

    async def given_back(self, call: str, takeover: str) -> None:
        """See the port."""
        await self._tell("given_back", call, {"takeover": takeover})

    async def looks(self, call: str, side: Side, viewer: str) -> bool:
        """See the port."""
        return bool(await self._ask("looks", call, {"side": side.value, "viewer": viewer}))

    async def end(self, call: str) -> None:
        """See the port."""
        await self._tell("end", call, {})

    async def close_taps(self, call: str, side: Side) -> None:
        """See the port."""
        await self._tell("close_taps", call, {"side": side.value})

    async def stop_listening(self, call: str) -> None:
        """See the port."""
        await self._tell("stop_listening", call, {})

    async def watch(self, call: str, side: Side, viewer: str, offer: str, listening: Listening | None) -> str:
        """See the port."""
        leave = asdict(listening) if listening is not None else None
        body = {"side": side.value, "viewer": viewer, "offer": offer, "listening": leave}
        return str(await self._ask("watch", call, body))

    async def still(self, call: str, side: Side, *, bare: bool = False) -> Still | None:
        """See the port."""
        answer = await self._ask("still", call, {"side": side.value, "bare": bare})
        if answer is None:
            return None
        faces = tuple((x, y, width, height) for x, y, width, height in answer["faces"])
        return Still(answer["jpeg"], answer["width"], answer["height"], faces, answer["media_ms"])

    async def replayed(self) -> None:
        """Wait until it has reported what a process before it could not."""
        with contextlib.suppress(Refused):  # it died: the next one will
            await self._ask("replayed", "", {})

    async def status(self) -> dict[str, Any]:
        """The worker's calls and their numbers; the last ended ones too."""
        answer: dict[str, Any] = await self._ask("status", "", {})
        return answer

    async def _ask(self, name: str, call: str, body: dict[str, Any]) -> Any:
        try:
            return await self._peer.call(name, {"call": call, **body})
        except PeerGone as error:
            raise Refused(
                "This call is not connected at the moment. Please try again in a few seconds.", "no_worker"
            ) from error
        except PeerRefused as error:
            if error.kind in _SENTENCES:
                raise Refused(str(error), "media") from error
            raise

    async def _tell(self, name: str, call: str, body: dict[str, Any]) -> None:
        """A worker that died has closed everything; what it should know next it is told when it is back."""
        with contextlib.suppress(PeerGone):
            await self._peer.call(name, {"call": call, **body})


def _of_officer(context: Context) -> dict[str, Any]:
    """Who asked, by which command: what a worker does at once it reports as theirs."""
    actor = context.actor
    who = {"kind": actor.kind.value, "id": actor.id, "role": actor.role, "login": actor.login}
    return {"cmd": context.cmd.hex, "actor": who}
