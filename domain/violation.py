"""Violations: what the machine says it saw, and what a person says about it afterwards.

The machine may raise and clear; only an officer's review says whether it was true.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, assert_never

from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.lifecycle import Written
from domain.moderation.kind import Action, Kind, Severity


class ReviewOutcome(StrEnum):
    """What an officer found."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    UNCLEAR = "unclear"


class ViolationRaised(CallEvent):
    """The evidence of one kind was enough. Everything the decision rested on is in `evidence`."""

    violation: str
    side: Side
    kind: Kind
    severity: Severity
    action: Action
    since_ms: int  # media time of the first judged sample that shows the cause
    media_ms: int  # media time at which it was decided
    track: int | None  # the face, as the tracker names it during this call
    evidence: dict[str, Any]  # whole numbers and digests: scores, thresholds, votes, quality, models


class ViolationCleared(CallEvent):
    """The cause is gone."""

    violation: str
    side: Side
    kind: Kind
    media_ms: int


class ViolationReviewed(CallEvent):
    """An officer looked at it and said what it was."""

    violation: str
    outcome: ReviewOutcome
    reviewed_by: str
    note: Written = None


class ReviewViolation(Command):
    """Say what a violation was."""

    call: str
    violation: str
    outcome: ReviewOutcome
    reviewed_by: str
    note: str


@dataclass(frozen=True)
class Violations:
    """What was raised in this call, and what was reviewed."""

    raised: dict[str, ViolationRaised] = field(default_factory=dict)
    reviewed: frozenset[str] = frozenset()


initial = Violations()


def boundary(command: ReviewViolation) -> Boundary:
    """The violations of this call."""
    return (about(f"call:{command.call}", ViolationRaised, ViolationReviewed),)


def evolve(state: Violations, event: ViolationRaised | ViolationReviewed) -> Violations:
    """Remember each violation and each review."""
    match event:
        case ViolationRaised():
            return replace(state, raised={**state.raised, event.violation: event})
        case ViolationReviewed(violation=violation):
            return replace(state, reviewed=state.reviewed | {violation})
        case _:
            assert_never(event)


def decide(state: Violations, command: ReviewViolation) -> list[ViolationReviewed]:
    """The review; once given it stands."""
    raised = state.raised.get(command.violation)
    if raised is None:
        raise Refused("There is no such violation in this call.", "violation_unknown")
    if command.violation in state.reviewed:
        raise Refused("This violation was already reviewed.", "violation_reviewed")
    if not command.note.strip():
        raise Refused("Please say what you saw.", "reason_missing")
    return [
        ViolationReviewed(
            at=command.at,
            call=command.call,
            prison=raised.prison,
            violation=command.violation,
            outcome=command.outcome,
            reviewed_by=command.reviewed_by,
            note=command.note.strip(),
        )
    ]
