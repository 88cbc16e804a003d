"""All media workers as one media engine: each call lives whole in one of them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from application.ports import Context, MediaEngine, SeatTerms, Still
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from infrastructure.media.engine import WorkerEngine
from infrastructure.transit import Transit

_NOT_CONNECTED = "This call is not connected at the moment. Please try again in a few seconds."


class MediaWorkers(MediaEngine):
    """Places calls where the fewest are, and finds them again."""

    def __init__(self, calls_max: int, transit: Transit) -> None:
        self._calls_max = calls_max  # that one worker carries at once
        self._transit = transit
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
        gone = [call for call, where in self._calls.items() if where == worker]
        for call in gone:
            del self._calls[call]
        self._lost.update(gone)
        return gone

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

    def _place(self, call: str) -> str:
        carried = {worker: list(self._calls.values()).count(worker) for worker in self._workers}
        free = [worker for worker, count in carried.items() if count < self._calls_max]
        if not free:
            raise Refused(
                "No room for another call at the moment. Please try again in a few seconds.", "no_worker"
            )
        return min(free, key=lambda worker: (carried[worker], worker))

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
        worker = self._calls.get(call) or self._place(call)
        await self._workers[worker].open_call(call, prison, policy, document, seats, started_at)
        self._calls[call] = worker

    async def join(self, call: str, side: Side, offer: str, connection: str) -> str:
        """See the port."""
        return await self._of(call).join(call, side, offer, connection)

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

    async def hold(self, call: str, cause: str) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).hold(call, cause)

    async def resume(self, call: str, words: Mapping[str, str]) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).resume(call, words)

    async def end(self, call: str) -> None:
        """See the port."""
        if call in self._calls:
            await self._of(call).end(call)
            self._calls.pop(call, None)

    async def watch(self, call: str, side: Side, viewer: str, offer: str) -> str:
        """See the port."""
        return await self._of(call).watch(call, side, viewer, offer)

    async def still(self, call: str, side: Side) -> Still | None:
        """See the port."""
        return await self._of(call).still(call, side) if call in self._calls else None
