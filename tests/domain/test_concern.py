"""A concern is raised whenever somebody asks, taken up, referred, and closed with what came of it."""

import pytest

from domain import concern
from domain.concern import (
    AssignConcern,
    CloseConcern,
    ConcernAbout,
    ConcernAssigned,
    ConcernClosed,
    ConcernKind,
    ConcernOutcome,
    ConcernRaised,
    ConcernReferred,
    RaiseConcern,
    ReferConcern,
)
from domain.event import Command
from domain.lifecycle import CallTerminated
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

opened = fact(WaitingRoomOpened, -900)
raised = fact(ConcernRaised)
assigned = fact(ConcernAssigned, 60)
referred = fact(ConcernReferred, 120)
closed = fact(ConcernClosed, 180)
SEEN = {
    "concern": "concern-2",
    "kind": ConcernKind.SEEN_BY_STAFF,
    "about": ConcernAbout.COERCION,
    "note": "She was told what to say",
}


def test_somebody_asks_for_help() -> None:
    given(concern, opened).when(ask(RaiseConcern)).then(raised)


def test_help_may_be_asked_for_after_the_end() -> None:
    given(concern, opened, fact(CallTerminated, -60)).when(ask(RaiseConcern)).then(raised)


def test_the_same_concern_again_changes_nothing() -> None:
    given(concern, opened, raised).when(ask(RaiseConcern)).then_nothing()


def test_staff_say_what_they_saw_and_what_it_is_about() -> None:
    seen = ask(RaiseConcern, **SEEN)
    given(concern, opened, raised).when(seen).then(fact(ConcernRaised, **SEEN))


def test_what_staff_saw_needs_words_and_a_kind() -> None:
    given(concern, opened).when(ask(RaiseConcern, **SEEN | {"about": None})).then_refused("about_missing")
    given(concern, opened).when(ask(RaiseConcern, **SEEN | {"note": " "})).then_refused("reason_missing")


def test_a_call_that_was_never_opened_has_no_concerns() -> None:
    given(concern, fact(WaitingRoomOpened, call="call-2")).when(ask(RaiseConcern)).then_refused(
        "call_unknown"
    )


def test_a_concern_stays_raised_whatever_is_read_after_it() -> None:
    given(concern, raised, opened).when(ask(RaiseConcern)).then_nothing()


def test_somebody_takes_a_concern_and_somebody_else_takes_it_over() -> None:
    given(concern, opened, raised).when(ask(AssignConcern, 60)).then(assigned)
    given(concern, opened, raised, assigned).when(ask(AssignConcern, 60)).then_nothing()
    other = {"assigned_to": "officer-2", "assigned_by": "officer-2"}
    given(concern, opened, raised, assigned).when(ask(AssignConcern, 90, **other)).then(
        fact(ConcernAssigned, 90, **other)
    )


def test_a_concern_is_referred_as_often_as_it_needs() -> None:
    given(concern, opened, raised).when(ask(ReferConcern, 120)).then(referred)
    given(concern, opened, raised, referred).when(ask(ReferConcern, 130)).then(fact(ConcernReferred, 130))


def test_a_concern_is_closed_with_what_came_of_it() -> None:
    given(concern, opened, raised).when(ask(CloseConcern, 180)).then(closed)


def test_nothing_counts_as_referred_that_nobody_was_told() -> None:
    asked = ask(CloseConcern, 180, outcome=ConcernOutcome.REFERRED)
    given(concern, opened, raised).when(asked).then_refused("not_referred")
    given(concern, opened, raised, referred).when(asked).then(
        fact(ConcernClosed, 180, outcome=ConcernOutcome.REFERRED)
    )


@pytest.mark.parametrize("kind", [ReferConcern, CloseConcern], ids=lambda kind: kind.__name__)
def test_what_is_done_about_a_concern_is_said_in_words(kind: type[Command]) -> None:
    given(concern, opened, raised).when(ask(kind, note="  ")).then_refused("reason_missing")


@pytest.mark.parametrize("kind", [AssignConcern, ReferConcern, CloseConcern], ids=lambda kind: kind.__name__)
def test_a_concern_that_is_unknown_or_closed_is_left_alone(kind: type[Command]) -> None:
    given(concern, opened).when(ask(kind)).then_refused("concern_unknown")
    given(concern, opened, raised, closed).when(ask(kind)).then_refused("concern_closed")
    given(concern, raised).when(ask(kind)).then_refused("call_unknown")
