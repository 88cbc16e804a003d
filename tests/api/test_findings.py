"""Evidence pictures: figures first; the picture for whoever says what for, on record before, and for a minute."""

from datetime import timedelta

import cv2
import numpy as np
import pytest

from domain.access import EvidenceViewed, RecordViewed, Viewed
from domain.call.events import CallPaused
from domain.clearance import Side
from domain.event import Event, Purpose
from domain.evidence_picture import EvidencePictureFailed, EvidencePictureKept
from domain.kept import MediaKept, WeedingBegun
from domain.lifecycle import CallCompleted
from domain.moderation.block import digest
from domain.stream import ModerationStarted
from domain.violation import ViolationRaised
from domain.waiting_room.events import WaitingRoomOpened
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL, NOON, OFFICER, fact
from tests.house import House

pytestmark = pytest.mark.postgres

FIGURES = {"scores": [7800, 7700], "threshold": 6000, "votes_for": 5, "votes": 6}
FOUND = (*LIVE, fact(ModerationStarted), fact(ViolationRaised, 9, evidence=FIGURES), fact(CallPaused, 9))
OVER = fact(CallCompleted, 1800, talk_ms=1_800_000)
PAGE = f"/calls/{CALL}/violations/violation-1"
PICTURE = f"/v1{PAGE}/picture"
WHY = {"reason": "The visitor says that it was a poster"}


def jpeg() -> bytes:
    """A picture of nobody."""
    _, content = cv2.imencode(".jpg", np.full((480, 640, 3), 90, np.uint8))
    return content.tobytes()


async def kept(house: House, *more: Event) -> str:
    """A call that was paused, its picture in the vault and on record; the digest."""
    name = await house.services.vault.put(CALL, Purpose.EVIDENCE, "picture", jpeg())
    await house.given(*FOUND, fact(EvidencePictureKept, 10, digest=name), OVER, *more)
    return name


async def test_a_finding_is_told_in_figures_and_no_picture_loads_by_itself(house: House) -> None:
    await kept(house)
    officer = await house.client("LM")
    assert f'href="{PAGE}"' in (await officer.get("/reviews")).text
    page = (await officer.get(PAGE)).text
    assert "A face that nobody approved, visitors’ side" in page
    assert "<b>distances:</b> 0.7800, 0.7700 (limit 0.6000)" in page
    assert "<img" not in page
    assert "Show me the picture" in page
    assert [event.what for event in await house.events(RecordViewed)][-1] is Viewed.CALL
    assert not await house.events(EvidenceViewed)


async def test_the_picture_is_shown_to_whoever_asked_and_to_nobody_else(house: House) -> None:
    await kept(house)
    officer, colleague = await house.client("LM"), await house.client("SG")
    answer = await officer.post(f"{PAGE}/picture", data=WHY)
    assert answer.status_code == 303
    (viewed,) = await house.events(EvidenceViewed)
    assert (viewed.viewed_by, viewed.media, viewed.side) == (OFFICER, MediaKept.PICTURES, Side.VISITOR)
    assert (viewed.violation, viewed.purpose) == ("violation-1", None)  # the purpose is sealed
    page = (await officer.get(PAGE)).text
    assert f'src="{PICTURE}"' in page
    assert '<rect x="200" y="80" width="80" height="80"/>' in page
    seen = await officer.get(PICTURE)
    assert (seen.status_code, seen.headers["content-type"], seen.content) == (200, "image/jpeg", jpeg())
    assert seen.headers["cache-control"] == "no-store"
    assert (await colleague.get(PICTURE)).status_code == 404
    house.clock.moment = NOON + timedelta(minutes=1)
    assert (await officer.get(PICTURE)).json()["errorCode"] == "picture_gone"
    assert "<img" not in (await officer.get(PAGE)).text


async def test_nothing_is_shown_that_cannot_go_on_record_or_without_a_purpose(house: House) -> None:
    await kept(house)
    officer = await house.client("LM")
    nothing = await officer.post(PICTURE, json={"reason": " "})
    assert (nothing.status_code, nothing.json()["errorCode"]) in ((409, "reason_missing"), (422, "invalid"))
    refused = await officer.post(f"{PAGE}/picture", data={"reason": " "})
    assert (refused.status_code, "Please say what you need the picture for." in refused.text) == (409, True)
    house.store.away = True
    assert (await officer.post(PICTURE, json=WHY)).status_code == 503
    house.store.away = False
    assert (await officer.get(PICTURE)).status_code == 404
    assert not await house.events(EvidenceViewed)


async def test_a_picture_that_is_not_the_one_on_record_is_not_shown(house: House) -> None:
    await house.services.vault.put(CALL, Purpose.EVIDENCE, "picture", jpeg())
    wrong = digest(b"another picture")
    await house.given(*FOUND, fact(EvidencePictureKept, 10, digest=wrong), OVER)
    answer = await (await house.client("LM")).post(PICTURE, json=WHY)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "picture_gone")
    assert not await house.events(EvidenceViewed)


async def test_what_was_destroyed_is_said_to_be_and_not_offered_for_review(house: House) -> None:
    name = await kept(house)
    await house.services.keys.destroy(CALL, Purpose.EVIDENCE)  # type: ignore[attr-defined]  # of the vault, not of the port
    await house.given(fact(WeedingBegun, 8_000_000, media=MediaKept.PICTURES, references=(name,)))
    officer = await house.client("LM")
    assert "It was destroyed" in (await officer.get(PAGE)).text
    assert f'href="{PAGE}"' not in (await officer.get("/reviews")).text
    answer = await officer.post(PICTURE, json=WHY)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "picture_gone")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ((), "None was kept."),
        ((fact(EvidencePictureFailed, 10, cause="vault_away"),), "could not be reached in time"),
        ((fact(EvidencePictureFailed, 10, cause="vault_refused"),), "did not take it"),
        ((fact(EvidencePictureFailed, 10, cause="enough"),), "kept of this call already"),
    ],
)
async def test_where_there_is_no_picture_the_page_says_why(
    house: House, facts: tuple[Event, ...], said: str
) -> None:
    await house.given(*FOUND, *facts, OVER)
    officer = await house.client("GO")
    page = (await officer.get(PAGE)).text
    assert said in page
    assert 'href="/reviews"' not in page  # which a governor cannot open
    assert (await officer.get(f"/calls/{CALL}/timeline")).status_code == 200
    answer = await officer.post(PICTURE, json=WHY)
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "picture_missing")
    unknown = await officer.get(f"/calls/{CALL}/violations/violation-7")
    assert unknown.status_code == 404


@pytest.mark.parametrize("role", ["BO", "AP", "PA", "FA", "PR"])
async def test_whoever_has_no_part_in_reviews_sees_neither_figures_nor_picture(
    house: House, role: str
) -> None:
    await kept(house)
    somebody = await house.client(role)
    assert (await somebody.get(PAGE)).status_code == 403
    assert (await somebody.post(PICTURE, json=WHY)).status_code == 403


async def test_a_call_of_which_pictures_may_be_kept_says_so_before_anybody_joins_it(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900, evidence_pictures=True))
    family = await house.seated(Side.VISITOR)
    english, welsh = [await family.get(f"/call{lang}") for lang in ("", "?lang=cy")]
    assert "one picture of that moment is kept for a while" in english.text
    assert "they are not kept" not in english.text
    assert "cedwir un llun o’r foment honno am gyfnod" in welsh.text
