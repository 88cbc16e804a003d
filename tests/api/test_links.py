"""Links over HTTP: asked for by a booker, answered by the prison, and the answer read by whoever asked."""

from typing import Any

import pytest

from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.relationship import (
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)
from tests.api.conftest import BOOKED
from tests.facts import PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

AT = f"/v1/prisons/{PRISON}"
PAIR = {"prisoner": PRISONER, "visitor": VISITOR}
ASKED = PAIR | {"relation": "sibling"}
CHILD = fact(PersonRegistered, -9000, person="child-1", kind=PersonKind.VISITOR, prison=None, number=())


async def _links(house: House, **who: Any) -> list[dict[str, Any]]:
    answer = await (await house.client("FA", **who)).get(f"/v1/persons/{who.get('person', VISITOR)}/links")
    links: list[dict[str, Any]] = answer.json()
    return links


async def test_a_visitor_asks_and_an_officer_approves(house: House) -> None:
    await house.given(*BOOKED[:3])
    family, approver = await house.client("FA"), await house.client("AP")
    assert (await family.post(f"{AT}/link-requests", json=ASKED)).status_code == 201
    (link,) = await _links(house)
    assert (link["status"], link["prisoner"]) == ("requested", PRISONER)
    assert (await family.post(f"{AT}/relationships", json=PAIR)).status_code == 403
    assert (await approver.post(f"{AT}/relationships", json=PAIR)).status_code == 201
    (approved,) = await house.events(RelationshipApproved)
    assert approved.booker == (VISITOR,)
    assert [link["status"] for link in await _links(house)] == ["approved"]


async def test_a_rejection_is_read_by_whoever_asked_with_its_words(house: House) -> None:
    await house.given(*BOOKED[:3], fact(VisitorLinkRequested, -100))
    approver = await house.client("AP")
    body = PAIR | {"because": "details_differ", "words": "Please spell the name as in the passport"}
    assert (await approver.post(f"{AT}/link-requests/rejections", json=body)).status_code == 201
    (recorded,) = [one for one in await house.log() if isinstance(one.event, VisitorLinkRejected)]
    assert recorded.event.words is None
    (link,) = await _links(house)
    assert (link["status"], link["because"], link["words"]) == (
        "rejected", "details_differ", "Please spell the name as in the passport",
    )  # fmt: skip
    again = await approver.post(f"{AT}/link-requests/rejections", json=body)
    assert (again.status_code, again.json()["errorCode"]) == (404, "request_unknown")


async def test_an_approval_is_taken_away_and_its_reason_stays_with_the_prison(house: House) -> None:
    await house.given(*BOOKED[:3], fact(VisitorLinkRequested, -100))
    approver, governor = await house.client("AP"), await house.client("GO")
    await approver.post(f"{AT}/relationships", json=PAIR)
    body = PAIR | {"reason": "Asked not to be called"}
    assert (await governor.post(f"{AT}/relationships/endings", json=body)).status_code == 201
    (recorded,) = [one for one in await house.log() if isinstance(one.event, VisitorUnapproved)]
    assert await house.services.keys.open(recorded.sealed["reason"]) == "Asked not to be called"
    (link,) = await _links(house)
    assert (link["status"], link["words"]) == ("ended", None)


async def test_a_booker_asks_for_those_they_answer_for_and_for_nobody_else(house: House) -> None:
    await house.given(*BOOKED[:3], CHILD)
    family = await house.client("FA")
    for_child = ASKED | {"visitor": "child-1", "relation": "child"}
    assert (await family.post(f"{AT}/link-requests", json=for_child)).status_code == 403
    await house.given(fact(ParticipantAdded))
    assert (await family.post(f"{AT}/link-requests", json=for_child)).status_code == 201
    (requested,) = await house.events(VisitorLinkRequested)
    assert (requested.booker, requested.visitor) == (VISITOR, "child-1")


async def test_the_seventh_request_waits_for_an_answer(house: House) -> None:
    six = [fact(VisitorLinkRequested, -100, prisoner=f"other-{n}", prison="LEI") for n in range(6)]
    await house.given(*BOOKED[:3], *six)
    answer = await (await house.client("FA")).post(f"{AT}/link-requests", json=ASKED)
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "link_requests_max")


async def test_staff_ask_for_a_visitor_and_another_officer_decides(house: House) -> None:
    await house.given(*BOOKED[:3])
    clerk = await house.client("BO", person="clerk-1")
    assert (await clerk.post(f"{AT}/link-requests", json=ASKED)).status_code == 201
    (requested,) = await house.events(VisitorLinkRequested)
    assert (requested.booker, requested.requested_by) == (VISITOR, "clerk-1")
    same_person = await house.client("AP", person="clerk-1")
    refused = await same_person.post(f"{AT}/relationships", json=PAIR)
    assert refused.json()["errorCode"] == "second_person"


async def test_another_prison_neither_answers_nor_reads(house: House) -> None:
    await house.given(*BOOKED[:3], fact(VisitorLinkRequested, -100))
    elsewhere = await house.client("AP", prison="LEI")
    assert (await elsewhere.post(f"{AT}/relationships", json=PAIR)).status_code == 403
    not_held = await elsewhere.post("/v1/prisons/LEI/relationships", json=PAIR)
    assert not_held.json()["errorCode"] == "prisoner_elsewhere"
    assert (await elsewhere.get(f"/v1/persons/{VISITOR}/links")).status_code == 403
    approver = await house.client("AP")
    assert len((await approver.get(f"/v1/persons/{VISITOR}/links")).json()) == 1
