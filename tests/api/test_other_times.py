"""A request that the rules refuse is answered with other times, over the API and on the page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.booking.events import BookingRefused, CallBooked, CallRequested
from domain.timetable.events import SessionOpened, SessionTemplatePublished
from tests.api.conftest import BOOKED
from tests.facts import CALL, NOON, PRISON, PRISONER, TEMPLATE, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

FULL = f"{TEMPLATE}.2026-11-30"
ASKED: dict[str, Any] = {"session": FULL, "minutes": 30, "prisoner": PRISONER, "visitors": [VISITOR]}
SOMEBODY: dict[str, Any] = {
    "call": "call-2",
    "session": FULL,
    "starts_at": NOON + timedelta(days=7),
    "prisoner": "prisoner-2",
    "visitors": ("visitor-2",),
    "prisoner_month": "prisoner-2/2026-11",
    "visitor_day": ("visitor-2/2026-11-30",),
}


async def _full_on_the_day(house: House) -> None:
    """A call is held on 23 November; the one time on the 30th is taken; a week later there is another."""
    weekly = fact(SessionTemplatePublished, -96_000, stations=1)
    await house.given(
        *BOOKED, weekly, fact(CallRequested, -90_000, **SOMEBODY), fact(CallBooked, -90_000, **SOMEBODY)
    )
    house.clock.moment = NOON


async def test_a_refusal_names_other_times_at_which_the_same_call_can_be_booked(house: House) -> None:
    await _full_on_the_day(house)
    visitor = await house.client("FA")

    refused = await visitor.post(f"/v1/prisons/{PRISON}/calls", json=ASKED)

    assert (refused.status_code, refused.json()["errorCode"]) == (409, "session_full")
    offered = refused.json()["alternatives"]
    assert offered[0] == {
        "session": f"{TEMPLATE}.2026-12-07",
        "startsAt": "2026-12-07T12:00:00+00:00",
        "minutes": 60,
    }
    again = await visitor.post(f"/v1/prisons/{PRISON}/calls", json=ASKED | {"session": offered[0]["session"]})
    assert again.status_code == 201


async def test_a_refusal_that_no_other_time_changes_names_none(house: House) -> None:
    await _full_on_the_day(house)
    visitor = await house.client("FA")

    refused = await visitor.post(
        f"/v1/prisons/{PRISON}/calls", json=ASKED | {"visitors": [VISITOR, "visitor-9"]}
    )

    assert refused.json()["errorCode"] == "relationship_missing"
    assert refused.json()["alternatives"] == []


async def test_a_time_that_the_booking_officer_opened_is_offered_too(house: House) -> None:
    await _full_on_the_day(house)
    officer, visitor = await house.client("BO"), await house.client("FA")
    opens = {"starts_at": "2026-11-30T23:30:00+00:00", "minutes": 30, "stations": 1}
    opened = await officer.post(f"/v1/prisons/{PRISON}/sessions", json=opens)

    refused = await visitor.post(f"/v1/prisons/{PRISON}/calls", json=ASKED)

    assert refused.json()["alternatives"][0]["session"] == opened.json()["session"]
    days = [one.timetable_day for one in await house.events(SessionOpened)]
    assert days[-1] == (f"{PRISON}/2026-11-30",)


async def test_on_the_page_another_time_is_asked_for_with_one_more_click(house: House) -> None:
    await _full_on_the_day(house)
    visitor = await house.client("FA")
    await _read_model_holds_the_call(visitor)

    refused = await visitor.post(f"/calls/{CALL}/again", data={"session": FULL, "minutes": "30"})

    assert refused.status_code == 409
    assert "Monday 7 December 2026, 12:00" in refused.text
    offered = re.findall(r'name="session" id="a-([^"]+)"', refused.text)
    again = await visitor.post(f"/calls/{CALL}/again", data={"session": offered[0], "minutes": "30"})
    assert again.status_code == 303
    assert (await house.events(CallRequested))[-1].starts_at == datetime(2026, 12, 7, 12, tzinfo=UTC)
    assert len(await house.events(BookingRefused)) == 1


async def _read_model_holds_the_call(visitor: Any) -> None:
    answer = await visitor.get("/my-calls?after=9")
    assert CALL in answer.text
