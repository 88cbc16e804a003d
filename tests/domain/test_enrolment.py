"""Enrolment: no template without a lawful ground, none of a child, and a way without any."""

from datetime import date

import pytest

from domain import booking, enrolment
from domain.enrolment import (
    FACES,
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    ChooseNonBiometricRoute,
    EnrolFace,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    GiveConsent,
    LawfulBasis,
    NonBiometricRouteChosen,
    RetiredBecause,
    RetireFace,
    WithdrawConsent,
)
from domain.event import Event
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from tests.asked import ask
from tests.domain.test_deciders import known_to
from tests.facts import PRISON, VISITOR, fact
from tests.scenario import given

registered = fact(PersonRegistered)
enrolled = fact(FaceTemplateEnrolled)
visitor = fact(PersonRegistered, person=VISITOR, kind=PersonKind.VISITOR, prison=None, number=())
consent = fact(BiometricConsentGiven)

_OWN = {
    "person": VISITOR,
    "template": "sha256:bb",
    "lawful_basis": LawfulBasis.CONSENT,
    "photographed_on": None,
}
own = fact(FaceTemplateEnrolled, **_OWN)
enrol_own = ask(EnrolFace, **_OWN)


def retired(template: str, because: RetiredBecause, person: str = VISITOR) -> FaceTemplateRetired:
    return fact(FaceTemplateRetired, person=person, template=template, because=because)


# Templates


def test_a_face_is_enrolled_from_the_prisons_record_with_date_and_quality() -> None:
    given(enrolment, registered).when(ask(EnrolFace)).then(enrolled)


def test_nobody_unknown_is_enrolled() -> None:
    given(enrolment, visitor).when(ask(EnrolFace)).then_refused("person_unknown")


def test_the_same_template_again_changes_nothing() -> None:
    given(enrolment, registered, enrolled).when(ask(EnrolFace)).then_nothing()


def test_a_person_may_have_several_templates() -> None:
    second = ask(EnrolFace, template="sha256:ab")
    given(enrolment, registered, enrolled).when(second).then(fact(FaceTemplateEnrolled, template="sha256:ab"))
    both = [enrolled, fact(FaceTemplateEnrolled, template="sha256:ab")]
    given(enrolment, registered, *both).when(ask(EnrolFace)).then_nothing()


def test_a_new_photograph_may_take_the_place_of_those_before() -> None:
    second = ask(EnrolFace, **_OWN | {"template": "sha256:b2"}, replaces=True)
    given(enrolment, visitor, consent, own).when(second).then(
        fact(FaceTemplateEnrolled, **_OWN | {"template": "sha256:b2"}),
        retired("sha256:bb", RetiredBecause.REPLACED),
    )


def test_a_template_is_retired_and_may_be_enrolled_again() -> None:
    command = ask(RetireFace)
    gone = fact(FaceTemplateRetired)
    given(enrolment, registered, enrolled).when(command).then(gone)
    given(enrolment, registered, enrolled, gone).when(command).then_nothing()
    given(enrolment, registered, enrolled, gone).when(ask(EnrolFace)).then(enrolled)


def test_nobody_retires_a_template_that_there_never_was() -> None:
    given(enrolment, registered).when(ask(RetireFace)).then_refused("template_unknown")


# The lawful ground


def test_a_visitor_who_agreed_is_enrolled() -> None:
    given(enrolment, visitor, consent).when(enrol_own).then(own)


def test_there_is_no_template_without_consent() -> None:
    given(enrolment, visitor).when(enrol_own).then_refused("consent_missing")


def test_a_person_in_prison_may_agree_to_a_photograph_beside_the_record() -> None:
    command = ask(EnrolFace, lawful_basis=LawfulBasis.CONSENT, photographed_on=None)
    given(enrolment, registered).when(command).then_refused("consent_missing")
    agreed = fact(BiometricConsentGiven, person="prisoner-1")
    (made,) = given(enrolment, registered, agreed).when(command).outcome()
    assert isinstance(made, FaceTemplateEnrolled)


def test_a_prison_has_no_record_of_visitors() -> None:
    command = ask(EnrolFace, person=VISITOR, lawful_basis=LawfulBasis.PRISON_RECORD)
    given(enrolment, visitor, consent).when(command).then_refused("no_record")


@pytest.mark.parametrize("taken", [None, date(2026, 11, 24)], ids=["no_day", "tomorrow"])
def test_a_photograph_from_the_record_has_a_day_on_which_it_was_taken(taken: date | None) -> None:
    given(enrolment, registered).when(ask(EnrolFace, photographed_on=taken)).then_refused("photograph_date")
    assert given(enrolment, registered).when(ask(EnrolFace, photographed_on=date(2026, 11, 23))).outcome()


# Age


def test_there_is_no_template_of_anybody_under_the_age_that_the_policy_sets() -> None:
    given(enrolment, visitor, consent).when(ask(EnrolFace, **_OWN, age=17)).then_refused("too_young")
    given(enrolment, visitor, consent).when(ask(EnrolFace, **_OWN, age=18)).then(own)


def test_the_strictest_of_the_prisons_counts() -> None:
    document = Policy().merged({"people": {"template_age_min": 21}}).document()
    strict = fact(PolicyPublished, -9000, prison="LEI", document=document)
    history = [visitor, consent, fact(PolicyPublished, -9000), strict]
    both = ask(EnrolFace, **_OWN, age=20, prisons=(PRISON, "LEI"))
    given(enrolment, *history).when(both).then_refused("too_young")
    given(enrolment, *history).when(ask(EnrolFace, **_OWN, age=20, prisons=(PRISON,))).then(own)


def test_whose_age_nobody_knows_has_no_template() -> None:
    given(enrolment, visitor, consent).when(ask(EnrolFace, **_OWN, age=None)).then_refused("age_unknown")


# Consent


def test_consent_is_given_once() -> None:
    given(enrolment, visitor).when(ask(GiveConsent)).then(consent)
    given(enrolment, visitor, consent).when(ask(GiveConsent)).then_nothing()


def test_nobody_agrees_who_was_not_offered_another_way() -> None:
    given(enrolment, visitor).when(ask(GiveConsent, alternative_offered=False)).then_refused(
        "alternative_missing"
    )


def test_withdrawn_consent_retires_every_template_in_the_same_append() -> None:
    second = fact(FaceTemplateEnrolled, **_OWN | {"template": "sha256:b2"})
    given(enrolment, visitor, consent, own, second).when(ask(WithdrawConsent)).then(
        fact(BiometricConsentWithdrawn),
        retired("sha256:bb", RetiredBecause.CONSENT_WITHDRAWN),
        retired("sha256:b2", RetiredBecause.CONSENT_WITHDRAWN),
    )


def test_what_was_retired_before_is_not_retired_again() -> None:
    gone = retired("sha256:bb", RetiredBecause.ASKED)
    given(enrolment, visitor, consent, own, gone).when(ask(WithdrawConsent)).then(
        fact(BiometricConsentWithdrawn)
    )


def test_consent_that_was_never_given_cannot_be_withdrawn() -> None:
    given(enrolment, visitor).when(ask(WithdrawConsent)).then_nothing()


def test_after_a_withdrawal_no_template_is_made_until_consent_is_given_again() -> None:
    history: list[Event] = [visitor, consent, fact(BiometricConsentWithdrawn)]
    given(enrolment, *history).when(enrol_own).then_refused("non_biometric_route")
    given(enrolment, *history).when(ask(GiveConsent)).then(consent)
    given(enrolment, *history, consent).when(enrol_own).then(own)


# The way without


def test_whoever_chooses_to_be_checked_by_staff_has_no_template_from_then_on() -> None:
    given(enrolment, visitor, consent, own).when(ask(ChooseNonBiometricRoute)).then(
        fact(NonBiometricRouteChosen), retired("sha256:bb", RetiredBecause.NON_BIOMETRIC_ROUTE)
    )


def test_the_way_without_is_chosen_once() -> None:
    given(enrolment, visitor, fact(NonBiometricRouteChosen)).when(ask(ChooseNonBiometricRoute)).then_nothing()


def test_the_way_without_is_open_to_people_in_prison_too() -> None:
    command = ask(ChooseNonBiometricRoute, person="prisoner-1", chosen_by="prisoner-1")
    chosen = fact(NonBiometricRouteChosen, person="prisoner-1", chosen_by="prisoner-1")
    given(enrolment, registered, enrolled).when(command).then(
        chosen, retired("sha256:aa", RetiredBecause.NON_BIOMETRIC_ROUTE, "prisoner-1")
    )
    given(enrolment, registered, chosen).when(ask(EnrolFace)).then_refused("non_biometric_route")


def test_no_rule_of_booking_knows_how_somebody_is_checked() -> None:
    """The same calls, the same allowance: what a decision never reads cannot count against anybody."""
    assert not set(FACES) & known_to(booking)
