"""Monitoring over HTTP: asked, allowed by another, used, logged, taken back; and what may never be opened."""

from datetime import timedelta
from typing import Any

import pytest

from application.ports import Listening
from domain.access import RecordViewed, StreamLookedAt, Viewed
from domain.clearance import ClearanceMode, Side
from domain.monitoring.events import (
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringLogged,
)
from domain.person import PersonKind, PersonRegistered
from domain.policy import PolicyPublished
from domain.waiting_room.events import ClearanceModeSet, MonitorJoined, WaitingRoomOpened
from tests.api.conftest import BOOKED, LIVE
from tests.facts import (
    AUTHORISATION,
    CALL,
    GOVERNOR,
    MATCHED_PRISONER,
    MATCHED_VISITOR,
    NOON,
    OFFICER,
    PRISON,
    PRISONER,
    fact,
)
from tests.house import House

pytestmark = pytest.mark.postgres

WANTED: dict[str, Any] = {
    "prisoner": PRISONER,
    "kind": "offence",
    "ground": "crime",
    "necessity": "What is known",
    "proportionality": "Nothing less would do",
}
LOOK = {"side": "visitor", "reason": "Who is there?", "sdp": "v=0"}
GRANTED = (fact(MonitoringAsked, -7200), fact(MonitoringAuthorised, -3600))
OFFICIAL = tuple(
    event.model_copy(update={"staff_may_listen": False}) if isinstance(event, WaitingRoomOpened) else event
    for event in LIVE
)


def _lawyers(mode: ClearanceMode, **more: Any) -> WaitingRoomOpened:
    change = {"mode": mode, "faces": ()}
    sides = {
        "prisoner": MATCHED_PRISONER.model_copy(update=change),
        "visitor": MATCHED_VISITOR.model_copy(update=change),
    }
    return fact(WaitingRoomOpened, -900, confidential=True, staff_may_listen=False, **sides, **more)


async def test_one_asks_another_allows_it_and_both_are_on_record_with_their_words(house: House) -> None:
    await house.given(*BOOKED)
    officer, governor = await house.client("LM"), await house.client("GO", person=GOVERNOR)
    asked = await officer.post(f"/v1/prisons/{PRISON}/monitoring", json=WANTED)
    assert asked.status_code == 201
    ident = asked.json()["authorisation"]
    grant = {"days": 28, "consideration": "Weighed"}
    assert (await officer.post(f"/v1/monitoring/{ident}/authorise", json=grant)).status_code == 403
    answer = await governor.post(f"/v1/monitoring/{ident}/authorise", json=grant)
    assert answer.status_code == 200
    (granted,) = await house.events(MonitoringAuthorised)
    assert (granted.asked_by, granted.authorised_by) == (OFFICER, GOVERNOR)
    assert granted.consideration is None  # in clear it is nowhere
    story = (
        await governor.get(f"/v1/monitoring/{ident}", params={"after": answer.json()["position"]})
    ).json()
    assert story["live"]
    assert [step["words"] for step in story["steps"]] == [
        {"necessity": "What is known", "proportionality": "Nothing less would do"},
        {"consideration": "Weighed"},
    ]
    assert Viewed.MONITORING in [event.what for event in await house.events(RecordViewed)]


async def test_a_governor_who_asked_in_another_role_does_not_allow_it(house: House) -> None:
    await house.given(*BOOKED, fact(MonitoringAsked, -60, asked_by=GOVERNOR))
    governor = await house.client("GO", person=GOVERNOR)
    body = {"days": 28, "consideration": "Weighed"}
    refused = await governor.post(f"/v1/monitoring/{AUTHORISATION}/authorise", json=body)
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "second_person")


async def test_nobody_of_another_prison_reads_or_decides_it(house: House) -> None:
    await house.given(*BOOKED, *GRANTED)
    governor = await house.client("GO", prison="LEI")
    assert (await governor.get(f"/v1/monitoring/{AUTHORISATION}")).status_code == 403
    ended = await governor.post(f"/v1/monitoring/{AUTHORISATION}/end", json={"reason": "No"})
    assert ended.status_code == 403


async def test_the_list_has_what_ends_soon_first_page_by_page(house: House) -> None:
    head = await house.given(*BOOKED)
    for number, days in enumerate((40, 3, 9)):
        name = f"authorisation-{number}"
        until = NOON + timedelta(days=days)
        head = await house.given(
            fact(MonitoringAsked, -60, authorisation=name),
            fact(MonitoringAuthorised, -30, authorisation=name, expires_at=until),
        )
    auditor = await house.client("AU")
    path = f"/v1/prisons/{PRISON}/monitoring"
    first = (await auditor.get(path, params={"limit": 2, "after": head})).json()
    rest = (await auditor.get(path, params={"limit": 2, "cursor": first["next"]})).json()
    told = [one["authorisation"] for page in (first, rest) for one in page["items"]]
    assert told == ["authorisation-1", "authorisation-2", "authorisation-0"]
    assert rest["next"] is None


# Listening


async def test_a_call_that_is_not_heard_by_its_terms_is_heard_on_an_authorisation_until_it_ends(
    house: House,
) -> None:
    await house.given(*OFFICIAL, *GRANTED)
    officer = await house.client("LM")
    assert (await officer.post(f"/v1/calls/{CALL}/look", json=LOOK)).status_code == 200
    (looked,) = await house.events(StreamLookedAt)
    assert (looked.sound, looked.authorisation) == (True, AUTHORISATION)
    assert house.media.told[-1][-1] == Listening(GRANTED[1].expires_at)


@pytest.mark.parametrize("lapsed", [False, True], ids=["taken back", "time over, noted by nobody"])
async def test_when_it_is_over_a_look_has_pictures_only(house: House, lapsed: bool) -> None:
    over = NOON - timedelta(seconds=60)
    granted = GRANTED[1].model_copy(update={"expires_at": over}) if lapsed else GRANTED[1]
    last = () if lapsed else (fact(MonitoringEnded, -30),)
    await house.given(*OFFICIAL, GRANTED[0], granted, *last)
    officer = await house.client("LM")
    assert (await officer.post(f"/v1/calls/{CALL}/look", json=LOOK)).status_code == 200
    (looked,) = await house.events(StreamLookedAt)
    assert (looked.sound, looked.authorisation) == (False, None)
    assert house.media.told[-1][-1] is None


async def test_nobody_opens_a_call_with_a_lawyer_or_watches_over_it(house: House) -> None:
    await house.given(*BOOKED, _lawyers(ClearanceMode.OPEN), *GRANTED)
    officer = await house.client("LM")
    for path, body in (("look", LOOK), ("monitor", None)):
        answer = await officer.post(f"/v1/calls/{CALL}/{path}", json=body)
        assert (answer.status_code, answer.json()["errorCode"]) == (409, "no_tap")
    for side in Side:
        assert (await officer.get(f"/v1/calls/{CALL}/stills/{side}")).status_code == 204
    assert house.media.told == []
    assert await house.events(StreamLookedAt) == await house.events(MonitorJoined) == []


async def test_stills_of_a_call_with_a_lawyer_end_with_the_authorisation(house: House) -> None:
    until = NOON + timedelta(seconds=60)
    room = _lawyers(ClearanceMode.IMAGE_ONLY, authorisation=AUTHORISATION, authorised_until=until)
    images = fact(MonitoringAuthorised, -3600, kind=MonitoringKind.LEGAL_IMAGE_ONLY, expires_at=until)
    await house.given(*BOOKED, images, room)
    officer = await house.client("LM")
    assert (await officer.get(f"/v1/calls/{CALL}/stills/visitor")).status_code == 200
    assert (await officer.post(f"/v1/calls/{CALL}/look", json=LOOK)).status_code == 200
    assert house.media.told[-1][-1] is None  # no sound
    house.clock.to(60)
    assert (await officer.get(f"/v1/calls/{CALL}/stills/visitor")).status_code == 204
    assert (await officer.post(f"/v1/calls/{CALL}/look", json=LOOK)).json()["errorCode"] == "no_tap"


# The log


async def test_what_was_heard_is_logged_and_read_by_those_who_oversee_it(house: House) -> None:
    await house.given(*LIVE, *GRANTED)
    house.clock.to(300)
    officer, booking = await house.client("LM"), await house.client("BO")
    entry = {
        "authorisation": AUTHORISATION,
        "watched_from": "2026-11-23T12:01:00Z",
        "watched_to": "2026-11-23T12:02:00Z",
        "summary": "Planted summary",
    }
    assert (await officer.post(f"/v1/calls/{CALL}/monitoring-log", json=entry)).status_code == 201
    (logged,) = await house.events(MonitoringLogged)
    assert (logged.logged_by, logged.authorisation, logged.summary) == (OFFICER, AUTHORISATION, None)
    story = (await officer.get(f"/v1/monitoring/{AUTHORISATION}")).json()
    assert story["steps"][-1]["words"] == {"summary": "Planted summary"}
    for who, words in ((await house.client("AU"), {"summary": "Planted summary"}), (booking, {})):
        entries = (await who.get(f"/v1/calls/{CALL}/timeline")).json()["entries"]
        (told,) = [one for one in entries if one["type"] == "MonitoringLogged"]
        assert told["words"] == words


# The pages

NUMBERED = fact(
    PersonRegistered,
    -99_000,
    person=PRISONER,
    kind=PersonKind.PRISONER,
    prison=PRISON,
    number=("index",),
    name="Bo Prisoner",
)


async def test_the_pages_ask_decide_review_and_end(house: House) -> None:
    index = house.services.number_index("A1234BC")
    known = NUMBERED.model_copy(update={"number": (index,), "prisoner_number": "A1234BC"})
    await house.given(fact(PolicyPublished, -100_000), known)
    officer, governor = await house.client("SG", person="sg-1"), await house.client("GO", person=GOVERNOR)
    form = {"number": "X0000XX", "kind": "legal_image_only", "ground": "good_order"}
    words = {"necessity": "Planted need", "proportionality": "Planted measure"}
    refused = await officer.post("/monitoring", data={**form, **words})
    assert refused.status_code == 409
    assert "Planted need" in refused.text  # nothing is typed twice
    asked = await officer.post("/monitoring", data={**form, **words, "number": "a1234bc "})
    assert asked.status_code == 303
    page = asked.headers["location"]
    path = page.partition("?")[0]
    assert "Planted need" in (await governor.get(page)).text
    too_long = await governor.post(f"{path}/authorise", data={"days": "29", "words": "Weighed"})
    assert too_long.status_code == 409
    assert "1 to 28 days" in too_long.text
    done = await governor.post(f"{path}/authorise", data={"days": "28", "words": "Weighed"})
    assert "In force until" in (await governor.get(done.headers["location"])).text
    assert "Bo Prisoner" in (await governor.get("/monitoring")).text
    on = {"result": "continue", "days": "7", "words": "Still needed"}
    assert (await governor.post(f"{path}/review", data=on)).status_code == 303
    ended = await officer.post(f"{path}/end", data={"words": "No longer"})
    shown = (await officer.get(ended.headers["location"])).text
    assert "Take it back" not in shown
    assert "“No longer”" in shown
    assert "Over lately" in (await governor.get("/monitoring")).text


async def test_the_log_of_a_call_is_written_on_its_page(house: House) -> None:
    await house.given(*LIVE, *GRANTED)
    house.clock.to(300)
    officer = await house.client("LM")
    path = f"/calls/{CALL}/monitoring-log"
    assert "An offence" in (await officer.get(path)).text
    form = {"on": AUTHORISATION, "watched_from": "12:01", "watched_to": "12:02:30", "words": "Seen"}
    backwards = await officer.post(path, data={**form, "watched_to": "11:00"})
    assert backwards.status_code == 409
    assert (await officer.post(path, data=form)).status_code == 303
    assert (await officer.post(path, data={**form, "on": ""})).status_code == 303
    assert [event.authorisation for event in await house.events(MonitoringLogged)] == [AUTHORISATION, None]


async def test_the_timeline_says_who_could_read_each_side(house: House) -> None:
    unread = {"mode": ClearanceMode.OPEN, "cause": "confidential", "taps": ()}
    await house.given(*LIVE)
    auditor = await house.client("AU")
    shown = (await auditor.get(f"/calls/{CALL}/timeline")).text
    assert "its pictures are decoded and judged, staff may see its pictures, staff may hear it" in shown
    assert "nobody but the other side" not in shown
    await house.given(fact(ClearanceModeSet, 1, **unread))
    shown = (await auditor.get(f"/calls/{CALL}/timeline")).text
    assert "none: nobody but the other side can read this stream" in shown


async def test_the_desk_of_a_confidential_call_offers_no_look_and_says_how_to_admit(house: House) -> None:
    position = await house.given(
        *BOOKED,
        _lawyers(ClearanceMode.OPEN),
        *(e for e in LIVE if e.at < NOON and "Arrived" in type(e).__name__),
    )
    officer = await house.client("LM")
    shown = (await officer.get(f"/calls/{CALL}", params={"after": position})).text
    assert "This call is confidential" in shown
    assert "/look?side=" not in shown
    assert "Watch over this call" not in shown
