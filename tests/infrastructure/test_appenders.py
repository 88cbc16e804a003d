"""Many processes append at once: nothing is missed, nothing is given twice, nobody waits for a vacuum."""

import pytest

from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases
from tests.appenders import race

pytestmark = pytest.mark.postgres


async def test_eight_processes_book_against_each_other_for_three_seconds(
    databases: Databases, log: PostgresEventStore
) -> None:
    outcome = await race(databases, log, seconds=3.0)
    assert outcome.counts["booked"] > 50
    assert outcome.counts["moved"] > 0, "they never met: this proves nothing"
    assert outcome.vacuums > 0
    assert outcome.followed == outcome.positions
    assert outcome.broken == []
    assert outcome.waited_for_vacuum == 0
