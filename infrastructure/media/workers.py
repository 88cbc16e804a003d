"""All media workers as one media engine: each call lives whole in one of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.ports import Context, Listening, MediaEngine, SeatTerms, Still, WorkerLoad
from domain.audio_only import AudioOnlyBecause
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from domain.mute import MediaKind
from infrastructure.media.engine import WorkerEngine
from infrastructure.transit import Transit

_NOT_CONNECTED = "This call is not connected at the moment. Please try again in a few seconds."


@dataclass(frozen=True, slots=True)
class Bounds:
    """Up to where a media worker takes one more call."""

    calls: int
    lag_ms: int  # its loop may be so late
    verdict_ms: int  # its verdicts may take so long


class MediaWorkers(MediaEngine):
    """Places calls where the fewest are, and finds them again."""

    def __init__(self, bounds: Bounds, transit: Transit) -> None:
        self._bounds = bounds
        self._transit = transit
        self._loads: dict[str, tuple[int | None, int | None]] = {}  # lag and verdicts of each worker
        self._workers: dict[str, WorkerEngine] = {}
        self._calls: dict[str, str] = {}  # call: worker
        self._lost: set[str] = set()  # with their worker; not on record yet
        self._counted = False  # whether it is known which running calls nobody carries

    def add(self, worker: str, engine: WorkerEngine, calls: Sequence[str]) -> None:
        """A worker connected; it says which calls it carries already."""
        self._workers[worker] = engine
        for call in calls:
            self._calls[call] = worker

    def remove(self, worker: str, engine: WorkerEngine) -> list[str]:
        """A worker is gone, with its calls. A newer connection of the same worker is left alone."""
        if self._workers.get(worker) is not engine:
            return []
        del self._workers[worker]
        self._loads.pop(worker, None)
        gone = [call for call, where in self._calls.items() if where == worker]
        for call in gone:
            del self._calls[call]
        self._lost.update(gone)
        return gone

    def told_load(self, worker: str, lag_ms: int | None, verdict_ms: int | None) -> None:
        """How late a worker's loop is, and how long its verdicts take: p95 of the last seconds."""
        if worker in self._workers:
            self._loads[worker] = lag_ms, verdict_ms

    def loads(self) -> tuple[WorkerLoad, ...]:
        """How busy each worker is."""
        return tuple(
            WorkerLoad(
                worker, self._carries(worker), self._has_room(worker) and not self._busy(worker), *load
            )
            for worker in sorted(self._workers)
            for load in [self._loads.get(worker, (None, None))]
        )

    def recorded(self, call: str) -> None:
        """That a call lost its worker is on record: it may be taken up again."""
        self._lost.discard(call)

    def counted(self) -> None:
        """Every running call that nobody carries is on record as interrupted: they may be taken up again."""
        self._counted = True

    async def replayed(self) -> None:
        """Wait until every worker has reported what those before it could not."""
        await asyncio.gather(*(engine.replayed() for engine in self._workers.values()))

    @property
    def carried(self) -> frozenset[str]:
        """The calls that some worker carries now."""
        return frozenset(self._calls)

    @property
    def count(self) -> int:
        """How many workers are connected."""
        return len(self._workers)

    def _of(self, call: str) -> WorkerEngine:
        worker = self._calls.get(call)
        if worker is None:
            raise Refused(_NOT_CONNECTED, "no_worker")
        return self._workers[worker]

    def _carries(self, worker: str) -> int:
        return sum(where == worker for where in self._calls.values())

    def _has_room(self, worker: str) -> bool:
        return self._carries(worker) < self._bounds.calls

    def _busy(self, worker: str) -> bool:
        """One more call would be one too many for those it carries."""
        lag_ms, verdict_ms = self._loads.get(worker, (None, None))
        return (lag_ms or 0) > self._bounds.lag_ms or (verdict_ms or 0) > self._bounds.verdict_ms

    def _place(self, *, taken_up: bool) -> str:
        """Where a call goes. One that runs already goes where there is room, however busy it is there."""
        free = [w for w in self._workers if self._has_room(w) and (taken_up or not self._busy(w))]
        if not free:
            raise Refused(
                "No room for another call at the moment. Please try again in a few seconds.", "no_worker"
            )
        return min(free, key=lambda worker: (self._carries(worker), worker))

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
        taken_up = started_at is not None and call not in self._calls
        if taken_up and (call in self._lost or not self._counted):
            raise Refused(_NOT_CONNECTED, "no_worker")
        worker = self._calls.get(call) or self._place(taken_up=taken_up)
        await self._workers[worker].open_call(call, prison, policy, document, seats, started_at)
        self._calls[call] = worker

    async def join(self, call: str, side: Side, offer: str, connection: str, *, light: bool = False) -> str:
        """See the port."""
        return await self._of(call).join(call, side, offer, connection, light=light)

    async def save_data(self, call: str, side: Side, *, light: bool) -> None:
        """See the port."""
        await self._of(call).save_data(call, side, light=light)

    async def sound_alone(self, call: str, side: Side, because: AudioOnlyBecause | None) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).sound_alone(call, side, because)

    async def admit(self, call: str, side: Side, mode: ClearanceMode, people: int) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).admit(call, side, mode, people)

    async def start(self, call: str, at: datetime) -> None:
        """See the port. Raises `Refused` where no worker carries the call."""
        await self._of(call).start(call, at)

    async def pause(self, call: str, context: Context, cause: str, text_key: str, reason: str | None) -> None:
        """See the port. The worker carries the officer's words back to the record, and cannot read them."""
        await self._of(call).pause(call, context, cause, text_key, self._transit.seal(reason or ""))

    async def hold(self, call: str, cause: str, side: Side | None) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).hold(call, cause, side)

    async def resume(self, call: str, words: Mapping[str, str]) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).resume(call, words)

    async def mute(self, call: str, context: Context, side: Side, kind: MediaKind, reason: str) -> None:
        """See the port. The words travel as those of a pause."""
        await self._of(call).mute(call, context, side, kind, self._transit.seal(reason))

    async def muted(self, call: str, side: Side, kind: MediaKind) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).muted(call, side, kind)

    async def unmute(self, call: str, side: Side, kind: MediaKind) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).unmute(call, side, kind)

    async def by_eye(self, call: str, side: Side, takeover: str, viewer: str) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).by_eye(call, side, takeover, viewer)

    async def give_back(self, call: str, context: Context, side: Side) -> None:
        """See the port."""
        await self._of(call).give_back(call, context, side)

    async def given_back(self, call: str, takeover: str) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).given_back(call, takeover)

    async def looks(self, call: str, side: Side, viewer: str) -> bool:
        """See the port."""
        return call in self._calls and await self._of(call).looks(call, side, viewer)

    async def end(self, call: str) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).end(call)
            self._calls.pop(call, None)

    async def close_taps(self, call: str, side: Side) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).close_taps(call, side)

    async def stop_listening(self, call: str) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).stop_listening(call)

    async def watch(self, call: str, side: Side, viewer: str, offer: str, listening: Listening | None) -> str:
        """See the port."""
        return await self._of(call).watch(call, side, viewer, offer, listening)

    async def still(self, call: str, side: Side, *, bare: bool = False) -> Still | None:
        """See the port."""
        return await self._of(call).still(call, side, bare=bare) if call in self._calls else None
