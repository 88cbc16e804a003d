"""The one writer: bounded batches, two under way, an answer for everybody."""

import asyncio
from collections.abc import Sequence

import pytest

from application.ports import StoreAway
from infrastructure.group_commit import BATCH_MAX, COMMITS_MAX, GroupCommit, Request


def request(number: int) -> Request:
    return [("", f"n:{number}")], number, [("X", b"{}", f"n:{number}")]


class Database:
    """Answers each request with its own number, and remembers who came together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.under_way = self.under_way_max = 0
        self.refuses: set[int] = set()
        self.open = asyncio.Event()

    async def send(self, requests: Sequence[Request]) -> Sequence[int | None]:
        self.under_way += 1
        self.under_way_max = max(self.under_way, self.under_way_max)
        try:
            await self.open.wait()
            numbers = [after for _, after, _ in requests]
            if self.refuses & set(numbers):
                raise ValueError("one of them is unfit")
            self.batches.append(numbers)
            return numbers
        finally:
            self.under_way -= 1


async def test_many_appends_travel_in_bounded_batches_of_which_two_are_under_way() -> None:
    database = Database()
    async with GroupCommit(database.send) as commits:
        appending = asyncio.gather(*(commits.append(request(number)) for number in range(200)))
        async with asyncio.timeout(10):
            while database.under_way < COMMITS_MAX:
                await asyncio.sleep(0)
        database.open.set()
        assert await appending == list(range(200))
    assert database.under_way_max == COMMITS_MAX == 2
    assert max(map(len, database.batches)) == BATCH_MAX
    assert sorted(sum(database.batches, [])) == list(range(200))  # noqa: RUF017 - a few lists


async def test_an_unfit_append_fails_alone() -> None:
    database = Database()
    database.open.set()
    database.refuses = {7, 23}
    async with GroupCommit(database.send) as commits:
        outcomes = await asyncio.gather(*map(commits.append, map(request, range(50))), return_exceptions=True)
    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome, ValueError)] == [7, 23]
    assert all(outcome == number for number, outcome in enumerate(outcomes) if number not in {7, 23})


async def test_who_still_waits_at_the_end_hears_that_the_outcome_is_unknown() -> None:
    database = Database()
    async with GroupCommit(database.send) as commits:
        appending = [asyncio.create_task(commits.append(request(number))) for number in range(100)]
        async with asyncio.timeout(10):
            while database.under_way < COMMITS_MAX:
                await asyncio.sleep(0)
    outcomes = await asyncio.gather(*appending, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreAway}


async def test_a_caller_who_went_away_holds_nobody_up() -> None:
    database = Database()
    async with GroupCommit(database.send) as commits:
        gone = asyncio.create_task(commits.append(request(1)))
        stays = asyncio.create_task(commits.append(request(2)))
        async with asyncio.timeout(10):
            while not database.under_way:
                await asyncio.sleep(0)
        gone.cancel()
        database.open.set()
        assert await stays == 2
        with pytest.raises(asyncio.CancelledError):
            await gone
