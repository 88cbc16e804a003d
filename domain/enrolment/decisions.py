"""Consent, templates, and the way without them."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from domain.decider import Boundary, about
from domain.enrolment.commands import (
    ChooseNonBiometricRoute,
    EnrolFace,
    EnrolmentCommand,
    GiveConsent,
    RetireFace,
    WithdrawConsent,
)
from domain.enrolment.events import (
    FACES,
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceFact,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    LawfulBasis,
    NonBiometricRouteChosen,
    RetiredBecause,
)
from domain.enrolment.state import Enrolment, known_by
from domain.event import Refused
from domain.person import PersonKind, PersonRegistered
from domain.policy import PolicyPublished, held_by


@dataclass(frozen=True)
class Enrolling:
    """The person, by what they may be known, every template they ever had, and the prisons' rules."""

    kind: PersonKind | None = None  # None: nobody of this id is registered
    enrolment: Enrolment = field(default_factory=Enrolment)
    ever: frozenset[str] = frozenset()
    policies: tuple[PolicyPublished, ...] = ()


initial = Enrolling()


def boundary(command: EnrolmentCommand) -> Boundary:
    """Everything about this person's face; for a new template also the rules of the prisons that count."""
    prisons = command.prisons if isinstance(command, EnrolFace) else ()
    return (
        about(f"person:{command.person}", PersonRegistered, *FACES),
        *(about(f"policy:{prison}", PolicyPublished) for prison in prisons),
    )


def evolve(state: Enrolling, event: PersonRegistered | FaceFact | PolicyPublished) -> Enrolling:
    """By what the person may be known now."""
    match event:
        case PersonRegistered(kind=kind):
            return replace(state, kind=kind)
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case FaceTemplateEnrolled(template=template):
            enrolment = known_by(state.enrolment, event)
            return replace(state, enrolment=enrolment, ever=state.ever | {template})
        case _:
            return replace(state, enrolment=known_by(state.enrolment, event))


def decide(state: Enrolling, command: EnrolmentCommand) -> list[FaceFact]:
    """What follows; whoever says the same again changes nothing."""
    if state.kind is None:
        raise Refused("This person is not registered.", "person_unknown")
    match command:
        case GiveConsent():
            return _consent(state, command)
        case WithdrawConsent():
            if not state.enrolment.consents:
                return []
            withdrawn = BiometricConsentWithdrawn(at=command.at, person=command.person)
            return [withdrawn, *_all_retired(state, command, RetiredBecause.CONSENT_WITHDRAWN)]
        case ChooseNonBiometricRoute():
            if state.enrolment.counted:
                return []
            chosen = NonBiometricRouteChosen(**command.model_dump())
            return [chosen, *_all_retired(state, command, RetiredBecause.NON_BIOMETRIC_ROUTE)]
        case EnrolFace():
            return _enrol(state, command)
        case RetireFace():
            return _retire(state, command)
        case _:
            assert_never(command)


def _consent(state: Enrolling, command: GiveConsent) -> list[FaceFact]:
    """Consent is free only where there is another way, and the person was told of it."""
    if not command.alternative_offered:
        raise Refused(
            "Nobody has to agree to this: please say first that the way without it was offered.",
            "alternative_missing",
        )
    if state.enrolment.consents:
        return []
    return [BiometricConsentGiven(**command.model_dump(), lawful_basis=LawfulBasis.CONSENT)]


def _enrol(state: Enrolling, command: EnrolFace) -> list[FaceFact]:
    _on_lawful_ground(state, command)
    _of_an_age(state, command)
    if command.template in state.enrolment.templates:
        return []
    enrolled = FaceTemplateEnrolled(**command.model_dump(exclude={"age", "prisons", "replaces"}))
    replaced = _all_retired(state, command, RetiredBecause.REPLACED) if command.replaces else []
    return [enrolled, *replaced]


def _on_lawful_ground(state: Enrolling, command: EnrolFace) -> None:
    """Consent, or the record of a prison about a person it holds, with the date of the photograph."""
    if state.enrolment.counted:
        raise Refused(
            "This person has chosen to be checked by staff: no template is made.", "non_biometric_route"
        )
    match command.lawful_basis:
        case LawfulBasis.CONSENT:
            if not state.enrolment.consents:
                raise Refused("Please agree to the comparison of faces first.", "consent_missing")
        case LawfulBasis.PRISON_RECORD:
            if state.kind is not PersonKind.PRISONER:
                raise Refused("A prison's record holds photographs of people in prison only.", "no_record")
            taken = command.photographed_on
            if taken is None or taken > command.at.date():
                raise Refused("Please say on which day the photograph was taken.", "photograph_date")
        case _:
            assert_never(command.lawful_basis)


def _of_an_age(state: Enrolling, command: EnrolFace) -> None:
    """The strictest of the prisons' rules counts, and whose age nobody knows has no template."""
    if command.age is None:
        raise Refused("Without a date of birth no template is made.", "age_unknown")
    policies = held_by(state.policies, command.prisons, command.at)
    least = max(policy.people.template_age_min for policy in policies)
    if command.age < least:
        raise Refused(
            f"No template is made of anybody younger than {least}: staff check them instead.", "too_young"
        )


def _retire(state: Enrolling, command: RetireFace) -> list[FaceFact]:
    if command.template not in state.ever:
        raise Refused("This person has no such template.", "template_unknown")
    if command.template not in state.enrolment.templates:
        return []
    return [FaceTemplateRetired(**command.model_dump())]


def _all_retired(
    state: Enrolling, command: EnrolmentCommand, because: RetiredBecause
) -> list[FaceTemplateRetired]:
    at: datetime = command.at
    return [
        FaceTemplateRetired(at=at, person=command.person, template=template, because=because)
        for template in state.enrolment.templates
    ]
