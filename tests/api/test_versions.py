"""A decision of staff is made on what they saw: it names the version, and of two who saw the same, one decides."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api import guard
from domain.access import RecordViewed
from domain.booking.events import BookingCancelled, CallBooked
from domain.call.events import CallPaused, CallResumed
from domain.concern import ConcernRaised
from domain.lifecycle import CallTerminated
from domain.stream import StreamFrozen
from domain.violation import ViolationRaised, ViolationReviewed
from domain.waiting_room.events import IdentityChecked, ParticipantAdmitted
from tests.api.conftest import BOOKED, LIVE, WAITING
from tests.facts import CALL, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

PAUSED = (*LIVE, fact(ViolationRaised, 9), fact(CallPaused, 9))
RESUME = {"reason": "She left", "words": [{"side": "visitor", "track": 2, "word": "gone"}]}
LOOK_AGAIN = "Somebody else changed this call since you looked. Please look again."
DECISIONS = {
    "/v1/calls/{call}/approval",
    "/v1/calls/{call}/cancellation",
    "/v1/calls/{call}/rejection",
    "/v1/calls/{call}/flags/{flag_id:path}/clearance",
    "/v1/calls/{call}/seats/{side}/admit",
    "/v1/calls/{call}/seats/{side}/refuse",
    "/v1/calls/{call}/resume",
    "/v1/calls/{call}/reviews",
    "/v1/calls/{call}/sanctions",
    "/v1/calls/{call}/appeals/{appeal_id}/assignment",
    "/v1/calls/{call}/appeals/{appeal_id}/decision",
    "/v1/calls/{call}/sanctions/{sanction}/lifting",
    *(
        f"/v1/calls/{{call}}/concerns/{{concern_id}}/{act}"
        for act in ("assignment", "referrals", "closing", "hold")
    ),
}
CLOSING = {"/v1/calls/{call}/pause", "/v1/calls/{call}/end"}


def _taking(app: FastAPI, header: str) -> set[str]:
    return {
        route.path
        for route in guard.routes_of(app)
        if any(
            field.alias == header for field in getattr(getattr(route, "dependant", None), "header_params", ())
        )
    }


async def test_every_decision_of_staff_names_a_version_and_nothing_that_closes_a_call_does(
    house: House,
) -> None:
    assert _taking(house.app, "if-match") == DECISIONS
    assert not CLOSING & _taking(house.app, "if-match")


async def test_a_decision_without_a_version_is_not_taken(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    for headers in ({}, {"if-match": ""}, {"if-match": "*"}):
        answer = await officer.post(f"/v1/calls/{CALL}/resume", json=RESUME, headers=headers)
        assert (answer.status_code, answer.json()["errorCode"]) == (428, "version_missing")
        assert "look at this call first" in answer.json()["userMessage"]
    assert not await house.events(CallResumed)


async def test_a_decision_on_an_older_version_is_not_taken_and_on_the_newest_it_is(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    seen = await house.seen(officer)
    await house.given(fact(ViolationRaised, 12, violation="violation-2", track=3))
    answer = await officer.post(f"/v1/calls/{CALL}/resume", json=RESUME, headers=seen)
    assert (answer.status_code, answer.json()["userMessage"]) == (412, LOOK_AGAIN)
    body = {**RESUME, "words": [*RESUME["words"], {"side": "visitor", "track": 3, "word": "gone"}]}
    again = await officer.post(f"/v1/calls/{CALL}/resume", json=body, headers=await house.seen(officer))
    assert again.status_code == 200


async def test_what_no_decision_rests_on_makes_no_version_old(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    seen = await house.seen(officer)
    await house.given(fact(StreamFrozen, 10), fact(ConcernRaised, 11), fact(IdentityChecked, 12))
    assert await house.seen(officer) != seen  # who was compared is among the facts of other decisions
    answer = await officer.post(f"/v1/calls/{CALL}/resume", json=RESUME, headers=seen)
    assert answer.status_code == 200


@pytest.mark.parametrize("tag", ['"999999999"', 'W/"1"', '"0"', "nonsense", '"a", "b"', '"12'])
async def test_a_tag_that_was_never_given_out_is_an_old_one(house: House, tag: str) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    answer = await officer.post(f"/v1/calls/{CALL}/resume", json=RESUME, headers={"if-match": tag})
    assert answer.status_code == 412


async def test_of_two_officers_who_resume_the_same_call_at_once_exactly_one_does(house: House) -> None:
    await house.given(*PAUSED)
    officers = [await house.client("LM", person=f"officer-{number}") for number in range(6)]
    seen = [await house.seen(officer) for officer in officers]
    answers = await asyncio.gather(
        *(
            officer.post(f"/v1/calls/{CALL}/resume", json=RESUME, headers=tag)
            for officer, tag in zip(officers, seen, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    assert len(await house.events(CallResumed)) == 1


async def test_the_same_key_is_answered_as_before_though_its_version_is_old_by_now(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    headers = {**await house.seen(officer), "idempotency-key": "form-1"}
    first, second = [
        await officer.post(f"/v1/calls/{CALL}/resume", json=RESUME, headers=headers) for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["position"] == second.json()["position"]


async def test_what_was_told_to_look_again_may_be_sent_again_with_the_same_key(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    key = {"idempotency-key": "form-1"}
    old = await officer.post(f"/v1/calls/{CALL}/resume", json=RESUME, headers={**key, "if-match": '"1"'})
    assert old.status_code == 412
    new = {**key, **await house.seen(officer)}
    assert (await officer.post(f"/v1/calls/{CALL}/resume", json=RESUME, headers=new)).status_code == 200


async def test_pausing_and_ending_never_ask_what_was_seen(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    old = {"if-match": '"1"'}
    pause = await officer.post(f"/v1/calls/{CALL}/pause", json={"reason": "A child cries"}, headers=old)
    end = await officer.post(f"/v1/calls/{CALL}/end", json={"reason": "Threats"}, headers=old)
    assert (pause.status_code, end.status_code) == (202, 200)
    assert len(await house.events(CallTerminated)) == 1


async def test_staff_look_before_they_cancel_and_people_on_the_call_need_not(house: House) -> None:
    await house.given(*BOOKED)
    officer, visitor = await house.client("BO"), await house.client("FA")
    path = f"/v1/calls/{CALL}/cancellation"
    staff = {"outcome": "establishment_cancelled"}
    assert (await officer.post(path, json=staff)).status_code == 428
    assert (await officer.post(path, json=staff, headers={"if-match": '"1"'})).status_code == 412
    assert (await visitor.post(path, json={"outcome": "booker_cancelled"})).status_code == 200
    assert len(await house.events(BookingCancelled)) == 1


async def test_a_review_and_an_admission_are_decisions_too(house: House) -> None:
    await house.given(*WAITING, fact(ViolationRaised, 9))
    officer = await house.client("SG")
    admission = {"people": 1, "reason": "Passport seen"}
    review = {"violation": "violation-1", "outcome": "dismissed", "note": "It was a poster"}
    for path, body, kind in (
        (f"/v1/calls/{CALL}/seats/visitor/admit", admission, ParticipantAdmitted),
        (f"/v1/calls/{CALL}/reviews", review, ViolationReviewed),
    ):
        assert (await officer.post(path, json=body)).status_code == 428
        assert (await officer.post(path, json=body, headers={"if-match": '"1"'})).status_code == 412
        seen = await house.seen(officer)
        assert (await officer.post(path, json=body, headers=seen)).status_code == 200
        assert len(await house.events(kind)) == 1


# The call as it stands


async def test_a_call_is_told_to_staff_with_everything_and_to_its_people_without_why_it_is_paused(
    house: House,
) -> None:
    await house.given(*PAUSED)
    officer, visitor = await house.client("LM"), await house.client("FA")
    told = await officer.get(f"/v1/calls/{CALL}")
    assert told.json().keys() >= {"session", "starts_at", "minutes", "call_type"}
    assert (told.json()["stage"], told.json()["visitors"]) == ("paused", [VISITOR])
    assert told.json()["staff"] == {"cause": "unapproved_face", "flags": {}, "unreviewed": ["violation-1"]}
    assert told.headers["etag"] == f'"{told.json()["version"]}"'
    own = (await visitor.get(f"/v1/calls/{CALL}")).json()
    assert (own["stage"], own["prisoner"], own["staff"]) == ("paused", PRISONER, None)


async def test_that_staff_look_at_a_call_is_on_record_and_that_its_people_do_is_not(house: House) -> None:
    await house.given(*BOOKED)
    await (await house.client("FA")).get(f"/v1/calls/{CALL}")
    assert not await house.events(RecordViewed)
    await (await house.client("AU")).get(f"/v1/calls/{CALL}")
    assert [event.viewed for event in await house.events(RecordViewed)] == [f"call:{CALL}"]


async def test_whoever_knows_the_newest_version_is_told_that_nothing_is_new(house: House) -> None:
    await house.given(*BOOKED)
    officer = await house.client("LM")
    tag = (await officer.get(f"/v1/calls/{CALL}")).headers["etag"]
    same = await officer.get(f"/v1/calls/{CALL}", headers={"if-none-match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    await house.given(fact(BookingCancelled, -80))
    other = await officer.get(f"/v1/calls/{CALL}", headers={"if-none-match": tag})
    assert (other.status_code, other.json()["stage"]) == (200, "given_up")


async def test_the_tag_of_an_answer_is_good_for_the_next_decision(house: House) -> None:
    await house.given(*BOOKED[:-1])
    approver = await house.client("AP")
    house.clock.to(-90_000)
    seen = await house.seen(approver)
    approved = await approver.post(f"/v1/calls/{CALL}/approval", headers=seen)
    assert approved.status_code == 200
    body = {"outcome": "establishment_cancelled"}
    tag = {"if-match": approved.headers["etag"]}
    assert (await approver.post(f"/v1/calls/{CALL}/cancellation", json=body, headers=tag)).status_code == 200


async def test_the_tag_of_a_day_is_good_for_a_decision_on_its_calls(house: House) -> None:
    position = await house.given(*BOOKED)
    officer = await house.client("BO")
    params: dict[str, Any] = {"day": "2026-11-23", "after": position}
    day = await officer.get(f"/v1/prisons/{PRISON}/calendar", params=params)
    body = {"outcome": "establishment_cancelled"}
    tag = {"if-match": day.headers["etag"]}
    assert (await officer.post(f"/v1/calls/{CALL}/cancellation", json=body, headers=tag)).status_code == 200


# The forms


def _version(page: str, action: str) -> str:
    """The hidden version of the form that posts to an address."""
    found = re.search(rf'action="{re.escape(action)}"[^>]*>.*?name="version" value="(\d+)"', page, re.DOTALL)
    assert found is not None, action
    return found[1]


def _key(page: str, action: str) -> str:
    found = re.search(rf'action="{re.escape(action)}"[^>]*>.*?name="key" value="(\w+)"', page, re.DOTALL)
    assert found is not None, action
    return found[1]


async def _page(officer: httpx.AsyncClient, path: str, position: int) -> str:
    return (await officer.get(path, params={**httpx.URL(path).params, "after": position})).text


async def test_a_form_carries_the_version_that_its_page_showed(house: House) -> None:
    position = await house.given(*PAUSED)
    officer = await house.client("LM")
    page = await _page(officer, f"/calls/{CALL}", position)
    form: dict[str, Any] = {
        "version": _version(page, f"/calls/{CALL}/resume"),
        "key": _key(page, f"/calls/{CALL}/resume"),
        "reason": "She left",
        "word-visitor-2": "gone",
    }
    done = await officer.post(f"/calls/{CALL}/resume", data=form)
    assert done.status_code == 303
    twice = await officer.post(f"/calls/{CALL}/resume", data=form)
    assert twice.headers["location"] == done.headers["location"]
    assert len(await house.events(CallResumed)) == 1


async def test_a_form_of_an_older_page_shows_the_page_again_as_it_is_now(house: House) -> None:
    position = await house.given(*PAUSED)
    first, second = await house.client("LM", person="officer-1"), await house.client("LM", person="officer-2")
    form = {"reason": "She left", "word-visitor-2": "gone"}
    action = f"/calls/{CALL}/resume"
    pages = [await _page(officer, f"/calls/{CALL}", position) for officer in (first, second)]
    assert (await first.post(action, data={**form, "version": _version(pages[0], action)})).status_code == 303
    late = await second.post(action, data={**form, "version": _version(pages[1], action)})
    assert late.status_code == 412
    assert LOOK_AGAIN in late.text
    assert "Let the call go on" not in late.text  # as it is by now
    assert len(await house.events(CallResumed)) == 1


async def test_a_form_without_a_version_is_refused_in_words(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    form = {"reason": "She left", "word-visitor-2": "gone"}
    answer = await officer.post(f"/calls/{CALL}/resume", data=form, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (428, "text/html")
    assert "look at this call first" in answer.text


async def test_a_request_is_approved_from_the_day_once_and_the_second_officer_is_shown_the_day(
    house: House,
) -> None:
    position = await house.given(*BOOKED[:-1])
    house.clock.to(-90_000)
    first, second = await house.client("AP", person="ap-1"), await house.client("AP", person="ap-2")
    action = f"/bookings/{CALL}/approve"
    pages = [await _page(officer, "/bookings?day=2026-11-23", position) for officer in (first, second)]
    done, late = [
        await officer.post(action, data={"day": "2026-11-23", "version": _version(page, action)})
        for officer, page in zip((first, second), pages, strict=True)
    ]
    assert (done.status_code, late.status_code) == (303, 412)
    assert LOOK_AGAIN in late.text
    assert len(await house.events(CallBooked)) == 1


async def test_a_family_cancels_its_own_call_from_its_page(house: House) -> None:
    position = await house.given(*BOOKED)
    visitor = await house.client("FA")
    page = await _page(visitor, "/my-calls", position)
    form = {"outcome": "booker_cancelled", "key": _key(page, f"/bookings/{CALL}/cancel")}
    done = await visitor.post(f"/bookings/{CALL}/cancel", data=form)
    assert done.status_code == 303
    assert "/my-calls" in done.headers["location"]


# Read your writes


async def test_a_read_that_waits_for_a_position_finds_what_was_written(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    ended = await officer.post(f"/v1/calls/{CALL}/end", json={"reason": "Threats"})
    tile = await officer.get(f"/v1/calls/{CALL}/tile", params={"after": ended.json()["position"]})
    assert tile.json()["status"] == "ended"


async def test_a_position_that_is_not_on_record_is_not_waited_for(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    answer = await officer.get(f"/v1/calls/{CALL}/tile", params={"after": 10**12})
    assert (answer.status_code, answer.json()["errorCode"]) == (422, "position_unknown")
