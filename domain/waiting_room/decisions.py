"""What follows in the waiting room from what is asked and reported."""

from datetime import timedelta
from typing import Any, assert_never

from domain.barring.events import BARRING
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.clearance import ClearanceMode, Side, Tap, taps_of
from domain.decider import Boundary, about
from domain.enrolment.events import FACES
from domain.event import Command, Refused
from domain.flag.events import STOPS, BookingFlagged, BookingUnflagged
from domain.lifecycle import (
    CallCompleted,
    CallLocked,
    CallMissed,
    CallStarted,
    CallTerminated,
    CallUnlocked,
    MissedBecause,
    MissedBy,
)
from domain.monitoring.events import AUTHORISING
from domain.policy import PolicyPublished
from domain.prisoner.events import FactsReceived
from domain.standstill import blocks_of
from domain.timetable.events import SessionOpened, Starts
from domain.waiting_room.commands import (
    AdmitParticipant,
    ArriveParticipant,
    JoinAsMonitor,
    LeaveAsMonitor,
    MakeDeclaration,
    MissCall,
    NoteRefusalToAttend,
    OpenWaitingRoom,
    RefuseParticipant,
    ReportIdentity,
    StartCall,
    WaitingCommand,
)
from domain.waiting_room.declaring import declare
from domain.waiting_room.events import (
    AdmissionBasis,
    CallHeldForFacts,
    CallHeldForMonitor,
    ClearanceModeSet,
    DeclarationMade,
    Expected,
    HeldBecause,
    IdentityChecked,
    IdentityResult,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    ParticipantRefused,
    PrisonerRefusedToAttend,
    WaitingEvent,
    WaitingRoomOpened,
)
from domain.waiting_room.opening import open_room
from domain.waiting_room.state import WaitingRoom, mode_at


def boundary(command: WaitingCommand) -> Boundary:
    """The call; at the opening also the session, the policy, by what the people are known, and what is authorised."""
    call = about(
        f"call:{command.call}",
        CallBooked,
        BookingChanged,
        BookingCancelled,
        WaitingRoomOpened,
        DeclarationMade,
        ParticipantArrived,
        IdentityChecked,
        ParticipantAdmitted,
        ClearanceModeSet,
        ParticipantRefused,
        PrisonerRefusedToAttend,
        MonitorJoined,
        MonitorLeft,
        CallHeldForMonitor,
        CallHeldForFacts,
        CallStarted,
        CallMissed,
        CallCompleted,
        CallTerminated,
        BookingFlagged,
        BookingUnflagged,
        CallLocked,
        CallUnlocked,
    )
    if isinstance(command, ArriveParticipant | StartCall | MissCall):
        stopped = () if command.prison is None else (blocks_of(command.prison),)
        days = command.facts_days if isinstance(command, StartCall) else ()
        return (call, *stopped, *(about(f"facts_day:{day}", FactsReceived) for day in days))
    if isinstance(command, MakeDeclaration):
        return (call, about(f"policy:{command.prison}", PolicyPublished))
    if not isinstance(command, OpenWaitingRoom):
        return (call,)
    people = (about(f"person:{person}", *FACES) for person in command.persons)
    return (
        call,
        about(f"session:{command.session}", SessionOpened),
        about(f"policy:{command.prison}", PolicyPublished),
        about(f"monitored:{command.persons[0]}", *AUTHORISING),
        about(f"barred_from:{command.persons[0]}", *BARRING),
        *people,
    )


def decide(state: WaitingRoom, command: WaitingCommand) -> list[WaitingEvent]:
    """What follows in the waiting room."""
    if isinstance(command, OpenWaitingRoom):
        return open_room(state, command)
    if isinstance(command, MakeDeclaration):
        return declare(state, command)
    opened = state.opened
    if opened is None or state.cancelled:
        raise Refused("The waiting room of this call is not open.", "waiting_room_closed")
    decided: list[WaitingEvent]
    match command:
        case ArriveParticipant():
            decided = _arrive(state, opened, command)
        case ReportIdentity():
            decided = _check_identity(state, opened, command)
        case AdmitParticipant():
            decided = _admit(state, opened, command)
        case RefuseParticipant():
            decided = _refuse(state, opened, command)
        case NoteRefusalToAttend():
            decided = _note_refusal(state, opened, command)
        case JoinAsMonitor():
            decided = _join_as_monitor(state, opened, command)
        case LeaveAsMonitor():
            decided = _leave_as_monitor(state, opened, command)
        case StartCall():
            decided = _start(state, opened, command)
        case MissCall():
            decided = _miss(state, opened, command)
        case _:
            assert_never(command)
    return decided


def _taps(opened: WaitingRoomOpened, mode: ClearanceMode) -> tuple[Tap, ...]:
    return taps_of(mode, recorded=opened.recorded, pictured=opened.evidence_pictures)


def _expected(opened: WaitingRoomOpened, side: Side) -> Expected:
    return opened.prisoner if side is Side.PRISONER else opened.visitor


def _arrive(state: WaitingRoom, opened: WaitingRoomOpened, command: ArriveParticipant) -> list[WaitingEvent]:
    if command.person not in _expected(opened, command.side).persons:
        raise Refused("You are not one of the people on this call.", "not_on_call")
    if state.blocked:
        raise Refused("The prison has stopped all its calls for now. Please wait.", "calls_blocked")
    if state.locked:
        raise Refused("Nobody can enter this call at the moment. Please wait.", "call_locked")
    if opened.declaration and not state.has_declared(command.person):
        raise Refused("Please confirm the rules of the call first.", "declaration_missing")
    if command.side in state.arrived or state.over:
        return []
    return [ParticipantArrived(**_of(opened, command), side=command.side, person=command.person)]


def _check_identity(
    state: WaitingRoom, opened: WaitingRoomOpened, command: ReportIdentity
) -> list[WaitingEvent]:
    expected = _expected(opened, command.side)
    if command.side in state.admitted or state.over or expected.mode is not ClearanceMode.MATCH:
        return []
    if command.side in state.refused or (command.side, command.result) in state.checked:
        return []  # said already; staff decide
    checked = IdentityChecked(
        **_of(opened, command),
        side=command.side,
        result=command.result,
        faces=command.faces,
        threshold=command.threshold,
        engine=command.engine,
        checked_month=_months(command),
    )
    if command.result is not IdentityResult.MATCH:
        return [checked]
    people = len(expected.persons)
    return [
        checked,
        ParticipantAdmitted(
            **_of(opened, command),
            side=command.side,
            basis=AdmissionBasis.MATCH,
            people=people,
            admitted_by=None,
        ),
        ClearanceModeSet(
            **_of(opened, command),
            side=command.side,
            mode=expected.mode,
            people=people,
            cause="all_enrolled",
            taps=_taps(opened, expected.mode),
        ),
    ]


def _months(command: ReportIdentity) -> tuple[str, ...]:
    """By which a person's last checks are found again."""
    people = {face.person for face in command.faces if face.person is not None}
    return tuple(f"{person}/{command.at:%Y-%m}" for person in sorted(people))


def _admit(state: WaitingRoom, opened: WaitingRoomOpened, command: AdmitParticipant) -> list[WaitingEvent]:
    if state.over or command.side in state.admitted:
        return []
    if command.side not in state.arrived:
        raise Refused("Nobody has arrived on this side yet.", "not_arrived")
    expected = _expected(opened, command.side)
    if not 1 <= command.people <= len(expected.persons):
        raise Refused("Not so many people are expected on this side.", "people_admitted")
    if not command.reason.strip():
        raise Refused("Please say how you checked who they are.", "reason_missing")
    mode = mode_at(opened, state.modes, command.side, command.at)
    return [
        ParticipantAdmitted(
            **_of(opened, command),
            side=command.side,
            basis=AdmissionBasis.STAFF,
            people=command.people,
            admitted_by=command.officer,
            reason=command.reason.strip(),
        ),
        ClearanceModeSet(
            **_of(opened, command),
            side=command.side,
            mode=mode,
            people=command.people,
            cause=_ADMITTED_IN[mode],
            taps=_taps(opened, mode),
        ),
    ]


_ADMITTED_IN = {
    ClearanceMode.MATCH: "admitted_by_staff",
    ClearanceMode.COUNT: "without_template",
    ClearanceMode.OPEN: "confidential",
    ClearanceMode.IMAGE_ONLY: "images_authorised",
}


def _refuse(state: WaitingRoom, opened: WaitingRoomOpened, command: RefuseParticipant) -> list[WaitingEvent]:
    if state.over or command.side in state.refused:
        return []
    if command.side not in state.arrived:
        raise Refused("Nobody has arrived on this side yet.", "not_arrived")
    if command.side in state.admitted:
        raise Refused("This side was let in already. The call can be ended.", "admitted_already")
    if not command.reason.strip():
        raise Refused("Please say why you do not let them in.", "reason_missing")
    return [
        ParticipantRefused(
            **_of(opened, command),
            side=command.side,
            refused_by=command.officer,
            reason=command.reason.strip(),
        )
    ]


def _note_refusal(
    state: WaitingRoom, opened: WaitingRoomOpened, command: NoteRefusalToAttend
) -> list[WaitingEvent]:
    """Nobody has to wait any longer for somebody who will not come."""
    if state.over:
        return []
    if Side.PRISONER in state.arrived:
        raise Refused("The person is here already. Please speak with them first.", "arrived_already")
    noted = PrisonerRefusedToAttend(**_of(opened, command), noted_by=command.officer)
    return [noted, _missed(state, opened, command, MissedBecause.PRISONER_REFUSED_TO_ATTEND)]


def _join_as_monitor(
    state: WaitingRoom, opened: WaitingRoomOpened, command: JoinAsMonitor
) -> list[WaitingEvent]:
    if state.ended:
        raise Refused("This call is over.", "call_over")
    if command.officer in state.monitors:
        return []
    modes = {mode_at(opened, state.modes, side, command.at) for side in Side}
    if modes == {ClearanceMode.OPEN}:
        raise Refused("Nobody watches over a confidential call.", "no_tap")
    return [MonitorJoined(**_of(opened, command), officer=command.officer)]


def _leave_as_monitor(
    state: WaitingRoom, opened: WaitingRoomOpened, command: LeaveAsMonitor
) -> list[WaitingEvent]:
    if command.officer not in state.monitors or state.ended:
        return []
    return [MonitorLeft(**_of(opened, command), officer=command.officer)]


def _start(state: WaitingRoom, opened: WaitingRoomOpened, command: StartCall) -> list[WaitingEvent]:
    early = opened.starts is Starts.AT_TIME and command.at < opened.starts_at
    if state.over or early or state.shut or state.admitted != frozenset(Side):
        return []
    stops = _stops(state, opened, command)
    if stops is not None:
        held = CallHeldForFacts(**_of(opened, command), because=stops)
        return [] if stops in state.held_for_facts else [held]
    if opened.monitor_required and not state.monitors:
        return [] if state.held else [CallHeldForMonitor(**_of(opened, command))]
    counted_from = opened.starts_at if opened.starts is Starts.AT_TIME else command.at
    return [
        CallStarted(
            **_of(opened, command),
            policy_version=opened.policy_version,
            rules=opened.rules,
            ends_at=counted_from + timedelta(minutes=opened.minutes),
        )
    ]


def _stops(state: WaitingRoom, opened: WaitingRoomOpened, command: StartCall) -> HeldBecause | None:
    """What is known may no longer be true: then nobody is shown to anybody before a person has decided."""
    if STOPS & set(state.flags.values()):
        return HeldBecause.FLAGGED
    oldest = command.at - timedelta(minutes=opened.facts_max_age_minutes)
    stale = state.heard_as_of is None or state.heard_as_of < oldest
    return HeldBecause.FACTS_STALE if opened.facts_max_age_minutes and stale else None


def _miss(state: WaitingRoom, opened: WaitingRoomOpened, command: MissCall) -> list[WaitingEvent]:
    if state.over or command.at < opened.missed_at:
        return []
    return [_missed(state, opened, command, _because(state))]


def _missed(
    state: WaitingRoom, opened: WaitingRoomOpened, command: Command, because: MissedBecause
) -> CallMissed:
    missed_by = {
        frozenset(Side): MissedBy.BOTH,
        frozenset({Side.PRISONER}): MissedBy.PRISONER,
        frozenset({Side.VISITOR}): MissedBy.VISITOR,
    }.get(frozenset(Side) - state.arrived, MissedBy.NOBODY)
    if state.kept_out:
        missed_by, because = MissedBy.ESTABLISHMENT, MissedBecause.ESTABLISHMENT
    arrived = tuple(sorted(state.arrived))
    return CallMissed(**_of(opened, command), missed_by=missed_by, arrived=arrived, because=because)


def _because(state: WaitingRoom) -> MissedBecause:
    """From who was there, and whom staff did not let in. Whoever waited is not to blame."""
    absent = frozenset(Side) - state.arrived
    if absent == frozenset(Side):
        return MissedBecause.NOBODY_CAME
    if Side.PRISONER in absent:
        return MissedBecause.PRISONER_NOT_BROUGHT
    if Side.VISITOR in absent:
        return MissedBecause.VISITOR_DID_NOT_ARRIVE
    return MissedBecause.PARTICIPANT_REFUSED if state.refused else MissedBecause.SERVICE


def _of(opened: WaitingRoomOpened, command: Command) -> dict[str, Any]:
    return {"at": command.at, "call": opened.call, "prison": opened.prison}
