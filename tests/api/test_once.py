"""The same key over HTTP: the same answer again, another body refused, and closing a call never kept waiting."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from domain.booking.events import BookingRefused, CallRequested
from domain.enrolment import BiometricConsentGiven, FaceTemplateEnrolled
from infrastructure.migrations import Databases
from tests.api.conftest import BOOKED
from tests.facts import CALL, NOON, PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

CALLS = f"/v1/prisons/{PRISON}/calls"
ASKED: dict[str, Any] = {"session": "session-1", "minutes": 30, "prisoner": PRISONER, "visitors": [VISITOR]}
KEY = {"idempotency-key": "form-7"}


async def _before_booking(house: House) -> None:
    await house.given(*BOOKED[:-2])
    house.clock.moment = NOON - timedelta(days=5)


async def test_the_first_answer_is_given_again_with_its_tag(house: House) -> None:
    await _before_booking(house)
    visitor = await house.client("FA")
    first, again = [await visitor.post(CALLS, json=ASKED, headers=KEY) for _ in range(2)]
    assert (first.status_code, first.text) == (again.status_code, again.text)
    assert first.headers["etag"] == again.headers["etag"]
    assert len(await house.events(CallRequested)) == 1


async def test_a_refusal_is_repeated_too_and_nothing_is_noted_again(house: House) -> None:
    await _before_booking(house)
    too_long = ASKED | {"minutes": 45}
    first = await (await house.client("FA")).post(CALLS, json=too_long, headers=KEY)
    house.clock.moment += timedelta(hours=2)  # by now another refusal would be noted
    again = await (await house.client("FA")).post(CALLS, json=too_long, headers=KEY)
    assert (again.status_code, again.text) == (409, first.text)
    assert again.headers["content-type"] == "application/problem+json"
    assert len(await house.events(BookingRefused)) == 1


async def test_a_key_that_was_used_for_something_else_is_refused(house: House) -> None:
    await _before_booking(house)
    visitor = await house.client("FA")
    assert (await visitor.post(CALLS, json=ASKED, headers=KEY)).status_code == 201
    other = await visitor.post(CALLS, json=ASKED | {"minutes": 60}, headers=KEY)
    assert (other.status_code, other.json()["errorCode"]) == (422, "key_reused")


async def test_of_many_sendings_at_once_one_is_answered_and_the_others_are_told_to_wait(house: House) -> None:
    await _before_booking(house)
    visitor = await house.client("FA")
    answers = await asyncio.gather(*(visitor.post(CALLS, json=ASKED, headers=KEY) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {a.json()["errorCode"] for a in answers if a.status_code == 409} <= {"in_flight"}
    assert len(await house.events(CallRequested)) == 1


async def test_what_was_not_done_because_the_log_was_away_may_be_sent_again(house: House) -> None:
    await _before_booking(house)
    visitor = await house.client("FA")
    house.store.away = True
    assert (await visitor.post(CALLS, json=ASKED, headers=KEY)).status_code == 503
    house.store.away = False
    assert (await visitor.post(CALLS, json=ASKED, headers=KEY)).status_code == 201


async def test_a_photograph_sent_again_is_the_same_though_another_line_parts_its_form(house: House) -> None:
    await house.given(*BOOKED, fact(BiometricConsentGiven))
    visitor = await house.client("FA")
    form: dict[str, Any] = {"files": {"photograph": ("me.jpg", b"a face", "image/jpeg")}}
    path = f"/v1/persons/{VISITOR}/face"
    first, again = [await visitor.post(path, **form, headers=KEY) for _ in range(2)]
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert (first.status_code, first.text) == (201, again.text)
    assert len(await house.events(FaceTemplateEnrolled)) == 1


async def test_whoever_is_not_signed_in_leaves_nothing_behind(house: House, databases: Databases) -> None:
    nobody = await house.client()
    assert (await nobody.post(CALLS, json=ASKED, headers=KEY)).status_code == 401
    connection = await asyncpg.connect(databases.owner)
    assert await connection.fetchval("SELECT count(*) FROM idempotency") == 0
    await connection.close()


async def test_an_empty_key_is_none(house: House) -> None:
    await _before_booking(house)
    visitor = await house.client("FA")
    empty = {"idempotency-key": ""}
    answers = [
        await visitor.post(CALLS, json=ASKED | {"minutes": minutes}, headers=empty) for minutes in (45, 50)
    ]
    assert [answer.json()["errorCode"] for answer in answers] == ["call_length", "call_length"]


async def test_a_pause_waits_for_no_table(house: House, databases: Databases) -> None:
    await house.given(*BOOKED)
    officer = await house.client("LM")
    connection = await asyncpg.connect(databases.owner)
    async with connection.transaction():
        await connection.execute("LOCK TABLE idempotency IN ACCESS EXCLUSIVE MODE")
        body = {"reason": "I want to look"}
        answer = await officer.post(f"/v1/calls/{CALL}/pause", json=body, headers=KEY)
        assert answer.status_code == 202
    await connection.close()
