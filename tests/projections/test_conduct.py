"""Conduct: what was confirmed, what followed for whom, and what was lifted."""

from datetime import date, timedelta

import pytest

from domain.conduct import LiftedBecause, SanctionImposed, SanctionLifted, WarningIssued
from domain.moderation.kind import Kind
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from projections import conduct as read_model
from projections.conduct import confirmed_of_call, confirmed_unanswered, measures
from tests.facts import CALL, NOON, OFFICER, PRISON, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

raised, confirmed = fact(ViolationRaised, 9), fact(ViolationReviewed, 60)
SINCE = NOON - timedelta(days=1)


async def test_only_what_was_confirmed_and_has_no_answer_waits(fill: Fill) -> None:
    other = fact(ViolationRaised, 10, violation="violation-2")
    no = fact(ViolationReviewed, 61, violation="violation-2", outcome=ReviewOutcome.DISMISSED)
    db = await fill(read_model, [raised, other, confirmed, no])
    (one,) = await confirmed_unanswered(db, PRISON, SINCE)
    assert (one.call, one.violation, one.kind) == (CALL, "violation-1", Kind.UNAPPROVED_FACE)
    assert await confirmed_unanswered(db, PRISON, NOON + timedelta(days=1)) == []
    assert await confirmed_unanswered(db, "LEI", SINCE) == []


async def test_what_followed_says_for_whom_and_for_how_long(fill: Fill) -> None:
    db = await fill(read_model, [raised, confirmed, fact(WarningIssued, 70), fact(SanctionImposed, 80)])
    sanction, warning = await measures(db, prison=PRISON)
    assert (warning.person, warning.days, warning.kind) == (VISITOR, 0, Kind.UNAPPROVED_FACE)
    assert (sanction.days, sanction.first, sanction.last) == (7, date(2026, 11, 23), date(2026, 11, 29))
    assert (sanction.taken_by, sanction.lifted_at) == (OFFICER, None)
    assert await confirmed_unanswered(db, PRISON, SINCE) == []
    assert [one.violation for one in await confirmed_of_call(db, CALL)] == ["violation-1"]


async def test_a_lifted_sanction_says_why(fill: Fill) -> None:
    db = await fill(read_model, [raised, fact(SanctionImposed, 80), fact(SanctionLifted, 90)])
    (sanction,) = await measures(db, person=VISITOR)
    assert (sanction.lifted_at, sanction.lifted_because) == (
        NOON + timedelta(seconds=90),
        LiftedBecause.BY_STAFF,
    )


async def test_a_long_list_is_read_page_by_page(fill: Fill) -> None:
    many = [fact(WarningIssued, number, sanction=f"sanction-{number}") for number in range(5)]
    db = await fill(read_model, many)
    first = await measures(db, prison=PRISON, limit=3)
    rest = await measures(db, prison=PRISON, after=first[-1].key, limit=3)
    assert [one.sanction[-1] for one in (*first, *rest)] == ["4", "3", "2", "1", "0"]
    assert await measures(db, call="call-9") == []
