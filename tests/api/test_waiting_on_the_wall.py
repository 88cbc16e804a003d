"""How long somebody is kept waiting stands on the wall, and its colour says when that is too long."""

import pytest

from domain.lifecycle import CallStarted
from tests.api.conftest import WAITING
from tests.facts import CALL, fact
from tests.house import House

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("seconds", "minutes", "colour"),
    [
        (30, 0, "grey"),
        (119, 1, "grey"),
        (120, 2, "yellow"),
        (299, 4, "yellow"),
        (300, 5, "red"),
        (3600, 60, "red"),
    ],
)
async def test_the_wait_counts_from_the_time_at_which_the_call_should_have_begun(
    house: House, seconds: int, minutes: int, colour: str
) -> None:
    head = await house.given(*WAITING)
    house.clock.to(seconds)
    wall = (await (await house.client("LM")).get("/wall", params={"after": head})).text
    assert f"Kept waiting {minutes} min" in wall
    assert f'class="govuk-tag govuk-tag--{colour}" data-waits-since="2026-11-23T12:00:00+00:00">' in wall


async def test_whoever_is_early_is_not_kept_waiting_yet(house: House) -> None:
    head = await house.given(*WAITING)
    house.clock.to(-30)
    wall = (await (await house.client("LM")).get("/wall", params={"after": head})).text
    assert 'data-waits-since="2026-11-23T12:00:00+00:00" hidden>' in wall


async def test_nobody_waits_where_nobody_came_or_the_call_runs(house: House) -> None:
    head = await house.given(*WAITING[:-2])
    house.clock.to(600)
    officer = await house.client("LM")
    assert "Kept waiting" not in (await officer.get("/wall", params={"after": head})).text
    head = await house.given(*WAITING[-2:], fact(CallStarted, 300))
    assert "Kept waiting" not in (await officer.get("/wall", params={"after": head})).text


async def test_the_desk_of_the_call_says_the_same(house: House) -> None:
    head = await house.given(*WAITING)
    house.clock.to(150)
    desk = (await (await house.client("LM")).get(f"/calls/{CALL}", params={"after": head})).text
    assert "Kept waiting 2 min" in desk
    assert 'data-waits="2 5"' in desk
