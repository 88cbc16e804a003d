"""Staff in control of calls that go on, from the officer's act to what each page shows."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import Request

from api.guard import Acting, cookie_name
from api.logins import Kind
from api.seats import seat_events
from api.web.texts import Language
from application.access import Resource
from domain.access import RecordViewed, Viewed
from domain.call.events import CallPaused
from domain.clearance import Side
from domain.concern import ConcernRaised
from domain.lifecycle import CallCompleted, CallLocked, CallOutcome, CallTerminated, CallUnlocked
from domain.message import Canned, StaffMessageSent
from domain.mute import MediaKind, StreamMuted, StreamUnmuted
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.waiting_room.events import ParticipantArrived, WaitingRoomOpened
from tests.api.conftest import BOOKED, LIVE, WAITING
from tests.facts import BLOCK, CALL, OFFICER, PRISON, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

SOUND = {"kind": "sound", "reason": "Mrs Smith shouts"}
STOP = {"reason": "An incident in the wing", "confirmed": True}
STOPPED = fact(CallCompleted, 60, outcome=CallOutcome.ESTABLISHMENT_ENDED, talk_ms=60_000, paused_ms=0)


async def seat(house: House, side: Side) -> dict[str, Any]:
    """What a side's page shows."""
    client = await house.seated(side)
    answer = await client.get(f"/v1/calls/{CALL}/seats/{side}")
    found: dict[str, Any] = answer.json()
    return found


async def stream(house: House, side: Side) -> AsyncIterator[dict[str, Any]]:
    """What a side's page is told, but for its beats."""
    token = await house.seat(side)
    cookie = f"{cookie_name(house.services, Kind.SEAT)}={token}".encode()
    request = Request({"type": "http", "app": house.app, "headers": [(b"cookie", cookie)]})
    login = await house.app.state.logins.find(house.services, token)
    acting = Acting(login, "call.join", Resource(PRISON))
    async for event in seat_events(CALL, side, request, house.services, acting, Language.EN):
        if event.event != "beat":
            yield event.data


def prose(answer: httpx.Response) -> str:
    return " ".join(answer.text.split())


# Mute


async def test_a_mute_is_done_before_it_is_on_record_and_an_unmute_after(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    muted = await officer.post(f"/v1/calls/{CALL}/seats/visitor/mute", json=SOUND)
    assert muted.status_code == 202
    assert house.media.told == [("mute", CALL, Side.VISITOR, MediaKind.SOUND, "Mrs Smith shouts", OFFICER)]
    assert not await house.events(StreamMuted)
    await house.given(fact(StreamMuted, 10))
    unmuted = await officer.post(f"/v1/calls/{CALL}/seats/visitor/unmute", json=SOUND)
    assert unmuted.status_code == 200
    assert len(house.media.told) == 1  # the media plane reads it in the record
    assert [event.officer for event in await house.events(StreamUnmuted)] == [OFFICER]


async def test_a_mute_works_while_the_log_is_away_and_an_unmute_does_not(house: House) -> None:
    await house.given(*LIVE, fact(StreamMuted, 10))
    officer = await house.client("LM")
    await officer.get(f"/v1/calls/{CALL}")
    house.store.away = True
    answers = [
        await officer.post(f"/v1/calls/{CALL}/seats/visitor/{act}", json=SOUND) for act in ("mute", "unmute")
    ]
    assert [answer.status_code for answer in answers] == [202, 503]


async def test_the_muted_side_is_told_so_and_the_other_reads_neutral_words(house: House) -> None:
    picture = fact(StreamMuted, 11, kind=MediaKind.PICTURE)
    await house.given(*LIVE, fact(StreamMuted, 10), picture)
    family, prison = await seat(house, Side.VISITOR), await seat(house, Side.PRISONER)
    assert family["notes"] == ["muted.sound", "muted.picture"]
    assert (family["status"], family["text_key"]) == ("live", None)
    assert (prison["notes"], prison["text_key"]) == (["muted.other_sound"], "muted.other_picture")


async def test_a_governor_mutes_and_does_not_unmute(house: House) -> None:
    await house.given(*LIVE, fact(StreamMuted, 10))
    governor = await house.client("GO")
    assert (await governor.post(f"/v1/calls/{CALL}/seats/visitor/mute", json=SOUND)).status_code == 202
    assert (await governor.post(f"/v1/calls/{CALL}/seats/visitor/unmute", json=SOUND)).status_code == 403


# Messages


async def test_a_message_stands_on_the_page_of_the_side_it_is_for_and_in_the_timeline(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    body = {"text": "cover_up", "to": ["visitor"]}
    assert (await officer.post(f"/v1/calls/{CALL}/messages", json=body)).status_code == 200
    assert (await seat(house, Side.VISITOR))["message"]["text_key"] == "message.cover_up"
    assert (await seat(house, Side.PRISONER))["message"] is None
    auditor = await house.client("AU")
    timeline = (await auditor.get(f"/v1/calls/{CALL}/timeline")).json()
    said = [entry["data"] for entry in timeline["entries"] if entry["type"] == "StaffMessageSent"]
    assert [(one["text_key"], one["to"]) for one in said] == [("message.cover_up", ["visitor"])]


async def test_nobody_writes_words_of_their_own_onto_a_page(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    answer = await officer.post(f"/v1/calls/{CALL}/messages", json={"text": "Stop that", "to": ["visitor"]})
    assert answer.status_code == 422
    assert not await house.events(StaffMessageSent)


# Lock


async def test_a_locked_waiting_room_lets_nobody_in_and_tells_whoever_is_inside(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900), fact(ParticipantArrived, -60))
    officer, family = await house.client("LM"), await house.seated(Side.VISITOR)
    locked = await officer.post(f"/v1/calls/{CALL}/lock", json={"reason": "Somebody unknown came"})
    assert locked.status_code == 200
    assert (await seat(house, Side.VISITOR))["text_key"] == "slate.locked"
    for side in Side:
        client = await house.seated(side)
        answer = await client.post(f"/v1/calls/{CALL}/seats/{side}/offer", json={"sdp": "v=0"})
        assert (answer.status_code, answer.json()["errorCode"]) == (409, "call_locked")
    link = await officer.post(f"/v1/calls/{CALL}/seats/visitor/link", json={"person": VISITOR})
    assert (link.status_code, link.json()["errorCode"]) == (409, "call_locked")
    assert house.media.told == []
    await officer.post(f"/v1/calls/{CALL}/unlock", json={"reason": "It was the uncle"})
    family = await house.seated(Side.VISITOR)
    answer = await family.post(f"/v1/calls/{CALL}/seats/visitor/offer", json={"sdp": "v=0"})
    assert answer.status_code == 200
    assert [event.reason for event in await house.events(CallLocked)] == [None]  # typed: sealed
    assert len(await house.events(CallUnlocked)) == 1


async def test_a_call_is_ended_and_locked_in_one_act_the_lock_first(house: House) -> None:
    await house.given(*LIVE)
    officer = await house.client("LM")
    body = {"reason": "Threats", "lock": True}
    key = {"idempotency-key": "form-1"}
    for _ in range(2):
        assert (await officer.post(f"/v1/calls/{CALL}/end", json=body, headers=key)).status_code == 200
    kinds = [type(recorded.event) for recorded in await house.log()]
    assert [kind for kind in kinds if kind in (CallLocked, CallTerminated)] == [CallLocked, CallTerminated]
    link = await officer.post(f"/v1/calls/{CALL}/seats/visitor/link", json={"person": VISITOR})
    assert link.json()["errorCode"] == "call_locked"


# All calls of a prison


async def test_all_calls_are_stopped_by_one_act_that_is_meant(house: House) -> None:
    await house.given(*WAITING)
    governor, family = await house.client("GO"), await house.seated(Side.VISITOR)
    unmeant = await governor.post(f"/v1/prisons/{PRISON}/calls/stop", json=STOP | {"confirmed": False})
    assert (unmeant.status_code, unmeant.json()["errorCode"]) == (409, "not_confirmed")
    assert (await governor.post(f"/v1/prisons/{PRISON}/calls/stop", json=STOP)).status_code == 200
    assert (await seat(house, Side.VISITOR))["text_key"] == "slate.standstill"
    family = await house.seated(Side.VISITOR)
    answer = await family.post(f"/v1/calls/{CALL}/seats/visitor/offer", json={"sdp": "v=0"})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "calls_blocked")
    lifted = await governor.post(f"/v1/prisons/{PRISON}/calls/go-on", json={"reason": "It is over"})
    assert lifted.status_code == 200
    assert (await seat(house, Side.VISITOR))["text_key"] == "slate.waiting"
    (stop,) = (await governor.get(f"/v1/prisons/{PRISON}/calls/stops")).json()
    assert (stop["reason"], stop["lifted_because"]) == ("An incident in the wing", "It is over")
    assert [event.reason for event in await house.events(CallsBlocked)] == [None]  # typed: sealed
    assert Viewed.STOPS in [view.what for view in await house.events(RecordViewed)]


async def test_an_officer_at_the_wall_does_not_stop_the_calls_of_a_whole_prison(house: House) -> None:
    officer, elsewhere = await house.client("LM"), await house.client("GO", prison="LEI")
    for client in (officer, elsewhere):
        assert (await client.post(f"/v1/prisons/{PRISON}/calls/stop", json=STOP)).status_code == 403


async def test_the_wall_and_each_page_say_in_calm_words_that_all_calls_are_stopped(house: House) -> None:
    position = await house.given(*LIVE, fact(CallsBlocked, 60), STOPPED)
    officer, lead = await house.client("LM"), await house.client("SG")
    assert "All calls are stopped" in prose(await officer.get("/wall"))
    assert "Let calls be held again" not in prose(await officer.get("/wall"))
    assert "Let calls be held again" in prose(await lead.get("/wall"))
    assert "All calls are stopped" in prose(await officer.get(f"/calls/{CALL}?after={position}"))
    page = await (await house.seated(Side.VISITOR)).get("/call")
    assert "The prison has stopped all its calls for now" in page.text
    await house.given(fact(CallsUnblocked, 90))
    assert "All calls are stopped" not in prose(await officer.get("/wall"))


async def test_the_form_on_the_wall_asks_twice_and_says_what_it_will_do(house: House) -> None:
    position = await house.given(*LIVE)
    lead = await house.client("SG")
    assert 'href="/wall/stop"' in (await lead.get(f"/wall?after={position}")).text
    assert "At the moment 1 call runs, and 0 wait to start." in prose(await lead.get("/wall/stop"))
    refused = await lead.post("/wall/stop", data={"reason": "An incident"})
    assert refused.status_code == 409
    assert "Please confirm that every call that runs now is to end." in refused.text
    done = await lead.post("/wall/stop", data={"reason": "An incident", "confirmed": "true"})
    assert (done.status_code, done.headers["location"]) == (303, "/wall")
    assert "An incident" in (await lead.get("/wall/stop")).text
    assert (await lead.post("/wall/go-on", data={"reason": "It is over"})).status_code == 303
    assert [event.block for event in await house.events(CallsUnblocked)] == [
        event.block for event in await house.events(CallsBlocked)
    ]


# The desk's forms


async def test_the_forms_of_the_desk_do_what_the_api_does(house: House) -> None:
    position = await house.given(*LIVE)
    officer = await house.client("LM")
    desk = await officer.get(f"/calls/{CALL}?after={position}")
    for says in ("Say something to the people", "Mute a side", "Lock this call", "Lock it too"):
        assert says in desk.text
    forms: dict[str, dict[str, str]] = {
        "message": {"message": Canned.TWO_MINUTES, "to": "both"},
        "mute": {"what": "prisoner/picture", "reason": "Something on the wall"},
        "lock": {"reason": "Somebody unknown came"},
    }
    for act, data in forms.items():
        assert (await officer.post(f"/calls/{CALL}/{act}", data=data)).status_code == 303, act
    assert [event.to for event in await house.events(StaffMessageSent)] == [tuple(Side)]
    assert [told[:4] for told in house.media.told] == [("mute", CALL, Side.PRISONER, MediaKind.PICTURE)]
    position = await house.given(fact(StreamMuted, 20, side=Side.PRISONER, kind=MediaKind.PICTURE))
    desk = await officer.get(f"/calls/{CALL}?after={position}")
    assert "Muted: picture, prisoner’s side" in desk.text
    for says in ("Locked", "Unmute the picture of the prisoner’s side", "Unlock this call"):
        assert says in desk.text
    data = {"what": "prisoner/picture", "reason": "It was taken down"}
    assert (await officer.post(f"/calls/{CALL}/unmute", data=data)).status_code == 303
    assert (await officer.post(f"/calls/{CALL}/unlock", data={"reason": "Known"})).status_code == 303
    again = await officer.post(f"/calls/{CALL}/unlock", data={"reason": "Known"})
    assert (again.status_code, "This call is not locked." in again.text) == (409, True)


# Silence


async def test_nothing_that_concerns_one_side_leaves_a_trace_in_what_the_other_is_told(house: House) -> None:
    await house.given(*LIVE)
    prison = stream(house, Side.PRISONER)
    assert (await anext(prison))["status"] == "live"
    family = await house.seated(Side.VISITOR)
    assert (await family.post(f"/v1/calls/{CALL}/seats/visitor/help")).status_code == 204
    await house.given(fact(StaffMessageSent, 5))  # to the visitor's side
    await house.given(fact(CallPaused, 9))
    told = await anext(prison)  # the pause is the next thing it hears
    assert (told["status"], told["message"]) == ("paused", None)
    await prison.aclose()  # type: ignore[attr-defined]
    assert [event.raised_by for event in await house.events(ConcernRaised)] == [VISITOR]


@pytest.mark.parametrize("side", Side)
async def test_each_side_asks_for_help_and_stands_first_on_the_wall(house: House, side: Side) -> None:
    await house.given(*LIVE)
    paused = [event.model_copy(update={"call": "call-2"}) for event in (*LIVE[5:], fact(CallPaused, 5))]
    await house.given(*paused)
    client = await house.seated(side)
    assert (await client.post(f"/v1/calls/{CALL}/seats/{side}/help")).status_code == 204
    officer = await house.client("LM")
    position = await house.store.head()
    wall = (await officer.get(f"/v1/prisons/{PRISON}/wall?after={position}")).json()
    assert [tile["call"] for tile in wall] == [CALL, "call-2"]
    assert "Help asked for" in (await officer.get("/wall")).text


async def test_a_page_of_a_call_hears_that_all_calls_of_its_prison_are_stopped(house: House) -> None:
    await house.given(*WAITING)
    family = stream(house, Side.VISITOR)
    assert (await anext(family))["text"].startswith("You are in the waiting room.")
    await house.given(fact(CallsBlocked, 5, prison="LEI", block="block-2"))
    await house.given(fact(CallsBlocked, 6))
    told = await anext(family)
    assert told["text"].startswith("The prison has stopped all its calls for now.")
    assert told["locked"] is True
    await family.aclose()  # type: ignore[attr-defined]
    assert {event.block for event in await house.events(CallsBlocked)} == {BLOCK, "block-2"}


async def test_a_message_is_told_at_once_in_the_words_of_the_page(house: House) -> None:
    await house.given(*LIVE)
    family = stream(house, Side.VISITOR)
    assert (await anext(family))["message"] is None
    await house.given(fact(StaffMessageSent, 5), fact(StreamMuted, 6))
    said = await anext(family)
    assert said["message"] == {"id": "message-1", "text": "Please face the camera.", "at": "12:00"}
    if not said["notes"]:
        said = await anext(family)
    assert said["notes"][0].startswith("The other side does not hear you at the moment.")
    await family.aclose()  # type: ignore[attr-defined]
