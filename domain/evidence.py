"""Evidence that is kept longer than its time, because somebody may need it: held for a concern, until a review.

A hold is for everything that was recorded of its call, also what the worker puts away after the hold began.
It lasts as long as its concern is open, however long that is, and then to the end of its last day: whoever
needs it longer says so, with a reason, before that day. While an appeal about the call is open, it is kept too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from domain.appeal.events import AppealDecided, AppealLodged
from domain.concern.events import ConcernClosed, ConcernRaised
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Event, Refused
from domain.kept import MediaKept, WeedingBegun
from domain.lifecycle import Written
from domain.stream import ObservationsSealed


class EvidenceHeld(CallEvent):
    """What there is of a call is kept at least until somebody has reviewed whether it is still needed."""

    concern: str
    blocks: tuple[str, ...]  # digests of the observation blocks that were in the vault by then
    review_by: date  # the last day, unless its concern is still open
    held_by: str | None  # None: a rule, when the concern was raised
    reason: Written = None


class HoldEvidence(Command):
    """Keep the evidence of a call. Sent when a concern is raised; by staff to keep it longer."""

    call: str
    concern: str
    review_by: date
    held_by: str | None = None
    reason: str = ""


EvidenceFact = (
    ObservationsSealed
    | ConcernRaised
    | ConcernClosed
    | EvidenceHeld
    | AppealLodged
    | AppealDecided
    | WeedingBegun
)
FACTS: tuple[type[Event], ...] = (
    ObservationsSealed,
    ConcernRaised,
    ConcernClosed,
    EvidenceHeld,
    AppealLodged,
    AppealDecided,
    WeedingBegun,
)
"""The facts of a call that say what is held; all carry the call's tag."""


@dataclass(frozen=True)
class Evidence:
    """What was recorded of a call, and what keeps it."""

    prison: str = ""
    blocks: tuple[str, ...] = ()
    concerns: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()  # concerns, and appeals: their reviewer has to see it
    review_by: Mapping[str, date] = field(default_factory=dict)  # of each concern's hold

    def holds(self, day: date) -> bool:
        """Whether anything keeps it on a day."""
        return bool(self.open) or any(day <= last for last in self.review_by.values())


initial = Evidence()


def boundary(command: HoldEvidence) -> Boundary:
    """The call's blocks, and what keeps them: concerns with their holds, and appeals."""
    return (about(f"call:{command.call}", *FACTS),)


def evolve(state: Evidence, event: EvidenceFact) -> Evidence:
    """What there is, and what keeps it."""
    match event:
        case ObservationsSealed(digests=digests):
            return replace(state, blocks=(*state.blocks, *digests))
        case ConcernRaised(concern=concern, prison=prison):
            known = state.concerns | {concern}
            return replace(state, prison=prison, concerns=known, open=state.open | {concern})
        case ConcernClosed(concern=concern):
            return replace(state, open=state.open - {concern})
        case AppealLodged(appeal=appeal):
            return replace(state, open=state.open | {appeal})
        case AppealDecided(appeal=appeal):
            return replace(state, open=state.open - {appeal})
        case WeedingBegun(media=media):
            return replace(state, blocks=()) if media is MediaKept.OBSERVATIONS else state
        case EvidenceHeld(concern=concern, review_by=review_by):
            return replace(state, review_by={**state.review_by, concern: review_by})
        case _:
            assert_never(event)


def decide(state: Evidence, command: HoldEvidence) -> list[EvidenceHeld]:
    """The hold; one that is there already is only ever made longer."""
    if command.concern not in state.concerns:
        raise Refused("There is no such concern on this call.", "concern_unknown")
    before = state.review_by.get(command.concern)
    if command.held_by is None and before is not None:
        return []
    if command.held_by is not None:
        _longer(command, before)
    return [
        EvidenceHeld(
            at=command.at,
            call=command.call,
            prison=state.prison,
            concern=command.concern,
            blocks=state.blocks,
            review_by=command.review_by,
            held_by=command.held_by,
            reason=command.reason.strip() or None,
        )
    ]


def _longer(command: HoldEvidence, before: date | None) -> None:
    if not command.reason.strip():
        raise Refused("Please say why the evidence is needed longer.", "reason_missing")
    if command.review_by <= (before or command.at.date()):
        raise Refused("Please choose a later day than the one until which it is kept now.", "hold_shortened")


def held(facts: Iterable[EvidenceFact], day: date) -> frozenset[str]:
    """The digests of a call's observation blocks that must be kept on a day: whatever weeds asks here first."""
    found = initial
    for fact in facts:
        found = evolve(found, fact)
    return frozenset(found.blocks) if found.holds(day) else frozenset()
