"""Handover notes: left once, read by each officer."""

from domain import handover
from domain.booking.events import CallBooked
from domain.handover import HandoverNoteRead, HandoverNoteWritten, ReadHandover, WriteHandover
from tests.asked import ask
from tests.facts import CALL, fact
from tests.scenario import given

written = fact(HandoverNoteWritten)
read = fact(HandoverNoteRead)


def test_a_note_is_left_for_the_next_shift() -> None:
    given(handover).when(ask(WriteHandover)).then(written)
    given(handover, written).when(ask(WriteHandover)).then_nothing()


def test_a_note_about_a_call_is_kept_under_the_key_of_the_call() -> None:
    given(handover, fact(CallBooked)).when(ask(WriteHandover, about=CALL)).then(
        fact(HandoverNoteWritten, about=CALL, under=CALL)
    )


def test_a_note_is_about_a_call_of_the_own_prison() -> None:
    elsewhere = fact(CallBooked, prison="LEI")
    given(handover, elsewhere).when(ask(WriteHandover, about=CALL)).then_refused("call_unknown")
    given(handover).when(ask(WriteHandover, about=CALL)).then_refused("call_unknown")


def test_an_empty_note_is_none() -> None:
    given(handover).when(ask(WriteHandover, text=" ")).then_refused("reason_missing")


def test_each_officer_reads_it_once() -> None:
    given(handover, written).when(ask(ReadHandover)).then(read)
    given(handover, written, read).when(ask(ReadHandover)).then_nothing()
    given(handover, written, read).when(ask(ReadHandover, read_by="officer-3")).then(
        fact(HandoverNoteRead, read_by="officer-3")
    )


def test_a_note_of_another_prison_is_not_known() -> None:
    given(handover).when(ask(ReadHandover)).then_refused("handover_unknown")
    given(handover, fact(HandoverNoteWritten, prison="LEI")).when(ask(ReadHandover)).then_refused(
        "handover_unknown"
    )
