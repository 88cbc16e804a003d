"""Which worker carries a call, and when a call that lost its worker may be taken up again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from application.ports import WorkerLoad
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from infrastructure.media.engine import WorkerEngine
from infrastructure.media.workers import Bounds, MediaWorkers
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
    return MediaWorkers(Bounds(calls=calls_max, lag_ms=100, verdict_ms=300), Transit(bytes(32)))


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


async def test_no_call_is_placed_on_a_busy_worker_and_one_that_runs_is_taken_up_even_there(
    tmp_path: Path,
) -> None:
    async with worker(tmp_path, "w-1") as (first, told_first), worker(tmp_path, "w-2") as (second, told):
        workers = no_workers()
        workers.add("w-1", first, [])
        workers.add("w-2", second, ["c-0"])
        workers.counted()
        workers.told_load("w-1", 20, 301)
        await open_call(workers, "c-1")
        assert (told_first.calls, told.calls) == ([], ["c-1"])
        with pytest.raises(Refused, match="No room"):
            await open_call(workers, "c-2")
        await open_call(workers, "c-3", STARTED)
        workers.told_load("w-1", 101, 40)
        with pytest.raises(Refused, match="No room"):
            await open_call(workers, "c-2")
        workers.told_load("w-1", 100, 300)
        await open_call(workers, "c-2")
        assert told_first.calls == ["c-3", "c-2"]


async def test_how_busy_each_worker_is_can_be_asked(tmp_path: Path) -> None:
    async with worker(tmp_path, "w-1") as (first, _), worker(tmp_path, "w-2") as (second, _):
        workers = no_workers()
        workers.add("w-1", first, ["c-0"])
        workers.add("w-2", second, [])
        workers.told_load("w-2", 400, None)
        workers.told_load("w-3", 1, 1)  # it is gone
        assert workers.loads() == (
            WorkerLoad("w-1", 1, True, None, None),
            WorkerLoad("w-2", 0, False, 400, None),
        )
        workers.remove("w-2", second)
        assert [load.worker for load in workers.loads()] == ["w-1"]


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


async def test_a_worker_that_dies_takes_only_its_own_calls_with_it(tmp_path: Path) -> None:
    async with worker(tmp_path, "w-1") as (first, _), worker(tmp_path, "w-2") as (second, told):
        workers = no_workers()
        workers.add("w-1", first, ["c-1", "c-2"])
        workers.add("w-2", second, ["c-3"])
        assert workers.remove("w-1", first) == ["c-1", "c-2"]
        assert workers.carried == {"c-3"}
        await workers.open_call("c-3", "MDI", "MDI/1", {}, [])
        assert told.calls == ["c-3"]  # asked again of the worker that has it


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
    await workers.hold("c-1", "staff", None)
    await workers.resume("c-1", {})
    await workers.end("c-1")
    assert workers.carried == frozenset()
