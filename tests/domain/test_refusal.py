"""Demand that was not met is noted once per person, session and hour."""

from domain import refusal
from domain.booking.events import BookingRefused
from domain.refusal import NoteRefusal
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

noted = fact(BookingRefused)


def test_a_refused_request_is_noted() -> None:
    given(refusal).when(ask(NoteRefusal)).then(noted)


def test_the_same_request_within_the_hour_counts_once() -> None:
    given(refusal, noted).when(ask(NoteRefusal, 59 * 60, rule="allowance")).then_nothing()


def test_the_same_request_in_the_next_hour_counts_again() -> None:
    assert len(given(refusal, noted).when(ask(NoteRefusal, 3600)).outcome()) == 1


def test_another_persons_request_counts_too() -> None:
    assert len(given(refusal, noted).when(ask(NoteRefusal, requested_by="visitor-2")).outcome()) == 1


def test_a_request_for_another_session_counts_too() -> None:
    assert len(given(refusal, noted).when(ask(NoteRefusal, session="session-2")).outcome()) == 1
