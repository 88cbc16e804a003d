"""Who was shown sensitive pictures: counted over a week and over four, so that nobody looks too often."""

import pytest

from domain.access import StreamLookedAt
from domain.call.events import CallResumed
from domain.event import Event
from domain.exposure import SensitiveImageRevealed
from domain.lifecycle import CallCompleted, CallTerminated
from domain.moderation.kind import Kind
from domain.violation import ViolationCleared, ViolationRaised
from projections import exposure as read_model
from projections.exposure import exposure_of, exposures
from tests.facts import NOON, OFFICER, PRISON, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

DAY = 86_400
NUDE = fact(ViolationRaised, -20, kind=Kind.EXPLICIT_NUDITY)


def shown(days: float, officer: str = OFFICER) -> SensitiveImageRevealed:
    return fact(SensitiveImageRevealed, -days * DAY, officer=officer)


async def test_pictures_are_counted_over_a_week_and_over_four(fill: Fill) -> None:
    db = await fill(read_model, [shown(29), shown(27), shown(8), shown(6), shown(1)])
    own = await exposure_of(db, OFFICER, NOON)
    assert (own.within_7_days, own.within_28_days, own.last_at) == (2, 4, shown(1).at)


async def test_whoever_saw_most_stands_first_and_whoever_saw_none_is_not_named(fill: Fill) -> None:
    few, many = [shown(1, "officer-2")], [shown(day, "officer-3") for day in (2, 3)]
    db = await fill(read_model, [*few, *many, shown(40)])
    assert [found.officer for found in await exposures(db, PRISON, NOON)] == ["officer-3", "officer-2"]
    assert await exposures(db, "LEI", NOON) == []
    assert (await exposure_of(db, OFFICER, NOON)).within_28_days == 0


async def test_a_raw_picture_counts_while_something_sensitive_was_found(fill: Fill) -> None:
    db = await fill(read_model, [NUDE, fact(StreamLookedAt, -10)])
    assert (await exposure_of(db, OFFICER, NOON)).within_7_days == 1


async def test_a_raw_picture_of_something_else_does_not_count(fill: Fill) -> None:
    db = await fill(read_model, [fact(ViolationRaised, -20), fact(StreamLookedAt, -10)])
    assert (await exposure_of(db, OFFICER, NOON)).within_7_days == 0


@pytest.mark.parametrize("over", [ViolationCleared, CallResumed, CallCompleted, CallTerminated])
async def test_nor_does_one_after_its_cause_is_gone(fill: Fill, over: type[Event]) -> None:
    db = await fill(read_model, [NUDE, fact(over, -15), fact(StreamLookedAt, -10)])
    assert (await exposure_of(db, OFFICER, NOON)).within_7_days == 0
