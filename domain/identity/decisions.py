"""Handing evidence in, deciding on it, and answering for a child."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from domain.decider import Boundary, about
from domain.enrolment.events import BiometricConsentGiven, BiometricConsentWithdrawn, NonBiometricRouteChosen
from domain.event import Refused
from domain.identity.commands import (
    IdentityCommand,
    RejectIdentity,
    SubmitEvidence,
    VerifyIdentity,
    VouchForChild,
)
from domain.identity.events import (
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityVerified,
)
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished, held_by

IdentityEvent = IdentityEvidenceSubmitted | IdentityVerified | IdentityRejected | GuardianVouchedForChild
ConsentFact = BiometricConsentGiven | BiometricConsentWithdrawn | NonBiometricRouteChosen
IdentityFact = PersonRegistered | IdentityEvent | ConsentFact | PolicyPublished

_EVIDENCE = (IdentityEvidenceSubmitted, IdentityVerified, IdentityRejected)
_CONSENT = (BiometricConsentGiven, BiometricConsentWithdrawn, NonBiometricRouteChosen)


@dataclass(frozen=True)
class Identity:
    """Who is known, what they gave, and what was decided on it."""

    visitors: frozenset[str] = frozenset()
    evidence: Mapping[str, IdentityEvidenceSubmitted] = field(default_factory=dict)
    decided: Mapping[str, IdentityVerified | IdentityRejected] = field(default_factory=dict)  # by evidence
    consents: bool = False  # to the comparison of faces
    guardians: frozenset[tuple[str, str]] = frozenset()  # child and guardian
    policies: tuple[PolicyPublished, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether the prison found who the person is."""
        return any(isinstance(one, IdentityVerified) for one in self.decided.values())

    @property
    def waiting(self) -> IdentityEvidenceSubmitted | None:
        """What nobody has decided on yet."""
        return next((one for ident, one in self.evidence.items() if ident not in self.decided), None)


initial = Identity()


def boundary(command: IdentityCommand) -> Boundary:
    """What one person gave and was told; for a child the child, the guardian and the rules of their prisons."""
    match command:
        case SubmitEvidence():
            return (
                about(f"person:{command.person}", PersonRegistered, *_EVIDENCE, *_CONSENT),
                about(f"policy:{command.prison}", PolicyPublished),
            )
        case VerifyIdentity() | RejectIdentity():
            return (about(f"person:{command.person}", *_EVIDENCE),)
        case VouchForChild():
            return (
                about(f"person:{command.child}", PersonRegistered, GuardianVouchedForChild),
                about(f"person:{command.guardian}", PersonRegistered),
                *(about(f"policy:{prison}", PolicyPublished) for prison in command.prisons),
            )
        case _:
            assert_never(command)


def evolve(state: Identity, event: IdentityFact) -> Identity:
    """What is known now."""
    match event:
        case PersonRegistered(kind=PersonKind.VISITOR, person=person):
            return replace(state, visitors=state.visitors | {person})
        case PersonRegistered():
            return state  # prisoners and officers are known to the prison
        case IdentityEvidenceSubmitted(evidence=evidence):
            return replace(state, evidence={**state.evidence, evidence: event})
        case IdentityVerified(evidence=evidence) | IdentityRejected(evidence=evidence):
            return replace(state, decided={**state.decided, evidence: event})
        case BiometricConsentGiven():
            return replace(state, consents=True)
        case BiometricConsentWithdrawn() | NonBiometricRouteChosen():
            return replace(state, consents=False)
        case GuardianVouchedForChild(person=child, guardian=guardian):
            return replace(state, guardians=state.guardians | {(child, guardian)})
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case _:
            assert_never(event)


def decide(state: Identity, command: IdentityCommand) -> list[IdentityEvent]:
    """The evidence, the decision on it, or the word of a guardian."""
    match command:
        case SubmitEvidence():
            return _submit(state, command)
        case VerifyIdentity():
            decided = IdentityVerified(**command.model_dump())
            return _decide(state, command.verified_by, decided)
        case RejectIdentity():
            note = {"note": (command.note or "").strip() or None}
            return _decide(state, command.rejected_by, IdentityRejected(**command.model_dump() | note))
        case VouchForChild():
            return _vouch(state, command)
        case _:
            assert_never(command)


def _submit(state: Identity, command: SubmitEvidence) -> list[IdentityEvent]:
    """One piece of evidence waits at a time; a selfie is taken only from whoever consents to its comparison."""
    if command.person not in state.visitors:
        raise Refused("This visitor is not registered.", "visitor_unknown")
    if command.evidence in state.evidence:
        return []
    if state.verified:
        raise Refused("The prison knows already who this person is.", "identity_verified")
    if state.waiting is not None:
        raise Refused("The prison is still looking at what was handed in before.", "evidence_waiting")
    if command.selfie is not None and not state.consents:
        raise Refused(
            "A picture of yourself is compared with the document only if you agree to that first. "
            "You may send the document alone.",
            "consent_missing",
        )
    compared = command.distance is not None
    threshold = _policy(state, command).people.selfie_distance_max if compared else None
    return [IdentityEvidenceSubmitted(**command.model_dump(), threshold=threshold)]


def _decide(
    state: Identity, officer: str, decision: IdentityVerified | IdentityRejected
) -> list[IdentityEvent]:
    """One decision on each piece of evidence, by somebody who did not hand it in."""
    evidence = state.evidence.get(decision.evidence)
    if evidence is None:
        raise Refused("There is no such evidence.", "evidence_unknown")
    if officer in (evidence.submitted_by, evidence.person):
        raise Refused("Somebody else decides on what you handed in.", "second_person")
    before = state.decided.get(decision.evidence)
    if before is None:
        return [decision]
    if type(before) is type(decision):
        return []
    raise Refused("This evidence was decided on already.", "evidence_decided")


def _vouch(state: Identity, command: VouchForChild) -> list[IdentityEvent]:
    """The guardian is a registered adult, the child a registered child: by the strictest rules that count."""
    if not {command.child, command.guardian} <= state.visitors:
        raise Refused("This visitor is not registered.", "visitor_unknown")
    adult = max(policy.booking.adult_age for policy in held_by(state.policies, command.prisons, command.at))
    if command.guardian_age is None or command.guardian_age < adult:
        raise Refused(f"Whoever vouches for a child is at least {adult} years old.", "guardian_too_young")
    if command.child_age is None or command.child_age >= adult:
        raise Refused(f"Nobody vouches for somebody who is {adult} or older.", "not_a_child")
    if (command.child, command.guardian) in state.guardians:
        return []
    said: dict[str, Any] = command.model_dump(include={"at", "guardian", "relation"})
    return [GuardianVouchedForChild(**said, person=command.child)]


def _policy(state: Identity, command: SubmitEvidence) -> Policy:
    (policy,) = held_by(state.policies, (command.prison,), command.at)
    return policy
