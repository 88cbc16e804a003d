"""Reviews after the call: what waits, what was said, and how often the machine was right."""

import csv
import io
from datetime import timedelta

import pytest

from domain.access import RecordViewed, Viewed
from domain.call.events import CallClosed, CallPaused
from domain.lifecycle import CallCompleted
from domain.moderation.kind import Action, Kind
from domain.policy import PolicyPublished
from domain.stream import ModerationStarted
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from tests.api.conftest import LIVE
from tests.api.test_looking import version_on
from tests.facts import CALL, NOON, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

JUDGED = fact(ModerationStarted, 0, models={"engine": "full:0f3c"})
OVER = fact(CallCompleted, 1800, talk_ms=1_800_000)
STOPPED = (*LIVE, JUDGED, fact(ViolationRaised, 9), fact(CallPaused, 9), OVER)


def review(page: str, **changes: str) -> dict[str, str]:
    said = {"violation": "violation-1", "outcome": "dismissed", "note": "It was a poster"}
    return {**said, "version": version_on(page), **changes}


async def test_what_stopped_a_call_waits_with_its_figures_in_words_until_it_is_due(house: House) -> None:
    await house.given(*STOPPED)
    officer = await house.client("LM")
    (waiting,) = (await officer.get(f"/v1/prisons/{PRISON}/reviews")).json()["waiting"]
    due = NOON + timedelta(seconds=1800, hours=72)
    assert waiting["due_at"] == due.isoformat().replace("+00:00", "Z")
    page = (await officer.get("/reviews")).text
    assert "A face that nobody approved, visitors’ side" in page
    assert "<b>distance:</b> 0.7800" in page
    assert "Overdue" not in page
    assert [event.what for event in await house.events(RecordViewed)] == [Viewed.REVIEWS] * 2


async def test_a_prison_may_want_its_reviews_sooner(house: House) -> None:
    sooner = fact(PolicyPublished, -7200, version=2, document={"staff": {"review_within_hours": 1}})
    await house.given(*STOPPED, sooner)
    house.clock.to(1800 + 3601)
    assert "Overdue" in (await (await house.client("LM")).get("/reviews")).text


async def test_a_review_after_the_call_is_on_record_and_the_list_is_shorter(house: House) -> None:
    await house.given(*STOPPED)
    officer = await house.client("SG")
    page = (await officer.get("/reviews")).text
    answer = await officer.post(f"/reviews/{CALL}", data=review(page))
    assert answer.status_code == 303
    assert "Everything was reviewed." in (await officer.get(answer.headers["location"])).text
    assert [event.outcome for event in await house.events(ViolationReviewed)] == [ReviewOutcome.DISMISSED]


async def test_a_review_that_was_refused_keeps_what_was_typed(house: House) -> None:
    await house.given(*STOPPED)
    officer = await house.client("LM")
    page = (await officer.get("/reviews")).text
    answer = await officer.post(f"/reviews/{CALL}", data=review(page, note=" "))
    assert answer.status_code == 409
    assert "Please say what you saw." in answer.text
    assert 'value="dismissed" checked' in answer.text


async def test_of_two_who_review_at_once_the_second_is_told(house: House) -> None:
    await house.given(*STOPPED)
    first, second = await house.client("LM"), await house.client("SG")
    page = (await first.get("/reviews")).text
    await first.post(f"/reviews/{CALL}", data=review(page))
    late = await second.post(f"/reviews/{CALL}", data=review(page, outcome="confirmed"))
    assert late.status_code == 409
    assert len(await house.events(ViolationReviewed)) == 1
    assert not await house.events(CallClosed)  # a reaction closes it, not the page


async def test_reviews_are_read_page_by_page(house: House) -> None:
    told = fact(ViolationRaised, 5, violation="violation-2", kind=Kind.FROZEN_PICTURE, action=Action.ALERT)
    await house.given(*LIVE, JUDGED, told, fact(ViolationRaised, 9), OVER)
    officer = await house.client("LM")
    url = f"/v1/prisons/{PRISON}/reviews"
    first = (await officer.get(url, params={"limit": 1})).json()
    rest = (await officer.get(url, params={"cursor": first["next"]})).json()
    found = [due["found"]["violation"] for page in (first, rest) for due in page["waiting"]]
    assert found == ["violation-1", "violation-2"]


async def test_how_often_the_machine_was_right_is_told_as_page_list_and_table(house: House) -> None:
    await house.given(*STOPPED, fact(ViolationReviewed, 2000, outcome=ReviewOutcome.DISMISSED))
    house.clock.to(3000)
    analyst = await house.client("PA")
    url = f"/v1/prisons/{PRISON}/moderation-quality"
    (row,) = (await analyst.get(url)).json()
    assert (row["kind"], row["engine"], row["precision"], row["precision_n"]) == (
        "unapproved_face",
        "full:0f3c",
        0.0,
        1,
    )
    (told,) = csv.DictReader(io.StringIO((await analyst.get(f"{url}.csv")).text))
    assert (told["dismissed"], told["dismissed_an_hour"], told["hours"]) == ("1", "2.0", "0.5")
    page = (await analyst.get("/moderation-quality")).text
    assert "0 %" in page
    assert "full:0f3c" in page
    assert [event.what for event in await house.events(RecordViewed)] == [Viewed.QUALITY] * 3
    assert (await (await house.client("LM")).get("/moderation-quality")).status_code == 403
