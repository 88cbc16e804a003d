"""Allowance: call time is granted and corrected for one month of one person, with a reason in words."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain import allowance
from domain.allowance import (
    AdjustAllowance,
    Allowance,
    AllowanceReason,
    CallAllowanceAdjusted,
    CallAllowanceGranted,
    GrantAllowance,
)
from domain.event import Command
from tests.asked import ask
from tests.facts import PRISONER, fact
from tests.scenario import given

BOTH = pytest.mark.parametrize("command", [GrantAllowance, AdjustAllowance])


def test_more_call_time_is_granted() -> None:
    given(allowance).when(ask(GrantAllowance)).then(fact(CallAllowanceGranted))


def test_a_grant_follows_another() -> None:
    given(allowance, fact(CallAllowanceGranted)).when(ask(GrantAllowance)).then(fact(CallAllowanceGranted))


@pytest.mark.parametrize("minutes", [-30, 30])
def test_call_time_is_corrected_up_and_down(minutes: int) -> None:
    corrected = fact(CallAllowanceAdjusted, minutes=minutes)
    given(allowance).when(ask(AdjustAllowance, minutes=minutes)).then(corrected)


def test_a_correction_of_nothing_is_none() -> None:
    given(allowance).when(ask(AdjustAllowance, minutes=0)).then_refused("nothing_adjusted")


@BOTH
@pytest.mark.parametrize("month", ["prisoner-2/2026-11", "prisoner-10/2026-11", "2026-11"])
def test_a_month_is_one_of_the_persons_own(command: type[Command], month: str) -> None:
    given(allowance).when(ask(command, prisoner_month=month)).then_refused("month_of_another")


@BOTH
@pytest.mark.parametrize("words", ["", " \n"])
def test_call_time_is_given_for_a_reason_in_words(command: type[Command], words: str) -> None:
    given(allowance).when(ask(command, words=words)).then_refused("reason_missing")


@pytest.mark.parametrize("month", ["2026-03", "2026-10", "2028-02"])
def test_words_and_reason_go_on_record(month: str) -> None:
    changes: dict[str, Any] = {"prisoner_month": f"{PRISONER}/{month}", "reason": AllowanceReason.TRANSFER}
    said = ask(GrantAllowance, words="  A birth in the family\n", **changes)
    given(allowance).when(said).then(fact(CallAllowanceGranted, **changes))


@pytest.mark.parametrize("minutes", [0, -1, 24 * 60 + 1])
def test_a_grant_is_of_some_minutes_and_no_more_than_a_day(minutes: int) -> None:
    with pytest.raises(ValidationError):
        ask(GrantAllowance, minutes=minutes)


def test_what_was_given_in_a_month_adds_up() -> None:
    state = allowance.initial
    for event in (
        fact(CallAllowanceGranted),
        fact(CallAllowanceGranted, minutes=15),
        fact(CallAllowanceAdjusted),
    ):
        state = allowance.evolve(state, event)
    assert state == Allowance(15)


def test_a_decision_rests_on_one_month_of_one_person() -> None:
    (facts,) = allowance.boundary(ask(GrantAllowance))
    assert facts.tags == {f"prisoner_month:{PRISONER}/2026-11"}
    assert facts.types == (CallAllowanceGranted, CallAllowanceAdjusted)
