"""Demand that was not met is noted once per person, session and hour."""

import pytest

from domain import refusal
from domain.booking.commands import BookCall, ChangeCall, Placing, ReserveCall
from domain.booking.events import AskedAs, BookingRefused
from domain.event import Refused
from domain.refusal import NoteRefusal, note_of
from domain.timetable.events import CallType
from tests.asked import ask
from tests.bookings import AHEAD
from tests.facts import NOON, PRISON, SESSION, VISITOR, fact
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


def test_what_was_asked_for_and_every_rule_that_refused_it_are_on_record_and_nobody_by_name() -> None:
    asked = ask(
        BookCall,
        AHEAD,
        call_type=CallType.LEGAL,
        minutes=60,
        visitors=(VISITOR, "child-1", "nobody-knows-how-old"),
        ages={VISITOR: 40, "child-1": 9},
        asked_as=AskedAs.STAFF,
        requested_by="officer-1",
    )
    refused = Refused("There are no calls on this day.", "date_blocked", rules=("date_blocked", "allowance"))

    (noted,) = given(refusal).when(note_of(asked, refused, adult_age=18)).outcome()

    assert noted == BookingRefused(
        at=asked.at,
        prison=PRISON,
        session=SESSION,
        refusal=f"officer-1/{SESSION}/2026-11-20T12",
        rule="date_blocked",
        rules=("date_blocked", "allowance"),
        call_type=CallType.LEGAL,
        starts_at=NOON,
        minutes=60,
        people=3,
        adults=2,
        children=1,
        asked_as=AskedAs.STAFF,
    )


@pytest.mark.parametrize(
    ("kind", "by"), [(ReserveCall, "reserved_by"), (ChangeCall, "changed_by"), (BookCall, "requested_by")]
)
def test_a_refusal_is_noted_for_whoever_asked_in_whichever_way(kind: type[Placing], by: str) -> None:
    note = note_of(ask(kind, **{by: "somebody"}), Refused("No.", "session_full"), adult_age=18)
    assert note.requested_by == "somebody"
