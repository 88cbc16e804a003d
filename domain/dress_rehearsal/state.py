"""What the next rehearsal rests on: the booking, the policy, the templates, and the rehearsals before."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.clearance import Side
from domain.dress_rehearsal.events import RehearsalHeld, RehearsalResult
from domain.enrolment.events import (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceFact,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    NonBiometricRouteChosen,
)
from domain.enrolment.state import Enrolment, known_by
from domain.policy import PolicyPublished

WEAK = frozenset({RehearsalResult.UNCERTAIN, RehearsalResult.NOT_MATCHED})
WEAK_IN_A_ROW = 2  # then the photograph may be what is wrong

RehearsalFact = CallBooked | BookingChanged | BookingCancelled | PolicyPublished | FaceFact | RehearsalHeld


@dataclass(frozen=True)
class Rehearsals:
    """One call, and what was tried for it."""

    booked: CallBooked | BookingChanged | None = None
    policies: tuple[PolicyPublished, ...] = ()
    enrolled: Mapping[str, Enrolment] = field(default_factory=dict)
    held: tuple[RehearsalHeld, ...] = ()
    weak: Mapping[str, int] = field(default_factory=dict)  # by person: well seen and not recognised, in a row

    def of(self, side: Side) -> tuple[RehearsalHeld, ...]:
        """Those of one side, in order."""
        return tuple(one for one in self.held if one.side is side)

    def doubts_photograph(self, person: str) -> bool:
        """Whether somebody was well seen and yet not recognised, several times in a row."""
        return self.weak.get(person, 0) >= WEAK_IN_A_ROW


initial = Rehearsals()


def evolve(state: Rehearsals, event: RehearsalFact) -> Rehearsals:
    """What is known now."""
    match event:
        case CallBooked():
            return replace(state, booked=event)
        case BookingChanged(booked=booked):
            return replace(state, booked=event if booked else None)
        case BookingCancelled():
            return replace(state, booked=None)
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case (
            BiometricConsentGiven(person=person)
            | BiometricConsentWithdrawn(person=person)
            | NonBiometricRouteChosen(person=person)
            | FaceTemplateEnrolled(person=person)
            | FaceTemplateRetired(person=person)
        ):
            known = known_by(state.enrolled.get(person, Enrolment()), event)
            return replace(
                state, enrolled={**state.enrolled, person: known}, weak={**state.weak, person: 0}
            )  # what came of an old photograph says nothing of a new one
        case RehearsalHeld():
            return replace(state, held=(*state.held, event), weak=_weak(state.weak, event))
        case _:
            assert_never(event)


def _weak(before: Mapping[str, int], held: RehearsalHeld) -> Mapping[str, int]:
    """Where light or distance was wrong, nothing is learnt of the photograph."""
    if held.problems:
        return before
    now = {one.person: before.get(one.person, 0) + 1 if one.result in WEAK else 0 for one in held.persons}
    return {**before, **now}
