"""A monitor judges a side by eye while checking is lost, from the wall to the record and back."""

from typing import Any

import httpx
import pytest

from domain.clearance import Side
from domain.lifecycle import CallStarted
from domain.policy import CallPolicy
from domain.stream import ModerationLost
from domain.takeover import JudgingGivenBack, JudgingTakenOver
from domain.waiting_room.events import TOOK_OVER, ClearanceModeSet, MonitorJoined, WaitingRoomOpened
from tests.api.conftest import LIVE
from tests.facts import CALL, OFFICER, fact
from tests.house import House

pytestmark = pytest.mark.postgres

ALLOWED = CallPolicy(monitor_may_take_over=True)
SEAT = f"/v1/calls/{CALL}/seats/visitor"
WHY = {"reason": "A child waits to see her father"}
LOOK = {"side": "visitor", "reason": "Who is there?", "sdp": "offer"}


def allowed(event: Any) -> Any:
    ruled = isinstance(event, CallStarted | WaitingRoomOpened)
    return event.model_copy(update={"rules": ALLOWED}) if ruled else event


BLIND = (*map(allowed, LIVE), fact(ModerationLost, 12), fact(MonitorJoined, 13))


def prose(answer: httpx.Response) -> str:
    return " ".join(answer.text.split())


async def test_whoever_looks_and_watches_over_the_call_takes_over_on_record(house: House) -> None:
    await house.given(*BLIND)
    officer = await house.client("LM")
    early = await officer.post(f"{SEAT}/take-over", json=WHY)
    assert (early.status_code, early.json()["errorCode"]) == (409, "look_not_open")
    assert (await officer.post(f"/v1/calls/{CALL}/look", json=LOOK)).status_code == 200
    taken = await officer.post(f"{SEAT}/take-over", json=WHY)
    assert taken.status_code == 200
    (event,) = await house.events(JudgingTakenOver)
    assert (event.officer, event.side) == (OFFICER, Side.VISITOR)
    assert [mode.cause for mode in await house.events(ClearanceModeSet)][-1] == TOOK_OVER
    assert [told[0] for told in house.media.told] == ["watch"]  # the media plane reads it in the record


async def test_a_look_that_the_media_plane_does_not_know_of_is_none(house: House) -> None:
    await house.given(*BLIND)
    officer = await house.client("LM")
    await officer.post(f"/v1/calls/{CALL}/look", json=LOOK)
    house.media.told.clear()  # the officer left the page
    answer = await officer.post(f"{SEAT}/take-over", json=WHY)
    assert answer.json()["errorCode"] == "look_not_open"


async def test_it_is_given_back_by_the_media_plane_at_once(house: House) -> None:
    await house.given(*BLIND, fact(JudgingTakenOver, 14))
    officer = await house.client("LM")
    assert (await officer.post(f"{SEAT}/give-back")).status_code == 202
    assert house.media.told == [("give_back", CALL, Side.VISITOR, OFFICER)]
    assert not await house.events(JudgingGivenBack)


async def test_a_governor_does_not_take_over(house: House) -> None:
    await house.given(*BLIND)
    governor = await house.client("GO")
    assert (await governor.post(f"{SEAT}/take-over", json=WHY)).status_code == 403
    assert (await governor.get(f"/calls/{CALL}/take-over?side=visitor")).status_code == 403


async def test_the_desk_offers_it_to_the_monitor_where_the_prison_wants_it(house: House) -> None:
    await house.given(*BLIND)
    officer = await house.client("LM")
    desk = prose(await officer.get(f"/calls/{CALL}"))
    assert "Checking is interrupted: nobody sees the visitors’ side." in desk
    assert f"/calls/{CALL}/take-over?side=visitor" in desk
    page = prose(await officer.get(f"/calls/{CALL}/take-over?side=visitor"))
    assert "Watch the visitors’ side yourself" in page
    assert "data-takes-over" in page


async def test_the_desk_does_not_offer_it_elsewhere(house: House) -> None:
    await house.given(*LIVE, fact(ModerationLost, 12), fact(MonitorJoined, 13))
    officer = await house.client("LM")
    assert "take-over" not in prose(await officer.get(f"/calls/{CALL}"))


async def test_the_wall_and_the_desk_say_that_an_officer_watches(house: House) -> None:
    await house.given(*BLIND, fact(JudgingTakenOver, 14))
    officer = await house.client("LM")
    assert "Visitors’ side: watched by an officer" in prose(await officer.get("/wall"))
    desk = prose(await officer.get(f"/calls/{CALL}"))
    assert "Stop watching the visitors’ side yourself" in desk
    stopped = await officer.post(f"/calls/{CALL}/give-back", data={"side": "visitor"})
    assert stopped.status_code == 303
    assert house.media.told[-1] == ("give_back", CALL, Side.VISITOR, OFFICER)
