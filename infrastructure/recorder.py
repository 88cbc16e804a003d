"""The recorder: what media workers report comes in here, is decided on and appended; then it is acknowledged.

Workers parse what strangers send, so they never talk to the database. They connect to this socket,
say which calls they carry, and report facts; the API process tells them over the same connection what
is on record.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Self
from uuid import UUID, uuid4, uuid5

import structlog

from application.facts import decision
from application.handle import handle
from application.ports import Actor, ActorKind, BoundaryMoved, Context, EventStore, StoreAway, Vault
from domain import call as call_decider
from domain.call.commands import ReportInterrupted, ReportPause
from domain.event import Purpose, Refused
from domain.mute import ReportMute
from infrastructure.media.engine import WorkerEngine
from infrastructure.media.workers import MediaWorkers
from infrastructure.rpc import Peer
from infrastructure.transit import Transit

CALLS = UUID("5b1d7c0e-6a5b-4c55-9d0a-6b0b3d9a7e11")  # names the correlation of everything about one call
AWAY_PAUSE_S = 0.25
WITH_WORDS = frozenset({ReportPause.__name__, ReportMute.__name__})
"""Reports that carry an officer's words, which a worker cannot read."""

log = structlog.get_logger()


def correlation(call: str) -> UUID:
    """The one correlation id of everything about a call."""
    return uuid5(CALLS, call)


class Recorder:
    """The only way from a worker to the log."""

    def __init__(
        self,
        store: EventStore,
        vault: Vault,
        workers: MediaWorkers,
        transit: Transit,
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._vault, self._workers, self._transit, self._now = (
            store,
            vault,
            workers,
            transit,
            now,
        )
        self._watching: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """From now on a closed connection says nothing about a worker: it is ours that close."""
        watching = list(self._watching)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)

    @property
    def handlers(self) -> dict[str, Any]:
        """What a worker may ask."""
        return {
            "hello": self._hello,
            "load": self._load,
            "fact": self._fact,
            "block": partial(self._keep, Purpose.CONVERSATION, "observations"),
            "piece": partial(self._keep, Purpose.RECORDING, "recording"),
            "picture": partial(self._keep, Purpose.EVIDENCE, "picture"),
        }

    async def _hello(self, peer: Peer, body: dict[str, Any]) -> None:
        engine = WorkerEngine(peer)
        self._workers.add(body["worker"], engine, body["calls"])
        log.info("A media worker is connected.", worker=body["worker"], count=len(body["calls"]))
        watching = asyncio.create_task(self._when_gone(body["worker"], peer, engine))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)

    async def _load(self, _: Peer, body: dict[str, Any]) -> None:
        self._workers.told_load(body["worker"], body["lag_ms"], body["verdict_ms"])

    async def _when_gone(self, worker: str, peer: Peer, engine: WorkerEngine) -> None:
        """A worker that is gone has closed every connection it held: its calls are interrupted, both sides dark."""
        await peer.gone.wait()
        calls = self._workers.remove(worker, engine)
        log.warning("A media worker is gone.", worker=worker, count=len(calls))
        at = self._now()
        await asyncio.gather(*(self.interrupt(call, "worker_lost", at) for call in calls))

    async def interrupt(self, call: str, cause: str, at: datetime) -> None:
        """Put on record that a call lost its worker then, however long the log takes to be back.

        Only afterwards a worker takes it up again: whoever comes back must have been gone first.
        """
        context = Context(_service("supervisor"), uuid4(), correlation(call))
        command = ReportInterrupted(at=at, call=call, cause=cause, last_media_ms=None, noticed_at=self._now())
        while True:
            try:
                await handle(self._store, call_decider, command, context)
            except (StoreAway, BoundaryMoved):
                await asyncio.sleep(AWAY_PAUSE_S)
            except Refused:
                break  # it had not started: the waiting room stays open
            else:
                break
        self._workers.recorded(call)

    async def _fact(self, _: Peer, body: dict[str, Any]) -> dict[str, Any]:
        """One fact. The worker sends it again, under the same id, until it gets an answer."""
        fields = body["body"]
        if body["name"] in WITH_WORDS:
            fields = {**fields, "reason": self._transit.open(fields["reason"])}
        decided = decision(body["name"], fields)
        actor = _service(body.get("worker", "media")) if body.get("actor") is None else _actor(body["actor"])
        context = Context(actor, UUID(body["cmd"]), correlation(body["call"]), policy=body.get("policy"))
        try:
            handled = await handle(self._store, decided.decider, decided.command, context)
        except Refused as refused:
            log.info("A reported fact was refused.", call=body["call"], kind=body["name"], rule=refused.rule)
            return {"position": 0, "refused": str(refused)}
        return {"position": handled.position}

    async def _keep(self, purpose: Purpose, kind: str, _: Peer, body: dict[str, Any]) -> dict[str, Any]:
        """Something for the vault, under the call's key for this purpose."""
        return {"reference": await self._vault.put(body["call"], purpose, kind, body["content"])}


def _service(ident: str) -> Actor:
    return Actor(ActorKind.SERVICE, ident)


def _actor(fields: dict[str, Any]) -> Actor:
    return Actor(ActorKind(fields["kind"]), fields["id"], fields.get("role"), fields.get("login"))
