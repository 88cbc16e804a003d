"""The list of barred faces: what waits for a second person first, what is over apart, nothing of other prisons."""

from datetime import timedelta

import pytest

from domain.barring.events import (
    BarredFaceApproved,
    BarredFaceProposed,
    BarredFaceRejected,
    BarredFaceRemoved,
    OverBecause,
)
from domain.barring.state import Stands
from domain.event import Event
from projections import barred_faces as read_model
from projections.barred_faces import barred_alive, barred_over
from tests.facts import NOON, PRISON, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

LATER = NOON + timedelta(hours=1)


def entry(name: str, days: int | None = None, *more: Event) -> list[Event]:
    proposed = fact(BarredFaceProposed, -60, barred=name)
    if days is None:
        return [proposed, *more]
    until = NOON + timedelta(days=days)
    return [proposed, fact(BarredFaceApproved, barred=name, until=until), *more]


async def test_what_waits_stands_first_then_what_ends_soon(fill: Fill) -> None:
    db = await fill(read_model, [*entry("long", 40), *entry("soon", 2), *entry("asked")])
    found = await barred_alive(db, PRISON, LATER)
    assert [one.barred for one in found] == ["asked", "soon", "long"]
    assert [one.stands(LATER) for one in found] == [Stands.PROPOSED, Stands.IN_FORCE, Stands.IN_FORCE]
    assert await barred_alive(db, "LEI", LATER) == []


async def test_what_is_over_says_how_and_the_newest_stands_first(fill: Fill) -> None:
    events = [
        *entry("ran-out", 0),
        *entry("refused", None, fact(BarredFaceRejected, 10, barred="refused")),
        *entry("off", 40, fact(BarredFaceRemoved, 20, barred="off")),
        *entry("noted", 0, fact(BarredFaceRemoved, 30, barred="noted", because=OverBecause.LAPSED)),
    ]
    db = await fill(read_model, events)
    assert await barred_alive(db, PRISON, LATER) == []
    assert [(one.barred, one.stands(LATER)) for one in await barred_over(db, PRISON, LATER)] == [
        ("noted", Stands.LAPSED),
        ("off", Stands.TAKEN_OFF),
        ("refused", Stands.REJECTED),
        ("ran-out", Stands.LAPSED),
    ]
