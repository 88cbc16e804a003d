"""The media worker: a process that carries calls. It parses what strangers send and never sees the database.

It connects to the recorder's socket, says which calls it carries, reports facts, and is told over the same
connection what is on record.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import structlog

from application.ports import Listening, SeatTerms
from domain.audio_only import AudioOnlyBecause
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from domain.mute import MediaKind
from domain.policy import Policy
from infrastructure.logging import set_up
from infrastructure.media import journal as journals
from infrastructure.media.call import LiveCall
from infrastructure.media.facts import CallFacts
from infrastructure.media.journal import Journal, JournalDamaged
from infrastructure.media.load import Load
from infrastructure.media.observer import Observers
from infrastructure.media.reporter import Reporter
from infrastructure.media.seat import NetworkTerms, advertise
from infrastructure.media.side import Surroundings
from infrastructure.processes import belong_to_parent, told_to_end
from infrastructure.rpc import Handler, Peer, PeerGone, PeerRefused, connect

_RECONNECT_S = 0.25
_ENDED_KEPT = 16  # calls whose last numbers can still be asked for

log = structlog.get_logger()


@dataclass(frozen=True)
class WorkerSettings:
    """What one worker process is started with."""

    worker: str
    recorder: Path  # socket of the API process
    moderation: Path  # socket of the moderation worker
    journal: Path  # folder
    network: NetworkTerms


class MediaWorker:
    """All calls of one process."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        boot = secrets.token_hex(4)  # a journal left behind by an earlier process has another name
        self._journal_name = f"{settings.worker}.{boot}"
        journal = Journal(settings.journal, self._journal_name)
        self._reporter = Reporter(settings.worker, journal, self._darken, self._lighten)
        self._load = Load()
        self._observers = Observers(settings.moderation, self._load.verdict)
        self._recorder: Peer | None = None
        self._replayed = asyncio.Event()  # what an earlier process left behind is in the log
        self._calls: dict[str, LiveCall] = {}
        self._ended: deque[tuple[str, dict[str, Any]]] = deque(maxlen=_ENDED_KEPT)

    async def run(self, until: asyncio.Event) -> None:
        """Work until told to stop; then end every call and send what is left to report."""
        advertise(self._settings.network.addresses)
        self._reporter.start()
        self._replay()
        running = [
            asyncio.create_task(work)
            for work in (self._reach_recorder(), self._observers.run(), self._load.run(self._tell_load))
        ]
        try:
            await until.wait()
        finally:
            await asyncio.gather(*(call.end() for call in self._calls.values()))
            await self._reporter.stop()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    # Connections

    async def _reach_recorder(self) -> None:
        while True:
            try:
                peer = await connect(self._settings.recorder, self._handlers())
                await peer.call("hello", {"worker": self._settings.worker, "calls": list(self._calls)})
            except (OSError, PeerGone, PeerRefused):
                await asyncio.sleep(_RECONNECT_S)
                continue
            self._reporter.reach(peer)
            self._recorder = peer
            await peer.gone.wait()
            self._reporter.reach(None)
            self._recorder = None
            for call in self._calls.values():
                call.out_of_reach()
            log.warning("The recorder is gone.", worker=self._settings.worker)

    async def _tell_load(self, lag_ms: int | None, verdict_ms: int | None) -> None:
        """So that no further call is placed here while this worker is busy."""
        peer = self._recorder
        if peer is not None:
            body = {"worker": self._settings.worker, "lag_ms": lag_ms, "verdict_ms": verdict_ms}
            with contextlib.suppress(PeerGone, PeerRefused):  # the next will be taken
                await peer.call("load", body)

    def _replay(self) -> None:
        """Report what an earlier process of this name could not."""
        for name in journals.left_behind(self._settings.journal):
            if name == self._journal_name:
                continue
            try:
                contents = [entry.content for entry in journals.read(self._settings.journal, name)]
            except JournalDamaged as error:
                log.error("A journal is damaged and stays where it is.", error=error)
                continue
            for content in contents:
                message, body = msgspec.msgpack.decode(content)
                self._reporter.again(message, body)
            self._reporter.then(partial(journals.forget, self._settings.journal, name))
        self._reporter.then(self._replayed.set)

    def _darken(self, call: str, cause: str) -> None:
        if call in self._calls:
            log.error("A call goes dark.", call=call, kind=cause)
            self._calls[call].darken(cause)

    def _lighten(self, call: str, cause: str) -> None:
        if call in self._calls:
            self._calls[call].lighten(cause)

    # What the API asks

    def _handlers(self) -> dict[str, Handler]:
        return {
            "open_call": self._open_call,
            "join": self._join,
            "save_data": self._save_data,
            "sound_alone": self._sound_alone,
            "admit": self._admit,
            "start": self._start,
            "pause": self._pause,
            "hold": self._hold,
            "resume": self._resume,
            "mute": self._mute,
            "muted": self._muted,
            "unmute": self._unmute,
            "by_eye": self._by_eye,
            "give_back": self._give_back,
            "given_back": self._given_back,
            "looks": self._looks,
            "end": self._end,
            "close_taps": self._close_taps,
            "stop_listening": self._stop_listening,
            "watch": self._watch,
            "still": self._still,
            "status": self._status,
            "replayed": self._until_replayed,
        }

    def _call(self, body: dict[str, Any]) -> LiveCall:
        call = self._calls.get(body["call"])
        if call is None:
            raise Refused("This call is not open.", "call_unknown")
        return call

    async def _open_call(self, _: Peer, body: dict[str, Any]) -> None:
        name, started = body["call"], body["started_at"]
        if name in self._calls:
            return
        policy = Policy.model_validate(body["document"])
        self._reporter.open(name, policy.call.journal_s)
        around = Surroundings(
            call=name,
            policy=policy.moderation,
            line=policy.call.line,
            network=self._settings.network,
            facts=CallFacts(name, body["prison"], body["policy"], self._reporter, lambda: datetime.now(UTC)),
            observer=self._observers.of,
            tried=self._observers.tried,
            recording=policy.recording,
            seed=secrets.randbelow(1 << 31),  # nobody outside may know when a sample is taken
        )
        started_at = datetime.fromisoformat(started) if started is not None else None
        self._calls[name] = LiveCall([_seat(seat) for seat in body["seats"]], around, started_at)

    async def _join(self, _: Peer, body: dict[str, Any]) -> str:
        side, offer, connection = Side(body["side"]), body["offer"], body["connection"]
        return await self._call(body).join(side, offer, connection, light=body["light"])

    async def _save_data(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).save_data(Side(body["side"]), light=body["light"])

    async def _sound_alone(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).sound_alone(Side(body["side"]), _because(body["because"]))

    async def _admit(self, _: Peer, body: dict[str, Any]) -> None:
        await self._call(body).admit(Side(body["side"]), ClearanceMode(body["mode"]), body["people"])

    async def _start(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).start(datetime.fromisoformat(body["at"]))

    async def _pause(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).pause(body["cause"], body["text_key"], body["reason"], body)

    async def _hold(self, _: Peer, body: dict[str, Any]) -> None:
        side = body["side"]
        self._call(body).hold(body["cause"], None if side is None else Side(side))

    async def _resume(self, _: Peer, body: dict[str, Any]) -> None:
        await self._call(body).resume(body["words"])

    async def _mute(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).mute(Side(body["side"]), MediaKind(body["kind"]), body["reason"], body)

    async def _muted(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).muted(Side(body["side"]), MediaKind(body["kind"]))

    async def _unmute(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).unmute(Side(body["side"]), MediaKind(body["kind"]))

    async def _by_eye(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).take_over(Side(body["side"]), body["takeover"], body["viewer"])

    async def _give_back(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).give_back(Side(body["side"]), body)

    async def _given_back(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).given_back(body["takeover"])

    async def _looks(self, _: Peer, body: dict[str, Any]) -> bool:
        return self._call(body).looks(Side(body["side"]), body["viewer"])

    async def _end(self, _: Peer, body: dict[str, Any]) -> None:
        call = self._calls.pop(body["call"], None)
        if call is not None:
            numbers = await call.status()
            await call.end()
            self._ended.append((body["call"], {**numbers, "state": call.state.value}))

    async def _close_taps(self, _: Peer, body: dict[str, Any]) -> None:
        await self._call(body).close_taps(Side(body["side"]))

    async def _stop_listening(self, _: Peer, body: dict[str, Any]) -> None:
        self._call(body).stop_listening()

    async def _watch(self, _: Peer, body: dict[str, Any]) -> str:
        leave = Listening(**body["listening"]) if body["listening"] is not None else None
        return await self._call(body).watch(Side(body["side"]), body["viewer"], body["offer"], leave)

    async def _still(self, _: Peer, body: dict[str, Any]) -> dict[str, Any] | None:
        still = await self._call(body).still(Side(body["side"]), bare=body["bare"])
        return asdict(still) if still is not None else None

    async def _until_replayed(self, _: Peer, __: dict[str, Any]) -> None:
        await self._replayed.wait()

    async def _status(self, _: Peer, __: dict[str, Any]) -> dict[str, Any]:
        calls = {name: await call.status() for name, call in self._calls.items()}
        return {"worker": self._settings.worker, "calls": {**dict(self._ended), **calls}}


def _seat(fields: dict[str, Any]) -> SeatTerms:
    return SeatTerms(
        side=Side(fields["side"]),
        people=fields["people"],
        templates=tuple(tuple(template) for template in fields["templates"]),
        persons=tuple(fields["persons"]),
        mode=ClearanceMode(fields["mode"]),
        admitted=fields["admitted"],
        shown=fields["shown"],
        audio_only=_because(fields["audio_only"]),
        muted=tuple(MediaKind(kind) for kind in fields["muted"]),
        until=fields["until"],
        recorded=fields["recorded"],
        pictured=fields["pictured"],
        with_child=fields["with_child"],
        barred=tuple(tuple(template) for template in fields["barred"]),
    )


def _because(name: str | None) -> AudioOnlyBecause | None:
    return None if name is None else AudioOnlyBecause(name)


def settings_from(arguments: Sequence[str]) -> WorkerSettings:
    """The settings named on the command line, and the allowed networks from KINLINE_MEDIA_ALLOW."""
    parser = argparse.ArgumentParser(prog="infrastructure.media.worker", description=__doc__)
    parser.add_argument("--recorder", type=Path, required=True, help="socket of the API process")
    parser.add_argument("--moderation", type=Path, required=True, help="socket of the moderation worker")
    parser.add_argument("--journal", type=Path, required=True, help="folder of this worker's journal")
    parser.add_argument("--worker", required=True, help="this worker's name")
    parser.add_argument("--address", action="append", help="an address media is sent from (127.0.0.1)")
    chosen = parser.parse_args(arguments)
    allow = os.environ.get("KINLINE_MEDIA_ALLOW", "").replace(",", " ").split()
    network = NetworkTerms(
        tuple(chosen.address or ("127.0.0.1",)), tuple(ip_network(network) for network in allow)
    )
    return WorkerSettings(chosen.worker, chosen.recorder, chosen.moderation, chosen.journal, network)


async def run(settings: WorkerSettings) -> None:
    """Carry calls until SIGTERM or SIGINT."""
    until = asyncio.Event()
    with told_to_end(until.set):
        await MediaWorker(settings).run(until)


def main(arguments: Sequence[str] | None = None) -> None:
    """The process."""
    settings = settings_from(sys.argv[1:] if arguments is None else arguments)
    belong_to_parent()
    set_up(settings.worker)
    asyncio.run(run(settings))


if __name__ == "__main__":
    main()
