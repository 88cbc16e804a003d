"""Whoever asks for others without being on the call: a booker keeps, changes and gives up what they asked for."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.booking.events import BookingCancelled, BookingChanged, CallRequested, CallRequestWithdrawn
from domain.event import Event
from domain.person import ParticipantAdded
from tests.api.conftest import BOOKED
from tests.facts import CALL, NOON, PRISON, PRISONER, SESSION, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

BOOKER = "visitor-5"
ANSWERS = fact(ParticipantAdded, booker=BOOKER, person=VISITOR)
ASKED = fact(CallRequested, -95_000, requested_by=BOOKER)
WISH = {"session": SESSION, "minutes": 30, "prisoner": PRISONER, "visitors": [VISITOR]}
HERE = f"/v1/prisons/{PRISON}"
OTHERS = {"outcome": "booker_cancelled"}


async def _own(client: httpx.AsyncClient, after: int) -> list[dict[str, Any]]:
    answer = await client.get("/v1/me/calls", params={"after": after})
    calls: list[dict[str, Any]] = answer.json()["calls"]
    return calls


async def _days_before(house: House, *facts: Event) -> None:
    await house.given(*BOOKED[:-2], ANSWERS, *facts)
    house.clock.moment = NOON - timedelta(days=5)


async def test_a_booker_takes_back_what_they_asked_for(house: House) -> None:
    await house.given(*BOOKED[:-2], ANSWERS, ASKED)
    booker = await house.client("FA", person=BOOKER)
    assert (await booker.post(f"/v1/calls/{CALL}/withdrawal")).status_code == 200
    (withdrawn,) = await house.events(CallRequestWithdrawn)
    assert withdrawn.withdrawn_by == BOOKER


async def test_a_booker_gives_a_booked_call_up_and_reads_it_but_does_not_join_it(house: House) -> None:
    await house.given(*BOOKED[:-2], ANSWERS, ASKED, BOOKED[-1])
    booker = await house.client("FA", person=BOOKER)
    assert (await booker.get(f"/v1/calls/{CALL}")).json()["visitors"] == [VISITOR]
    assert (await booker.get(f"/v1/calls/{CALL}/calendar.ics")).status_code == 200
    refused = [f"/calls/{CALL}/seat", f"/v1/calls/{CALL}/receipt", f"/v1/calls/{CALL}/timeline"]
    answers = [await booker.post(refused[0]), *[await booker.get(path) for path in refused[1:]]]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert (await booker.post(f"/v1/calls/{CALL}/cancellation", json=OTHERS)).status_code == 200
    (cancelled,) = await house.events(BookingCancelled)
    assert cancelled.cancelled_by == BOOKER


async def test_a_booker_changes_a_call_and_keeps_a_place_while_they_answer_for_its_visitors(
    house: House,
) -> None:
    await _days_before(house, ASKED)
    booker = await house.client("FA", person=BOOKER)
    assert (await booker.post(f"/v1/calls/{CALL}/change", json={"minutes": 60})).status_code == 200
    (changed,) = await house.events(BookingChanged)
    assert (changed.minutes, changed.changed_by) == (60, BOOKER)
    somebody_else = {"visitors": ["visitor-2"]}
    assert (await booker.post(f"/v1/calls/{CALL}/change", json=somebody_else)).status_code == 403
    for where in ("reservations", "standby"):
        answer = await booker.post(f"{HERE}/{where}", json=WISH)
        assert answer.status_code != 403


async def test_a_place_that_a_booker_keeps_is_given_back_by_them(house: House) -> None:
    await _days_before(house)
    booker = await house.client("FA", person=BOOKER)
    kept = (await booker.post(f"{HERE}/reservations", json=WISH)).json()
    assert (await booker.post(f"/v1/calls/{kept['call']}/release")).status_code == 200


async def test_somebody_who_asked_for_nothing_gives_nothing_up(house: House) -> None:
    await house.given(*BOOKED, ANSWERS)
    booker = await house.client("FA", person=BOOKER)
    paths = [f"/v1/calls/{CALL}", f"/v1/calls/{CALL}/withdrawal", f"/v1/calls/{CALL}/cancellation"]
    answers = [
        await booker.get(paths[0]),
        await booker.post(paths[1]),
        await booker.post(paths[2], json=OTHERS),
    ]
    assert [answer.status_code for answer in answers] == [403] * 3


async def test_whoever_no_longer_answers_for_them_does_not_ask_for_them_again(house: House) -> None:
    await house.given(*BOOKED[:-2], ASKED, BOOKED[-1])
    booker = await house.client("FA", person=BOOKER)
    again = {"session": SESSION, "minutes": 60}
    assert (await booker.get(f"/calls/{CALL}/again")).status_code == 403
    assert (await booker.post(f"/calls/{CALL}/again", data=again)).status_code == 403
    assert (await booker.post(f"/v1/calls/{CALL}/change", json={"minutes": 60})).status_code == 403


async def test_a_booker_finds_the_call_on_their_page_without_a_way_to_join(house: House) -> None:
    head = await house.given(*BOOKED[:-2], ANSWERS, ASKED, BOOKED[-1])
    booker, visitor = await house.client("FA", person=BOOKER), await house.client("FA")
    assert [call["call"] for call in await _own(booker, head)] == [CALL]
    pages = [(await client.get(f"/my-calls?after={head}")).text for client in (booker, visitor)]
    assert ["You are not on it yourself" in page for page in pages] == [True, False]
    assert [bool(re.search(f'action="/calls/{CALL}/seat"', page)) for page in pages] == [False, True]
