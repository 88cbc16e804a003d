"""Facts reach the recorder in order and once, whatever happens between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.call.commands import ReportBack
from domain.clearance import Side
from infrastructure.media import journal
from infrastructure.media.journal import Journal
from infrastructure.media.reporter import Reporter
from infrastructure.rpc import Peer, Server, connect


class StoreAway(Exception):
    """As the recorder raises it."""


class RuleBroken(Exception):
    """Any other refusal."""


@dataclass
class Log:
    """A recorder that can be made to fail."""

    failure: Exception | None = None
    got: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    async def fact(self, _: Peer, body: dict[str, Any]) -> dict[str, int]:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        self.got.append(body)
        return {"position": len(self.got)}


@dataclass
class Desk:
    reporter: Reporter
    log: Log
    dark: list[tuple[str, str]] = field(default_factory=list)
    light: list[tuple[str, str]] = field(default_factory=list)


@asynccontextmanager
async def desk(folder: Path, limit_s: float = 60.0, writes: Journal | None = None) -> AsyncIterator[Desk]:
    log = Log()
    dark: list[tuple[str, str]] = []
    light: list[tuple[str, str]] = []
    written = writes or Journal(folder, "media-1")
    reporter = Reporter("media-1", written, lambda *a: dark.append(a), lambda *a: light.append(a))
    async with Server(folder / "r.sock", {"fact": log.fact, "block": log.fact}):
        peer = await connect(folder / "r.sock")
        reporter.open("c-1", limit_s)
        reporter.open("c-2", limit_s)
        reporter.start()
        reporter.reach(peer)
        yield Desk(reporter, log, dark, light)
        await reporter.stop(0.5)
        await peer.close()


def report(on: Desk, call: str, side: Side = Side.VISITOR) -> None:
    on.reporter.fact(call, ReportBack(at=datetime.now(UTC), call=call, side=side))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_facts_of_a_call_arrive_in_order_with_everything_the_recorder_needs(tmp_path: Path) -> None:
    async with desk(tmp_path) as on:
        for side in (Side.VISITOR, Side.PRISONER, Side.VISITOR):
            report(on, "c-1", side)
        await on.reporter.settled()
        assert [body["body"]["side"] for body in on.log.got] == ["visitor", "prisoner", "visitor"]
        assert {"cmd", "call", "name", "body", "actor", "worker"} == set(on.log.got[0])
        assert len({body["cmd"] for body in on.log.got}) == 3
    assert journal.left_behind(tmp_path) == []


async def test_while_the_log_is_away_the_same_command_is_sent_again_and_nothing_overtakes_it(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as on:
        on.log.failure = StoreAway()
        report(on, "c-1", Side.VISITOR)
        report(on, "c-1", Side.PRISONER)
        await until(lambda: on.log.asked >= 2)
        assert [entry.number for entry in journal.read(tmp_path, "media-1")] == [0, 1]
        on.log.failure = None
        await on.reporter.settled()
        assert [body["body"]["side"] for body in on.log.got] == ["visitor", "prisoner"]
        assert on.dark == []


async def test_a_fact_the_rules_refuse_does_not_hold_up_the_next(tmp_path: Path) -> None:
    async with desk(tmp_path) as on:
        on.log.failure = RuleBroken("no")
        report(on, "c-1")
        await until(lambda: on.log.asked == 1)
        on.log.failure = None
        report(on, "c-1", Side.PRISONER)
        await on.reporter.settled()
        assert [body["body"]["side"] for body in on.log.got] == ["prisoner"]


async def test_past_the_limit_only_the_calls_that_reported_go_dark_and_are_told_when_it_is_over(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, limit_s=0.3) as on:
        on.log.failure = StoreAway()
        report(on, "c-1")
        await until(lambda: bool(on.dark))
        assert on.dark == [("c-1", "log_away")]
        on.log.failure = None
        await until(lambda: bool(on.light))
        assert on.light == [("c-1", "log_back")]


async def test_a_journal_that_cannot_be_written_darkens_the_call_and_the_fact_is_sent_all_the_same(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, writes=Journal(tmp_path, "media-1", bytes_max=10)) as on:
        report(on, "c-2")
        await on.reporter.settled()
        assert on.dark == [("c-2", "journal_unwritable")]
        assert len(on.log.got) == 1
