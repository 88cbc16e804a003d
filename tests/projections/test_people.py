"""People and their links: who waits for which prison, how far each is known, and what was answered."""

from datetime import datetime

import pytest

from domain.enrolment import (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    NonBiometricRouteChosen,
)
from domain.event import Event
from domain.identity import (
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityRejectedBecause,
    IdentityVerified,
)
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.prisoner.events import PrisonerReceived, PrisonerTransferred
from domain.relationship import (
    LinkRejectedBecause,
    Relation,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)
from projections import people as read_model
from projections.people import (
    EvidenceStatus,
    Known,
    KnownBy,
    LinkStatus,
    evidence_of,
    evidence_to_decide,
    known,
    links_of,
    links_to_decide,
    people_waiting,
)
from tests.facts import OFFICER, PRISON, PRISONER, VISITOR, fact
from tests.projections.conftest import Fill

pytestmark = pytest.mark.postgres

ANN = fact(PersonRegistered, -9000, person=VISITOR, kind=PersonKind.VISITOR, prison=None, number=())
ASKED = fact(VisitorLinkRequested, -8000)
SHOWN = fact(IdentityEvidenceSubmitted, -7000)
AGREED = fact(BiometricConsentGiven, person=VISITOR)
ENROLLED = fact(FaceTemplateEnrolled, person=VISITOR)
RETIRED = fact(FaceTemplateRetired, person=VISITOR)
WITHOUT = fact(NonBiometricRouteChosen, person=VISITOR)


async def statuses(fill: Fill, *events: Event) -> list[LinkStatus]:
    return [link.status for link in await links_of(await fill(read_model, events), VISITOR, PRISON)]


async def somebody(fill: Fill, *events: Event, person: str = VISITOR) -> Known:
    found = await known(await fill(read_model, events), person)
    assert found is not None
    return found


async def test_a_link_waits_with_what_is_known_of_the_visitor(fill: Fill) -> None:
    db = await fill(read_model, [ANN, SHOWN, ENROLLED, ASKED])
    (link,) = await links_to_decide(db, PRISON)
    assert (link.prisoner, link.visitor, link.booker) == (PRISONER, VISITOR, ASKED.booker)
    assert (link.relation, link.asked_at) == (Relation(ASKED.relation), ASKED.at)
    assert (link.of_visitor.identity, link.of_visitor.known_by) == (EvidenceStatus.WAITING, KnownBy.FACE)
    assert await people_waiting(db, PRISON) == 2


async def test_what_became_of_a_link_is_told_and_it_may_be_asked_for_again(fill: Fill) -> None:
    assert await statuses(fill, ASKED, fact(RelationshipApproved)) == [LinkStatus.APPROVED]
    assert await statuses(fill, ASKED, fact(VisitorLinkRejected)) == [LinkStatus.REJECTED]
    ended = (ASKED, fact(RelationshipApproved), fact(VisitorUnapproved))
    assert await statuses(fill, *ended) == [LinkStatus.ENDED]
    assert await statuses(fill, *ended, ASKED) == [LinkStatus.REQUESTED]
    assert await statuses(fill, fact(RelationshipApproved)) == [LinkStatus.APPROVED]


async def test_an_answer_says_who_gave_it_and_why_until_it_is_asked_for_again(fill: Fill) -> None:
    rejected = fact(VisitorLinkRejected, because=LinkRejectedBecause.DETAILS_DIFFER, rejected_by=OFFICER)
    (link,) = await links_of(await fill(read_model, [ASKED, rejected]), PRISONER, PRISON)
    assert (link.because, link.answered_by, link.answered_at) == ("details_differ", OFFICER, rejected.at)
    (link,) = await links_of(await fill(read_model, [ASKED, rejected, ASKED]), PRISONER, PRISON)
    assert (link.because, link.answered_by, link.answered_at) == (None, None, None)


async def test_a_long_list_of_links_is_read_page_by_page(fill: Fill) -> None:
    events = [
        fact(VisitorLinkRequested, number % 3, visitor=f"visitor-{number}", booker=f"visitor-{number}")
        for number in range(7)
    ]
    db = await fill(read_model, events)
    told: list[str] = []
    after: tuple[datetime, str, str] | None = None
    while page := await links_to_decide(db, PRISON, after=after, limit=3):
        told += [link.visitor for link in page]
        assert page[-1].asked_at is not None
        after = (page[-1].asked_at, page[-1].prisoner, page[-1].visitor)
    assert told == [f"visitor-{number}" for number in (0, 3, 6, 1, 4, 2, 5)]


async def test_the_prison_that_holds_the_person_decides_on_what_was_asked_elsewhere(fill: Fill) -> None:
    for moved in (fact(PrisonerTransferred, to_prison="LEI"), fact(PrisonerReceived, prison="LEI")):
        db = await fill(read_model, [ASKED, moved])
        assert await links_to_decide(db, PRISON) == []
        assert [link.visitor for link in await links_to_decide(db, "LEI")] == [VISITOR]
        assert [link.visitor for link in await links_of(db, PRISONER, "LEI")] == [VISITOR]


async def test_another_prison_sees_neither_links_nor_evidence(fill: Fill) -> None:
    db = await fill(read_model, [ASKED, SHOWN])
    assert await links_to_decide(db, "LEI") == []
    assert await links_of(db, VISITOR, "LEI") == []
    assert await evidence_to_decide(db, "LEI") == []
    assert await people_waiting(db, "LEI") == 0


async def test_evidence_waits_until_it_is_decided_on_and_the_newest_counts(fill: Fill) -> None:
    sent_back = fact(IdentityRejected, because=IdentityRejectedBecause.PHOTO_UNCLEAR)
    again = fact(IdentityEvidenceSubmitted, -10, evidence="evidence-2", distance=5001)
    db = await fill(read_model, [SHOWN])
    (waiting,) = await evidence_to_decide(db, PRISON)
    assert (waiting.person, waiting.selfie, waiting.differs) == (VISITOR, True, False)
    db = await fill(read_model, [SHOWN, sent_back])
    assert await evidence_to_decide(db, PRISON) == []
    found = await evidence_of(db, VISITOR)
    assert found is not None
    assert (found.status, found.because) == (EvidenceStatus.REJECTED, "photo_unclear")
    db = await fill(read_model, [SHOWN, sent_back, again])
    (waiting,) = await evidence_to_decide(db, PRISON)
    assert (waiting.evidence, waiting.because, waiting.differs) == ("evidence-2", None, True)
    late = fact(IdentityVerified, evidence="evidence-1")
    assert len(await evidence_to_decide(await fill(read_model, [SHOWN, again, late]), PRISON)) == 1
    verified = await fill(read_model, [SHOWN, again, fact(IdentityVerified, evidence="evidence-2")])
    found = await evidence_of(verified, VISITOR)
    assert found is not None
    assert found.status is EvidenceStatus.VERIFIED


async def test_evidence_without_a_selfie_is_not_compared(fill: Fill) -> None:
    paper = fact(IdentityEvidenceSubmitted, selfie=None, distance=None, threshold=None, engine=None)
    (waiting,) = await evidence_to_decide(await fill(read_model, [paper]), PRISON)
    assert (waiting.selfie, waiting.differs) == (False, None)


async def test_a_long_list_of_evidence_is_read_page_by_page(fill: Fill) -> None:
    events = [fact(IdentityEvidenceSubmitted, number % 2, person=f"person-{number}") for number in range(5)]
    db = await fill(read_model, events)
    first = await evidence_to_decide(db, PRISON, limit=3)
    rest = await evidence_to_decide(db, PRISON, after=(first[-1].submitted_at, first[-1].person))
    assert [one.person for one in first + rest] == [f"person-{number}" for number in (0, 2, 4, 1, 3)]


async def test_by_what_somebody_is_known_follows_what_they_agreed_to(fill: Fill) -> None:
    found = await somebody(fill, ANN, AGREED, ENROLLED)
    assert (found.kind, found.consent, found.known_by) == (PersonKind.VISITOR, True, KnownBy.FACE)
    withdrawn = fact(BiometricConsentWithdrawn, person=VISITOR)
    found = await somebody(fill, ANN, AGREED, ENROLLED, RETIRED, withdrawn)
    assert (found.consent, found.known_by) == (False, KnownBy.NOTHING)
    found = await somebody(fill, ANN, AGREED, ENROLLED, RETIRED, WITHOUT)
    assert (found.consent, found.known_by) == (False, KnownBy.STAFF)
    found = await somebody(fill, ANN, WITHOUT, AGREED, ENROLLED)
    assert (found.consent, found.known_by) == (True, KnownBy.FACE)


async def test_who_answers_for_somebody_is_told(fill: Fill) -> None:
    child = fact(PersonRegistered, person="child-1", kind=PersonKind.VISITOR, prison=None, number=())
    added = [fact(ParticipantAdded, person="child-1", booker=booker) for booker in ("a", "b", "a")]
    vouched = fact(GuardianVouchedForChild, person="child-1", guardian="a")
    found = await somebody(fill, child, *added, vouched, person="child-1")
    assert (found.bookers, found.guardian) == (("b", "a"), "a")
    assert await known(await fill(read_model, []), "nobody") is None
