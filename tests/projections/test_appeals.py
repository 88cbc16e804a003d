"""Appeals: the one that is due first at the head, each with its reviewer and what came of it."""

from datetime import date, timedelta

import pytest

from domain.appeal import AppealAssigned, AppealDecided, AppealLodged, AppealOutcome
from domain.booking.events import BookingChanged, CallBooked
from projections import appeals as read_model
from projections.appeals import appeal_of, appeals_by, appeals_open, decided_appeals, open_appeals
from tests.facts import CALL, NOON, PRISON, PRISONER, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

booked, lodged = fact(CallBooked, -9000), fact(AppealLodged, 700)


async def test_an_appeal_says_who_asks_about_what_and_until_when(fill: Fill) -> None:
    moved = fact(BookingChanged, -8000, starts_at=NOON + timedelta(days=1))
    db = await fill(read_model, [booked, moved, lodged, fact(AppealAssigned, 800)])
    (one,) = await open_appeals(db, PRISON)
    assert (one.call, one.lodged_by, one.decide_by) == (CALL, VISITOR, date(2026, 12, 13))
    assert (one.prisoner, one.visitors, one.starts_at) == (PRISONER, (VISITOR,), NOON + timedelta(days=1))
    assert (one.reviewer, one.outcome) == ("officer-9", None)
    assert await appeals_open(db, PRISON) == 1
    assert await open_appeals(db, "LEI") == []
    assert await appeal_of(db, CALL, "appeal-9") is None


async def test_what_is_due_first_stands_first_page_by_page(fill: Fill) -> None:
    due = {"appeal-1": 9, "appeal-2": 3, "appeal-3": 6}
    many = [fact(AppealLodged, 700, appeal=name, decide_by=date(2026, 12, day)) for name, day in due.items()]
    db = await fill(read_model, [booked, *many])
    first = await open_appeals(db, PRISON, limit=2)
    rest = await open_appeals(db, PRISON, after=first[-1].key, limit=2)
    assert [one.appeal for one in (*first, *rest)] == ["appeal-2", "appeal-3", "appeal-1"]


async def test_an_answered_appeal_waits_no_longer_and_is_found_by_whoever_asked(fill: Fill) -> None:
    answered = fact(AppealDecided, 900, overturned=("violation-1",))
    db = await fill(read_model, [booked, lodged, fact(AppealAssigned, 800), answered])
    assert await open_appeals(db, PRISON) == []
    (one,) = await decided_appeals(db, PRISON)
    assert (one.outcome, one.decided_by, one.overturned) == (
        AppealOutcome.UPHELD,
        "officer-9",
        ("violation-1",),
    )
    assert [each.appeal for each in await appeals_by(db, VISITOR)] == ["appeal-1"]
    assert await appeals_by(db, "visitor-2") == []
