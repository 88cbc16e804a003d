"""Evidence over HTTP: handed in, measured, looked at on record, decided on by somebody else, and sent back."""

from typing import Any

import httpx
import pytest

from domain.access import RecordViewed
from domain.enrolment import BiometricConsentGiven
from domain.identity import (
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityVerified,
)
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.relationship import RelationshipApproved, VisitorLinkRequested, VisitorUnapproved
from tests.api.conftest import BOOKED
from tests.facts import PRISON, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

PATH = f"/v1/persons/{VISITOR}/identity"
JPEG = b"\xff\xd8\xff"
KNOWN = (*BOOKED[:3], fact(BiometricConsentGiven, -9000), fact(VisitorLinkRequested, -8000))
CHILD = fact(
    PersonRegistered,
    -9000,
    person="child-1",
    kind=PersonKind.VISITOR,
    prison=None,
    number=(),
    name="Tim",
    date_of_birth="2019-08-30",
)


def form(document: bytes = JPEG + b"a face", selfie: bytes | None = None) -> dict[str, Any]:
    files = {"document": ("passport.jpg", document, "image/jpeg")}
    if selfie is not None:
        files["selfie"] = ("me.jpg", selfie, "image/jpeg")
    return {"files": files, "data": {"document_kind": "passport", "prison": PRISON}}


async def _handed_in(client: httpx.AsyncClient, **pictures: Any) -> str:
    answer = await client.post(PATH, **form(**pictures))
    assert answer.status_code == 201, answer.text
    evidence: str = answer.json()["evidence"]
    return evidence


@pytest.mark.parametrize(
    ("selfie", "distance"), [(b"the same face", 3000), (b"another face", 10_000)], ids=["same", "other"]
)
async def test_a_selfie_is_measured_against_the_document_and_decides_nothing(
    house: House, selfie: bytes, distance: int
) -> None:
    await house.given(*KNOWN)
    await _handed_in(await house.client("FA"), selfie=JPEG + selfie)
    (given,) = await house.events(IdentityEvidenceSubmitted)
    assert (given.distance, given.threshold, given.engine) == (distance, 5000, "test/1")
    assert await house.services.vault.get(given.document) == JPEG + b"a face"
    assert await house.services.vault.get(given.selfie) == JPEG + selfie
    assert not await house.events(IdentityVerified)
    assert not await house.events(IdentityRejected)


async def test_a_document_without_a_clear_face_is_compared_by_staff(house: House) -> None:
    await house.given(*KNOWN)
    await _handed_in(await house.client("FA"), document=JPEG + b"a blur", selfie=JPEG + b"a face")
    (given,) = await house.events(IdentityEvidenceSubmitted)
    assert (given.distance, given.threshold) == (None, None)


async def test_a_selfie_without_a_face_is_refused_in_words(house: House) -> None:
    await house.given(*KNOWN)
    answer = await (await house.client("FA")).post(PATH, **form(selfie=JPEG + b"a wall"))
    assert (answer.status_code, answer.json()["errorCode"]) == (422, "no_suitable_face")
    assert not await house.events(IdentityEvidenceSubmitted)


async def test_without_consent_a_document_is_taken_and_a_selfie_is_not(house: House) -> None:
    await house.given(*KNOWN[:3])
    family = await house.client("FA")
    refused = await family.post(PATH, **form(selfie=JPEG + b"a face"))
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "consent_missing")
    await _handed_in(family)
    (given,) = await house.events(IdentityEvidenceSubmitted)
    assert given.selfie is None


@pytest.mark.parametrize("content", [b"GIF89a", b"<svg/>", JPEG + b"x" * 4 * 1024 * 1024])
async def test_only_pictures_of_a_modest_size_are_taken(house: House, content: bytes) -> None:
    await house.given(*KNOWN)
    answer = await (await house.client("FA")).post(PATH, **form(document=content))
    assert answer.status_code == 422


async def test_evidence_is_handed_in_by_the_person_their_booker_or_staff_who_may_reach_them(
    house: House,
) -> None:
    await house.given(*KNOWN[:4], fact(ParticipantAdded, booker="visitor-5", person=VISITOR))
    stranger, clerk = await house.client("FA", person="visitor-9"), await house.client("BO")
    assert (await stranger.post(PATH, **form())).status_code == 403
    assert (await clerk.post(PATH, **form())).status_code == 403
    await _handed_in(await house.client("FA", person="visitor-5"))
    (given,) = await house.events(IdentityEvidenceSubmitted)
    assert (given.person, given.submitted_by) == (VISITOR, "visitor-5")


async def test_staff_hand_evidence_in_for_their_own_prison_and_somebody_else_decides(house: House) -> None:
    await house.given(*KNOWN)
    clerk = await house.client("BO", person="clerk-1")
    handed_in = form()
    handed_in["data"]["prison"] = "LEI"
    evidence = (await clerk.post(PATH, **handed_in)).json()["evidence"]
    (given,) = await house.events(IdentityEvidenceSubmitted)
    assert (given.prison, given.submitted_by) == (PRISON, "clerk-1")
    path = f"{PATH}/{evidence}/verification"
    same_person = await house.client("AP", person="clerk-1")
    assert (await same_person.post(path)).json()["errorCode"] == "second_person"
    assert (await (await house.client("AP")).post(path)).status_code == 201


async def test_a_rejection_goes_back_to_the_person_with_its_words(house: House) -> None:
    await house.given(*KNOWN)
    family, approver = await house.client("FA"), await house.client("AP")
    evidence = await _handed_in(family)
    assert (await family.get(PATH)).json()["status"] == "waiting"
    body = {"because": "photo_unclear", "note": "Please show the whole page"}
    assert (await approver.post(f"{PATH}/{evidence}/rejection", json=body)).status_code == 201
    (recorded,) = [one for one in await house.log() if isinstance(one.event, IdentityRejected)]
    assert recorded.event.note is None
    now = (await family.get(PATH)).json()
    assert (now["status"], now["because"], now["note"]) == (
        "rejected", "photo_unclear", "Please show the whole page",
    )  # fmt: skip
    other = await approver.post(f"{PATH}/{evidence}/verification")
    assert (other.status_code, other.json()["errorCode"]) == (409, "evidence_decided")
    again = await _handed_in(family)
    assert (await approver.post(f"{PATH}/{again}/verification")).status_code == 201
    assert (await family.get(PATH)).json()["status"] == "verified"


async def test_staff_see_the_distance_and_the_pictures_on_record_and_families_do_not(house: House) -> None:
    await house.given(*KNOWN)
    family, approver = await house.client("FA"), await house.client("AP")
    evidence = await _handed_in(family, selfie=JPEG + b"the same face")
    assert (await family.get(PATH)).json()["distance"] is None
    assert (await approver.get(PATH)).json()["distance"] == 3000
    picture = await approver.get(f"{PATH}/{evidence}/selfie")
    assert (picture.content, picture.headers["content-type"]) == (JPEG + b"the same face", "image/jpeg")
    assert (await family.get(f"{PATH}/{evidence}/selfie")).status_code == 403
    assert (await approver.get(f"{PATH}/{evidence}/nothing")).status_code == 404
    assert [view.viewed for view in await house.events(RecordViewed)] == [
        f"person:{VISITOR}",
        f"evidence:{evidence}/selfie",
    ]


async def test_no_picture_is_shown_that_cannot_be_put_on_record(house: House) -> None:
    await house.given(*KNOWN)
    evidence = await _handed_in(await house.client("FA"))
    approver = await house.client("AP")
    house.store.away = True
    assert (await approver.get(f"{PATH}/{evidence}/document")).status_code == 503


async def test_staff_reach_a_visitor_while_a_link_with_their_prison_waits_or_stands(house: House) -> None:
    await house.given(*KNOWN[:4])
    approver, elsewhere = await house.client("AP"), await house.client("AP", prison="LEI")
    reached = [(await approver.get(PATH)).status_code]
    for change in (
        fact(VisitorLinkRequested, -100),
        fact(RelationshipApproved, -90),
        fact(VisitorUnapproved, -80),
    ):
        await house.given(change)
        reached.append((await approver.get(PATH)).status_code)
        assert (await elsewhere.get(PATH)).status_code == 403
    assert reached == [403, 200, 200, 403]


async def test_a_guardian_vouches_for_a_child_of_their_account(house: House) -> None:
    await house.given(*KNOWN, CHILD)
    family = await house.client("FA")
    path, body = "/v1/persons/child-1/guardian", {"guardian": VISITOR, "relation": "parent"}
    assert (await family.post(path, json=body)).status_code == 403
    await house.given(fact(ParticipantAdded))
    assert (await family.post(path, json=body)).status_code == 201
    (vouched,) = await house.events(GuardianVouchedForChild)
    assert (vouched.person, vouched.guardian) == ("child-1", VISITOR)
    of_another = await family.post(path, json=body | {"guardian": "visitor-9"})
    assert of_another.status_code == 403


async def test_nobody_vouches_for_an_adult(house: House) -> None:
    adult = fact(
        PersonRegistered,
        person="child-1",
        kind=PersonKind.VISITOR,
        prison=None,
        number=(),
        name="Tom",
        date_of_birth="2008-11-23",
    )
    await house.given(*KNOWN, adult, fact(ParticipantAdded))
    body = {"guardian": VISITOR, "relation": "parent"}
    answer = await (await house.client("FA")).post("/v1/persons/child-1/guardian", json=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "not_a_child")
