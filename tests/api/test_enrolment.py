"""Consent, templates and the way without them, over HTTP."""

import hashlib
from typing import Any

import pytest

from domain.enrolment import (
    BiometricConsentGiven,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    LawfulBasis,
    NonBiometricRouteChosen,
    PhotographQuality,
    RetiredBecause,
)
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.reenrolment import ReenrolmentAsked
from tests.api.conftest import BOOKED
from tests.facts import PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

ME = f"/v1/persons/{VISITOR}"
HELD = f"/v1/persons/{PRISONER}"
OFFERED = {"alternative_offered": True}
FORM: dict[str, Any] = {"files": {"photograph": ("me.jpg", b"a face", "image/jpeg")}}
TEMPLATE = f"sha256:{hashlib.sha256(b'[0.25,-0.5]').hexdigest()}"
PRISONER_BORN = fact(PersonRegistered, -98_000, date_of_birth="1971-11-05")


async def test_a_visitor_agrees_is_enrolled_and_withdraws(house: House) -> None:
    await house.given(*BOOKED)
    family = await house.client("FA")
    early = await family.post(f"{ME}/face", **FORM)
    assert (early.status_code, early.json()["errorCode"]) == (409, "consent_missing")
    assert (await family.post(f"{ME}/biometric-consent", json=OFFERED)).status_code == 201
    assert (await family.post(f"{ME}/face", **FORM)).status_code == 201
    assert (await family.get(f"{ME}/face")).json() == {
        "consents": True,
        "non_biometric": False,
        "templates": [TEMPLATE],
        "new_photograph_asked": False,
    }
    assert (await family.post(f"{ME}/biometric-consent/withdrawal")).status_code == 200
    (gone,) = await house.events(FaceTemplateRetired)
    assert (gone.template, gone.because) == (TEMPLATE, RetiredBecause.CONSENT_WITHDRAWN)
    now = (await family.get(f"{ME}/face")).json()
    assert (now["consents"], now["non_biometric"], now["templates"]) == (False, True, [])


async def test_consent_without_another_way_is_none(house: House) -> None:
    await house.given(*BOOKED)
    answer = await (await house.client("FA")).post(
        f"{ME}/biometric-consent", json={"alternative_offered": False}
    )
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "alternative_missing")


async def test_nobody_agrees_for_somebody_else_not_even_their_booker(house: House) -> None:
    await house.given(*BOOKED, fact(ParticipantAdded, booker="visitor-5", person=VISITOR))
    for client in (await house.client("FA", person="visitor-5"), await house.client("BO")):
        assert (await client.post(f"{ME}/biometric-consent", json=OFFERED)).status_code == 403
        assert (await client.post(f"{ME}/face", **FORM)).status_code == 403
    assert not await house.events(BiometricConsentGiven)


async def test_where_the_rules_say_no_no_template_is_kept(house: House) -> None:
    child = fact(
        PersonRegistered,
        person="child-1",
        kind=PersonKind.VISITOR,
        prison=None,
        number=(),
        date_of_birth="2009-11-24",
    )
    await house.given(*BOOKED[:1], child, fact(BiometricConsentGiven, person="child-1"))
    answer = await (await house.client("FA", person="child-1")).post("/v1/persons/child-1/face", **FORM)
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "too_young")
    assert await house.services.vault.get(TEMPLATE) is None


async def test_the_age_that_counts_is_that_of_the_prison_where_somebody_calls(house: House) -> None:
    document = Policy().merged({"people": {"template_age_min": 40}}).document()
    strict = fact(PolicyPublished, -90_000, version=2, document=document)
    linked = BOOKED[3].model_copy(update={"linked": (VISITOR,)})
    await house.given(*BOOKED[:3], strict, linked, fact(BiometricConsentGiven))
    answer = await (await house.client("FA")).post(f"{ME}/face", **FORM)
    assert answer.json()["errorCode"] == "too_young"


async def test_a_new_photograph_that_was_asked_for_takes_the_place_of_the_old(house: House) -> None:
    old = fact(FaceTemplateEnrolled, -100, person=VISITOR, template="sha256:" + "0" * 64)
    await house.given(*BOOKED, fact(BiometricConsentGiven, -200), old, fact(ReenrolmentAsked, -50))
    family = await house.client("FA")
    assert (await family.get(f"{ME}/face")).json()["new_photograph_asked"]
    assert (await family.post(f"{ME}/face", **FORM, data={"replaces": "true"})).status_code == 201
    now = (await family.get(f"{ME}/face")).json()
    assert (now["templates"], now["new_photograph_asked"]) == ([TEMPLATE], False)


async def test_the_prisons_photograph_of_somebody_it_holds_needs_no_consent_and_has_a_day(
    house: House,
) -> None:
    await house.given(BOOKED[0], PRISONER_BORN)
    clerk, elsewhere = await house.client("BO"), await house.client("BO", prison="LEI")
    path, taken = f"{HELD}/reference-photograph", {"photographed_on": "2026-09-01"}
    assert (await clerk.post(path, **FORM)).status_code == 422
    assert (await elsewhere.post(path, **FORM, data=taken)).status_code == 403
    assert (await clerk.post(path, **FORM, data=taken)).status_code == 201
    (enrolled,) = await house.events(FaceTemplateEnrolled)
    assert enrolled.lawful_basis is LawfulBasis.PRISON_RECORD
    assert enrolled.photographed_on.isoformat() == "2026-09-01"
    assert enrolled.quality == PhotographQuality(sharpness=5200, brightness=128, turn=300)
    held = await house.client("PR")
    own = await held.post(f"{HELD}/face", **FORM)
    assert own.json()["errorCode"] == "consent_missing"


async def test_a_person_in_prison_or_staff_for_them_choose_the_way_without(house: House) -> None:
    await house.given(BOOKED[0], PRISONER_BORN, fact(FaceTemplateEnrolled))
    clerk = await house.client("BO")
    assert (await clerk.post(f"{HELD}/non-biometric-route")).status_code == 201
    (chosen,) = await house.events(NonBiometricRouteChosen)
    assert (chosen.person, chosen.chosen_by) == (PRISONER, "bo-1")
    (gone,) = await house.events(FaceTemplateRetired)
    assert gone.because is RetiredBecause.NON_BIOMETRIC_ROUTE
    refused = await clerk.post(f"{HELD}/reference-photograph", **FORM, data={"photographed_on": "2026-09-01"})
    assert refused.json()["errorCode"] == "non_biometric_route"


async def test_one_template_is_retired_by_whom_it_stands_for(house: House) -> None:
    template = "sha256:" + "0" * 64
    await house.given(*BOOKED, fact(FaceTemplateEnrolled, person=VISITOR, template=template))
    family = await house.client("FA")
    assert (await family.post(f"{ME}/face/retirement", json={"template": template})).status_code == 200
    unknown = await family.post(f"{ME}/face/retirement", json={"template": "sha256:" + "1" * 64})
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "template_unknown")
    (gone,) = await house.events(FaceTemplateRetired)
    assert (gone.template, gone.because) == (template, RetiredBecause.ASKED)
