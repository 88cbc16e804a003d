"""Handover: what one shift leaves is on the wall of the next, until each has read it."""

from datetime import timedelta

import pytest

from domain.access import RecordViewed, Viewed
from domain.handover import HandoverNoteRead, HandoverNoteWritten
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL, NOON, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

URL = f"/v1/prisons/{PRISON}/handover-notes"


async def test_a_note_is_on_the_wall_of_others_until_they_have_read_it(house: House) -> None:
    await house.given(*LIVE)
    leaving, coming = await house.client("LM"), await house.client("LM", person="officer-2")
    for client in (leaving, coming):
        client.follow_redirects = True
    page = (await leaving.post("/handover", data={"text": "Room 3 has a loose camera", "about": CALL})).text
    assert "Nobody has read it yet" in page
    assert "Room 3" not in (await leaving.get("/wall")).text
    wall = (await coming.get("/wall")).text
    assert "Room 3 has a loose camera" in wall
    assert f"/calls/{CALL}/timeline" in wall
    (written,) = await house.events(HandoverNoteWritten)
    assert (written.text, written.under) == (None, CALL)
    wall = (await coming.post(f"/handover/{written.handover}/read")).text
    assert "Room 3" not in wall
    assert [event.read_by for event in await house.events(HandoverNoteRead)] == ["officer-2"]
    assert "Room 3" in (await (await house.client("SG")).get("/wall")).text


async def test_an_old_note_is_shown_no_longer(house: House) -> None:
    await house.given(*BOOKED, fact(HandoverNoteWritten, -60))
    reader = await house.client("GO")
    assert [note["text"] for note in (await reader.get(URL)).json()] == ["Room 3 has a loose camera"]
    house.clock.moment = NOON + timedelta(hours=24)
    assert (await (await house.client("GO")).get(URL)).json() == []
    assert [event.what for event in await house.events(RecordViewed)] == [Viewed.HANDOVER] * 2


async def test_programs_write_and_read_notes_too(house: House) -> None:
    await house.given(*BOOKED)
    writer, reader = await house.client("SG"), await house.client("GO")
    done = await writer.post(URL, json={"text": "Nobody is in room 2 tonight"})
    assert done.status_code == 201
    (note,) = (await reader.get(URL, params={"after": done.json()["position"]})).json()
    assert (await reader.post(f"{URL}/{note['handover']}/read")).status_code == 200
    await house.caught_up()
    assert [note["read_by"] for note in (await reader.get(URL)).json()] == [["go-1"]]
    assert (await reader.post(f"{URL}/handover-9/read")).status_code == 404
    assert (await reader.post(URL, json={"text": "No"})).status_code == 403


async def test_a_note_that_was_refused_keeps_what_was_typed(house: House) -> None:
    await house.given(*BOOKED)
    officer = await house.client("LM")
    answer = await officer.post("/handover", data={"text": "About nothing", "about": "call-9"})
    assert answer.status_code == 409
    assert "There is no such call." in answer.text
    assert "About nothing" in answer.text
