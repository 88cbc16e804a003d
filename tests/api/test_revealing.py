"""Hidden pictures: words first, one picture for whoever asks, on record before, and counted."""

from datetime import timedelta
from typing import Any

import pytest

from domain.access import RecordViewed, Viewed
from domain.call.events import CallPaused, CallResumed
from domain.clearance import ClearanceMode, Side
from domain.exposure import RevealAgreed, RevealAsked, SensitiveImageRevealed
from domain.moderation.kind import Kind, Severity
from domain.policy import Policy, PolicyPublished
from domain.violation import ViolationRaised
from domain.waiting_room.events import WaitingRoomOpened
from tests.api.conftest import LIVE
from tests.facts import CALL, MATCHED_VISITOR, NOON, OFFICER, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

NUDE = fact(
    ViolationRaised,
    9,
    kind=Kind.EXPLICIT_NUDITY,
    severity=Severity.CRITICAL,
    evidence={"scores": [8100, 7700], "threshold": 6000},
)
HIDDEN = (*LIVE, NUDE, fact(CallPaused, 9, cause="explicit_nudity"))
THERE = f"/v1/calls/{CALL}/stills/visitor/reveal"
WHY = {"reason": "Is a child in the room?"}


def staff(**rules: Any) -> PolicyPublished:
    document = Policy().merged({"staff": rules}).document()
    return fact(PolicyPublished, -7200, version=2, document=document)


async def test_what_was_found_is_told_in_words_and_no_picture_loads_by_itself(house: House) -> None:
    await house.given(*HIDDEN)
    officer = await house.client("LM")
    assert "/reveal?side=visitor" in (await officer.get(f"/calls/{CALL}")).text
    page = (await officer.get(f"/calls/{CALL}/reveal?side=visitor")).text
    assert "<strong>Nudity</strong>, visitors’ side" in page
    assert "0.8100, 0.7700" in page
    assert "<img" not in page
    assert [event.what for event in await house.events(RecordViewed)][-1] is Viewed.HIDDEN
    assert not await house.events(SensitiveImageRevealed)


async def test_one_picture_is_shown_to_whoever_asked_and_to_nobody_else(house: House) -> None:
    await house.given(*HIDDEN)
    officer, colleague = await house.client("LM"), await house.client("SG")
    answer = await officer.post(THERE, json=WHY)
    assert (answer.status_code, answer.json()["shown"]) == (200, True)
    (revealed,) = await house.events(SensitiveImageRevealed)
    assert (revealed.officer, revealed.side, revealed.kind) == (
        OFFICER,
        Side.VISITOR,
        Kind.EXPLICIT_NUDITY,
    )
    assert revealed.reason is None  # sealed
    picture = f"/v1/calls/{CALL}/reveals/{revealed.reveal}"
    seen = await officer.get(picture)
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert seen.headers["cache-control"] == "no-store"
    assert (await colleague.get(picture)).status_code == 404
    assert house.media.told == [("bare still", CALL, Side.VISITOR)]
    house.clock.moment = NOON + timedelta(minutes=1)
    assert (await officer.get(picture)).json()["errorCode"] == "picture_gone"


async def test_nothing_is_shown_that_cannot_go_on_record(house: House) -> None:
    await house.given(*HIDDEN)
    officer = await house.client("LM")
    await officer.get(f"/calls/{CALL}")
    house.store.away = True
    assert (await officer.post(THERE, json=WHY)).status_code == 503


async def test_the_still_of_the_wall_stays_blurred(house: House) -> None:
    await house.given(*HIDDEN)
    officer = await house.client("LM")
    before = (await officer.get(f"/v1/calls/{CALL}/stills/visitor")).content
    reveal = (await officer.post(THERE, json=WHY)).json()["reveal"]
    shown = (await officer.get(f"/v1/calls/{CALL}/reveals/{reveal}")).content
    assert (await officer.get(f"/v1/calls/{CALL}/stills/visitor")).content == before != shown


async def test_the_same_request_again_counts_once(house: House) -> None:
    await house.given(*HIDDEN)
    officer = await house.client("LM")
    key = {"idempotency-key": "form-1"}
    first = await officer.post(THERE, json=WHY, headers=key)
    again = await officer.post(THERE, json=WHY, headers=key)
    assert first.json() == again.json()
    assert len(await house.events(SensitiveImageRevealed)) == 1


async def test_an_officer_is_shown_it_without_scripts(house: House) -> None:
    await house.given(*HIDDEN)
    officer = await house.client("LM")
    officer.follow_redirects = True
    refused = await officer.post(f"/calls/{CALL}/reveal", data={"side": "visitor", "reason": " "})
    assert (refused.status_code, "Please say why" in refused.text) == (409, True)
    page = (await officer.post(f"/calls/{CALL}/reveal", data={"side": "visitor", **WHY})).text
    (revealed,) = await house.events(SensitiveImageRevealed)
    assert f'src="/v1/calls/{CALL}/reveals/{revealed.reveal}"' in page
    assert page.index("What was found") < page.index("<img")


async def test_where_two_people_are_wanted_the_second_agrees_and_the_first_is_shown(house: House) -> None:
    await house.given(*HIDDEN, staff(reveal_two_people=True))
    house.clock.to(30)
    officer, colleague = await house.client("LM"), await house.client("SG")
    for client in (officer, colleague):
        client.follow_redirects = True
    here = f"/calls/{CALL}/reveal"
    page = (await officer.post(here, data={"side": "visitor", **WHY})).text
    assert "A second officer has to open this page and agree" in page
    (asked,) = await house.events(RevealAsked)
    named = {"side": "visitor", "reveal": asked.reveal}
    early = await officer.post(f"{here}/show", data=named)
    assert (early.status_code, "has not agreed" in early.text) == (409, True)
    alone = await officer.post(f"{here}/agree", data=named)
    assert (alone.status_code, "Somebody else has to agree" in alone.text) == (409, True)
    assert "Agree" in (await colleague.get(f"{here}?side=visitor")).text
    await colleague.post(f"{here}/agree", data=named)
    assert [event.officer for event in await house.events(RevealAgreed)] == ["sg-1"]
    assert "Show me the picture" in (await officer.get(f"{here}?side=visitor")).text
    assert "<img" in (await officer.post(f"{here}/show", data=named)).text
    (revealed,) = await house.events(SensitiveImageRevealed)
    assert (revealed.officer, revealed.second) == (OFFICER, "sg-1")


async def test_programs_go_the_same_way_by_two_people(house: House) -> None:
    await house.given(*HIDDEN, staff(reveal_two_people=True))
    officer, colleague = await house.client("LM"), await house.client("SG")
    asked = (await officer.post(THERE, json=WHY)).json()
    assert asked["shown"] is False
    there = f"/v1/calls/{CALL}/reveals/{asked['reveal']}"
    assert (await officer.get(there)).status_code == 404
    assert (await colleague.post(f"{there}/agree")).status_code == 200
    assert (await colleague.post(f"{there}/show")).json()["errorCode"] == "reveal_not_yours"
    assert (await officer.post(f"{there}/show")).json()["shown"] is True
    assert (await officer.get(there)).status_code == 200
    assert (await officer.post(f"{there}/show")).json()["errorCode"] == "reveal_shown"
    assert (await officer.post(f"/v1/calls/{CALL}/reveals/reveal-9/show")).status_code == 404


async def test_nothing_is_revealed_of_a_call_in_which_nothing_is_hidden(house: House) -> None:
    await house.given(*HIDDEN, fact(CallResumed, 30))
    officer = await house.client("LM")
    assert (await officer.post(THERE, json=WHY)).json()["errorCode"] == "nothing_hidden"
    assert "/reveal?side" not in (await officer.get(f"/calls/{CALL}")).text


async def test_nothing_is_revealed_of_a_stream_that_nobody_may_see(house: House) -> None:
    lawyer = MATCHED_VISITOR.model_copy(update={"mode": ClearanceMode.OPEN, "faces": ()})
    await house.given(*LIVE[:7], fact(WaitingRoomOpened, -900, visitor=lawyer), NUDE)
    answer = await (await house.client("LM")).post(THERE, json=WHY)
    assert answer.json()["errorCode"] == "picture_missing"
    assert house.media.told == []
    assert not await house.events(SensitiveImageRevealed)


async def test_every_face_of_a_demonstration_stays_covered(demo_house: House) -> None:
    await demo_house.given(*HIDDEN)
    officer = await demo_house.client("LM")
    assert (await officer.post(THERE, json=WHY)).json()["shown"] is True
    assert demo_house.media.told == []  # the bare picture never leaves its worker


async def test_officers_see_their_own_number_and_leads_see_who_should_rotate(house: House) -> None:
    shown = [fact(SensitiveImageRevealed, -day * 86_400) for day in (1, 2, 9)]
    await house.given(*LIVE, *shown, staff(reveals_7_days_max=1))
    wall = (await (await house.client("LM")).get("/wall")).text
    assert "You were shown 2 sensitive pictures within 7 days, 3 within 28." in wall
    assert "That is enough" in wall
    lead = await house.client("GO")
    assert "Ask them to rotate" in (await lead.get("/exposure")).text
    ledger = (await lead.get(f"/v1/prisons/{PRISON}/exposure")).json()
    assert [(one["within_7_days"], one["within_28_days"]) for one in ledger["officers"]] == [(2, 3)]
    assert (await (await house.client("LM")).get("/exposure")).status_code == 403


async def test_whoever_was_shown_nothing_is_told_nothing(house: House) -> None:
    await house.given(*LIVE)
    assert "sensitive pictures" not in (await (await house.client("LM")).get("/wall")).text
    await house.caught_up()
    assert "Nobody was shown" in (await (await house.client("SG")).get("/exposure")).text
