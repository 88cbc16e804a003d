"""Asking for a new photograph when somebody is recognised only weakly, several times in a row.

Faces change. Whoever asks in time spares the family a call that begins with a check by staff.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, assert_never

from domain.decider import Boundary, about
from domain.enrolment.events import FaceTemplateEnrolled
from domain.event import Command, Event
from domain.policy import PolicyPublished, held_by
from domain.waiting_room.events import IdentityChecked, IdentityResult

MONTHS_BACK = 6  # older checks say nothing of how well a template fits today


class ReenrolmentCause(StrEnum):
    """Why a new photograph is asked for."""

    WEAK_MATCHES = "weak_matches"


class ReenrolmentAsked(Event):
    """A new photograph of this person is asked for. Nothing is taken from them while they give none."""

    TAGS: ClassVar = ("person",)
    person: str
    cause: ReenrolmentCause
    checks: int  # so many weak ones in a row


class AskReenrolment(Command):
    """Look at a person's last checks, in these months, and ask if they were weak."""

    prison: str
    person: str
    months: tuple[str, ...]  # 2026-11


@dataclass(frozen=True)
class Checks:
    """The checks since the newest template, and whether a new one was asked for since."""

    enrolled: bool = False
    asked: bool = False
    checks: tuple[IdentityChecked, ...] = ()
    policies: tuple[PolicyPublished, ...] = ()


initial = Checks()

ReenrolmentFact = FaceTemplateEnrolled | ReenrolmentAsked | IdentityChecked | PolicyPublished


def months_back(moment: datetime) -> tuple[str, ...]:
    """The month of a moment and those before it, as far back as checks count."""
    months = (moment.year * 12 + moment.month - 1 - back for back in range(MONTHS_BACK))
    return tuple(f"{month // 12}-{month % 12 + 1:02}" for month in months)


def boundary(command: AskReenrolment) -> Boundary:
    """The person's templates, their checks of some months, and the prison's policy."""
    return (
        about(f"person:{command.person}", FaceTemplateEnrolled, ReenrolmentAsked),
        *(about(f"checked_month:{command.person}/{month}", IdentityChecked) for month in command.months),
        about(f"policy:{command.prison}", PolicyPublished),
    )


def evolve(state: Checks, event: ReenrolmentFact) -> Checks:
    """A new template starts afresh."""
    match event:
        case FaceTemplateEnrolled():
            return Checks(enrolled=True, policies=state.policies)
        case ReenrolmentAsked():
            return replace(state, asked=True)
        case IdentityChecked():
            return replace(state, checks=(*state.checks, event))
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case _:
            assert_never(event)


def decide(state: Checks, command: AskReenrolment) -> list[ReenrolmentAsked]:
    """Asked once for each template, after as many weak checks in a row as the policy says."""
    if not state.enrolled or state.asked:
        return []
    (policy,) = held_by(state.policies, (command.prison,), command.at)
    last = state.checks[-policy.people.reenrol_after :]
    weak = [_weak(check, command.person, policy.people.reenrol_distance) for check in last]
    if len(weak) < policy.people.reenrol_after or not all(weak):
        return []
    return [
        ReenrolmentAsked(
            at=command.at, person=command.person, cause=ReenrolmentCause.WEAK_MATCHES, checks=len(weak)
        )
    ]


def _weak(check: IdentityChecked, person: str, distance_max: int) -> bool:
    distances = [face.distance for face in check.faces if face.person == person]
    return check.result is IdentityResult.UNSURE or min(distances, default=0) > distance_max
