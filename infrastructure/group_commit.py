"""Group commit: many callers append at once, one writer sends what waits as one transaction.

Each append keeps its own condition and gets its own answer. Two transactions may be under way: the
second waits in the database for the lock that the first holds, so that neither side stands idle.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Self

from application.ports import StoreAway

BATCH_MAX = 32  # appends in one transaction
COMMITS_MAX = 2  # transactions under way
QUEUE_MAX = 1024  # appends that wait; beyond, callers wait to get in

SEPARATOR = "\x1f"  # stands in no type and no tag

Item = tuple[str, str]
"""Types and tags of one part of a condition, each joined by `SEPARATOR`."""
Row = tuple[str, bytes, str]
"""Type, bytes and joined tags of one event."""
Request = tuple[list[Item], int, list[Row]]
"""Events to append, unless something matching an item stands behind the position."""

Send = Callable[[Sequence[Request]], Awaitable[Sequence[int | None]]]
"""Append all requests in one transaction: the last position of each, None where its boundary moved.

Raises `StoreAway`, or another error that one of the requests has caused.
"""


@dataclass(slots=True)
class _Waiting:
    request: Request
    answer: "asyncio.Future[int | None]"

    def answered(self, position: int | None) -> None:
        if not self.answer.done():  # the caller may have gone away
            self.answer.set_result(position)

    def failed(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class GroupCommit:
    """The one writer. Open it with `async with`, which owns its task."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(QUEUE_MAX)
        self._slots = asyncio.Semaphore(COMMITS_MAX)
        self._under_way: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [self._writer, *self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while not self._queue.empty():
            self._queue.get_nowait().failed(StoreAway("the event store was closed"))

    @property
    def waiting(self) -> int:
        """How many appends wait to be sent."""
        return self._queue.qsize()

    async def append(self, request: Request) -> int | None:
        """The last position, or None when the boundary moved. Raises what `send` raised for it."""
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        if self._queue.full():
            await self._queue.put(waiting)
        else:
            self._queue.put_nowait(waiting)
        return await waiting.answer

    async def _write(self) -> None:
        while True:
            await self._slots.acquire()
            batch = [await self._queue.get()]
            while len(batch) < BATCH_MAX and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            commit = asyncio.create_task(self._commit(batch))
            self._under_way.add(commit)
            commit.add_done_callback(self._committed)

    def _committed(self, commit: "asyncio.Task[None]") -> None:
        self._under_way.discard(commit)
        self._slots.release()

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            positions = await self._send([waiting.request for waiting in batch])
        except StoreAway as away:
            for waiting in batch:
                waiting.failed(away)
        except asyncio.CancelledError:
            for waiting in batch:
                waiting.failed(StoreAway("the event store was closed; the outcome is unknown"))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's, not the writer's
            await self._commit_apart(batch, error)
        else:
            for waiting, position in zip(batch, positions, strict=True):
                waiting.answered(position)

    async def _commit_apart(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """One of the batch has failed all: send them one by one, so that only the guilty one hears of it."""
        if len(batch) == 1:
            batch[0].failed(error)
            return
        for waiting in batch:
            await self._commit([waiting])
