"""What the waiting room remembers: no more than its next decision needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from domain.barring.events import (
    BarredFaceApproved,
    BarredFaceProposed,
    BarredFaceRejected,
    BarredFaceRemoved,
)
from domain.barring.state import Entries
from domain.barring.state import with_fact as with_barred
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.clearance import ClearanceMode, Side
from domain.enrolment.events import (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    NonBiometricRouteChosen,
)
from domain.enrolment.state import Enrolment, known_by
from domain.flag.events import BookingFlagged, BookingUnflagged, FlagKind
from domain.lifecycle import CallCompleted, CallLocked, CallMissed, CallStarted, CallTerminated, CallUnlocked
from domain.monitoring.events import (
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringLapsed,
    MonitoringRejected,
    MonitoringReviewed,
)
from domain.monitoring.state import Authorisations, with_fact
from domain.policy import PolicyPublished
from domain.prisoner.events import FactsReceived
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.timetable.events import SessionOpened
from domain.waiting_room.events import (
    TOOK_OVER,
    CallHeldForFacts,
    CallHeldForMonitor,
    ClearanceModeSet,
    CommunicationsCompactAcknowledged,
    DeclarationMade,
    HeldBecause,
    IdentityChecked,
    IdentityResult,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    ParticipantRefused,
    PrisonerRefusedToAttend,
    WaitingFact,
    WaitingRoomOpened,
)


@dataclass(frozen=True)
class WaitingRoom:
    """Who is expected, who is here, who was let in."""

    booked: CallBooked | BookingChanged | None = None  # None: not yet, or staff have to decide again
    cancelled: bool = False
    session: SessionOpened | None = None
    policies: tuple[PolicyPublished, ...] = ()
    enrolled: Mapping[str, Enrolment] = field(default_factory=dict)  # by person
    authorisations: Authorisations = field(default_factory=dict)  # of the person in prison
    barred: Entries = field(default_factory=dict)  # from calls with them
    opened: WaitingRoomOpened | None = None
    modes: Mapping[Side, ClearanceMode] = field(default_factory=dict)  # as last set
    declared: frozenset[tuple[str, str]] = frozenset()  # by person: the version of the rules they confirmed
    arrived: frozenset[Side] = frozenset()
    checked: frozenset[tuple[Side, IdentityResult]] = frozenset()
    admitted: frozenset[Side] = frozenset()
    refused: frozenset[Side] = frozenset()  # staff did not let them in, and have not since
    monitors: frozenset[str] = frozenset()
    held: bool = False
    flags: Mapping[str, FlagKind] = field(default_factory=dict)
    heard_as_of: datetime | None = None  # how old the facts about people in prison are
    held_for_facts: frozenset[HeldBecause] = frozenset()
    locked: bool = False
    blocked: bool = False  # all calls of the prison are stopped
    kept_out: bool = False  # for all of the wait or a part of it nobody could enter
    over: bool = False  # started or missed
    ended: bool = False  # missed, or over after it started

    def has_declared(self, person: str) -> bool:
        """Whether somebody confirmed the rules of this call. What they then read is kept by its version."""
        return any(person == one for one, _ in self.declared)

    @property
    def shut(self) -> bool:
        """Whether nobody enters now."""
        return self.locked or self.blocked


def mode_at(
    opened: WaitingRoomOpened, modes: Mapping[Side, ClearanceMode], side: Side, at: datetime
) -> ClearanceMode:
    """How a side is checked at this moment: an authorisation that ran out closed its taps by itself."""
    expected = opened.prisoner if side is Side.PRISONER else opened.visitor
    mode, until = modes.get(side, expected.mode), opened.authorised_until
    over = mode is ClearanceMode.IMAGE_ONLY and until is not None and until <= at
    return ClearanceMode.OPEN if over else mode


initial = WaitingRoom()


def evolve(state: WaitingRoom, event: WaitingFact) -> WaitingRoom:
    """Who is here now."""
    match event:
        case CallBooked():
            return replace(state, booked=event)
        case BookingChanged(booked=booked):
            return replace(state, booked=event if booked else None)
        case BookingCancelled():
            return replace(state, cancelled=True)
        case SessionOpened():
            return replace(state, session=event)
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
            return replace(state, enrolled={**state.enrolled, person: known})
        case BarredFaceProposed() | BarredFaceApproved() | BarredFaceRejected() | BarredFaceRemoved():
            return replace(state, barred=with_barred(state.barred, event))
        case WaitingRoomOpened():
            return replace(state, opened=event, kept_out=state.shut)
        case DeclarationMade(person=person, text_version=version):
            return replace(state, declared=state.declared | {(person, version)})
        case ParticipantArrived(side=side):
            return replace(state, arrived=state.arrived | {side})
        case IdentityChecked(side=side, result=result):
            return replace(state, checked=state.checked | {(side, result)})
        case ParticipantAdmitted(side=side):
            return replace(state, admitted=state.admitted | {side}, refused=state.refused - {side})
        case ParticipantRefused(side=side):
            return replace(state, refused=state.refused | {side})
        case MonitorJoined(officer=officer):
            return replace(state, monitors=state.monitors | {officer}, held=False)
        case MonitorLeft(officer=officer):
            return replace(state, monitors=state.monitors - {officer})
        case CallHeldForMonitor():
            return replace(state, held=True)
        case BookingFlagged(flag=flag, kind=kind):
            return replace(state, flags={**state.flags, flag: kind})
        case BookingUnflagged(flag=flag):
            return replace(state, flags={key: kind for key, kind in state.flags.items() if key != flag})
        case FactsReceived(as_of=as_of):
            heard = as_of if state.heard_as_of is None else max(state.heard_as_of, as_of)
            return replace(state, heard_as_of=heard)
        case CallHeldForFacts(because=because):
            return replace(state, held_for_facts=state.held_for_facts | {because})
        case CallLocked():
            return replace(state, locked=True, kept_out=True)
        case CallUnlocked():
            return replace(state, locked=False)
        case CallsBlocked():
            return replace(state, blocked=True, kept_out=state.kept_out or state.opened is not None)
        case CallsUnblocked():
            return replace(state, blocked=False)
        case ClearanceModeSet(cause=cause) if cause == TOOK_OVER:
            return state  # as what a side was admitted, and is judged by the next worker, stays as it was
        case ClearanceModeSet(side=side, mode=mode):
            return replace(state, modes={**state.modes, side: mode})
        case (
            MonitoringAsked()
            | MonitoringAuthorised()
            | MonitoringRejected()
            | MonitoringReviewed()
            | MonitoringEnded()
            | MonitoringLapsed()
        ):
            return replace(state, authorisations=with_fact(state.authorisations, event))
        case PrisonerRefusedToAttend() | CommunicationsCompactAcknowledged():
            return state
        case CallStarted():
            return replace(state, over=True)
        case CallMissed() | CallCompleted() | CallTerminated():
            return replace(state, over=True, ended=True)
        case _:
            assert_never(event)
