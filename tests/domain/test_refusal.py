"""Demand that was not met is noted once per person, session and hour."""

from domain import refusal
from domain.booking.commands import BookCall
from domain.booking.events import BookingRefused
from domain.event import Refused
from domain.refusal import NoteRefusal, note_of
from tests.asked import ask
from tests.facts import PRISONER, VISITOR, fact
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


def test_of_a_refused_request_numbers_and_times_are_kept_and_nobody_but_whoever_asked() -> None:
    wish = ask(BookCall, visitors=(VISITOR, "child-1"), ages={"child-1": 9})
    refused = Refused("No.", "session_full", rules=("session_full", "notice_min"))
    note = note_of(wish, refused, adult_age=18)
    assert (note.rule, note.rules) == ("session_full", ("session_full", "notice_min"))
    assert (note.people, note.adults, note.children, note.minutes) == (2, 1, 1, wish.minutes)
    assert (note.requested_by, note.starts_at) == (wish.requested_by, wish.starts_at)
    (noted_event,) = given(refusal).when(note).outcome()
    assert "child-1" not in noted_event.model_dump_json()
    assert PRISONER not in noted_event.model_dump_json()
