"""Before a call: policy by two people, people, faces, times, and bookings with their refusals."""

from datetime import timedelta
from typing import Any

import pytest

from domain.booking.events import BookingRefused, CallBooked, CallRequested
from domain.enrolment import BiometricConsentGiven, FaceTemplateEnrolled
from domain.person import PersonRegistered
from domain.policy import PolicyPublished
from domain.timetable.events import DeviceAdded
from tests.api.conftest import BOOKED
from tests.facts import CALL, NOON, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

ASKED: dict[str, Any] = {"session": "session-1", "minutes": 30, "prisoner": PRISONER, "visitors": [VISITOR]}


async def test_a_policy_is_published_by_two_people(house: House) -> None:
    await house.given(fact(PolicyPublished, -100))
    first, second = (
        await house.client("GO", person="governor-1"),
        await house.client("GO", person="governor-2"),
    )
    changes = {"changes": {"booking": {"notice_days_min": 3}}}
    proposal = (await first.post(f"/v1/prisons/{PRISON}/policy/proposals", json=changes)).json()
    body = {"proposal": proposal["proposal"]}
    alone = await first.post(f"/v1/prisons/{PRISON}/policy", json=body)
    assert (alone.status_code, alone.json()["errorCode"]) == (409, "second_person")
    assert (await second.post(f"/v1/prisons/{PRISON}/policy", json=body)).status_code == 201
    published = (await house.events(PolicyPublished))[-1]
    assert (published.published_by, published.approved_by) == ("governor-1", "governor-2")
    before = (await first.get(f"/v1/prisons/{PRISON}/policy")).json()
    assert before["version"] == 1  # a change takes effect in the future only
    house.clock.moment += timedelta(days=1)
    later = await house.client("GO", person="governor-1")
    now = (await later.get(f"/v1/prisons/{PRISON}/policy")).json()
    assert (now["version"], now["document"]["booking"]["notice_days_min"]) == (2, 3)


async def test_a_proposal_that_was_changed_or_is_old_is_worth_nothing(house: House) -> None:
    await house.given(fact(PolicyPublished, -100))
    first, second = (
        await house.client("GO", person="governor-1"),
        await house.client("GO", person="governor-2"),
    )
    changes = {"changes": {"booking": {"notice_days_min": 3}}}
    proposal = (await first.post(f"/v1/prisons/{PRISON}/policy/proposals", json=changes)).json()["proposal"]
    forged = {"proposal": "x" + proposal}
    assert (await second.post(f"/v1/prisons/{PRISON}/policy", json=forged)).status_code == 409
    house.clock.moment += timedelta(hours=25)
    later = await house.client("GO", person="governor-2")
    answer = await later.post(f"/v1/prisons/{PRISON}/policy", json={"proposal": proposal})
    assert answer.json()["errorCode"] == "proposal_old"


async def test_a_policy_key_that_nobody_knows_is_named(house: House) -> None:
    governor = await house.client("GO")
    answer = await governor.post(f"/v1/prisons/{PRISON}/policy/proposals", json={"changes": {"nonsense": 1}})
    assert answer.status_code == 409
    assert "nonsense" in answer.json()["userMessage"]


async def test_a_person_is_known_by_a_random_id_and_the_name_is_sealed(house: House) -> None:
    officer = await house.client("BO")
    body = {"kind": "prisoner", "name": "John Planted", "prisoner_number": "A1234BC"}
    answer = await officer.post(f"/v1/prisons/{PRISON}/persons", json=body, headers={"idempotency-key": "k"})
    assert answer.status_code == 201
    (recorded,) = [one for one in await house.log() if isinstance(one.event, PersonRegistered)]
    assert recorded.event.person == answer.json()["person"]
    assert recorded.event.name is None
    assert await house.services.keys.open(recorded.sealed["name"]) == "John Planted"
    assert "A1234BC" not in recorded.event.model_dump_json()
    again = await officer.post(f"/v1/prisons/{PRISON}/persons", json=body, headers={"idempotency-key": "k"})
    assert again.json() == answer.json()
    taken = await officer.post(f"/v1/prisons/{PRISON}/persons", json=body | {"prisoner_number": "a1234bc "})
    assert taken.json()["errorCode"] == "number_taken"


async def test_a_face_is_enrolled_from_a_photograph_by_the_person_themselves(house: House) -> None:
    await house.given(*BOOKED, fact(BiometricConsentGiven))
    visitor, officer = await house.client("FA"), await house.client("BO")
    form: dict[str, Any] = {"files": {"photograph": ("me.jpg", b"a face", "image/jpeg")}}
    assert (await officer.post(f"/v1/persons/{VISITOR}/face", **form)).status_code == 403
    assert (await visitor.post(f"/v1/persons/{PRISONER}/face", **form)).status_code == 403
    assert (await visitor.post(f"/v1/persons/{VISITOR}/face", **form)).status_code == 201
    (enrolled,) = await house.events(FaceTemplateEnrolled)
    assert (enrolled.person, enrolled.engine) == (VISITOR, "test/1")
    assert await house.services.vault.get(enrolled.template) == b"[0.25,-0.5]"


async def test_a_photograph_without_a_face_is_refused_in_words(house: House) -> None:
    await house.given(*BOOKED, fact(BiometricConsentGiven))
    visitor = await house.client("FA")
    form: dict[str, Any] = {"files": {"photograph": ("me.jpg", b"a wall", "image/jpeg")}}
    answer = await visitor.post(f"/v1/persons/{VISITOR}/face", **form)
    assert (answer.status_code, answer.json()["errorCode"]) == (422, "no_suitable_face")
    assert not await house.events(FaceTemplateEnrolled)


async def _before_booking(house: House) -> None:
    await house.given(*BOOKED[:-2])
    house.clock.moment = NOON - timedelta(days=5)


async def test_a_call_is_asked_for_and_approved_by_somebody_else(house: House) -> None:
    await _before_booking(house)
    visitor, approver = await house.client("FA"), await house.client("AP")
    asked = await visitor.post(f"/v1/prisons/{PRISON}/calls", json=ASKED)
    assert asked.status_code == 201
    call = asked.json()["call"]
    assert not await house.events(CallBooked)
    assert (await visitor.post(f"/v1/calls/{call}/approval")).status_code == 403
    seen = await house.seen(approver, call)
    assert (await approver.post(f"/v1/calls/{call}/approval", headers=seen)).status_code == 200
    assert [event.call for event in await house.events(CallBooked)] == [call]


async def test_a_refused_request_says_why_and_is_noted_once_an_hour(house: House) -> None:
    await _before_booking(house)
    visitor = await house.client("FA")
    too_long = ASKED | {"minutes": 45}
    answers = [await visitor.post(f"/v1/prisons/{PRISON}/calls", json=too_long) for _ in range(2)]
    assert [answer.json()["errorCode"] for answer in answers] == ["call_length"] * 2
    (noted,) = await house.events(BookingRefused)
    assert (noted.rule, noted.rules[0], noted.adults) == ("call_length", "call_length", 1)
    assert noted.starts_at is not None
    assert noted.minutes > 30


async def test_nobody_asks_for_a_call_of_others(house: House) -> None:
    await _before_booking(house)
    stranger = await house.client("FA", person="visitor-9")
    assert (await stranger.post(f"/v1/prisons/{PRISON}/calls", json=ASKED)).status_code == 403
    assert not await house.events(CallRequested)


async def test_the_same_key_asks_for_one_call(house: House) -> None:
    await _before_booking(house)
    visitor = await house.client("FA")
    key = {"idempotency-key": "form-7"}
    answers = [await visitor.post(f"/v1/prisons/{PRISON}/calls", json=ASKED, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await house.events(CallRequested)) == 1


async def test_a_booked_call_is_cancelled_and_an_unknown_one_is_not_found(house: House) -> None:
    await house.given(*BOOKED)
    visitor = await house.client("FA")
    cancel = {"outcome": "booker_cancelled"}
    assert (await visitor.post(f"/v1/calls/{CALL}/cancellation", json=cancel)).status_code == 200
    answer = await visitor.post("/v1/calls/nowhere/cancellation", json=cancel)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "call_unknown")


async def test_a_time_is_opened_by_the_booking_officer(house: House) -> None:
    officer = await house.client("BO")
    body = {"starts_at": "2026-12-01T14:00:00+00:00", "minutes": 30, "stations": 4}
    assert (await officer.post(f"/v1/prisons/{PRISON}/sessions", json=body)).status_code == 201
    naive = await officer.post(
        f"/v1/prisons/{PRISON}/sessions", json=body | {"starts_at": "2026-12-01T14:00:00"}
    )
    assert naive.status_code == 422
    assert naive.json()["errors"][0]["pointer"] == "/body/starts_at"


async def test_a_label_is_one_line_that_the_database_can_hold(house: House) -> None:
    officer = await house.client("BO")
    for label in ("Booth\0", "Booth\n1"):
        answer = await officer.post(f"/v1/prisons/{PRISON}/devices", json={"label": label})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/label")
    assert not await house.events(DeviceAdded)


async def test_what_is_wrong_with_a_request_is_named_without_its_value(house: House) -> None:
    officer = await house.client("BO")
    secret = "x" * 300
    answer = await officer.post(f"/v1/prisons/{PRISON}/persons", json={"kind": "prisoner", "name": secret})
    assert answer.status_code == 422
    assert secret not in answer.text
