"""Concerns: those that nobody has first, each with what was done about it and until when the evidence is kept."""

from datetime import date, timedelta

import pytest

from domain.concern import (
    ConcernAbout,
    ConcernAssigned,
    ConcernClosed,
    ConcernKind,
    ConcernOutcome,
    ConcernRaised,
    ConcernReferred,
)
from domain.evidence import EvidenceHeld
from domain.waiting_room.events import WaitingRoomOpened
from projections import concerns as read_model
from projections.concerns import closed_concerns, concern_of, concerns_open, open_concerns
from tests.facts import CALL, NOON, OFFICER, PRISON, PRISONER, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

opened = fact(WaitingRoomOpened, -900)
raised = fact(ConcernRaised, 10)
seen = fact(
    ConcernRaised,
    20,
    concern="concern-2",
    kind=ConcernKind.SEEN_BY_STAFF,
    about=ConcernAbout.THREAT,
    raised_by=OFFICER,
)


async def test_a_concern_says_who_raised_what_on_which_call(fill: Fill) -> None:
    db = await fill(read_model, [opened, raised, seen, fact(EvidenceHeld, 20, concern="concern-2")])
    first, second = await open_concerns(db, PRISON)
    assert (first.kind, first.about, first.raised_by) == (ConcernKind.HELP_ASKED, None, VISITOR)
    assert (second.kind, second.about) == (ConcernKind.SEEN_BY_STAFF, ConcernAbout.THREAT)
    assert (second.raised_at, second.held_until) == (NOON + timedelta(seconds=20), date(2027, 2, 21))
    assert (first.prisoner_side, first.visitor_side) == ((PRISONER,), (VISITOR,))
    assert await concerns_open(db, PRISON) == 2
    assert await open_concerns(db, "LEI") == []


async def test_what_nobody_has_taken_up_stands_first_and_a_long_list_is_read_page_by_page(fill: Fill) -> None:
    third = fact(ConcernRaised, 5, concern="concern-3")
    taken = fact(ConcernAssigned, 30, concern="concern-3")
    db = await fill(read_model, [opened, third, raised, seen, taken])
    assert [one.concern for one in await open_concerns(db, PRISON)] == ["concern-1", "concern-2", "concern-3"]
    first = await open_concerns(db, PRISON, limit=2)
    rest = await open_concerns(db, PRISON, after=first[-1].key, limit=2)
    assert [one.concern for one in rest] == ["concern-3"]


async def test_one_concern_is_told_step_by_step(fill: Fill) -> None:
    steps = [fact(ConcernAssigned, 30), fact(ConcernReferred, 40), fact(ConcernClosed, 50)]
    db = await fill(read_model, [opened, raised, fact(EvidenceHeld, 10), *steps])
    found = await concern_of(db, CALL, "concern-1")
    assert found is not None
    one, told = found
    assert (one.assigned_to, one.outcome) == (OFFICER, ConcernOutcome.HELPED)
    assert [(step.type, step.by, step.what) for step in told] == [
        ("ConcernRaised", VISITOR, None),
        ("EvidenceHeld", None, "2027-02-21"),
        ("ConcernAssigned", OFFICER, OFFICER),
        ("ConcernReferred", OFFICER, "childrens_services"),
        ("ConcernClosed", OFFICER, "helped"),
    ]
    assert await open_concerns(db, PRISON) == []
    assert [one.concern for one in await closed_concerns(db, PRISON)] == ["concern-1"]
    assert await concern_of(db, CALL, "concern-9") is None
