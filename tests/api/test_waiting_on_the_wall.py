"""How long somebody is kept waiting stands on the wall, and its colour says when that is too long."""

import pytest

from domain.call.events import CallPaused, CallResumed
from domain.lifecycle import CallStarted
from domain.waiting_room.events import CallHeldForMonitor
from tests.api.conftest import LIVE, WAITING
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
    assert f'class="govuk-tag govuk-tag--{colour}" data-waits-since="2026-11-23T12:00:00+00:00"' in wall


async def test_whoever_is_early_is_not_kept_waiting_yet(house: House) -> None:
    head = await house.given(*WAITING)
    house.clock.to(-30)
    wall = (await (await house.client("LM")).get("/wall", params={"after": head})).text
    assert 'data-waits-since="2026-11-23T12:00:00+00:00" data-words="Kept waiting" hidden>' in wall


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


async def test_a_call_that_stands_still_says_for_how_long_until_it_goes_on(house: House) -> None:
    head = await house.given(*LIVE, fact(CallPaused, 12))
    house.clock.to(12 + 130)
    officer = await house.client("LM")
    wall = (await officer.get("/wall", params={"after": head})).text
    assert (
        'govuk-tag--yellow" data-waits-since="2026-11-23T12:00:12+00:00" data-words="For">For 2 min' in wall
    )
    head = await house.given(fact(CallResumed, 140, paused_ms=128_000))
    assert "data-waits-since" not in (await officer.get("/wall", params={"after": head})).text


async def test_a_running_call_that_is_held_for_a_monitor_waits_since_then(house: House) -> None:
    head = await house.given(*LIVE, fact(CallHeldForMonitor, 600))
    house.clock.to(600 + 60)
    wall = (await (await house.client("LM")).get("/wall", params={"after": head})).text
    assert "For 1 min" in wall
    assert "Kept waiting" not in wall
