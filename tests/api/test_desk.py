"""What officers do about a call over the API: closing at once, opening only on record."""

import pytest

from application.ports import Listening
from domain.access import RecordViewed, StreamLookedAt, Viewed, WallWatched
from domain.call.events import CallPaused, CallResumed
from domain.clearance import ClearanceMode, Side
from domain.lifecycle import CallTerminated
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import MonitorJoined, ParticipantAdmitted, WaitingRoomOpened
from tests.api.conftest import BOOKED, LIVE, WAITING
from tests.facts import CALL, MATCHED_VISITOR, OFFICER, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

PAUSED = (*LIVE, fact(ViolationRaised, 9), fact(CallPaused, 9))
GONE = [{"side": "visitor", "track": 2, "word": "gone"}]


async def test_a_pause_closes_the_call_before_anything_is_on_record(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    answer = await officer.post(f"/v1/calls/{CALL}/pause", json={"reason": "A child cries"})
    assert answer.status_code == 202
    assert house.media.told == [("pause", CALL, "staff", "slate.other_side", "A child cries", OFFICER)]
    assert not await house.events(CallPaused)


async def test_a_pause_works_while_the_log_is_away_and_a_resumption_does_not(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    seen = await house.seen(officer)  # somebody who works at the wall
    house.store.away = True
    pause = await officer.post(f"/v1/calls/{CALL}/pause", json={"reason": "A child cries"})
    resume = await officer.post(
        f"/v1/calls/{CALL}/resume", json={"reason": "Left", "words": GONE}, headers=seen
    )
    assert (pause.status_code, resume.status_code) == (202, 503)
    assert resume.json()["errorCode"] == "log_away"
    assert [told[0] for told in house.media.told] == ["pause"]


async def test_an_end_that_cannot_be_recorded_closes_both_directions_all_the_same(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    await officer.get(f"/v1/calls/{CALL}")
    house.store.away = True
    answer = await officer.post(f"/v1/calls/{CALL}/end", json={"reason": "Threats"})
    assert answer.status_code == 503
    assert [told[0] for told in house.media.told] == ["pause"]


async def test_a_call_is_not_resumed_without_a_word_on_each_face(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    seen = await house.seen(officer)
    answer = await officer.post(f"/v1/calls/{CALL}/resume", json={"reason": "It was the aunt"}, headers=seen)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errorCode"] == "word_missing"
    assert "each face" in answer.json()["userMessage"]


async def test_a_resumption_is_on_record_and_the_media_plane_is_left_to_read_it_there(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    seen = await house.seen(officer)
    body = {"reason": "She left", "words": GONE}
    answer = await officer.post(f"/v1/calls/{CALL}/resume", json=body, headers=seen)
    assert answer.status_code == 200
    assert [event.officer for event in await house.events(CallResumed)] == [OFFICER]
    assert house.media.told == []
    assert answer.headers["etag"] == f'"{answer.json()["position"]}"'


async def test_the_same_key_resumes_once_and_is_answered_alike(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    key = {"idempotency-key": "form-1", **await house.seen(officer)}
    body = {"reason": "She left", "words": GONE}
    first = await officer.post(f"/v1/calls/{CALL}/resume", json=body, headers=key)
    second = await officer.post(f"/v1/calls/{CALL}/resume", json=body, headers=key)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["position"] == second.json()["position"]
    assert len(await house.events(CallResumed)) == 1


async def test_what_officers_type_is_never_in_the_open_part_of_an_event(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    await officer.post(f"/v1/calls/{CALL}/end", json={"reason": "Mrs Smith shouted"})
    (ended,) = await house.events(CallTerminated)
    assert ended.reason is None
    auditor = await house.client("AU")
    timeline = (await auditor.get(f"/v1/calls/{CALL}/timeline")).json()
    typed = [entry["words"] for entry in timeline["entries"] if entry["type"] == "CallTerminated"]
    assert typed == [{"reason": "Mrs Smith shouted"}]


async def test_an_officer_admits_a_side_and_says_how_many_they_saw(house: House) -> None:
    await house.given(*WAITING)
    officer = await house.client("LM")
    body = {"people": 1, "reason": "Passport seen"}
    seen = await house.seen(officer)
    answer = await officer.post(f"/v1/calls/{CALL}/seats/visitor/admit", json=body, headers=seen)
    assert answer.status_code == 200
    (admitted,) = await house.events(ParticipantAdmitted)
    assert (admitted.side, admitted.people, admitted.admitted_by) == (Side.VISITOR, 1, OFFICER)


async def test_an_officer_takes_the_watch_and_gives_it_up(house: House) -> None:
    await house.given(*WAITING)
    officer = await house.client("LM")
    assert (await officer.post(f"/v1/calls/{CALL}/monitor")).status_code == 200
    assert [event.officer for event in await house.events(MonitorJoined)] == [OFFICER]
    assert (await officer.post(f"/v1/calls/{CALL}/monitor/leave")).status_code == 200


async def test_a_violation_is_reviewed_once(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("SG")
    body = {"violation": "violation-1", "outcome": "dismissed", "note": "It was a poster"}
    for status in (200, 409):
        seen = await house.seen(officer)
        assert (
            await officer.post(f"/v1/calls/{CALL}/reviews", json=body, headers=seen)
        ).status_code == status
    assert [event.outcome for event in await house.events(ViolationReviewed)] == [ReviewOutcome.DISMISSED]


async def test_a_look_is_on_record_before_a_picture_is_sent(house: House) -> None:
    await house.given(*PAUSED)
    officer = await house.client("LM")
    house.store.away = True
    body = {"side": "visitor", "reason": "Who is there?", "sdp": "v=0"}
    assert (await officer.post(f"/v1/calls/{CALL}/look", json=body)).status_code == 503
    house.store.away = False
    answer = await officer.post(f"/v1/calls/{CALL}/look", json=body)
    assert answer.json() == {"sdp": "answer to v=0"}
    (looked,) = await house.events(StreamLookedAt)
    assert house.media.told == [("watch", CALL, Side.VISITOR, looked.viewer, Listening(None))]
    assert looked.sound


async def test_nobody_looks_at_a_legal_call_and_it_has_no_stills(house: House) -> None:
    lawyer = MATCHED_VISITOR.model_copy(update={"mode": ClearanceMode.OPEN, "faces": ()})
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900, visitor=lawyer))
    officer = await house.client("LM")
    body = {"side": "visitor", "reason": "Who is there?", "sdp": "v=0"}
    assert (await officer.post(f"/v1/calls/{CALL}/look", json=body)).status_code == 409
    assert (await officer.get(f"/v1/calls/{CALL}/stills/visitor")).status_code == 204
    assert (await officer.get(f"/v1/calls/{CALL}/stills/prisoner")).status_code == 200
    assert house.media.told == []


async def test_the_wall_shows_the_paused_call_first_and_watching_it_is_on_record_once(house: House) -> None:
    await house.given(*LIVE)
    position = await house.given(
        fact(WaitingRoomOpened, -900, call="call-2"), fact(CallPaused, 5, call="call-2", cause="staff")
    )
    officer = await house.client("LM")
    walls = [await officer.get(f"/v1/prisons/{PRISON}/wall", params={"after": position}) for _ in range(3)]
    assert [[tile["call"] for tile in wall.json()] for wall in walls] == [["call-2", CALL]] * 3
    assert len(await house.events(WallWatched)) == 1


async def test_reading_a_timeline_is_the_newest_event_in_it(house: House) -> None:
    await house.given(*PAUSED)
    auditor = await house.client("AU")
    answer = await auditor.get(f"/v1/calls/{CALL}/timeline")
    types = [entry["type"] for entry in answer.json()["entries"]]
    assert types[-1] == "RecordViewed"
    assert "ViolationRaised" in types
    assert [event.viewed_by for event in await house.events(RecordViewed)] == ["au-1"]
    assert {sight["sees"] for sight in answer.json()["sights"]} >= {"live", "slate:unapproved_face"}


async def test_a_timeline_is_not_answered_while_the_view_cannot_go_on_record(house: House) -> None:
    await house.given(*PAUSED)
    auditor = await house.client("AU")
    await auditor.get(f"/v1/calls/{CALL}/timeline")
    house.store.away = True
    assert (await auditor.get(f"/v1/calls/{CALL}/timeline")).status_code == 503


async def test_usage_counts_pauses_by_cause_and_reading_it_is_on_record(house: House) -> None:
    await house.given(*PAUSED)
    analyst = await house.client("PA")
    days = {"first": "2026-11-23", "last": "2026-11-23"}
    (day,) = (await analyst.get(f"/v1/prisons/{PRISON}/usage", params=days)).json()
    assert (day["calls_held"], day["pauses"]) == (1, {"unapproved_face": 1})
    assert [event.what for event in await house.events(RecordViewed)] == [Viewed.USAGE]
