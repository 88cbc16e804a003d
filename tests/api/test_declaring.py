"""The rules of a call: shown in both languages, confirmed on the page or over the API, and asked for once."""

from hashlib import sha256

import pytest

from api.declaring import COMPACT, RULES, said
from domain.clearance import Side
from domain.texts import DECLARATION, Language
from domain.waiting_room.events import (
    CommunicationsCompactAcknowledged,
    DeclarationMade,
    WaitingRoomOpened,
)
from tests.api.conftest import BOOKED
from tests.facts import CALL, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

PUBLISHED = {("1", "en"): "38a4f3998438f97c", ("1", "cy"): "5481864c41868f1c"}
OPENED = (*BOOKED, fact(WaitingRoomOpened, -900, declaration=True))
SEAT = f"/v1/calls/{CALL}/seats/visitor"


async def test_whoever_opens_the_call_reads_the_rules_first_and_once(house: House) -> None:
    await house.given(*OPENED)
    family = await house.seated(Side.VISITOR)
    to_rules = await family.get("/call?lang=cy")
    assert (to_rules.status_code, to_rules.headers["location"]) == (303, "/call/rules?lang=cy")
    page = (await family.get("/call/rules?lang=cy")).text
    assert all(rule in page for rule in said(Language.CY, RULES))
    assert "compact" not in page
    form = {"text_version": DECLARATION, "agree": "true"}
    confirmed = await family.post("/call/rules?lang=cy", data=form)
    assert confirmed.headers["location"] == "/call/check?lang=cy"
    (made,) = await house.events(DeclarationMade)
    assert (made.person, made.text_version, made.language) == (VISITOR, "1", Language.CY)
    assert (await family.get("/call")).status_code == 200
    assert (await family.get("/call/rules")).headers["location"] == "/call"


async def test_without_a_tick_nothing_is_confirmed_and_the_page_says_so(house: House) -> None:
    await house.given(*OPENED)
    family = await house.seated(Side.VISITOR)
    answer = await family.post("/call/rules", data={"text_version": DECLARATION})
    assert answer.status_code == 422
    assert 'href="#keep"' in answer.text
    old = await family.post("/call/rules", data={"text_version": "0", "agree": "true"})
    assert "Please read them again" in old.text
    assert await house.events(DeclarationMade) == []


async def test_somebody_in_prison_confirms_the_compact_as_well(house: House) -> None:
    await house.given(*OPENED)
    prison = await house.seated(Side.PRISONER)
    assert "communications compact" in (await prison.get("/call/rules")).text
    form = {"text_version": DECLARATION, "agree": "true"}
    untold = await prison.post("/call/rules", data=form)
    assert untold.status_code == 409
    assert 'href="#told"' in untold.text
    await prison.post("/call/rules", data={**form, "told": "true"})
    (acknowledged,) = await house.events(CommunicationsCompactAcknowledged)
    assert acknowledged.person == PRISONER


async def test_a_program_confirms_the_rules_before_it_connects(house: House) -> None:
    await house.given(*OPENED)
    family = await house.seated(Side.VISITOR)
    refused = await family.post(f"{SEAT}/offer", json={"sdp": "v=0"})
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "declaration_missing")
    assert house.media.told == []
    rules = (await family.get(f"{SEAT}/declaration")).json()
    assert (rules["owed"], rules["compact"]) == (True, [])
    body = {"text_version": rules["text_version"], "language": "en"}
    assert (await family.post(f"{SEAT}/declaration", json=body)).status_code == 204
    assert not (await family.get(f"{SEAT}/declaration")).json()["owed"]
    assert (await family.post(f"{SEAT}/offer", json={"sdp": "v=0"})).status_code == 200
    other = await family.post(f"/v1/calls/{CALL}/seats/prisoner/declaration", json=body)
    assert other.status_code == 403


async def test_the_pages_before_a_call_need_a_seat(house: House) -> None:
    await house.given(*OPENED)
    for path in ("/call/rules", "/call/check"):
        assert (await house.browser().get(path)).status_code == 401
        assert (await (await house.client("FA")).get(path)).status_code == 401


def test_words_that_people_confirmed_are_never_changed() -> None:
    for (version, language), digest in PUBLISHED.items():
        assert version == DECLARATION, "words that are no longer shown stay in the files, and here"
        words = "\n".join(said(Language(language), (*RULES, *COMPACT)))
        assert sha256(words.encode()).hexdigest()[:16] == digest
