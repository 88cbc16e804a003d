"""From a confirmed violation to its consequence: step by step, by a person, and lifted by another."""

import re
from datetime import date
from typing import Any

import httpx
import pytest

from domain.access import RecordViewed, Viewed
from domain.conduct import SanctionImposed, SanctionLifted, WarningIssued
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from tests.api.conftest import LIVE
from tests.facts import CALL, OFFICER, PRISON, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

raised, confirmed = fact(ViolationRaised, 9), fact(ViolationReviewed, 60)
FOUND = (*LIVE, raised, confirmed)
WARNED = fact(WarningIssued, -9000, call="call-0", violation="violation-0", sanction="sanction-0")
PATH = f"/v1/calls/{CALL}/sanctions"
BODY = {"person": VISITOR, "violation": "violation-1", "days": 0, "reason": "Planted words"}


async def _take(house: House, client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post(PATH, json={**BODY, **changes}, headers=await house.seen(client))


async def test_somebody_is_warned_and_then_kept_from_calls(house: House) -> None:
    await house.given(*FOUND)
    lead = await house.client("SG")
    assert (await _take(house, lead)).status_code == 201
    (warned,) = await house.events(WarningIssued)
    assert (warned.person, warned.issued_by, warned.reason) == (VISITOR, "sg-1", None)
    again = (
        fact(ViolationRaised, 90, violation="violation-2"),
        fact(ViolationReviewed, 95, violation="violation-2"),
    )
    await house.given(*again)
    assert (await _take(house, lead, violation="violation-2", days=7)).status_code == 201
    (kept,) = await house.events(SanctionImposed)
    assert (kept.days, kept.first, kept.last) == (7, date(2026, 11, 23), date(2026, 11, 29))


async def test_what_nobody_confirmed_and_what_comes_too_early_is_refused(house: House) -> None:
    unsure = fact(ViolationReviewed, 60, outcome=ReviewOutcome.UNCLEAR)
    await house.given(*LIVE, raised, unsure)
    lead = await house.client("GO")
    no = await _take(house, lead)
    assert (no.status_code, no.json()["errorCode"]) == (409, "not_confirmed")
    unknown = await _take(house, lead, violation="violation-9")
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "violation_unknown")
    await house.given(confirmed)
    far = await _take(house, lead, days=30)
    assert (far.status_code, far.json()["errorCode"]) == (409, "step_too_far")
    assert not await house.events(SanctionImposed)


async def test_a_sanction_is_lifted_by_somebody_else(house: House) -> None:
    await house.given(*FOUND, fact(SanctionImposed, 70))
    path = f"{PATH}/sanction-2/lifting"
    mine, other = await house.client("SG", person=OFFICER), await house.client("SG")
    body = {"reason": "The camera had shown a poster"}
    no = await mine.post(path, json=body, headers=await house.seen(mine))
    assert (no.status_code, no.json()["errorCode"]) == (409, "second_person")
    assert (await other.post(path, json=body, headers=await house.seen(other))).status_code == 200
    assert len(await house.events(SanctionLifted)) == 1
    missing = await other.post(f"{PATH}/nothing/lifting", json=body, headers=await house.seen(other))
    assert missing.status_code == 404


async def test_who_watches_and_who_is_on_the_call_sanctions_nobody(house: House) -> None:
    await house.given(*FOUND)
    for role, prison in (("LM", PRISON), ("AU", PRISON), ("SG", "LEI"), ("FA", None), ("PR", PRISON)):
        client = await house.client(role, prison=prison)
        assert (await client.post(PATH, json=BODY)).status_code == 403, role


async def test_the_list_tells_what_followed_page_by_page_and_that_it_was_read(house: House) -> None:
    await house.given(*FOUND, WARNED)
    lead = await house.client("SG")
    await _take(house, lead, days=7)
    await house.caught_up()
    path = f"/v1/prisons/{PRISON}/sanctions"
    first = (await lead.get(path, params={"limit": 1})).json()
    rest = (await lead.get(path, params={"limit": 1, "cursor": first["next"]})).json()
    assert [one["days"] for one in first["measures"] + rest["measures"]] == [7, 0]
    assert first["measures"][0]["words"] == {"reason": "Planted words"}
    assert rest["next"] is None
    views = {(view.what, view.viewed) for view in await house.events(RecordViewed)}
    assert (Viewed.CONDUCT, f"conduct:{PRISON}") in views


# The page


def _fields(page: str, action: str) -> dict[str, str]:
    found = re.search(rf'action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found is not None, action
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found[1]))


async def test_the_page_offers_the_next_step_and_puts_it_on_record(house: House) -> None:
    await house.given(*FOUND, WARNED)
    lead = await house.client("SG")
    listed = (await lead.get("/conduct")).text
    assert "Confirmed, and nothing followed yet" in listed
    action = f"/calls/{CALL}/conduct"
    page = (await lead.get(action)).text
    assert "Ann Visitor: a warning" in page
    assert "Ann Visitor: 7 days without calls" in page
    assert "15 days" not in page
    form = {**_fields(page, action), "step": f"{VISITOR}:7", "reason": "It was the second time"}
    left_out = await lead.post(action, data={**form, "reason": " "})
    assert (left_out.status_code, "Please say for whom" in left_out.text) == (409, True)
    done = await lead.post(action, data=form)
    assert done.status_code == 303, done.text
    page = (await lead.get(done.headers["location"])).text
    assert "It was the second time" in page
    assert "For everybody on this side it was decided" in page
    assert "To 29 November 2026" in (await lead.get("/conduct")).text
    assert len(await house.events(SanctionImposed)) == 1


async def test_a_step_that_is_no_longer_possible_is_refused_on_the_page(house: House) -> None:
    await house.given(*FOUND)
    lead = await house.client("SG")
    action = f"/calls/{CALL}/conduct"
    form = _fields((await lead.get(action)).text, action)
    no = await lead.post(action, data={**form, "step": f"{VISITOR}:90", "reason": "Too much"})
    assert (no.status_code, "The steps before this one come first." in no.text) == (409, True)
    assert "Too much" in no.text


async def test_another_officer_lifts_it_from_the_page(house: House) -> None:
    await house.given(*FOUND, fact(SanctionImposed, 70))
    mine, other = await house.client("GO", person=OFFICER), await house.client("GO")
    action = f"/calls/{CALL}/conduct/sanction-2/lift"
    assert action not in (await mine.get(f"/calls/{CALL}/conduct")).text
    form = _fields((await other.get(f"/calls/{CALL}/conduct")).text, action)
    done = await other.post(action, data={**form, "reason": "It was a poster"})
    assert done.status_code == 303
    assert "Lifted" in (await other.get(done.headers["location"])).text


async def test_a_call_on_which_nothing_was_confirmed_says_so(house: House) -> None:
    await house.given(*LIVE)
    page = (await (await house.client("AU")).get(f"/calls/{CALL}/conduct")).text
    assert "Nothing on this call was confirmed by an officer" in page
