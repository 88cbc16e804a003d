"""Lists page by page: nothing twice and nothing left out, though the list changes meanwhile; no made-up cursors."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.access import RecordViewed, Viewed
from domain.booking.events import BookingRefused, CallRequested
from domain.call.events import CallPaused
from domain.stream import StreamFrozen
from domain.violation import ViolationRaised
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL, NOON, PRISON, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

PAUSED = (*LIVE, fact(ViolationRaised, 9), fact(CallPaused, 9))


def _request(number: int, days: float) -> CallRequested:
    return fact(CallRequested, -50_000, call=f"call-{number:02}", starts_at=NOON + timedelta(days=days))


async def _pages(client: httpx.AsyncClient, path: str, **params: Any) -> list[dict[str, Any]]:
    """Every page of a list, by the header that programs follow."""
    answer = await client.get(path, params=params)
    pages = [answer.json()]
    while "next" in answer.links:
        answer = await client.get(answer.links["next"]["url"])
        pages.append(answer.json())
    return pages


async def test_own_calls_come_page_by_page_the_newest_time_first(house: House) -> None:
    await house.given(*BOOKED[:-2], *(_request(number, number) for number in range(7)))
    visitor = await house.client("FA")
    pages = await _pages(visitor, "/v1/me/calls", limit=3)
    assert [[call["call"] for call in page["calls"]] for page in pages] == [
        ["call-06", "call-05", "call-04"],
        ["call-03", "call-02", "call-01"],
        ["call-00"],
    ]
    assert pages[-1]["next"] is None


async def test_calls_at_the_same_time_are_parted_by_a_page_without_losing_one(house: House) -> None:
    await house.given(*BOOKED[:-2], *(_request(number, 1) for number in range(5)))
    pages = await _pages(await house.client("FA"), "/v1/me/calls", limit=2)
    told = [call["call"] for page in pages for call in page["calls"]]
    assert told == [f"call-{number:02}" for number in range(5)]


async def test_what_is_added_meanwhile_repeats_nothing_and_leaves_nothing_out(house: House) -> None:
    await house.given(*BOOKED[:-2], *(_request(number, number) for number in range(4)))
    visitor = await house.client("FA")
    first = (await visitor.get("/v1/me/calls", params={"limit": 2})).json()
    await house.given(_request(90, 30), _request(91, 1.5))
    rest = await _pages(visitor, "/v1/me/calls", limit=2, cursor=first["next"])
    assert [call["call"] for call in first["calls"]] == ["call-03", "call-02"]
    assert [call["call"] for page in rest for call in page["calls"]] == ["call-91", "call-01", "call-00"]


@pytest.mark.parametrize("cursor", ["x", "!!!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "é"])
async def test_a_cursor_that_somebody_made_up_is_refused_in_words(house: House, cursor: str) -> None:
    visitor = await house.client("FA")
    answer = await visitor.get("/v1/me/calls", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errorCode"]) == (422, "cursor_unknown")


async def test_a_cursor_is_good_for_the_list_and_the_person_it_was_given_for(house: House) -> None:
    await house.given(*PAUSED, _request(1, 1))
    visitor, other = await house.client("FA"), await house.client("FA", person="visitor-9")
    cursor = (await visitor.get("/v1/me/calls", params={"limit": 1})).json()["next"]
    assert (await other.get("/v1/me/calls", params={"cursor": cursor})).status_code == 422
    auditor = await house.client("AU")
    path = f"/v1/calls/{CALL}/timeline"
    assert (await auditor.get(path, params={"cursor": cursor})).status_code == 422
    own = (await auditor.get(path, params={"limit": 1})).json()["next"]
    elsewhere = await house.client("AU")  # the same person, another sign-in
    assert (await elsewhere.get(path, params={"cursor": own})).status_code == 422


async def test_a_page_is_as_long_as_was_asked_and_never_without_bound(house: House) -> None:
    visitor = await house.client("FA")
    for limit in (0, -1, 201, "many"):
        answer = await visitor.get("/v1/me/calls", params={"limit": limit})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/limit")


async def test_a_record_is_read_page_by_page_and_put_on_record_once(house: House) -> None:
    await house.given(*PAUSED)
    auditor = await house.client("AU")
    path = f"/v1/calls/{CALL}/timeline"
    first = (await auditor.get(path, params={"limit": 3})).json()
    await house.given(fact(StreamFrozen, 40))
    rest = await _pages(auditor, path, limit=3, cursor=first["next"])
    entries = [entry for page in (first, *rest) for entry in page["entries"]]
    assert [entry["position"] for entry in entries] == sorted({entry["position"] for entry in entries})
    assert entries[-1]["type"] == "RecordViewed"  # what came after it was not yet read
    assert [event.what for event in await house.events(RecordViewed)] == [Viewed.TIMELINE]
    assert all(page["sights"] == first["sights"] for page in rest)
    assert {sight["sees"] for sight in first["sights"]} >= {"live", "slate:unapproved_face"}


async def test_a_record_that_is_read_one_by_one_comes_to_its_end(house: House) -> None:
    await house.given(*BOOKED)
    auditor = await house.client("AU")
    pages = await _pages(auditor, f"/v1/calls/{CALL}/timeline", limit=1)
    assert [page["entries"][0]["type"] for page in pages] == ["CallRequested", "CallBooked", "RecordViewed"]


async def test_a_day_is_told_with_its_calls_and_that_it_was_read_is_on_record(house: House) -> None:
    position = await house.given(*BOOKED, fact(BookingRefused, -90_000))
    officer = await house.client("BO")
    params: dict[str, Any] = {"day": "2026-11-23", "after": position}
    day = (await officer.get(f"/v1/prisons/{PRISON}/calendar", params=params)).json()
    (time,) = day["times"]
    assert (day["day"], time["stations"], time["free"]) == ("2026-11-23", 2, 1)
    assert [(call["call"], call["visitors"]) for call in time["bookings"]] == [(CALL, [VISITOR])]
    (viewed,) = await house.events(RecordViewed)
    assert (viewed.what, viewed.viewed) == (Viewed.CALENDAR, f"calendar:{PRISON}/2026-11-23")


async def test_a_day_beyond_every_calendar_is_no_day(house: House) -> None:
    officer = await house.client("BO")
    for day in ("0001-01-01", "9999-12-31", "tomorrow"):
        answer = await officer.get(f"/v1/prisons/{PRISON}/calendar", params={"day": day})
        assert answer.status_code == 422


async def test_a_family_turns_the_pages_of_its_calls(house: House) -> None:
    await house.given(*BOOKED[:-2], *(_request(number, number) for number in range(52)))
    visitor = await house.client("FA")
    page = (await visitor.get("/my-calls")).text
    assert page.count("/again") == 50
    cursor = page.partition('href="/my-calls?cursor=')[2].partition('"')[0]
    earlier = (await visitor.get(f"/my-calls?cursor={cursor}")).text
    assert earlier.count("/again") == 2
    assert "Earlier calls" not in earlier
