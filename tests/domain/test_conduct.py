"""What follows from a violation: only from a confirmed one, for whoever was there, one step after the other."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given as every
from hypothesis import strategies

from domain import conduct
from domain.booking.events import CallBooked
from domain.clearance import Side
from domain.conduct import (
    LiftSanction,
    SanctionImposed,
    SanctionLifted,
    TakeMeasure,
    WarningIssued,
)
from domain.event import Event
from domain.policy import Policy, PolicyPublished
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import OFFICER, PRISONER, VISITOR, fact
from tests.scenario import given

DAY = 86_400
STEPS = Policy().conduct.steps
opened = fact(WaitingRoomOpened, -900)
raised = fact(ViolationRaised, 9)
confirmed = fact(ViolationReviewed, 60)
found: list[Event] = [opened, raised, confirmed]
warned = fact(WarningIssued, -10 * DAY, call="call-0", violation="violation-0", sanction="sanction-0")
SEVEN = {"days": 7, "sanction": "sanction-2", "reason": "Again somebody else was in the picture"}
imposed = fact(SanctionImposed)


def policy(**rules: Any) -> PolicyPublished:
    return fact(PolicyPublished, -40 * DAY, document=Policy().merged({"conduct": rules}).document())


def earlier(days: int, ago_days: int, name: str = "sanction-0") -> SanctionImposed:
    return fact(
        SanctionImposed,
        -ago_days * DAY,
        call="call-0",
        violation=f"violation-of-{name}",
        sanction=name,
        days=days,
    )


def test_the_first_step_is_a_warning() -> None:
    given(conduct, *found).when(ask(TakeMeasure)).then(fact(WarningIssued))


def test_after_a_warning_somebody_is_kept_from_calls_for_the_days_of_the_next_step() -> None:
    given(conduct, *found, warned).when(ask(TakeMeasure, **SEVEN)).then(imposed)


def test_the_days_are_those_of_the_prisons_own_calendar() -> None:
    late = fact(PolicyPublished, -40 * DAY, document=Policy(time_zone="Pacific/Auckland").document())
    (event,) = given(conduct, late, *found, warned).when(ask(TakeMeasure, **SEVEN)).outcome()
    assert isinstance(event, SanctionImposed)
    assert (event.first, event.last) == (date(2026, 11, 24), date(2026, 11, 30))


@pytest.mark.parametrize("outcome", [None, ReviewOutcome.DISMISSED, ReviewOutcome.UNCLEAR])
def test_nothing_follows_from_what_no_officer_confirmed(outcome: ReviewOutcome | None) -> None:
    reviews = [] if outcome is None else [fact(ViolationReviewed, 60, outcome=outcome)]
    given(conduct, opened, raised, *reviews).when(ask(TakeMeasure)).then_refused("not_confirmed")


def test_nothing_follows_from_what_was_not_found_in_this_call() -> None:
    given(conduct, opened, confirmed).when(ask(TakeMeasure)).then_refused("violation_unknown")
    given(conduct, *found).when(ask(TakeMeasure, prison="LEI")).then_refused("violation_unknown")


@pytest.mark.parametrize("person", ["visitor-9", PRISONER], ids=["a stranger", "the other side"])
def test_only_whoever_was_on_that_side_of_the_call_is_sanctioned(person: str) -> None:
    given(conduct, *found).when(ask(TakeMeasure, person=person)).then_refused("not_on_call")


def test_somebody_in_prison_is_warned_for_what_was_seen_on_their_side() -> None:
    theirs = fact(ViolationRaised, 9, side=Side.PRISONER)
    given(conduct, opened, theirs, confirmed).when(ask(TakeMeasure, person=PRISONER)).then(
        fact(WarningIssued, person=PRISONER, side=Side.PRISONER)
    )


def test_a_child_is_never_sanctioned() -> None:
    booked = fact(CallBooked, -2 * DAY, children=(VISITOR,))
    given(conduct, booked, *found).when(ask(TakeMeasure)).then_refused("child")


def test_one_thing_follows_from_a_violation_for_one_person() -> None:
    given(conduct, *found, fact(WarningIssued)).when(ask(TakeMeasure)).then_nothing()
    again = ask(TakeMeasure, **SEVEN)
    given(conduct, *found, fact(WarningIssued)).when(again).then_refused("measure_known")


def test_a_measure_has_its_reason_in_words() -> None:
    given(conduct, *found).when(ask(TakeMeasure, reason=" ")).then_refused("reason_missing")


def test_no_step_is_left_out_and_a_milder_one_is_always_possible() -> None:
    given(conduct, *found).when(ask(TakeMeasure, **SEVEN)).then_refused("step_too_far")
    given(conduct, *found, warned).when(ask(TakeMeasure, days=15)).then_refused("step_too_far")
    given(conduct, *found, warned).when(ask(TakeMeasure)).then(fact(WarningIssued))
    given(conduct, *found, earlier(7, 30)).when(ask(TakeMeasure, **SEVEN)).then(imposed)


def test_a_number_of_days_that_is_no_step_is_not_imposed() -> None:
    given(conduct, *found, earlier(90, 30)).when(ask(TakeMeasure, days=60)).then_refused("step_unknown")
    own = policy(steps=[0, 60])
    given(conduct, own, *found, warned).when(ask(TakeMeasure, days=7)).then_refused("step_unknown")
    assert given(conduct, own, *found, warned).when(ask(TakeMeasure, days=60)).outcome()


def test_what_is_long_ago_no_longer_counts() -> None:
    rule = policy(lookback_days=30)
    asked = ask(TakeMeasure, **SEVEN)
    old, new = (
        fact(WarningIssued, -days * DAY, call="call-0", violation="v-0", sanction="s-0") for days in (31, 30)
    )
    given(conduct, rule, *found, old).when(asked).then_refused("step_too_far")
    given(conduct, rule, *found, new).when(asked).then(imposed)


def test_what_was_lifted_and_what_others_did_do_not_count() -> None:
    lifted = fact(SanctionLifted, sanction="sanction-0")
    asked = ask(TakeMeasure, **SEVEN)
    given(conduct, *found, warned, lifted).when(asked).then_refused("step_too_far")
    beside = fact(WarningIssued, person="visitor-2")
    given(conduct, *found, beside).when(asked).then_refused("step_too_far")


@every(given_days=strategies.lists(strategies.sampled_from(STEPS), max_size=6))
def test_the_next_step_is_never_more_than_one_above_the_highest_and_never_off_the_ladder(
    given_days: list[int],
) -> None:
    past = [earlier(days, 30, f"sanction-{number}") for number, days in enumerate(given_days, 10)]
    state = conduct.initial
    for event in past:
        state = conduct.evolve(state, event)
    due = conduct.due_step(state, VISITOR, fact(WarningIssued).at)
    highest = max((STEPS.index(days) for days in given_days), default=-1)
    assert due == min(highest + 1, len(STEPS) - 1)


def test_a_sanction_is_lifted_once_by_somebody_else_with_a_reason() -> None:
    given(conduct, imposed).when(ask(LiftSanction, 60)).then(fact(SanctionLifted, 60))
    given(conduct, imposed, fact(SanctionLifted, 30)).when(ask(LiftSanction, 60)).then_nothing()
    given(conduct, imposed).when(ask(LiftSanction, lifted_by=OFFICER)).then_refused("second_person")
    given(conduct, imposed).when(ask(LiftSanction, reason="")).then_refused("reason_missing")
    given(conduct, fact(WarningIssued)).when(
        ask(LiftSanction, sanction="sanction-1", lifted_by=OFFICER)
    ).then_refused("second_person")


def test_a_sanction_of_another_call_or_of_none_is_not_lifted() -> None:
    given(conduct).when(ask(LiftSanction)).then_refused("sanction_unknown")
    elsewhere = fact(SanctionImposed, call="call-9")
    given(conduct, elsewhere).when(ask(LiftSanction)).then_refused("sanction_unknown")


@pytest.mark.parametrize("steps", [[], [7, 0], [0, 7, 7], [-1, 5]])
def test_a_ladder_that_does_not_rise_is_no_ladder(steps: list[int]) -> None:
    with pytest.raises(ValueError, match="conduct"):
        Policy().merged({"conduct": {"steps": steps}})


def test_the_default_ladder_is_a_warning_and_four_steps() -> None:
    assert STEPS == (0, 7, 15, 30, 90)
    assert Policy().conduct.lookback_days == 365
