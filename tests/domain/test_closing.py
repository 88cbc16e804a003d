"""A record is closed once, when the call is over, every violation reviewed and every concern closed."""

import pytest

from domain import closing
from domain.call.events import CallClosed
from domain.closing import CloseCall
from domain.concern import ConcernClosed, ConcernRaised
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.moderation.kind import Action
from domain.violation import ViolationRaised, ViolationReviewed
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

raised = fact(ViolationRaised, 9)
reviewed = fact(ViolationReviewed, 90)
ended = fact(CallTerminated, 60)
closed = fact(CallClosed)


@pytest.mark.parametrize("kind", [CallCompleted, CallTerminated, CallMissed], ids=lambda kind: kind.__name__)
def test_a_call_that_is_over_and_owes_no_review_is_closed(kind: type[Event]) -> None:
    given(closing, fact(kind)).when(ask(CloseCall)).then(closed)


def test_a_call_that_is_not_over_is_not_closed() -> None:
    given(closing, raised, reviewed).when(ask(CloseCall)).then_nothing()


def test_a_call_with_a_violation_to_review_is_not_closed() -> None:
    other = fact(ViolationReviewed, 90, violation="violation-2")
    given(closing, raised, ended, other).when(ask(CloseCall)).then_nothing()


def test_what_only_the_person_concerned_was_told_owes_no_review() -> None:
    coached = fact(ViolationRaised, 9, action=Action.COACH)
    given(closing, coached, ended).when(ask(CloseCall)).then(closed)


def test_a_call_is_closed_after_its_last_review() -> None:
    given(closing, raised, ended, reviewed).when(ask(CloseCall)).then(closed)


def test_a_call_with_an_open_concern_is_closed_after_its_last_one() -> None:
    concern, other = fact(ConcernRaised, 30), fact(ConcernRaised, 40, concern="concern-2")
    settled = fact(ConcernClosed, 90)
    given(closing, concern, other, ended).when(ask(CloseCall)).then_nothing()
    given(closing, concern, other, ended, settled).when(ask(CloseCall)).then_nothing()
    last = fact(ConcernClosed, 95, concern="concern-2")
    given(closing, concern, other, ended, settled, last).when(ask(CloseCall)).then(closed)


def test_a_record_is_closed_once() -> None:
    given(closing, ended, closed).when(ask(CloseCall)).then_nothing()
