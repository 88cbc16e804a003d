"""Asking for a call on pages: with whom, then when, for families and for people in prison, in both languages."""

import re
from typing import Any

import pytest

from domain.booking.events import AskedAs, CallRequested, Method
from domain.event import Event
from domain.identity import GuardianVouchedForChild
from domain.person import ParticipantAdded
from domain.relationship import RelationshipApproved
from domain.timetable.events import SessionTemplatePublished
from tests.api.conftest import BOOKED, CHILD
from tests.facts import NOON, PRISONER, TEMPLATE, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

FAMILY = (
    *BOOKED[:4],
    fact(SessionTemplatePublished, -96_000),
    CHILD,
    fact(ParticipantAdded, person="child-1"),
    fact(GuardianVouchedForChild, person="child-1"),
    fact(RelationshipApproved, visitor="child-1", linked=("child-1",)),
)
SESSION = f"{TEMPLATE}.2026-11-30"
PEOPLE: dict[str, Any] = {"prisoner": PRISONER, "visitor": [VISITOR, "child-1"]}


async def _given(house: House, *facts: Event) -> None:
    """These facts are on record, and it is noon."""
    await house.given(*facts)
    house.clock.moment = NOON


async def test_a_family_chooses_who_comes_along_then_a_time_and_finds_its_request(house: House) -> None:
    await _given(house, *FAMILY)
    family = await house.client("FA")
    whom = (await family.get("/my-calls/ask")).text
    offered = re.findall(r'name="visitor" id="[^"]+" value="([^"]+)"( checked)?', whom)
    assert offered == [(VISITOR, " checked"), ("child-1", "")]
    assert "Tim Planted" in whom
    times = (await family.get("/my-calls/ask", params=PEOPLE | {"day": "2026-11-27"})).text
    assert "Monday 30 November 2026" in times
    assert times.count(f'name="visitor" value="{VISITOR}"') == 1
    answer = await family.post("/my-calls/ask", data=PEOPLE | {"session": SESSION, "minutes": "30"})
    assert answer.status_code == 303
    assert "Take the request back" in (await family.get(answer.headers["location"])).text
    (asked,) = await house.events(CallRequested)
    assert (asked.visitors, asked.prisoner, asked.requested_by) == ((VISITOR, "child-1"), PRISONER, VISITOR)


async def test_a_week_without_a_free_time_says_so_and_the_next_is_one_click_away(house: House) -> None:
    await _given(house, *FAMILY)
    family = await house.client("FA")
    page = (await family.get("/my-calls/ask", params=PEOPLE | {"day": "2026-11-24"})).text
    following = re.findall(r'href="(/my-calls/ask[^"]+day=2026-12-01[^"]*)"', page)
    assert len(following) == 1
    assert "day=2026-11-17" in page  # the week before is offered only from next week on
    this_week = (await family.get("/my-calls/ask", params=PEOPLE)).text
    assert "The week before" not in this_week


async def test_somebody_in_prison_asks_for_a_call_with_whom_they_may_call(house: House) -> None:
    await _given(house, *FAMILY)
    prisoner = await house.client("PR")
    assert "Ann Visitor" in (await prisoner.get("/my-calls/ask")).text
    wish = {"prisoner": PRISONER, "visitor": VISITOR, "session": SESSION, "minutes": "30"}
    assert (await prisoner.post("/my-calls/ask", data=wish)).status_code == 303
    (asked,) = await house.events(CallRequested)
    assert (asked.asked_as, asked.method) == (AskedAs.PRISONER, Method.BY_PRISONER)


async def test_a_refusal_is_said_on_the_page_and_nothing_chosen_is_lost(house: House) -> None:
    await _given(house, *FAMILY)
    family = await house.client("FA")
    alone = {"prisoner": PRISONER, "visitor": "child-1", "session": SESSION, "minutes": "30"}
    refused = await family.post("/my-calls/ask", data=alone)
    assert refused.status_code == 409
    assert "There is a problem" in refused.text
    assert 'name="visitor" value="child-1"' in refused.text


async def test_whoever_chose_nobody_is_asked_again(house: House) -> None:
    await _given(house, *FAMILY)
    family = await house.client("FA")
    page = await family.get("/my-calls/ask", params={"prisoner": PRISONER})
    assert (page.status_code, "Choose who is on the call" in page.text) == (422, True)


async def test_nobody_asks_for_people_for_whom_they_do_not_answer(house: House) -> None:
    await _given(house, *FAMILY)
    stranger = await house.client("FA", person="visitor-9")
    assert (await stranger.get("/my-calls/ask", params=PEOPLE)).status_code == 403
    wish = PEOPLE | {"session": SESSION, "minutes": "30"}
    assert (await stranger.post("/my-calls/ask", data=wish)).status_code == 403
    assert "approved nobody" in (await stranger.get("/my-calls/ask")).text
    unknown = await stranger.get("/my-calls/ask", params=PEOPLE | {"prisoner": "nobody"})
    assert unknown.status_code == 404


async def test_the_way_to_a_call_is_in_welsh_too(house: House) -> None:
    await _given(house, *FAMILY)
    family = await house.client("FA")
    assert "Pwy fydd ar yr alwad?" in (await family.get("/my-calls/ask?lang=cy")).text
    times = (await family.get("/my-calls/ask", params=PEOPLE | {"lang": "cy", "day": "2026-11-30"})).text
    assert "30 Tachwedd 2026" in times
    assert 'action="/my-calls/ask?lang=cy"' in times
    wish = PEOPLE | {"session": SESSION, "minutes": "30"}
    answer = await family.post("/my-calls/ask?lang=cy", data=wish)
    assert answer.headers["location"].endswith("&lang=cy")
