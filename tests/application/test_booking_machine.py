"""Bookings, facts and decisions in any order: what a plain model of the rules answers, the service answers.

By hand, and at length: `scripts/booking_machine --runs 2000 --postgres 200`.
"""

import pytest

from tests.machine.ground import in_memory, on_postgres
from tests.machine.running import beside_the_model, with_reactions

pytestmark = pytest.mark.long


def test_every_answer_is_that_of_a_plain_model_of_the_rules() -> None:
    with in_memory() as grounds:
        outcome = beside_the_model(grounds, 100)
    assert outcome.runs >= 100
    assert outcome.hits["offered elsewhere"] > 5
    assert len(outcome.never_refused) < 10, "at length every rule says no: this proves nothing of these"


@pytest.mark.postgres
def test_every_answer_is_that_of_a_plain_model_of_the_rules_on_postgres_too(database: str) -> None:
    with on_postgres(database) as grounds:
        outcome = beside_the_model(grounds, 15)
    assert outcome.runs >= 15
    assert sum(outcome.hits.values()) > 100


def test_following_a_log_again_from_its_first_event_appends_nothing() -> None:
    with in_memory() as grounds:
        outcome = with_reactions(grounds, 40)
    assert sum(outcome.logs) > 1000


@pytest.mark.postgres
def test_following_a_log_again_from_its_first_event_appends_nothing_on_postgres_either(database: str) -> None:
    with on_postgres(database) as grounds:
        outcome = with_reactions(grounds, 6)
    assert sum(outcome.logs) > 100
