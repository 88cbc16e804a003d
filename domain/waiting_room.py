"""The waiting room: from its opening to the start of the call, or to nobody having come.

Each side is admitted either by a match of every face with the people who were approved, or by staff
who saw and counted them. The mode in which its pictures are checked is fixed here and goes on record.

    open -> WAITING -- both admitted, monitor if required --> start
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.booking import BookingCancelled, CallBooked
from domain.clearance import ClearanceMode, Side
from domain.decider import Boundary, about
from domain.enrolment import FaceTemplateEnrolled
from domain.event import CallEvent, Command, Refused
from domain.lifecycle import CallMissed, CallStarted, MissedBy, Written
from domain.policy import CallPolicy, Policy, PolicyPublished
from domain.timetable import SessionOpened, Starts


class IdentityResult(StrEnum):
    """What the comparison of faces at admission came to."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNSURE = "unsure"


class AdmissionBasis(StrEnum):
    """Why a side was let in."""

    MATCH = "match"
    STAFF = "staff"


class ExpectedFace(BaseModel):
    """One template by which a person may be known; a person may have several."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person: str
    template: str  # vault reference


class Expected(BaseModel):
    """Who is expected on one side, and how their stream will be checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    persons: tuple[str, ...]
    faces: tuple[ExpectedFace, ...]  # empty where faces are only counted
    mode: ClearanceMode


class SeenFace(BaseModel):
    """One face at admission: the nearest approved person and how far it was from their template."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person: str | None
    distance: int  # 1/10,000


class WaitingRoomOpened(CallEvent):
    """People may arrive. The policy version and the way each side will be checked are fixed."""

    policy_version: str
    starts_at: AwareDatetime
    minutes: int
    starts: Starts
    missed_at: AwareDatetime
    prisoner: Expected
    visitor: Expected
    monitor_required: bool
    rules: CallPolicy  # of the policy version, for the running call


class ParticipantArrived(CallEvent):
    """A side connected for the first time."""

    side: Side
    person: str


class IdentityChecked(CallEvent):
    """The faces of one side were compared with the people expected there."""

    side: Side
    result: IdentityResult
    faces: tuple[SeenFace, ...]
    threshold: int  # 1/10,000
    engine: str


class ParticipantAdmitted(CallEvent):
    """A side was let in."""

    side: Side
    basis: AdmissionBasis
    people: int
    admitted_by: str | None
    reason: Written = None


class ClearanceModeSet(CallEvent):
    """How the side's pictures are checked during this call."""

    side: Side
    mode: ClearanceMode
    people: int
    cause: str  # all_enrolled, without_template, admitted_by_staff


class MonitorJoined(CallEvent):
    """An officer watches this call while it runs."""

    officer: str


class MonitorLeft(CallEvent):
    """The officer no longer watches."""

    officer: str


class CallHeldForMonitor(CallEvent):
    """Everybody is ready; the call waits for an officer."""


class OpenWaitingRoom(Command):
    """Open the waiting room of a booked call. Sent by its deadline; who is on the call was looked up."""

    call: str
    prison: str
    session: str
    persons: tuple[str, ...]


class ArriveParticipant(Command):
    """A side connects."""

    call: str
    side: Side
    person: str


class ReportIdentity(Command):
    """What the comparison at admission came to, reported by the media worker."""

    call: str
    side: Side
    result: IdentityResult
    faces: tuple[SeenFace, ...]
    threshold: int
    engine: str


class AdmitParticipant(Command):
    """An officer who saw the people lets a side in, and says how many they are."""

    call: str
    side: Side
    people: int
    officer: str
    reason: str


class JoinAsMonitor(Command):
    """An officer takes the watch over a call."""

    call: str
    officer: str


class LeaveAsMonitor(Command):
    """The officer gives the watch up."""

    call: str
    officer: str


class StartCall(Command):
    """Start the call if everything is ready. Sent whenever something changed, and at its time."""

    call: str


class MissCall(Command):
    """The call's time is over: note that it was missed, if it did not start."""

    call: str


WaitingCommand = (
    OpenWaitingRoom
    | ArriveParticipant
    | ReportIdentity
    | AdmitParticipant
    | JoinAsMonitor
    | LeaveAsMonitor
    | StartCall
    | MissCall
)
WaitingEvent = (
    WaitingRoomOpened
    | ParticipantArrived
    | IdentityChecked
    | ParticipantAdmitted
    | ClearanceModeSet
    | MonitorJoined
    | MonitorLeft
    | CallHeldForMonitor
    | CallStarted
    | CallMissed
)
WaitingFact = (
    WaitingEvent | CallBooked | BookingCancelled | SessionOpened | PolicyPublished | FaceTemplateEnrolled
)


@dataclass(frozen=True)
class WaitingRoom:
    """Who is expected, who is here, who was let in."""

    booked: CallBooked | None = None
    cancelled: bool = False
    session: SessionOpened | None = None
    policy: PolicyPublished | None = None
    enrolled: tuple[ExpectedFace, ...] = ()
    opened: WaitingRoomOpened | None = None
    arrived: frozenset[Side] = frozenset()
    checked: frozenset[tuple[Side, IdentityResult]] = frozenset()
    admitted: frozenset[Side] = frozenset()
    monitors: frozenset[str] = frozenset()
    held: bool = False
    over: bool = False  # started or missed


initial = WaitingRoom()


def boundary(command: WaitingCommand) -> Boundary:
    """The call; at the opening also the session, the policy and the people's templates."""
    call = about(
        f"call:{command.call}",
        CallBooked,
        BookingCancelled,
        WaitingRoomOpened,
        ParticipantArrived,
        IdentityChecked,
        ParticipantAdmitted,
        MonitorJoined,
        MonitorLeft,
        CallHeldForMonitor,
        CallStarted,
        CallMissed,
    )
    if not isinstance(command, OpenWaitingRoom):
        return (call,)
    people = (about(f"person:{person}", FaceTemplateEnrolled) for person in command.persons)
    return (
        call,
        about(f"session:{command.session}", SessionOpened),
        about(f"policy:{command.prison}", PolicyPublished),
        *people,
    )


def evolve(state: WaitingRoom, event: WaitingFact) -> WaitingRoom:
    """Who is here now."""
    match event:
        case CallBooked():
            return replace(state, booked=event)
        case BookingCancelled():
            return replace(state, cancelled=True)
        case SessionOpened():
            return replace(state, session=event)
        case PolicyPublished():
            return replace(state, policy=event)
        case FaceTemplateEnrolled(person=person, template=template):
            return replace(state, enrolled=(*state.enrolled, ExpectedFace(person=person, template=template)))
        case WaitingRoomOpened():
            return replace(state, opened=event)
        case ParticipantArrived(side=side):
            return replace(state, arrived=state.arrived | {side})
        case IdentityChecked(side=side, result=result):
            return replace(state, checked=state.checked | {(side, result)})
        case ParticipantAdmitted(side=side):
            return replace(state, admitted=state.admitted | {side})
        case MonitorJoined(officer=officer):
            return replace(state, monitors=state.monitors | {officer}, held=False)
        case MonitorLeft(officer=officer):
            return replace(state, monitors=state.monitors - {officer})
        case CallHeldForMonitor():
            return replace(state, held=True)
        case ClearanceModeSet():
            return state
        case CallStarted() | CallMissed():
            return replace(state, over=True)
        case _:
            assert_never(event)


def decide(state: WaitingRoom, command: WaitingCommand) -> list[WaitingEvent]:
    """What follows in the waiting room."""
    if isinstance(command, OpenWaitingRoom):
        return _open(state, command)
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


def _open(state: WaitingRoom, command: OpenWaitingRoom) -> list[WaitingEvent]:
    if state.opened is not None or state.cancelled:
        return []
    if state.booked is None or state.session is None or state.policy is None:
        raise Refused("This call is not booked.", "call_unknown")
    policy = Policy.model_validate(state.policy.document)
    prisoner = _expect(state, (state.booked.prisoner,))
    visitor = _expect(state, state.booked.visitors)
    counted = ClearanceMode.COUNT in (prisoner.mode, visitor.mode)
    return [
        WaitingRoomOpened(
            at=command.at,
            call=command.call,
            prison=command.prison,
            policy_version=state.policy.name,
            starts_at=state.booked.starts_at,
            minutes=state.booked.minutes,
            starts=state.session.starts,
            missed_at=_missed_at(state.booked, policy, command.at),
            prisoner=prisoner,
            visitor=visitor,
            monitor_required=counted and policy.waiting_room.monitor_for_count,
            rules=policy.call,
        )
    ]


def _missed_at(booked: CallBooked, policy: Policy, now: datetime) -> datetime:
    """Never before the people had the whole wait, even where the room opened late."""
    return max(booked.starts_at, now) + timedelta(seconds=policy.waiting_room.missed_after_s)


def _expect(state: WaitingRoom, persons: tuple[str, ...]) -> Expected:
    faces = tuple(face for face in state.enrolled if face.person in persons)
    if {face.person for face in faces} != set(persons):
        # One person without a template: nobody in the stream is matched, at admission neither.
        return Expected(persons=persons, faces=(), mode=ClearanceMode.COUNT)
    return Expected(persons=persons, faces=faces, mode=ClearanceMode.MATCH)


def _expected(opened: WaitingRoomOpened, side: Side) -> Expected:
    return opened.prisoner if side is Side.PRISONER else opened.visitor


def _arrive(state: WaitingRoom, opened: WaitingRoomOpened, command: ArriveParticipant) -> list[WaitingEvent]:
    if command.person not in _expected(opened, command.side).persons:
        raise Refused("You are not one of the people on this call.", "not_on_call")
    if command.side in state.arrived or state.over:
        return []
    return [ParticipantArrived(**_of(opened, command), side=command.side, person=command.person)]


def _check_identity(
    state: WaitingRoom, opened: WaitingRoomOpened, command: ReportIdentity
) -> list[WaitingEvent]:
    expected = _expected(opened, command.side)
    if command.side in state.admitted or state.over or expected.mode is not ClearanceMode.MATCH:
        return []
    if (command.side, command.result) in state.checked:
        return []  # said once already; staff decide
    checked = IdentityChecked(
        **_of(opened, command),
        side=command.side,
        result=command.result,
        faces=command.faces,
        threshold=command.threshold,
        engine=command.engine,
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
            **_of(opened, command), side=command.side, mode=expected.mode, people=people, cause="all_enrolled"
        ),
    ]


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
    enrolled = expected.mode is ClearanceMode.MATCH
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
            mode=expected.mode,
            people=command.people,
            cause="admitted_by_staff" if enrolled else "without_template",
        ),
    ]


def _join_as_monitor(
    state: WaitingRoom, opened: WaitingRoomOpened, command: JoinAsMonitor
) -> list[WaitingEvent]:
    if command.officer in state.monitors:
        return []
    return [MonitorJoined(**_of(opened, command), officer=command.officer)]


def _leave_as_monitor(
    state: WaitingRoom, opened: WaitingRoomOpened, command: LeaveAsMonitor
) -> list[WaitingEvent]:
    if command.officer not in state.monitors:
        return []
    return [MonitorLeft(**_of(opened, command), officer=command.officer)]


def _start(state: WaitingRoom, opened: WaitingRoomOpened, command: StartCall) -> list[WaitingEvent]:
    early = opened.starts is Starts.AT_TIME and command.at < opened.starts_at
    if state.over or early or state.admitted != frozenset(Side):
        return []
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


def _miss(state: WaitingRoom, opened: WaitingRoomOpened, command: MissCall) -> list[WaitingEvent]:
    if state.over or command.at < opened.missed_at:
        return []
    absent = frozenset(Side) - state.arrived
    missed_by = {
        frozenset(Side): MissedBy.BOTH,
        frozenset({Side.PRISONER}): MissedBy.PRISONER,
        frozenset({Side.VISITOR}): MissedBy.VISITOR,
    }.get(absent, MissedBy.NOBODY)
    return [CallMissed(**_of(opened, command), missed_by=missed_by, arrived=tuple(sorted(state.arrived)))]


def _of(opened: WaitingRoomOpened, command: Command) -> dict[str, Any]:
    return {"at": command.at, "call": opened.call, "prison": opened.prison}
