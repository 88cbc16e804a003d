"""The roll call at the start of the API process: which calls does the log believe running that nobody carries?

A worker that dies while the API lives is noticed by its closed connection. When everything died at once,
nobody was there to notice: such calls are found here, and put on record as interrupted, before any side
may connect again and before any deadline fires.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import get_args

import structlog

from application.ports import EventStore, StoreAway
from domain.call.events import CallFact
from domain.decider import about
from domain.stream import StreamEvent
from infrastructure.gateway import Gateway
from infrastructure.media.workers import MediaWorkers
from infrastructure.reactor import LOOK_AGAIN_S
from infrastructure.recorder import Recorder

PATIENCE_S = 15.0  # for the workers to connect, and to report what those before them could not

log = structlog.get_logger()


class RollCall:
    """Held once, after the start."""

    def __init__(
        self,
        store: EventStore,
        gateway: Gateway,
        workers: MediaWorkers,
        recorder: Recorder,
        expected: int,
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._gateway, self._workers = store, gateway, workers
        self._recorder, self._expected, self._now = recorder, expected, now

    async def hold(self) -> None:
        """Interrupt what is running on record and carried by nobody; then calls may be taken up again."""
        await self._until_workers_are_here()
        for call in sorted(await self._running() - self._workers.carried):
            since = await self._last_sign(call)
            log.warning("A call was running when everything ended.", call=call)
            await self._recorder.interrupt(call, "worker_lost", since)
        self._workers.counted()

    async def _until_workers_are_here(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while self._workers.count < self._expected:  # noqa: ASYNC110  looked at for a moment, once
                    await asyncio.sleep(LOOK_AGAIN_S)
                await self._workers.replayed()
        except TimeoutError:
            log.warning("Not every media worker is here.", count=self._workers.count)

    async def _running(self) -> frozenset[str]:
        while True:
            try:
                rows = await self._gateway.fetch(_RUNNING)
                return frozenset(row["tag"].removeprefix("call:") for row in rows)
            except StoreAway:
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _last_sign(self, call: str) -> datetime:
        """When something of the call was last recorded: it ran until then at least."""
        boundary = (about(f"call:{call}", *get_args(StreamEvent), *get_args(CallFact)),)
        while True:
            try:
                facts, _ = await self._store.read(boundary)
                last: datetime = max(fact.event.at for fact in facts)
                return min(self._now(), last)
            except StoreAway:
                await asyncio.sleep(LOOK_AGAIN_S)


_RUNNING = """
SELECT tag FROM public.dcb_events_tt_main, unnest(tags) AS tag
WHERE type = 'CallStarted' AND tag LIKE 'call:%'
EXCEPT
SELECT tag FROM public.dcb_events_tt_main, unnest(tags) AS tag
WHERE type IN ('CallCompleted', 'CallTerminated') AND tag LIKE 'call:%'
"""
