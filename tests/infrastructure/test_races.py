"""Two ask for the same last thing at the same instant, from different processes: one is booked, one is told why not."""

import pytest

from bench.races import race
from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases

pytestmark = pytest.mark.postgres

PAIRS = 60


async def test_of_each_pair_one_is_booked_and_the_other_gets_a_reason_and_another_time_where_there_is_one(
    databases: Databases, log: PostgresEventStore
) -> None:
    outcome = await race(databases.app, log, PAIRS)
    assert outcome.broken == []
    assert outcome.refused == {"session_full": 20, "allowance": 20, "double_booking": 20}
    assert outcome.with_alternative == 45
    assert outcome.searched == 3
    assert outcome.moved > 0, "they never met: this proves nothing"
