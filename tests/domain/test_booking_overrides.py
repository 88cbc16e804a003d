"""Booking against rules of the policy: who may set which aside, and what goes on record."""

from typing import Any

import pytest

from domain import booking
from domain.booking.commands import BookCall, ChangeCall, Override, ReserveCall
from domain.booking.events import BookingRuleOverridden, CallBooked, CallRequested
from domain.booking.placing import OVERRIDABLE
from domain.booking.rules import RULES
from domain.event import Refused
from domain.timetable.events import SessionOpened
from tests.asked import ask
from tests.bookings import AHEAD, DAY, another, approved, earlier, held, opened, policy, usual
from tests.facts import OFFICER, fact
from tests.scenario import given

full = [held, fact(SessionOpened, stations=1), approved, policy(), another()]
overridden = fact(BookingRuleOverridden, AHEAD)


def aside(*rules: str, **changes: Any) -> dict[str, Any]:
    """An officer sets these rules aside, and the governor agrees."""
    usual_words = {"overridden_by": OFFICER, "approved_by": "governor-1", "reason": "A funeral"}
    return {"override": Override(rules=rules, **{**usual_words, **changes})}


def test_a_rule_that_is_set_aside_is_on_record_before_the_call() -> None:
    events = given(booking, *full).when(ask(BookCall, AHEAD, **aside("session_full"))).outcome()
    assert events[0] == overridden
    assert isinstance(events[1], CallRequested)
    assert "override" in events[1].for_staff


@pytest.mark.parametrize("command", [ReserveCall, BookCall])
def test_a_place_may_be_kept_and_asked_for_against_a_rule(command: type[BookCall]) -> None:
    events = given(booking, *full).when(ask(command, AHEAD, **aside("session_full"))).outcome()
    assert events[0] == overridden
    assert len(events) == 2


def test_a_call_may_be_changed_against_a_rule() -> None:
    mine = fact(CallBooked, AHEAD - DAY, session="session-0")
    events = given(booking, *full, mine).when(ask(ChangeCall, AHEAD, **aside("session_full"))).outcome()
    assert events[0] == overridden
    assert len(events) == 2


def test_only_what_stood_against_the_call_was_set_aside() -> None:
    both = ask(BookCall, AHEAD, **aside("allowance", "session_full", "notice_min"))
    events = given(booking, *full).when(both).outcome()
    assert isinstance(events[0], BookingRuleOverridden)
    assert events[0].rules == ("session_full",)


def test_where_nothing_stands_against_a_call_nothing_is_set_aside() -> None:
    events = given(booking, *usual).when(ask(BookCall, AHEAD, **aside("session_full"))).outcome()
    assert [type(event) for event in events] == [CallRequested]


def test_several_rules_are_set_aside_together() -> None:
    history = [*full, earlier(call="call-3", minutes=60)]
    events = (
        given(booking, *history).when(ask(BookCall, AHEAD, **aside("session_full", "allowance"))).outcome()
    )
    assert isinstance(events[0], BookingRuleOverridden)
    assert events[0].rules == ("allowance", "session_full")


def test_a_rule_that_was_not_named_still_stands() -> None:
    history = [*full, earlier(call="call-3", minutes=60)]
    with pytest.raises(Refused) as refused:
        given(booking, *history).when(ask(BookCall, AHEAD, **aside("session_full"))).outcome()
    assert refused.value.rules == ("allowance",)


@pytest.mark.parametrize("rule", sorted({rule.name for rule in RULES} - OVERRIDABLE))
def test_most_rules_are_set_aside_by_nobody(rule: str) -> None:
    """Naming them changes nothing: what stands against the call is told as if they were not named."""
    history = [held, opened, policy()]
    with pytest.raises(Refused) as refused:
        given(booking, *history).when(ask(BookCall, AHEAD, **aside(rule))).outcome()
    assert refused.value.rules == ("relationship_missing",)


def test_these_rules_may_be_set_aside_and_no_others() -> None:
    assert {"notice_min", "notice_max", "remand_week", "allowance", "session_full"} == OVERRIDABLE


def test_nobody_agrees_with_themselves() -> None:
    own = ask(BookCall, AHEAD, **aside("session_full", approved_by=OFFICER))
    given(booking, *full).when(own).then_refused("second_person")


def test_whose_role_needs_no_second_person_decides_alone() -> None:
    alone = ask(BookCall, AHEAD, **aside("session_full", approved_by=None))
    events = given(booking, *full).when(alone).outcome()
    assert events[0] == fact(BookingRuleOverridden, AHEAD, approved_by=None)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_rules_are_set_aside_for_a_reason(reason: str) -> None:
    given(booking, *full).when(ask(BookCall, AHEAD, **aside("session_full", reason=reason))).then_refused(
        "reason_missing"
    )


def test_a_reason_is_kept_without_the_space_around_it() -> None:
    said = ask(BookCall, AHEAD, **aside("session_full", reason="  A funeral\n"))
    assert given(booking, *full).when(said).outcome()[0] == overridden


def test_a_call_that_is_booked_against_a_rule_is_decided_on_by_staff() -> None:
    at_once = [held, opened, approved, policy(approval="auto", notice_days_min=5)]
    requested = given(booking, *at_once).when(ask(BookCall, AHEAD, **aside("notice_min"))).outcome()[1]
    assert isinstance(requested, CallRequested)
    assert "override" in requested.for_staff
