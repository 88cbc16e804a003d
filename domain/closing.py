"""Closing the record of a call: when it is over and every violation was reviewed, nothing more is added to it."""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.call.events import CallClosed
from domain.decider import Boundary, about
from domain.event import Command
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.violation import ViolationRaised, ViolationReviewed


class CloseCall(Command):
    """Close the record if nothing is open. Sent after each end and each review."""

    call: str


ClosingFact = CallCompleted | CallTerminated | CallMissed | ViolationRaised | ViolationReviewed | CallClosed


@dataclass(frozen=True)
class Record:
    """Whether the call is over, and what still waits for a review."""

    prison: str = ""
    over: bool = False
    unreviewed: frozenset[str] = frozenset()
    closed: bool = False


initial = Record()


def boundary(command: CloseCall) -> Boundary:
    """The call's end, its violations and their reviews."""
    return (
        about(
            f"call:{command.call}",
            CallCompleted,
            CallTerminated,
            CallMissed,
            ViolationRaised,
            ViolationReviewed,
            CallClosed,
        ),
    )


def evolve(state: Record, event: ClosingFact) -> Record:
    """What is still open."""
    match event:
        case CallCompleted() | CallTerminated() | CallMissed():
            return replace(state, prison=event.prison, over=True)
        case ViolationRaised(violation=violation):
            return replace(state, unreviewed=state.unreviewed | {violation})
        case ViolationReviewed(violation=violation):
            return replace(state, unreviewed=state.unreviewed - {violation})
        case CallClosed():
            return replace(state, closed=True)
        case _:
            assert_never(event)


def decide(state: Record, command: CloseCall) -> list[CallClosed]:
    """Closed once, when nothing is open any more."""
    if state.closed or not state.over or state.unreviewed:
        return []
    return [CallClosed(at=command.at, call=command.call, prison=state.prison)]
