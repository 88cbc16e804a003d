"""Closing the record of a call: once it is over, with no violation unreviewed and no concern open, nothing is added."""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.call.events import CallClosed
from domain.concern.events import ConcernClosed, ConcernRaised
from domain.decider import Boundary, about
from domain.event import Command
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.moderation.kind import Action
from domain.violation import ViolationRaised, ViolationReviewed


class CloseCall(Command):
    """Close the record if nothing is open. Sent after each end, each review and each concern that was closed."""

    call: str


ClosingFact = (
    CallCompleted
    | CallTerminated
    | CallMissed
    | ViolationRaised
    | ViolationReviewed
    | ConcernRaised
    | ConcernClosed
    | CallClosed
)


@dataclass(frozen=True)
class Record:
    """Whether the call is over, and what still waits for somebody."""

    prison: str = ""
    over: bool = False
    unreviewed: frozenset[str] = frozenset()
    concerns: frozenset[str] = frozenset()  # that are open
    closed: bool = False


initial = Record()


def boundary(command: CloseCall) -> Boundary:
    """The call's end, its violations with their reviews, and its concerns."""
    return (
        about(
            f"call:{command.call}",
            CallCompleted,
            CallTerminated,
            CallMissed,
            ViolationRaised,
            ViolationReviewed,
            ConcernRaised,
            ConcernClosed,
            CallClosed,
        ),
    )


def evolve(state: Record, event: ClosingFact) -> Record:
    """What is still open."""
    match event:
        case CallCompleted() | CallTerminated() | CallMissed():
            return replace(state, prison=event.prison, over=True)
        case ViolationRaised(action=Action.COACH):
            return state  # the person concerned was told, and nobody else: there is nothing to review
        case ViolationRaised(violation=violation):
            return replace(state, unreviewed=state.unreviewed | {violation})
        case ViolationReviewed(violation=violation):
            return replace(state, unreviewed=state.unreviewed - {violation})
        case ConcernRaised(concern=concern):
            return replace(state, concerns=state.concerns | {concern})
        case ConcernClosed(concern=concern):
            return replace(state, concerns=state.concerns - {concern})
        case CallClosed():
            return replace(state, closed=True)
        case _:
            assert_never(event)


def decide(state: Record, command: CloseCall) -> list[CallClosed]:
    """Closed once, when nothing is open any more."""
    if state.closed or not state.over or state.unreviewed or state.concerns:
        return []
    return [CallClosed(at=command.at, call=command.call, prison=state.prison)]
