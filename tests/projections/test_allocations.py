"""Who has which call, who works here, and who cannot come."""

from datetime import timedelta

import pytest

from domain.allocation.events import CallAllocated, CallDeallocated, OfficerAvailable, OfficerUnavailable
from domain.person import PersonKind, PersonRegistered
from projections import allocations as read_model
from projections.allocations import absences, officers_of, staff_of
from tests.facts import CALL, NOON, OFFICER, PRISON, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres


def works(person: str, prison: str = PRISON) -> PersonRegistered:
    return fact(PersonRegistered, person=person, kind=PersonKind.STAFF, prison=prison, number=())


async def test_a_call_has_the_officer_it_was_given_to_last(fill: Fill) -> None:
    over = [fact(CallDeallocated), fact(CallAllocated, officer="officer-2")]
    db = await fill(read_model, [fact(CallAllocated), *over, fact(CallAllocated, call="call-2")])
    assert await officers_of(db, [CALL, "call-2", "call-3"]) == {CALL: "officer-2", "call-2": OFFICER}


async def test_a_call_that_was_taken_away_has_none(fill: Fill) -> None:
    db = await fill(read_model, [fact(CallAllocated), fact(CallDeallocated)])
    assert await officers_of(db, [CALL]) == {}


async def test_only_those_who_work_here_are_told(fill: Fill) -> None:
    db = await fill(read_model, [fact(PersonRegistered), works("o-2"), works("o-1"), works("o-3", "LEI")])
    assert await staff_of(db, PRISON) == ["o-1", "o-2"]


async def test_absences_are_told_until_they_are_over_or_taken_back(fill: Fill) -> None:
    second = fact(OfficerUnavailable, unavailability="away-2")
    db = await fill(read_model, [fact(OfficerUnavailable), second, fact(OfficerAvailable)])
    assert [one.unavailability for one in await absences(db, PRISON, NOON)] == ["away-2"]
    assert await absences(db, PRISON, NOON + timedelta(hours=4)) == []
