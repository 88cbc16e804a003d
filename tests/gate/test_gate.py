"""Simulated hours of the gate hold every rule of the oracle, and each bug put into it is noticed."""

import re
from pathlib import Path

import pytest

from tests.gate.bugs import BUGS, Bug
from tests.gate.running import FILM_MINUTES, caught, crowded, simulate

HOURS = 100
PARTS = 10
PAGE = Path(__file__).parents[2] / "docs" / "gate.md"

pytestmark = pytest.mark.simulation


@pytest.mark.parametrize("part", range(PARTS))
def test_simulated_hours_break_no_rule(part: int) -> None:
    hours = HOURS / PARTS
    result = simulate(first=part * round(hours * 60 / FILM_MINUTES), hours=hours)
    assert result.broken == []
    assert result.counts["pictures that left"] > result.counts["pictures"] / 2
    assert min(result.counts[what] for what in ("freezes", "pauses", "pictures with a stranger")) > 0


def test_in_a_crowded_picture_only_the_known_limit_remains() -> None:
    assert crowded(first=0, hours=1).broken == []


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_bug_in_the_gate_is_noticed_where_the_page_says(bug: Bug) -> None:
    row = re.search(rf"\| {re.escape(bug.sentence)} \| film (\d+) \| (.*) \|", PAGE.read_text())
    assert row is not None, "scripts/gate_simulation --write"
    noticed = caught(bug, first=int(row[1]), films_max=1)
    assert noticed is not None
    assert noticed[1].endswith(f": {row[2]}")
