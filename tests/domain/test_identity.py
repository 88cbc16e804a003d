"""Identity: evidence waits for staff, a machine measures and decides nothing, an adult answers for a child."""

import pytest

from domain import identity
from domain.enrolment import BiometricConsentGiven, BiometricConsentWithdrawn, NonBiometricRouteChosen
from domain.event import Event
from domain.identity import (
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityRejectedBecause,
    IdentityVerified,
    RejectIdentity,
    SubmitEvidence,
    VerifyIdentity,
    VouchForChild,
)
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from tests.asked import ask
from tests.facts import OFFICER, PRISON, VISITOR, fact
from tests.scenario import given

visitor = fact(PersonRegistered, -600, person=VISITOR, kind=PersonKind.VISITOR, prison=None, number=())
child = fact(PersonRegistered, -600, person="child-1", kind=PersonKind.VISITOR, prison=None, number=())
consent = fact(BiometricConsentGiven, -500)
evidence = fact(IdentityEvidenceSubmitted)
verified = fact(IdentityVerified)
rejected = fact(IdentityRejected)
known: list[Event] = [visitor, consent]
waiting: list[Event] = [*known, evidence]
vouched = fact(GuardianVouchedForChild)

document_alone = {"selfie": None, "distance": None, "engine": None}


# Handing evidence in


def test_a_visitor_hands_in_a_document_and_a_selfie_with_its_distance() -> None:
    given(identity, *known).when(ask(SubmitEvidence)).then(evidence)


def test_the_policy_of_the_prison_says_from_which_distance_two_faces_differ() -> None:
    document = Policy().merged({"people": {"selfie_distance_max": 4200}}).document()
    policy = fact(PolicyPublished, -9000, document=document)
    given(identity, *known, policy).when(ask(SubmitEvidence)).then(
        fact(IdentityEvidenceSubmitted, threshold=4200)
    )


def test_a_selfie_that_differs_is_put_before_staff_like_any_other() -> None:
    command = ask(SubmitEvidence, distance=9000)
    given(identity, *known).when(command).then(fact(IdentityEvidenceSubmitted, distance=9000))
    far = fact(IdentityEvidenceSubmitted, distance=9000)
    given(identity, *known, far).when(ask(VerifyIdentity)).then(verified)


@pytest.mark.parametrize(
    "history",
    [[visitor], [*known, fact(BiometricConsentWithdrawn)], [*known, fact(NonBiometricRouteChosen)]],
    ids=["never", "withdrawn", "other_route"],
)
def test_no_selfie_is_taken_from_whoever_does_not_agree_to_its_comparison(history: list[Event]) -> None:
    given(identity, *history).when(ask(SubmitEvidence)).then_refused("consent_missing")


def test_a_document_alone_is_enough_on_the_way_without_biometrics() -> None:
    given(identity, visitor, fact(NonBiometricRouteChosen)).when(ask(SubmitEvidence, **document_alone)).then(
        fact(IdentityEvidenceSubmitted, **document_alone, threshold=None)
    )


def test_a_face_that_the_document_does_not_show_clearly_is_compared_by_staff_alone() -> None:
    not_compared = {"distance": None, "engine": None}
    given(identity, *known).when(ask(SubmitEvidence, **not_compared)).then(
        fact(IdentityEvidenceSubmitted, **not_compared, threshold=None)
    )


def test_a_booker_hands_in_the_evidence_of_somebody_they_answer_for() -> None:
    command = ask(SubmitEvidence, submitted_by="booker-1")
    given(identity, *known).when(command).then(fact(IdentityEvidenceSubmitted, submitted_by="booker-1"))


def test_only_visitors_have_to_show_who_they_are() -> None:
    prisoner = fact(PersonRegistered, person=VISITOR)
    given(identity, consent, prisoner).when(ask(SubmitEvidence)).then_refused("visitor_unknown")


def test_the_same_evidence_again_changes_nothing() -> None:
    given(identity, *waiting).when(ask(SubmitEvidence)).then_nothing()


def test_one_piece_of_evidence_waits_at_a_time() -> None:
    second = ask(SubmitEvidence, evidence="evidence-2")
    given(identity, *waiting).when(second).then_refused("evidence_waiting")


def test_new_evidence_may_follow_a_rejection() -> None:
    second = ask(SubmitEvidence, evidence="evidence-2")
    given(identity, *waiting, rejected).when(second).then(
        fact(IdentityEvidenceSubmitted, evidence="evidence-2")
    )


def test_whoever_is_known_hands_in_nothing_more() -> None:
    second = ask(SubmitEvidence, evidence="evidence-2")
    given(identity, *waiting, verified).when(second).then_refused("identity_verified")


# Deciding


def test_an_officer_finds_that_the_evidence_shows_who_somebody_is() -> None:
    given(identity, *waiting).when(ask(VerifyIdentity)).then(verified)


def test_an_officer_sends_evidence_back_with_a_reason_and_words() -> None:
    given(identity, *waiting).when(ask(RejectIdentity)).then(rejected)


def test_a_rejection_without_words_has_a_reason_still() -> None:
    given(identity, *waiting).when(ask(RejectIdentity, note="  ")).then(fact(IdentityRejected, note=None))


@pytest.mark.parametrize(
    "command",
    [
        ask(VerifyIdentity, verified_by="clerk-1"),
        ask(RejectIdentity, rejected_by="clerk-1"),
        ask(VerifyIdentity, verified_by=VISITOR),
    ],
    ids=["verifies", "rejects", "is_the_person"],
)
def test_nobody_decides_on_what_they_handed_in(command: VerifyIdentity | RejectIdentity) -> None:
    at_the_desk = fact(IdentityEvidenceSubmitted, submitted_by="clerk-1")
    given(identity, *known, at_the_desk).when(command).then_refused("second_person")


def test_there_is_one_decision_on_each_piece_of_evidence() -> None:
    given(identity, *waiting, verified).when(ask(RejectIdentity)).then_refused("evidence_decided")
    given(identity, *waiting, rejected).when(ask(VerifyIdentity)).then_refused("evidence_decided")


def test_the_same_decision_again_changes_nothing() -> None:
    given(identity, *waiting, verified).when(ask(VerifyIdentity)).then_nothing()
    other_reason = ask(RejectIdentity, because=IdentityRejectedBecause.NAME_DIFFERS)
    given(identity, *waiting, rejected).when(other_reason).then_nothing()


def test_nobody_decides_on_evidence_that_was_not_handed_in() -> None:
    given(identity, *waiting).when(ask(VerifyIdentity, evidence="evidence-2")).then_refused(
        "evidence_unknown"
    )


# Children


def test_an_adult_answers_for_a_child() -> None:
    given(identity, visitor, child).when(ask(VouchForChild)).then(vouched)


def test_the_same_word_again_changes_nothing() -> None:
    given(identity, visitor, child, vouched).when(ask(VouchForChild)).then_nothing()


def test_a_second_adult_may_answer_too() -> None:
    other = fact(PersonRegistered, person="visitor-2", kind=PersonKind.VISITOR, prison=None, number=())
    command = ask(VouchForChild, guardian="visitor-2")
    given(identity, visitor, child, other, vouched).when(command).then(
        fact(GuardianVouchedForChild, guardian="visitor-2")
    )


@pytest.mark.parametrize("age", [None, 17])
def test_a_guardian_is_an_adult(age: int | None) -> None:
    given(identity, visitor, child).when(ask(VouchForChild, guardian_age=age)).then_refused(
        "guardian_too_young"
    )
    assert given(identity, visitor, child).when(ask(VouchForChild, guardian_age=18)).outcome()


@pytest.mark.parametrize("age", [None, 18])
def test_nobody_vouches_for_an_adult(age: int | None) -> None:
    given(identity, visitor, child).when(ask(VouchForChild, child_age=age)).then_refused("not_a_child")


def test_the_strictest_prison_says_who_is_an_adult() -> None:
    document = Policy().merged({"booking": {"adult_age": 21}}).document()
    strict = fact(PolicyPublished, -9000, prison="LEI", document=document)
    command = ask(VouchForChild, guardian_age=20, prisons=(PRISON, "LEI"))
    given(identity, visitor, child, strict).when(command).then_refused("guardian_too_young")


@pytest.mark.parametrize("history", [[visitor], [child]], ids=["child", "guardian"])
def test_both_are_registered_visitors(history: list[Event]) -> None:
    given(identity, *history).when(ask(VouchForChild)).then_refused("visitor_unknown")


def test_an_officer_is_nobodys_guardian() -> None:
    officer = fact(PersonRegistered, person=OFFICER, kind=PersonKind.STAFF, number=())
    command = ask(VouchForChild, guardian=OFFICER)
    given(identity, officer, child).when(command).then_refused("visitor_unknown")
