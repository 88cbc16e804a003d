"""A side's line: the relay it may use, data it saves, its picture left out, and what its page says of it."""

import dataclasses

import pytest

from application.ports import WorkerLoad
from application.relay import Relay, password
from domain.audio_only import AudioOnlyBecause, AudioOnlyEntered, AudioOnlyLeft
from domain.clearance import Side
from domain.network import Grade, Way
from domain.stream import QualityDegraded
from tests.api.conftest import BOOKED, LIVE
from tests.facts import CALL, PRISON, fact
from tests.house import House

pytestmark = pytest.mark.postgres

SEAT = f"/v1/calls/{CALL}/seats/visitor"


async def test_a_browser_is_given_our_relay_and_no_other_server(house: House) -> None:
    await house.given(*LIVE)
    family = await house.seated(Side.VISITOR)
    assert (await family.get(f"{SEAT}/servers")).json() == {"servers": []}
    relay = Relay(("turn:relay.example",), b"secret")
    house.app.state.services = dataclasses.replace(house.services, relay=relay)
    (server,) = (await family.get(f"{SEAT}/servers")).json()["servers"]
    assert server["urls"] == "turn:relay.example"
    assert server["credential"] == password(b"secret", server["username"])
    assert (await family.get(f"/v1/calls/{CALL}/seats/prisoner/servers")).status_code == 403
    assert (await house.browser().get(f"{SEAT}/servers")).status_code == 401


async def test_data_is_saved_from_the_start_or_from_now_on(house: House) -> None:
    await house.given(*LIVE)
    family = await house.seated(Side.VISITOR)
    await family.post(f"{SEAT}/offer", json={"sdp": "v=0", "light": True})
    assert (await family.post(f"{SEAT}/light", json={"on": False})).status_code == 204
    assert house.media.told[-2:] == [
        ("join", CALL, Side.VISITOR, "light"),
        ("save_data", CALL, Side.VISITOR, False),
    ]
    other = await family.post(f"/v1/calls/{CALL}/seats/prisoner/light", json={"on": True})
    assert other.status_code == 403


async def test_a_side_leaves_its_own_picture_out_and_sends_it_again(house: House) -> None:
    await house.given(*LIVE)
    family, prison = await house.seated(Side.VISITOR), await house.seated(Side.PRISONER)
    assert (await family.post(f"{SEAT}/sound-only", json={"on": True})).status_code == 204
    (entered,) = await house.events(AudioOnlyEntered)
    assert (entered.side, entered.cause) == (Side.VISITOR, AudioOnlyBecause.CHOICE)
    assert (await family.get(SEAT)).json()["sound_only"]
    assert (await prison.get(f"/v1/calls/{CALL}/seats/prisoner")).json()["text_key"] == "slate.audio_chosen"
    other = await prison.post(f"{SEAT}/sound-only", json={"on": False})
    assert other.status_code == 403
    assert (await family.post(f"{SEAT}/sound-only", json={"on": False})).status_code == 204
    assert len(await house.events(AudioOnlyLeft)) == 1
    again = await family.post(f"{SEAT}/sound-only", json={"on": True})
    assert (again.status_code, again.json()["userMessage"]) == (
        409,
        "The picture has to be seen again for a moment first.",
    )


async def test_each_side_is_told_how_good_both_lines_are(house: House) -> None:
    await house.given(*LIVE, fact(QualityDegraded, 9, way=Way.TO_SIDE, grade=Grade.POOR))
    family, prison = await house.seated(Side.VISITOR), await house.seated(Side.PRISONER)
    mine = (await family.get(SEAT)).json()
    theirs = (await prison.get(f"/v1/calls/{CALL}/seats/prisoner")).json()
    assert (mine["line"], mine["other_line"]) == ("poor", "good")
    assert (theirs["line"], theirs["other_line"]) == ("good", "poor")


@pytest.mark.parametrize(("lang", "words"), [("en", "up to about 430 MB"), ("cy", "hyd at tua 430 MB")])
async def test_the_page_says_how_much_data_the_call_uses_before_anybody_joins(
    house: House, lang: str, words: str
) -> None:
    await house.given(*LIVE)
    family = await house.seated(Side.VISITOR)
    shown = (await family.get(f"/call?lang={lang}")).text
    assert words in shown
    assert "200 MB" in shown


async def test_the_wall_and_the_figures_say_that_no_further_call_is_taken(house: House) -> None:
    await house.given(*BOOKED)
    busy = WorkerLoad("media-1", 3, takes_calls=False, lag_ms=220, verdict_ms=90)
    free = WorkerLoad("media-2", 1, takes_calls=True, lag_ms=4, verdict_ms=None)
    officer = await house.client("LM")
    told: list[WorkerLoad] = []
    house.app.state.services = dataclasses.replace(house.services, loads=lambda: tuple(told))
    for loads, full in (((), False), ((busy,), True), ((busy, free), False)):
        told[:] = loads
        wall = (await officer.get("/wall")).text
        assert ("No further call can be connected" in wall) is full
    figures = (await house.browser().get("/metrics")).text
    assert 'kinline_media_takes_calls{worker="media-1"} 0.0' in figures
    assert 'kinline_media_lag_ms{worker="media-1"} 220.0' in figures
    assert 'kinline_media_calls{worker="media-2"} 1.0' in figures
    assert PRISON not in figures
