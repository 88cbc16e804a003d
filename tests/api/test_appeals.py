"""An appeal from the family's page to the answer: an independent reviewer, and what was wrong undone."""

import re
from typing import Any

import httpx
import pytest

from domain.access import RecordViewed, Viewed
from domain.appeal import AppealAssigned, AppealDecided, AppealLodged, AppealOutcome
from domain.conduct import SanctionImposed, SanctionLifted
from domain.event import Event
from domain.lifecycle import CallMinutesCredited, CallTerminated
from domain.violation import ViolationRaised, ViolationReviewed
from tests.api.conftest import LIVE
from tests.facts import CALL, OFFICER, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

ended = fact(CallTerminated, 600, talk_ms=480_000, paused_ms=0)
lodged, assigned = fact(AppealLodged, 700), fact(AppealAssigned, 800)
OVER = (*LIVE, ended)
SANCTIONED: tuple[Event, ...] = (
    *LIVE,
    fact(ViolationRaised, 9),
    fact(ViolationReviewed, 60),
    ended,
    fact(SanctionImposed, 650),
)
PATH = f"/v1/calls/{CALL}/appeals"
BODY = {"against": "termination", "words": "Planted words"}
ANSWER = {"outcome": "upheld", "reasons": "It was a poster"}


async def _decide(house: House, client: httpx.AsyncClient, appeal: str, **changes: Any) -> httpx.Response:
    taken = await client.post(f"{PATH}/{appeal}/assignment", headers=await house.seen(client))
    assert taken.status_code == 200, taken.text
    body = {**ANSWER, **changes}
    return await client.post(f"{PATH}/{appeal}/decision", json=body, headers=await house.seen(client))


async def test_a_family_asks_and_an_independent_reviewer_undoes_what_was_wrong(house: House) -> None:
    await house.given(*OVER)
    house.clock.to(700)
    visitor, reviewer = await house.client("FA"), await house.client("GO")
    asked = await visitor.post(PATH, json=BODY)
    assert asked.status_code == 201
    (event,) = await house.events(AppealLodged)
    assert (event.lodged_by, event.words) == (VISITOR, None)  # sealed
    house.clock.to(900)
    done = await _decide(house, reviewer, asked.json()["appeal"])
    assert done.status_code == 200
    (credited,) = await house.events(CallMinutesCredited)
    assert (credited.seconds, credited.prisoner_month) == (1320, f"{PRISONER}/2026-11")
    await house.caught_up()
    (told,) = (await visitor.get("/v1/me/appeals")).json()
    assert (told["outcome"], told["words"], told["reasons"]) == ("upheld", "Planted words", "It was a poster")
    assert "reviewer" not in told


async def test_a_sanction_that_was_wrong_is_lifted_and_its_violation_is_marked(house: House) -> None:
    await house.given(*SANCTIONED)
    visitor, reviewer = await house.client("FA"), await house.client("SG")
    body = {"against": "sanction", "sanction": "sanction-2", "words": "It was a poster"}
    asked = await visitor.post(PATH, json=body)
    assert (await _decide(house, reviewer, asked.json()["appeal"])).status_code == 200
    assert [event.sanction for event in await house.events(SanctionLifted)] == ["sanction-2"]
    await house.caught_up()
    page = (await reviewer.get(f"/calls/{CALL}/conduct")).text
    assert "Overturned on appeal" in page
    assert "Lifted on appeal" in page


async def test_who_decided_reviews_nothing(house: House) -> None:
    await house.given(*OVER, lodged)
    involved = await house.client("SG", person=OFFICER)
    no = await involved.post(f"{PATH}/appeal-1/assignment", headers=await house.seen(involved))
    assert (no.status_code, no.json()["errorCode"]) == (409, "not_independent")
    assert not await house.events(AppealAssigned)


async def test_a_person_in_prison_asks_too_and_a_stranger_does_not(house: House) -> None:
    await house.given(*OVER)
    prisoner, stranger = await house.client("PR"), await house.client("FA", person="visitor-9")
    assert (await prisoner.post(PATH, json=BODY)).status_code == 201
    assert (await stranger.post(PATH, json=BODY)).status_code == 403
    again = await prisoner.post(PATH, json=BODY)
    assert (again.status_code, again.json()["errorCode"]) == (409, "appeal_known")
    assert [event.lodged_by for event in await house.events(AppealLodged)] == [PRISONER]


async def test_staff_read_what_waits_and_that_they_did_is_on_record(house: House) -> None:
    await house.given(*OVER, lodged, fact(AppealLodged, 701, appeal="appeal-2", lodged_by=PRISONER))
    reviewer = await house.client("GO")
    path = f"/v1/prisons/{PRISON}/appeals"
    first = (await reviewer.get(path, params={"limit": 1})).json()
    rest = (await reviewer.get(path, params={"limit": 1, "cursor": first["next"]})).json()
    assert [one["appeal"] for one in first["appeals"] + rest["appeals"]] == ["appeal-1", "appeal-2"]
    assert (await reviewer.get(f"{PATH}/appeal-1")).json()["reviewer"] is None
    assert (await reviewer.get(f"{PATH}/nothing")).status_code == 404
    views = {(view.what, view.viewed) for view in await house.events(RecordViewed)}
    assert {(Viewed.APPEALS, f"appeals:{PRISON}"), (Viewed.APPEALS, f"appeal:{CALL}/appeal-1")} <= views
    for role, prison in (("LM", PRISON), ("GO", "LEI"), ("FA", None), ("PR", PRISON)):
        client = await house.client(role, prison=prison)
        assert (await client.get(f"{PATH}/appeal-1")).status_code == 403, role
        assert (await client.post(f"{PATH}/appeal-1/decision", json=ANSWER)).status_code == 403, role


# The pages


def _hidden(page: str, action: str) -> dict[str, str]:
    found = re.search(rf'action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found is not None, action
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found[1]))


@pytest.mark.parametrize(
    ("lang", "asks", "answered"),
    [
        ("", "Ask that it is looked at again", "You were right"),
        ("?lang=cy", "Gofyn i rywun", "Chi oedd yn iawn"),
    ],
    ids=["English", "Welsh"],
)
async def test_a_family_asks_from_the_receipt_and_finds_the_answer_on_its_page(
    house: House, lang: str, asks: str, answered: str
) -> None:
    await house.given(*OVER)
    house.clock.to(700)
    visitor, reviewer = await house.client("FA"), await house.client("SG")
    action = f"/calls/{CALL}/appeal{lang}"
    assert f'href="{action}"' in (await visitor.get(f"/calls/{CALL}/receipt{lang}")).text
    page = (await visitor.get(action)).text
    assert asks in page
    form = {**_hidden(page, action), "matter": "termination:", "words": "Nobody else was here"}
    done = await visitor.post(action, data=form)
    assert done.status_code == 303, done.text
    own = (await visitor.get(done.headers["location"])).text
    assert "Nobody else was here" in own
    assert "13/12/2026" in own
    (event,) = await house.events(AppealLodged)
    assert (await _decide(house, reviewer, event.appeal)).status_code == 200
    await house.caught_up()
    own = (await visitor.get(f"/my-appeals{lang}")).text
    assert answered in own
    assert "It was a poster" in own


async def test_what_was_left_out_or_is_not_possible_is_said_in_the_readers_language(house: House) -> None:
    await house.given(*OVER, lodged)
    visitor = await house.client("FA")
    action = f"/calls/{CALL}/appeal?lang=cy"
    nothing = await visitor.post(action, data={"words": "Geiriau"})
    assert (nothing.status_code, "Dewiswch beth ddylid edrych arno eto." in nothing.text) == (422, True)
    known = await visitor.post(action, data={"matter": "termination:", "words": "Geiriau"})
    assert (known.status_code, "Rydych wedi gofyn am hyn yn barod" in known.text) == (409, True)
    prisoner = await house.client("PR")
    empty = await prisoner.post(f"/calls/{CALL}/appeal", data={"matter": "termination:", "words": " "})
    assert (empty.status_code, "Say what was not right" in empty.text) == (409, True)


async def test_somebody_who_was_sanctioned_reads_why_and_how_to_ask(house: House) -> None:
    await house.given(*SANCTIONED)
    visitor = await house.client("FA")
    assert "/my-appeals" in (await visitor.get("/my-calls")).text
    own = (await visitor.get("/my-appeals")).text
    assert "No calls from 23/11/2026 to 29/11/2026" in own
    assert f'href="/calls/{CALL}/appeal"' in own
    assert "A warning or a sanction" in (await visitor.get(f"/calls/{CALL}/appeal")).text
    stranger = await house.client("FA", person="visitor-9")
    assert "No calls from" not in (await stranger.get("/my-appeals")).text


async def test_staff_take_and_answer_an_appeal_from_its_page(house: House) -> None:
    await house.given(*OVER, lodged)
    reviewer = await house.client("GO")
    assert "Nobody yet" in (await reviewer.get("/appeals")).text
    one = f"/calls/{CALL}/appeals/appeal-1"
    form = _hidden((await reviewer.get(one)).text, f"{one}/assignment")
    taken = await reviewer.post(f"{one}/assignment", data=form)
    assert taken.status_code == 303
    page = (await reviewer.get(taken.headers["location"])).text
    form = _hidden(page, f"{one}/decision")
    empty = await reviewer.post(f"{one}/decision", data={**form, "outcome": "rejected", "reasons": " "})
    assert (empty.status_code, "Please give your reasons" in empty.text) == (409, True)
    done = await reviewer.post(
        f"{one}/decision", data={**form, "outcome": "rejected", "reasons": "I saw two"}
    )
    assert done.status_code == 303
    assert "I saw two" in (await reviewer.get(done.headers["location"])).text
    assert "it stays as it is" in (await reviewer.get("/appeals")).text
    (event,) = await house.events(AppealDecided)
    assert event.outcome is AppealOutcome.REJECTED
    assert not await house.events(CallMinutesCredited)
