"""The list of authorisations: what ends soon first, and nothing that is over among what is in force."""

from datetime import timedelta
from typing import Any

import pytest

from domain.event import Event
from domain.monitoring.events import (
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringLapsed,
    MonitoringRejected,
    MonitoringReview,
    MonitoringReviewed,
)
from projections import monitoring as read_model
from projections.monitoring import (
    authorisation,
    authorisations_over,
    authorisations_waiting,
    open_authorisations,
)
from tests.facts import AUTHORISATION, GOVERNOR, NOON, OFFICER, PRISON, PRISONER, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

LATER = NOON + timedelta(hours=1)
SOON = LATER + timedelta(days=14)


def granted(name: str, days: float | None, **changes: Any) -> list[Event]:
    """One that was asked for and, where days are given, granted for so long."""
    asked = fact(MonitoringAsked, -60, authorisation=name)
    if days is None:
        return [asked]
    until = NOON + timedelta(days=days)
    return [asked, fact(MonitoringAuthorised, authorisation=name, expires_at=until, **changes)]


async def names(db: Any, **more: Any) -> list[str]:
    return [one.authorisation for one in await open_authorisations(db, PRISON, LATER, SOON, **more)]


async def test_what_ends_soon_stands_first_then_what_is_to_be_decided_then_the_rest(fill: Fill) -> None:
    events = [*granted("rest", 40), *granted("asked", None), *granted("tenth", 10), *granted("second", 2)]
    db = await fill(read_model, events)
    assert await names(db) == ["second", "tenth", "asked", "rest"]
    assert await authorisations_waiting(db, PRISON, LATER, SOON) == 3
    assert await open_authorisations(db, "LEI", LATER, SOON) == []


async def test_a_long_list_is_read_page_by_page(fill: Fill) -> None:
    db = await fill(
        read_model, [event for number in range(5) for event in granted(f"a-{number}", 10 + 2 * number)]
    )
    first = await open_authorisations(db, PRISON, LATER, SOON, limit=3)
    assert [one.authorisation for one in first] == ["a-0", "a-1", "a-2"]
    assert await names(db, after=first[-1].key(SOON)) == ["a-3", "a-4"]


async def test_one_says_whose_calls_who_asked_who_allowed_it_and_until_when(fill: Fill) -> None:
    db = await fill(read_model, granted(AUTHORISATION, 28))
    one = await authorisation(db, AUTHORISATION)
    assert one is not None
    assert (one.monitored, one.asked_by, one.authorised_by) == (PRISONER, OFFICER, GOVERNOR)
    assert (one.until, one.live(LATER), one.version) == (NOON + timedelta(days=28), True, 2)
    assert await authorisation(db, "unknown") is None


async def test_what_ran_out_is_over_though_nobody_noted_it(fill: Fill) -> None:
    db = await fill(read_model, granted("short", 1 / 48))
    assert await names(db) == []
    (over,) = await authorisations_over(db, PRISON, LATER)
    assert (over.authorisation, over.closed, over.live(LATER)) == ("short", None, False)


@pytest.mark.parametrize(
    ("last", "closed"),
    [
        (fact(MonitoringEnded, 60), "ended"),
        (fact(MonitoringReviewed, 60, result=MonitoringReview.END, expires_at=None), "ended"),
        (fact(MonitoringLapsed, 60), "lapsed"),
        (fact(MonitoringRejected, 60), "rejected"),
    ],
    ids=["taken back", "reviewed", "lapsed", "rejected"],
)
async def test_how_it_came_to_its_end_is_told(fill: Fill, last: Event, closed: str) -> None:
    days = None if closed == "rejected" else 28
    db = await fill(read_model, [*granted(AUTHORISATION, days), last])
    assert await names(db) == []
    (over,) = await authorisations_over(db, PRISON, LATER)
    assert over.closed == closed


async def test_a_review_moves_its_end(fill: Fill) -> None:
    db = await fill(read_model, [*granted(AUTHORISATION, 28), fact(MonitoringReviewed)])
    one = await authorisation(db, AUTHORISATION)
    assert one is not None
    assert one.until == NOON + timedelta(days=56)
