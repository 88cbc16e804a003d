"""Eight processes append against each other for 20 seconds, under VACUUM FREEZE and ANALYZE without end."""

import pytest

from infrastructure.event_store import PostgresEventStore
from infrastructure.migrations import Databases
from tests.appenders import race

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


async def test_twenty_seconds_of_eight_processes_miss_nothing_and_break_nothing(
    databases: Databases, log: PostgresEventStore
) -> None:
    outcome = await race(databases, log, seconds=20.0)
    print(  # noqa: T201 - the figures of the run
        f"\n{len(outcome.positions)} events, {outcome.counts['booked']} bookings, "
        f"{outcome.counts['moved']} races lost, {outcome.vacuums} vacuums, "
        f"slowest append {outcome.append_ms_max:.0f} ms, {dict(outcome.counts)}"
    )
    assert outcome.counts["moved"] > 0, "they never met: this proves nothing"
    assert outcome.vacuums > 10
    assert len(outcome.positions) - len(set(outcome.followed)) == 0
    assert outcome.followed == outcome.positions
    assert outcome.broken == []
    assert outcome.waited_for_vacuum == 0
