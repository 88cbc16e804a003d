"""A concern is never refused while the call is known, and each is raised once."""

from domain import concern
from domain.concern import ConcernKind, ConcernRaised, RaiseConcern
from domain.lifecycle import CallTerminated
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

opened = fact(WaitingRoomOpened, -900)
raised = fact(ConcernRaised)


def test_somebody_asks_for_help() -> None:
    given(concern, opened).when(ask(RaiseConcern)).then(raised)


def test_help_may_be_asked_for_after_the_end() -> None:
    given(concern, opened, fact(CallTerminated, -60)).when(ask(RaiseConcern)).then(raised)


def test_the_same_concern_again_changes_nothing() -> None:
    given(concern, opened, raised).when(ask(RaiseConcern)).then_nothing()


def test_another_concern_is_another_concern() -> None:
    seen = ask(RaiseConcern, concern="concern-2", kind=ConcernKind.SEEN_BY_STAFF)
    given(concern, opened, raised).when(seen).then(
        fact(ConcernRaised, concern="concern-2", kind=ConcernKind.SEEN_BY_STAFF)
    )


def test_a_call_that_was_never_opened_has_no_concerns() -> None:
    given(concern, fact(WaitingRoomOpened, call="call-2")).when(ask(RaiseConcern)).then_refused(
        "call_unknown"
    )


def test_a_concern_stays_raised_whatever_is_read_after_it() -> None:
    given(concern, raised, opened).when(ask(RaiseConcern)).then_nothing()
