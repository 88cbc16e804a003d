"""What an appeal rests on: one call with everything that staff decided about it, and its appeals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from domain.appeal.events import AppealAgainst, AppealAssigned, AppealDecided, AppealLodged
from domain.booking.events import BookingChanged, CallBooked
from domain.call.events import CallPaused, CallResumed
from domain.conduct.events import SanctionImposed, SanctionLifted, WarningIssued
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallMissed, CallTerminated
from domain.policy import Policy, PolicyPublished, in_effect
from domain.violation import ReviewOutcome, ViolationReviewed

Taken = WarningIssued | SanctionImposed
Over = CallCompleted | CallTerminated | CallMissed
AppealEvent = AppealLodged | AppealAssigned | AppealDecided
AppealFact = (
    CallBooked
    | BookingChanged
    | CallPaused
    | CallResumed
    | ViolationReviewed
    | Over
    | CallMinutesCredited
    | Taken
    | SanctionLifted
    | AppealEvent
    | PolicyPublished
)


@dataclass(frozen=True)
class Matter:
    """Something that may be appealed against, and since when."""

    against: AppealAgainst
    sanction: str | None
    since: datetime


@dataclass(frozen=True)
class Appeals:
    """The call, who decided what about it, and its appeals."""

    place: CallBooked | BookingChanged | None = None
    pauses: tuple[CallPaused, ...] = ()
    confirmed: frozenset[str] = frozenset()  # violations
    over: Over | None = None
    credited_s: int = 0
    taken: Mapping[str, Taken] = field(default_factory=dict)
    lifted: frozenset[str] = frozenset()
    involved: frozenset[str] = frozenset()  # whoever decided anything about the call
    lodged: Mapping[str, AppealLodged] = field(default_factory=dict)
    reviewers: Mapping[str, str] = field(default_factory=dict)
    decided: frozenset[str] = frozenset()
    policies: tuple[PolicyPublished, ...] = ()

    def policy(self, at: datetime) -> Policy:
        """The prison's policy at a moment; the default where none was published."""
        held = in_effect(self.policies, at)
        return Policy() if held is None else Policy.model_validate(held.document)

    @property
    def people(self) -> frozenset[str]:
        """Everybody on the call."""
        return frozenset() if self.place is None else frozenset({self.place.prisoner, *self.place.visitors})

    def matters(self, person: str) -> Iterator[Matter]:
        """What somebody may appeal against, once the call is over."""
        if person not in self.people or self.over is None:
            return
        if self.pauses:
            yield Matter(AppealAgainst.PAUSE, None, self.over.at)
        match self.over:
            case CallTerminated(at=at):
                yield Matter(AppealAgainst.TERMINATION, None, at)
            case CallMissed(at=at):
                yield Matter(AppealAgainst.NO_SHOW, None, at)
            case CallCompleted():
                pass
            case _:
                assert_never(self.over)
        for sanction, taken in self.taken.items():
            if taken.person == person and sanction not in self.lifted:
                yield Matter(AppealAgainst.SANCTION, sanction, taken.at)

    def open_matters(self, person: str, at: datetime) -> list[Matter]:
        """Those of them that somebody has not appealed against yet, and still may."""
        asked = {(one.against, one.sanction) for one in self.lodged.values() if one.lodged_by == person}
        days = self.policy(at).appeals.lodge_days
        return [
            one
            for one in self.matters(person)
            if (one.against, one.sanction) not in asked and (at - one.since).days < days
        ]


initial = Appeals()


def evolve(state: Appeals, event: AppealFact) -> Appeals:
    """What was decided about the call, and by whom."""
    match event:
        case CallBooked() | BookingChanged():
            return replace(state, place=event)
        case CallPaused(officer=officer):
            return _by(replace(state, pauses=(*state.pauses, event)), officer)
        case CallResumed(officer=officer):
            return _by(state, officer)
        case ViolationReviewed(violation=violation, outcome=outcome, reviewed_by=officer):
            confirmed = {violation} if outcome is ReviewOutcome.CONFIRMED else set()
            return _by(replace(state, confirmed=state.confirmed | confirmed), officer)
        case CallTerminated(terminated_by=officer):
            return _by(replace(state, over=event), officer)
        case CallCompleted() | CallMissed():
            return replace(state, over=event)
        case CallMinutesCredited(seconds=seconds):
            return replace(state, credited_s=state.credited_s + seconds)
        case WarningIssued(issued_by=officer) | SanctionImposed(imposed_by=officer):
            return _by(replace(state, taken={**state.taken, event.sanction: event}), officer)
        case SanctionLifted(sanction=sanction):
            return replace(state, lifted=state.lifted | {sanction})
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case _:
            return _appealed(state, event)


def _appealed(state: Appeals, event: AppealEvent) -> Appeals:
    match event:
        case AppealLodged(appeal=appeal):
            return replace(state, lodged={**state.lodged, appeal: event})
        case AppealAssigned(appeal=appeal, reviewer=reviewer):
            return replace(state, reviewers={**state.reviewers, appeal: reviewer})
        case AppealDecided(appeal=appeal, overturned=overturned):
            left = state.confirmed - set(overturned)
            return replace(state, decided=state.decided | {appeal}, confirmed=left)
        case _:
            assert_never(event)


def _by(state: Appeals, officer: str | None) -> Appeals:
    return state if officer is None else replace(state, involved=state.involved | {officer})
