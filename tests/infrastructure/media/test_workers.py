"""Which worker carries a call, and when a call that lost its worker may be taken up again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from infrastructure.media.engine import WorkerEngine
from infrastructure.media.workers import MediaWorkers
from infrastructure.rpc import Peer, Server, connect
from infrastructure.transit import Transit

STARTED = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Opened:
    """What the process at the other end of the socket was asked to open."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def take(self, _: Peer, body: dict[str, Any]) -> None:
        self.calls.append(body["call"])


@asynccontextmanager
async def worker(folder: Path, name: str) -> AsyncIterator[tuple[WorkerEngine, Opened]]:
    """The connection to a worker process, and what it is asked."""
    opened = Opened()
    async with Server(folder / f"{name}.sock", {"open_call": opened.take}):
        peer = await connect(folder / f"{name}.sock")
        yield WorkerEngine(peer), opened
        await peer.close()


def no_workers(calls_max: int = 2) -> MediaWorkers:
    return MediaWorkers(calls_max, Transit(bytes(32)))


async def open_call(workers: MediaWorkers, call: str, started_at: datetime | None = None) -> None:
    await workers.open_call(call, "MDI", "MDI/1", {}, [], started_at)


async def test_a_call_goes_to_the_worker_that_carries_the_fewest(tmp_path: Path) -> None:
    async with worker(tmp_path, "w-1") as (first, told_first), worker(tmp_path, "w-2") as (second, told):
        workers = no_workers()
        workers.add("w-1", first, ["c-0"])
        workers.add("w-2", second, [])
        await open_call(workers, "c-1")
        await open_call(workers, "c-2")
        assert (told_first.calls, told.calls) == (["c-2"], ["c-1"])


async def test_a_call_is_not_placed_where_there_is_no_room(tmp_path: Path) -> None:
    async with worker(tmp_path, "w-1") as (engine, told):
        workers = no_workers(calls_max=1)
        workers.add("w-1", engine, ["c-0"])
        with pytest.raises(Refused, match="No room"):
            await open_call(workers, "c-1")
        assert told.calls == []


async def test_a_running_call_is_not_taken_up_before_the_roll_call_is_over(tmp_path: Path) -> None:
    async with worker(tmp_path, "w-1") as (engine, told):
        workers = no_workers()
        workers.add("w-1", engine, [])
        with pytest.raises(Refused, match="not connected"):
            await open_call(workers, "c-1", STARTED)
        await open_call(workers, "c-2")  # a waiting room has nobody to lose
        workers.counted()
        await open_call(workers, "c-1", STARTED)
        assert told.calls == ["c-2", "c-1"]


async def test_a_call_that_lost_its_worker_is_not_taken_up_before_that_is_on_record(tmp_path: Path) -> None:
    async with worker(tmp_path, "w-1") as (first, _), worker(tmp_path, "w-2") as (second, told):
        workers = no_workers()
        workers.counted()
        workers.add("w-1", first, ["c-1"])
        workers.add("w-2", second, [])
        assert workers.remove("w-1", first) == ["c-1"]
        with pytest.raises(Refused, match="not connected"):
            await open_call(workers, "c-1", STARTED)
        workers.recorded("c-1")
        await open_call(workers, "c-1", STARTED)
        assert told.calls == ["c-1"]
        assert workers.carried == {"c-1"}


async def test_a_worker_that_connected_anew_keeps_its_calls_when_its_old_connection_ends(
    tmp_path: Path,
) -> None:
    async with worker(tmp_path, "w-1") as (before, _), worker(tmp_path, "w-2") as (now, _):
        workers = no_workers()
        workers.add("w-1", before, [])
        workers.add("w-1", now, ["c-1"])
        assert workers.remove("w-1", before) == []
        assert workers.carried == {"c-1"}


async def test_what_is_asked_of_a_call_nobody_carries_is_refused_with_a_sentence() -> None:
    with pytest.raises(Refused, match="not connected at the moment"):
        await no_workers().join("c-1", Side.VISITOR, "an offer", "k-1")


async def test_a_call_that_nobody_carries_does_not_begin_unnoticed() -> None:
    with pytest.raises(Refused):
        await no_workers().start("c-1", STARTED)


async def test_what_is_told_of_a_call_nobody_carries_is_told_to_nobody() -> None:
    workers = no_workers()
    await workers.admit("c-1", Side.VISITOR, ClearanceMode.MATCH, 1)
    await workers.hold("c-1", "staff")
    await workers.resume("c-1", {})
    await workers.end("c-1")
    assert workers.carried == frozenset()
