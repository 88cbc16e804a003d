"""Coverage: the calls that needed watching, as page, list and table; reading it is on record."""

import csv
import io
from datetime import timedelta

import pytest

from domain.access import RecordViewed, Viewed
from domain.lifecycle import CallCompleted, CallStarted
from domain.waiting_room.events import MonitorJoined, WaitingRoomOpened
from tests.api.conftest import BOOKED
from tests.facts import CALL, NOON, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

LATE = (
    *BOOKED,
    fact(WaitingRoomOpened, -900, monitor_required=True),
    fact(CallStarted, 0),
    fact(MonitorJoined, 90),
    fact(CallCompleted, 1800),
)
URL = f"/v1/prisons/{PRISON}/monitoring-coverage"


async def test_a_call_that_was_watched_late_says_by_how_much(house: House) -> None:
    await house.given(*LATE)
    house.clock.to(7200)
    lead = await house.client("SG")
    (call,) = (await lead.get(URL)).json()
    assert (call["call"], call["watch"], call["late_s"], call["watched_s"]) == (CALL, "late", 90, 1710)
    (told,) = csv.DictReader(io.StringIO((await lead.get(f"{URL}.csv")).text))
    assert (told["planned_for"], told["needed"], told["late_s"]) == ("2026-11-23 12:00:00", "required", "90")
    page = (await lead.get("/monitoring-coverage")).text
    assert "<strong>1</strong> watched late" in page
    assert f"/calls/{CALL}/timeline" in page
    viewed = [(event.what, event.viewed) for event in await house.events(RecordViewed)]
    assert viewed == [(Viewed.COVERAGE, f"coverage:{PRISON}/2026-11-16/2026-11-23")] * 3


async def test_days_are_those_of_the_prisons_own_clock(house: House) -> None:
    summer = NOON.replace(month=7, hour=23, minute=30)  # half past midnight of the next day in London
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900, monitor_required=True, starts_at=summer))
    house.clock.moment = summer + timedelta(days=2)
    analyst = await house.client("PA")
    day = {"first": "2026-07-24", "last": "2026-07-24"}
    assert [call["watch"] for call in (await analyst.get(URL, params=day)).json()] == ["not_started"]
    before = {"first": "2026-07-23", "last": "2026-07-23"}
    assert (await analyst.get(URL, params=before)).json() == []
    assert "No call of these days" in (await analyst.get("/monitoring-coverage", params=before)).text


@pytest.mark.parametrize(
    "days",
    [
        {"first": "2026-01-01", "last": "2026-11-23"},
        {"first": "2026-11-24", "last": "2026-11-23"},
    ],
    ids=["too many", "backwards"],
)
async def test_too_many_days_are_refused(house: House, days: dict[str, str]) -> None:
    answer = await (await house.client("GO")).get(URL, params=days)
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "days_max")


async def test_whoever_watches_does_not_read_how_others_watched(house: House) -> None:
    assert (await (await house.client("LM")).get(URL)).status_code == 403
