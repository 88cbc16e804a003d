"""Notes of one shift for the next, sealed, with who has read them."""

import pytest

from domain.handover import HandoverNoteRead, HandoverNoteWritten
from projections import handover_notes as read_model
from projections.handover_notes import notes_since
from tests.facts import CALL, NOON, OFFICER, PRISON, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres


async def test_notes_are_told_newest_first_with_who_has_read_them(fill: Fill) -> None:
    about = fact(HandoverNoteWritten, 20, handover="handover-2", about=CALL, under=CALL)
    reads = [fact(HandoverNoteRead, 30), fact(HandoverNoteRead, 40, read_by="officer-3")]
    db = await fill(read_model, [fact(HandoverNoteWritten, 10), about, *reads, fact(HandoverNoteRead, 50)])
    second, first = await notes_since(db, PRISON, NOON)
    assert (second.about, second.read_by) == (CALL, ())
    assert (first.written_by, first.read_by) == (OFFICER, ("officer-2", "officer-3"))


async def test_older_ones_and_those_of_other_prisons_are_not(fill: Fill) -> None:
    db = await fill(read_model, [fact(HandoverNoteWritten, -10), fact(HandoverNoteWritten, 10, prison="LEI")])
    assert await notes_since(db, PRISON, NOON) == []
