"""Barred faces over HTTP: proposed by one, signed by a governor, compared with on the calls of one person only."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from domain.access import RecordViewed, Viewed
from domain.barring.events import (
    BarredFaceApproved,
    BarredFaceProposed,
    BarredFaceRemoved,
    BarringBasis,
)
from domain.person import PersonKind, PersonRegistered
from domain.policy import PolicyPublished
from infrastructure.barred import BarredFaces
from infrastructure.vault import PostgresKeys
from tests.api.conftest import BOOKED
from tests.application.history import everything
from tests.facts import BARRED, GOVERNOR, NOON, OFFICER, PRISON, PRISONER, fact
from tests.house import House

pytestmark = pytest.mark.postgres

LIST = f"/v1/prisons/{PRISON}/barred-faces"
PHOTOGRAPH: dict[str, Any] = {"photograph": ("them.jpg", b"a face", "image/jpeg")}
ASKED = {
    "prisoner": PRISONER,
    "basis": "court_order",
    "source": "court",
    "days": "30",
    "who": "Somebody Invented",
    "necessity": "Planted need",
}
WEIGHED = {"consideration": "Weighed"}
TEMPLATE = f"sha256:{hashlib.sha256(b'[0.25,-0.5]').hexdigest()}"


async def _follow(house: House) -> None:
    """What the installation does about everything that is on record."""
    keys = house.services.keys
    assert isinstance(keys, PostgresKeys)
    for recorded in await everything(house.services.store):
        await BarredFaces(keys).take(recorded)


async def test_one_proposes_a_governor_signs_and_only_the_template_is_kept(house: House) -> None:
    await house.given(*BOOKED)
    safeguarding, governor = await house.client("SG"), await house.client("GO", person=GOVERNOR)
    asked = await safeguarding.post(LIST, files=PHOTOGRAPH, data=ASKED)
    assert asked.status_code == 201, asked.text
    ident = asked.json()["barred"]
    assert (await safeguarding.post(f"/v1/barred-faces/{ident}/approve", json=WEIGHED)).status_code == 403
    signed = await governor.post(f"/v1/barred-faces/{ident}/approve", json=WEIGHED)
    assert signed.status_code == 200
    (proposed,) = await house.events(BarredFaceProposed)
    (approved,) = await house.events(BarredFaceApproved)
    assert (proposed.basis, proposed.barred_from) == (BarringBasis.COURT_ORDER, PRISONER)
    assert (proposed.who, proposed.necessity) == (None, None)  # in clear it is nowhere
    assert approved.until == approved.at + timedelta(days=30)
    assert approved.template == TEMPLATE
    assert await house.services.vault.get(TEMPLATE) is not None
    (entry,) = (await governor.get(LIST, params={"after": signed.json()["position"]})).json()
    assert entry["stands"] == "in_force"
    assert entry["words"] == {
        "who": "Somebody Invented",
        "necessity": "Planted need",
        "consideration": "Weighed",
    }
    assert Viewed.BARRED in [event.what for event in await house.events(RecordViewed)]


async def test_a_governor_does_not_sign_what_they_proposed(house: House) -> None:
    await house.given(*BOOKED, fact(BarredFaceProposed, -60, proposed_by=GOVERNOR))
    governor = await house.client("GO", person=GOVERNOR)
    refused = await governor.post(f"/v1/barred-faces/{BARRED}/approve", json=WEIGHED)
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "second_person")


async def test_where_the_rules_say_no_no_template_is_made(house: House) -> None:
    await house.given(*BOOKED)
    safeguarding = await house.client("SG")
    long = await safeguarding.post(LIST, files=PHOTOGRAPH, data={**ASKED, "days": "91"})
    assert (long.status_code, long.json()["errorCode"]) == (409, "barred_too_long")
    nobody = await safeguarding.post(LIST, files=PHOTOGRAPH, data={**ASKED, "prisoner": "prisoner-9"})
    assert (nobody.status_code, nobody.json()["errorCode"]) == (409, "prisoner_elsewhere")
    assert await house.services.vault.get(TEMPLATE) is None


async def test_nobody_of_another_prison_or_role_sees_or_changes_the_list(house: House) -> None:
    await house.given(*BOOKED, fact(BarredFaceProposed, -60))
    elsewhere, monitor = await house.client("GO", prison="LEI"), await house.client("LM")
    for client in (elsewhere, monitor):
        assert (await client.get(LIST)).status_code == 403
        assert (await client.post(f"/v1/barred-faces/{BARRED}/approve", json=WEIGHED)).status_code == 403
        gone = await client.post(f"/v1/barred-faces/{BARRED}/removal", json={"reason": "No"})
        assert gone.status_code == 403
    unknown = await (await house.client("GO")).post("/v1/barred-faces/barred-9/approve", json=WEIGHED)
    assert unknown.json()["errorCode"] == "barred_unknown"


async def test_what_is_taken_off_loses_its_template_and_is_told_as_over(house: House) -> None:
    await house.given(*BOOKED)
    safeguarding, governor = await house.client("SG"), await house.client("GO", person=GOVERNOR)
    ident = (await safeguarding.post(LIST, files=PHOTOGRAPH, data=ASKED)).json()["barred"]
    await governor.post(f"/v1/barred-faces/{ident}/approve", json=WEIGHED)
    off = await safeguarding.post(f"/v1/barred-faces/{ident}/removal", json={"reason": "The order ended"})
    assert off.status_code == 200
    (approved,) = await house.events(BarredFaceApproved)
    assert await house.services.vault.get(approved.template) is not None
    await _follow(house)
    assert await house.services.vault.get(approved.template) is None
    (entry,) = (await governor.get(LIST, params={"after": off.json()["position"]})).json()
    assert (entry["stands"], entry["words"]["who"]) == ("taken_off", "Somebody Invented")


async def test_a_template_is_destroyed_also_where_it_was_never_signed(house: House) -> None:
    await house.given(*BOOKED)
    safeguarding, governor = await house.client("SG"), await house.client("GO", person=GOVERNOR)
    ident = (await safeguarding.post(LIST, files=PHOTOGRAPH, data=ASKED)).json()["barred"]
    await governor.post(f"/v1/barred-faces/{ident}/reject", json={"reason": "Not necessary"})
    await _follow(house)
    (proposed,) = await house.events(BarredFaceProposed)
    assert await house.services.vault.get(proposed.template) is None


async def test_the_page_proposes_signs_and_takes_off_and_nothing_is_typed_twice(house: House) -> None:
    index = house.services.number_index("A1234BC")
    known = fact(
        PersonRegistered,
        -99_000,
        person=PRISONER,
        kind=PersonKind.PRISONER,
        prison=PRISON,
        number=(index,),
        prisoner_number="A1234BC",
        name="Bo Prisoner",
    )
    await house.given(fact(PolicyPublished, -100_000), known)
    safeguarding, governor = await house.client("SG"), await house.client("GO", person=GOVERNOR)
    form = {
        **{key: ASKED[key] for key in ("basis", "source", "days", "who", "necessity")},
        "number": "X0000XX",
    }
    refused = await safeguarding.post("/barred", files=PHOTOGRAPH, data=form)
    assert refused.status_code == 409
    assert "Planted need" in refused.text
    asked = await safeguarding.post("/barred", files=PHOTOGRAPH, data={**form, "number": "a1234bc"})
    assert asked.status_code == 303
    own = (await safeguarding.get(asked.headers["location"])).text
    assert "Another person has to sign it" in own
    shown = (await governor.get(asked.headers["location"])).text
    assert "Somebody Invented, from calls with Bo Prisoner" in shown
    (proposed,) = await house.events(BarredFaceProposed)
    without = await governor.post(f"/barred/{proposed.barred}/approve", data={"words": " "})
    assert without.status_code == 409
    done = await governor.post(f"/barred/{proposed.barred}/approve", data={"words": "Weighed"})
    assert "In force until" in (await governor.get(done.headers["location"])).text
    off = await governor.post(f"/barred/{proposed.barred}/removal", data={"words": "The order ended"})
    assert "taken off" in (await governor.get(off.headers["location"])).text
    assert [event.removed_by for event in await house.events(BarredFaceRemoved)] == [GOVERNOR]


async def test_an_entry_whose_time_is_over_is_not_in_force_whether_or_not_anybody_noted_it(
    house: House,
) -> None:
    over = NOON - timedelta(hours=2)
    head = await house.given(
        *BOOKED, fact(BarredFaceProposed, -99_000), fact(BarredFaceApproved, -98_000, until=over)
    )
    (entry,) = (await (await house.client("AU")).get(LIST, params={"after": head})).json()
    assert (entry["stands"], entry["proposed_by"]) == ("lapsed", OFFICER)
