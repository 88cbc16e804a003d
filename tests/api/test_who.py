"""People before staff: who waits for a decision, one person with their links, and deciding on a page."""

import pytest

from domain.access import RecordViewed, Viewed
from domain.event import Purpose
from domain.identity import (
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityRejectedBecause,
    IdentityVerified,
)
from domain.relationship import (
    LinkRejectedBecause,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)
from tests.api.conftest import BOOKED
from tests.facts import PRISON, PRISONER, VISITOR, fact
from tests.house import House

pytestmark = pytest.mark.postgres

PEOPLE = BOOKED[:3]
ASKED = fact(VisitorLinkRequested, -8000)
SHOWN = fact(IdentityEvidenceSubmitted, -7000)
AT = f"/v1/prisons/{PRISON}"


async def views(house: House) -> list[str]:
    return [one.viewed for one in await house.events(RecordViewed) if one.what is Viewed.PEOPLE]


async def test_what_waits_is_listed_and_that_it_was_read_is_on_record(house: House) -> None:
    await house.given(*PEOPLE, ASKED, SHOWN)
    officer = await house.client("BO")
    (link,) = (await officer.get(f"{AT}/link-requests")).json()["links"]
    assert (link["visitor"], link["of_visitor"]["identity"]) == (VISITOR, "waiting")
    (evidence,) = (await officer.get(f"{AT}/identity-evidence")).json()["evidence"]
    assert (evidence["person"], evidence["distance"]) == (VISITOR, 3300)
    assert await views(house) == [f"links:{PRISON}", f"evidence:{PRISON}"]


async def test_both_lists_go_on_behind_their_cursors(house: House) -> None:
    links = [fact(VisitorLinkRequested, number, visitor=f"visitor-{number}") for number in range(3)]
    shown = [fact(IdentityEvidenceSubmitted, number, person=f"visitor-{number}") for number in range(3)]
    await house.given(*PEOPLE, *links, *shown)
    officer = await house.client("AP")
    for path, items, who in (
        ("link-requests", "links", "visitor"),
        ("identity-evidence", "evidence", "person"),
    ):
        page = (await officer.get(f"{AT}/{path}", params={"limit": 2})).json()
        rest = (await officer.get(f"{AT}/{path}", params={"limit": 2, "cursor": page["next"]})).json()
        told = [one[who] for one in page[items] + rest[items]]
        assert (told, rest["next"]) == (["visitor-0", "visitor-1", "visitor-2"], None)
        wrong = await officer.get(f"{AT}/{path}", params={"cursor": "nowhere"})
        assert (wrong.status_code, wrong.json()["errorCode"]) == (422, "cursor_unknown")


async def test_one_person_is_read_with_their_links_by_staff_whose_prison_has_to_do_with_them(
    house: House,
) -> None:
    await house.given(*PEOPLE, ASKED)
    officer = await house.client("SG")
    body = (await officer.get(f"/v1/persons/{VISITOR}")).json()
    assert (body["known"]["kind"], body["evidence"]) == ("visitor", None)
    assert [link["status"] for link in body["links"]] == ["requested"]
    assert [link["visitor"] for link in (await officer.get(f"/v1/persons/{PRISONER}")).json()["links"]] == [
        VISITOR
    ]
    assert (await officer.get("/v1/persons/nobody")).status_code == 404
    for role, prison in (("AP", "LEI"), ("FA", None), ("PR", PRISON), ("AU", PRISON)):
        other = await house.client(role, prison=prison)
        for path in (f"/v1/persons/{VISITOR}", f"{AT}/link-requests", f"{AT}/identity-evidence"):
            assert (await other.get(path)).status_code == 403, (role, path)


async def test_the_pages_name_who_waits_and_the_first_page_says_how_many(house: House) -> None:
    await house.given(*PEOPLE, ASKED, SHOWN)
    officer = await house.client("AP")
    page = (await officer.get("/people")).text
    assert f'<a class="govuk-link" href="/people/{VISITOR}">Ann Visitor</a>' in page
    assert "Match</strong>" in page
    home = (await officer.get("/")).text
    assert 'href="/people">People</a> <span class="moj-notification-badge">2<' in home
    person = (await officer.get(f"/people/{VISITOR}")).text
    assert "17 May 1990" in person
    assert f"/v1/persons/{VISITOR}/identity/evidence-1/document" in person
    assert "/document" not in (await (await house.client("BO")).get(f"/people/{VISITOR}")).text


async def test_a_link_is_approved_and_ended_on_the_page(house: House) -> None:
    await house.given(*PEOPLE, ASKED)
    officer = await house.client("AP")
    pair, place = {"prisoner": PRISONER}, f"/people/{VISITOR}/links"
    answer = await officer.post(f"{place}/approve", data=pair)
    assert (answer.status_code, answer.headers["location"].partition("=")[0]) == (
        303,
        f"/people/{VISITOR}?after",
    )
    page = (await officer.get(answer.headers["location"])).text
    assert "End the approval" in page
    assert len(await house.events(RelationshipApproved)) == 1
    refused = await officer.post(f"{place}/end", data=pair | {"reason": " "})
    assert refused.status_code == 409
    assert "Please give a reason." in refused.text
    assert (await officer.post(f"{place}/end", data=pair | {"reason": "At their wish"})).status_code == 303
    (ended,) = await house.events(VisitorUnapproved)
    assert ended.reason is None


async def test_a_refused_rejection_keeps_what_was_typed(house: House) -> None:
    await house.given(*PEOPLE, ASKED)
    officer = await house.client("SG")
    form = {"prisoner": PRISONER, "because": "details_differ", "words": "Please spell it as in the passport"}
    place = f"/people/{VISITOR}/links/reject"
    assert (await officer.post(place, data=form)).status_code == 303
    (rejected,) = await house.events(VisitorLinkRejected)
    assert rejected.because is LinkRejectedBecause.DETAILS_DIFFER
    await house.caught_up()
    again = await officer.post(place, data=form)
    assert again.status_code == 409
    assert "Nobody asks for this at the moment." in again.text


async def test_identity_is_verified_or_sent_back_on_the_page(house: House) -> None:
    reference = await house.services.vault.put(VISITOR, Purpose.IDENTITY, "document", b"\xff\xd8\xffa face")
    shown = SHOWN.model_copy(update={"document": reference, "selfie": None})
    again = shown.model_copy(update={"evidence": "evidence-2"})
    await house.given(*PEOPLE, ASKED, shown)
    officer = await house.client("AP")
    place = f"/people/{VISITOR}/identity"
    body = {"evidence": "evidence-1", "because": "photo_unclear", "note": "Please hold it flat"}
    assert (await officer.post(f"{place}/reject", data=body)).status_code == 303
    (sent_back,) = await house.events(IdentityRejected)
    assert sent_back.because is IdentityRejectedBecause.PHOTO_UNCLEAR
    await house.given(again)
    stale = await officer.post(f"{place}/verify", data={"evidence": "evidence-1"})
    assert stale.status_code == 409
    assert (await officer.post(f"{place}/verify", data={"evidence": "evidence-2"})).status_code == 303
    assert [event.evidence for event in await house.events(IdentityVerified)] == ["evidence-2"]


async def test_a_booking_officer_decides_on_nothing(house: House) -> None:
    await house.given(*PEOPLE, ASKED, SHOWN)
    officer = await house.client("BO")
    for path, form in (
        ("links/approve", {"prisoner": PRISONER}),
        ("links/reject", {"prisoner": PRISONER, "because": "not_allowed"}),
        ("links/end", {"prisoner": PRISONER, "reason": "x"}),
        ("identity/verify", {"evidence": "evidence-1"}),
        ("identity/reject", {"evidence": "evidence-1", "because": "photo_unclear"}),
    ):
        assert (await officer.post(f"/people/{VISITOR}/{path}", data=form)).status_code == 403, path
    page = (await officer.get(f"/people/{VISITOR}")).text
    assert "Approve" not in page
