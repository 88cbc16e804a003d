"""What follows from what is asked about somebody's conduct."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from domain.appeal.events import AppealDecided
from domain.booking.events import BookingChanged, CallBooked
from domain.calendar import local_day
from domain.clearance import Side
from domain.conduct.commands import ConductCommand, LiftSanction, TakeMeasure
from domain.conduct.events import LiftedBecause, SanctionImposed, SanctionLifted, WarningIssued
from domain.decider import Boundary, about
from domain.event import Refused
from domain.policy import Policy, PolicyPublished, in_effect
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import WaitingRoomOpened

Taken = WarningIssued | SanctionImposed
ConductFact = (
    CallBooked
    | BookingChanged
    | WaitingRoomOpened
    | ViolationRaised
    | ViolationReviewed
    | Taken
    | SanctionLifted
    | AppealDecided
    | PolicyPublished
)


@dataclass(frozen=True)
class Conduct:
    """One call with its violations, and everything that was decided about one person."""

    prison: str = ""
    opened: WaitingRoomOpened | None = None
    children: frozenset[str] = frozenset()
    raised: Mapping[str, ViolationRaised] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()  # violations whose review was not overturned
    taken: Mapping[str, Taken] = field(default_factory=dict)
    lifted: frozenset[str] = frozenset()
    policies: tuple[PolicyPublished, ...] = ()

    def policy(self, at: datetime) -> Policy:
        """The prison's policy at a moment; the default where none was published."""
        held = in_effect(self.policies, at)
        return Policy() if held is None else Policy.model_validate(held.document)

    def on(self, side: Side) -> frozenset[str]:
        """Whom the call was opened with on a side."""
        if self.opened is None:
            return frozenset()
        expected = self.opened.prisoner if side is Side.PRISONER else self.opened.visitor
        return frozenset(expected.persons)

    def adults(self, side: Side) -> frozenset[str]:
        """Those of them who are no children."""
        return self.on(side) - self.children


initial = Conduct()


def boundary(command: ConductCommand) -> Boundary:
    """The call with its reviews, everything decided about the person, and the ladder of the prison."""
    taken = (WarningIssued, SanctionImposed, SanctionLifted)
    if isinstance(command, LiftSanction):
        return (about(f"call:{command.call}", *taken),)
    found = (CallBooked, BookingChanged, WaitingRoomOpened, ViolationRaised, ViolationReviewed, AppealDecided)
    return (
        about(f"call:{command.call}", *found, *taken),
        about(f"person:{command.person}", *taken),
        about(f"policy:{command.prison}", PolicyPublished),
    )


def evolve(state: Conduct, event: ConductFact) -> Conduct:
    """What was found, and what was decided."""
    match event:
        case CallBooked(children=children) | BookingChanged(children=children):
            return replace(state, children=frozenset(children))
        case WaitingRoomOpened(prison=prison):
            return replace(state, opened=event, prison=prison)
        case ViolationRaised(violation=violation):
            return replace(state, raised={**state.raised, violation: event})
        case ViolationReviewed(violation=violation, outcome=outcome):
            confirmed = {violation} if outcome is ReviewOutcome.CONFIRMED else set()
            return replace(state, confirmed=state.confirmed | confirmed)
        case AppealDecided(overturned=overturned):
            return replace(state, confirmed=state.confirmed - set(overturned))
        case WarningIssued(sanction=sanction) | SanctionImposed(sanction=sanction):
            return replace(state, taken={**state.taken, sanction: event})
        case SanctionLifted(sanction=sanction):
            return replace(state, lifted=state.lifted | {sanction})
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case _:
            assert_never(event)


def decide(state: Conduct, command: ConductCommand) -> list[Taken | SanctionLifted]:
    """The measure, or its end; each with its reason in words."""
    if not command.reason.strip():
        raise Refused("Please say why, in words for the person concerned.", "reason_missing")
    match command:
        case TakeMeasure():
            return _take(state, command)
        case LiftSanction():
            return _lift(state, command)
        case _:
            assert_never(command)


def due_step(state: Conduct, person: str, at: datetime) -> int:
    """How far up the ladder the next measure for somebody may go: the place of its step."""
    rules = state.policy(at).conduct
    since = at - timedelta(days=rules.lookback_days)
    counts = [
        bisect_right(rules.steps, days_of(taken)) - 1
        for taken in state.taken.values()
        if taken.person == person and taken.sanction not in state.lifted and taken.at >= since
    ]
    return min(max(counts, default=-1) + 1, len(rules.steps) - 1)


def days_of(taken: Taken) -> int:
    """For how many days it keeps its person from calls; a warning for none."""
    return taken.days if isinstance(taken, SanctionImposed) else 0


def _take(state: Conduct, command: TakeMeasure) -> list[Taken | SanctionLifted]:
    if command.sanction in state.taken:
        return []
    raised = _basis(state, command)
    if command.person not in state.on(raised.side):
        raise Refused("This person was not on the side of the call where this was seen.", "not_on_call")
    if command.person in state.children:
        raise Refused("A child is never sanctioned. Please speak with the adult on the call.", "child")
    again = (command.person, command.violation)
    if again in {(taken.person, taken.violation) for taken in state.taken.values()}:
        raise Refused("What follows from this for this person was decided already.", "measure_known")
    steps = state.policy(command.at).conduct.steps
    if command.days not in steps:
        raise Refused("This is not one of the steps of this prison’s policy.", "step_unknown")
    if steps.index(command.days) > due_step(state, command.person, command.at):
        raise Refused("The steps before this one come first.", "step_too_far")
    return [_measure(state, command, raised.side)]


def _basis(state: Conduct, command: TakeMeasure) -> ViolationRaised:
    """The violation on which it rests. Raises `Refused` unless an officer confirmed it."""
    raised = state.raised.get(command.violation)
    if raised is None or state.prison != command.prison:
        raise Refused("There is no such violation in this call.", "violation_unknown")
    if command.violation not in state.confirmed:
        raise Refused("Only what an officer looked at and confirmed is sanctioned.", "not_confirmed")
    return raised


def _measure(state: Conduct, command: TakeMeasure, side: Side) -> Taken:
    fields: dict[str, Any] = {
        "at": command.at,
        "call": command.call,
        "prison": command.prison,
        "sanction": command.sanction,
        "person": command.person,
        "side": side,
        "violation": command.violation,
        "reason": command.reason.strip(),
    }
    if command.days == 0:
        return WarningIssued(**fields, issued_by=command.taken_by)
    first = local_day(command.at, state.policy(command.at).time_zone)
    last = first + timedelta(days=command.days - 1)
    return SanctionImposed(**fields, days=command.days, first=first, last=last, imposed_by=command.taken_by)


def _lift(state: Conduct, command: LiftSanction) -> list[Taken | SanctionLifted]:
    taken = state.taken.get(command.sanction)
    if taken is None or taken.call != command.call:
        raise Refused("There is no such sanction.", "sanction_unknown")
    if command.sanction in state.lifted:
        return []
    by = taken.imposed_by if isinstance(taken, SanctionImposed) else taken.issued_by
    if command.lifted_by == by:
        raise Refused("A sanction is lifted by somebody else than who imposed it.", "second_person")
    return [
        SanctionLifted(
            at=command.at,
            call=command.call,
            prison=taken.prison,
            sanction=command.sanction,
            person=taken.person,
            because=LiftedBecause.BY_STAFF,
            lifted_by=command.lifted_by,
            reason=command.reason.strip(),
        )
    ]
