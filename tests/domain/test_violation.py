"""Reviews: a person says what the machine saw, once."""

from domain import violation
from domain.violation import ReviewViolation, ViolationRaised, ViolationReviewed
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

raised = fact(ViolationRaised, 9)
reviewed = fact(ViolationReviewed)


def test_an_officer_says_what_a_violation_was() -> None:
    given(violation, raised).when(ask(ReviewViolation)).then(reviewed)


def test_a_note_is_kept_without_the_space_around_it() -> None:
    given(violation, raised).when(ask(ReviewViolation, note=" A neighbour looked in ")).then(reviewed)


def test_a_violation_is_reviewed_once() -> None:
    given(violation, raised, reviewed).when(ask(ReviewViolation)).then_refused("violation_reviewed")


def test_a_review_of_another_violation_is_another_review() -> None:
    other = fact(ViolationReviewed, violation="violation-2")
    given(violation, raised, other).when(ask(ReviewViolation)).then(reviewed)


def test_only_what_was_raised_in_this_call_is_reviewed() -> None:
    elsewhere = fact(ViolationRaised, 9, call="call-2")
    given(violation, elsewhere).when(ask(ReviewViolation)).then_refused("violation_unknown")


def test_a_review_says_what_was_seen() -> None:
    given(violation, raised).when(ask(ReviewViolation, note=" ")).then_refused("reason_missing")
