"""The list of rules: what each row of it says."""

from functools import reduce
from typing import Any

import pytest

from domain import booking
from domain.booking.commands import BookCall
from domain.booking.placing import case_of
from domain.booking.rules import RULES, Rule, person, timed
from domain.booking.rules.case import Case
from domain.event import Refused
from tests.asked import ask
from tests.bookings import AHEAD, usual
from tests.scenario import selected

wish = ask(BookCall, AHEAD)
about_people = {
    "visitor_twice",
    "visitors_max",
    "adults_max",
    "children_max",
    "lead_adult",
    "relationship_missing",
    "barred",
    "guardian_missing",
    "prisoner_merged",
    "prisoner_elsewhere",
}


def state_after(history: list[Any]) -> Any:
    evolve: Any = booking.evolve
    return reduce(evolve, selected(history, booking.boundary(wish)), booking.initial)


def no_rule(case: Case) -> str | None:
    """It demands nothing.

    And says no more than that.
    """
    return None


def test_a_row_says_which_keys_a_rule_reads_where_it_comes_from_and_who_may_set_it_aside() -> None:
    assert person(no_rule, "a", "b", source="s") == Rule(no_rule, ("a", "b"), "s", False, False)
    assert timed(no_rule, "a", source="s") == Rule(no_rule, ("a",), "s", False, True)
    assert timed(no_rule, source="s", overridable=True) == Rule(no_rule, (), "s", True, True)


def test_a_rule_is_named_and_described_by_its_check() -> None:
    rule = timed(no_rule, source="s")
    assert (rule.name, rule.meaning) == ("no_rule", "It demands nothing.")


def test_for_rules_about_people_no_other_time_helps() -> None:
    assert {rule.name for rule in RULES if not rule.elsewhere} == about_people


def test_a_case_is_what_the_rules_look_at() -> None:
    state = state_after(usual)
    case = case_of(state, wish)
    assert case.command is wish
    assert case.state is state
    assert case.slot.session == wish.session
    with pytest.raises(Refused, match="not published its rules"):
        case_of(state_after(usual[:-1]), wish)
