"""The device check over the API: a score with sentences in both languages, on record, and on the wall."""

import pytest

from domain.clearance import Side
from domain.device_check import DeviceChecked
from domain.waiting_room.events import WaitingRoomOpened
from tests.api.conftest import BOOKED, WAITING
from tests.facts import CALL, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

SEAT = f"/v1/calls/{CALL}/seats/visitor"
MEASURED = {"camera_lines": 480, "microphone_level": 30, "light": 30, "up_kbps": 5000, "codecs": True}


async def test_a_side_is_told_what_to_do_and_staff_see_the_score(house: House) -> None:
    await house.given(*WAITING)
    family = await house.seated(Side.VISITOR)
    check = (await family.post(f"{SEAT}/device-check", json=MEASURED)).json()
    light = next(one for one in check["items"] if one["item"] == "light")
    assert (light["grade"], "too dark" in light["text"]) == ("bad", True)
    assert check["text"] == "Your device: 70 of 100"
    (checked,) = await house.events(DeviceChecked)
    assert (checked.person, checked.side, checked.score) == (VISITOR, Side.VISITOR, 70)
    officer = await house.client("LM")
    wall = await officer.get("/wall", params={"after": len(await house.log())})
    assert "device 70 of 100" in wall.text


async def test_the_sentences_are_in_the_language_of_the_page(house: House) -> None:
    await house.given(*BOOKED, fact(WaitingRoomOpened, -900))
    family = await house.seated(Side.VISITOR)
    check = (await family.post(f"{SEAT}/device-check?lang=cy", json=MEASURED)).json()
    assert check["text"] == "Eich dyfais: 70 o 100"
    assert "Gwirio eich dyfais" in (await family.get("/call/check?lang=cy")).text


async def test_numbers_that_no_device_has_are_not_taken(house: House) -> None:
    await house.given(*WAITING)
    family = await house.seated(Side.VISITOR)
    for wrong in ({"light": 256}, {"camera_lines": -1}, {"camera_name": "My camera"}):
        assert (await family.post(f"{SEAT}/device-check", json=wrong)).status_code == 422
    assert await house.events(DeviceChecked) == []


async def test_the_line_is_measured_by_what_is_forgotten(house: House) -> None:
    await house.given(*WAITING)
    family = await house.seated(Side.VISITOR)
    before = len(await house.log())
    assert (await family.post(f"{SEAT}/line-check", json={"filler": "k" * 262_144})).status_code == 204
    assert (await family.post(f"{SEAT}/line-check", json={"filler": "k" * 600_000})).status_code == 422
    assert len(await house.log()) == before


async def test_nobody_checks_the_device_of_the_other_side(house: House) -> None:
    await house.given(*WAITING)
    family = await house.seated(Side.VISITOR)
    for path in ("device-check", "line-check"):
        answer = await family.post(f"/v1/calls/{CALL}/seats/prisoner/{path}", json={"filler": ""})
        assert answer.status_code in (403, 422)
    other = await family.post(f"/v1/calls/{CALL}/seats/prisoner/device-check", json=MEASURED)
    assert other.status_code == 403


async def test_the_pages_of_a_call_may_use_the_camera_and_no_other_page(house: House) -> None:
    await house.given(*WAITING)
    family = await house.seated(Side.VISITOR)
    for path, may in (("/call", True), ("/call/check", True), ("/call/rules", False)):
        policy = (await family.get(path)).headers["permissions-policy"]
        assert ("camera=(self)" in policy) is may, path
