"""What follows for a running call from what is asked and reported."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from domain.booking.events import BookingChanged, CallBooked
from domain.call.commands import (
    CallCommand,
    CompleteCall,
    EndCall,
    EscalatePause,
    GoOn,
    HoldForMonitor,
    LeaveCall,
    PauseFlagged,
    ReportBack,
    ReportCleared,
    ReportInterrupted,
    ReportLost,
    ReportOver,
    ReportPause,
    ReportViolation,
    ResumeCall,
    StopCall,
)
from domain.call.events import (
    CallHappened,
    CallInterrupted,
    CallPaused,
    CallResumed,
    InterruptionOver,
    ParticipantLeft,
    ParticipantRejoined,
    PausedBy,
    PauseEscalated,
    PauseExplained,
)
from domain.call.going_on import (
    automatic_pause,
    go_on,
    hold_for_monitor,
    pause_flagged,
    resume,
)
from domain.call.over import complete, end, leave, stop
from domain.call.state import WORKER_LOST, Call, Status, of
from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.lifecycle import CallCompleted, CallExtended, CallMinutesCredited, CallStarted, CallTerminated
from domain.moderation.kind import SELF_CLEARING, Action, Severity
from domain.texts import MAY_LEAVE
from domain.violation import ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import CallHeldForMonitor, MonitorJoined, MonitorLeft, WaitingRoomOpened


def boundary(command: CallCommand) -> Boundary:
    """Everything that happened to the call since it was booked."""
    return (
        about(
            f"call:{command.call}",
            CallBooked,
            BookingChanged,
            WaitingRoomOpened,
            MonitorJoined,
            MonitorLeft,
            CallStarted,
            ViolationRaised,
            ViolationCleared,
            ViolationReviewed,
            CallPaused,
            PauseEscalated,
            PauseExplained,
            CallResumed,
            CallInterrupted,
            InterruptionOver,
            CallHeldForMonitor,
            CallExtended,
            CallMinutesCredited,
            BookingFlagged,
            BookingUnflagged,
            ParticipantLeft,
            ParticipantRejoined,
            CallCompleted,
            CallTerminated,
        ),
    )


def decide(call: Call, command: CallCommand) -> list[CallHappened]:
    """What follows for the call."""
    if call.status is Status.ENDED:
        return []  # Whatever was still under way when it ended: nobody can see the call any more.
    if call.status is Status.NOT_STARTED:
        raise Refused("This call has not started.", "call_not_started")
    return _DECISIONS[type(command)](call, command)


def _report_violation(call: Call, command: ReportViolation) -> list[CallHappened]:
    raised = ViolationRaised(**command.model_dump(exclude={"at", "call"}), **of(call, command))
    same = (raised.kind, raised.side, raised.track)
    known = any((v.kind, v.side, v.track) == same for v in call.open_violations)
    waits_alone = call.status is Status.PAUSED and call.pause is not None and not call.pause.for_staff
    stops = call.status is Status.LIVE or (waits_alone and command.kind not in SELF_CLEARING)
    if stops and command.action is Action.PAUSE:
        return [raised, automatic_pause(call, raised)]
    return [] if known else [raised]  # in the dark, the officer sees one more thing to decide on


def _report_cleared(call: Call, command: ReportCleared) -> list[CallHappened]:
    return [
        ViolationCleared(
            **of(call, command),
            violation=violation.violation,
            side=command.side,
            kind=command.kind,
            media_ms=command.media_ms,
        )
        for violation in call.open_violations
        if violation.kind == command.kind and violation.side is command.side
    ]


def _report_pause(call: Call, command: ReportPause) -> list[CallHappened]:
    if call.pause is not None and call.pause.for_staff:
        return []  # it waits for staff already
    if not command.reason.strip():
        raise Refused("Please say why you pause the call.", "reason_missing")
    return [
        CallPaused(
            **of(call, command),
            cause=command.cause,
            severity=Severity.HIGH,
            paused_by=PausedBy.STAFF,
            officer=command.officer,
            side=None,
            violation=None,
            for_staff=True,
            media_ms=None,
            reason=command.reason.strip(),
        )
    ]


def _report_lost(call: Call, command: ReportLost) -> list[CallHappened]:
    if command.side in call.lost:
        return []
    left = ParticipantLeft(
        **of(call, command), side=command.side, cause=command.cause, last_media_ms=command.last_media_ms
    )
    if call.status is Status.INTERRUPTED:
        return [left]
    return [left, _interrupted(call, command, command.cause, command.side, command.last_media_ms)]


def _report_back(call: Call, command: ReportBack) -> list[CallHappened]:
    if command.side not in call.lost:
        return []
    return [ParticipantRejoined(**of(call, command), side=command.side)]


def _report_interrupted(call: Call, command: ReportInterrupted) -> list[CallHappened]:
    # A dead worker takes both connections with it: both sides are gone until they rejoin.
    gone: list[CallHappened] = [
        ParticipantLeft(
            **of(call, command), side=side, cause=command.cause, last_media_ms=command.last_media_ms
        )
        for side in Side
        if command.cause == WORKER_LOST and side not in call.lost
    ]
    if call.status is Status.INTERRUPTED:
        return gone
    stopped = _interrupted(call, command, command.cause, None, command.last_media_ms, command.noticed_at)
    return [stopped, *gone]


def _interrupted(
    call: Call,
    command: Command,
    cause: str,
    side: Side | None,
    last_media_ms: int | None,
    noticed_at: datetime | None = None,
) -> CallInterrupted:
    """Nobody can come back before it was noticed: the grace is counted from then."""
    return CallInterrupted(
        **of(call, command),
        cause=cause,
        side=side,
        last_media_ms=last_media_ms,
        rejoin_until=(noticed_at or command.at) + timedelta(seconds=call.rules.interruption_grace_s),
    )


def _report_over(call: Call, command: ReportOver) -> list[CallHappened]:
    if call.status is not Status.INTERRUPTED or not call.faults:
        return []
    return [InterruptionOver(**of(call, command), cause=command.cause)]


def _escalate(call: Call, command: EscalatePause) -> list[CallHappened]:
    pause = call.pause
    if call.status is not Status.PAUSED or pause is None or pause.at != command.paused_at:
        return []  # that pause is over, or was handed to staff since
    lasted = command.at - pause.at
    if not pause.for_staff:
        over = lasted >= timedelta(seconds=call.rules.auto_pause_limit_s)
        return [pause.model_copy(update={"at": command.at, "for_staff": True})] if over else []
    escalates = lasted >= timedelta(seconds=call.rules.escalate_after_s) and not call.escalated
    told: list[CallHappened] = [PauseEscalated(**of(call, command), cause=pause.cause)] if escalates else []
    if lasted >= timedelta(seconds=call.rules.undecided_after_s) and not call.explained:
        told.append(PauseExplained(**of(call, command), text_key=MAY_LEAVE))
    return told


_DECISIONS: dict[type[Command], Callable[[Call, Any], list[CallHappened]]] = {
    ReportViolation: _report_violation,
    ReportCleared: _report_cleared,
    ReportPause: _report_pause,
    ResumeCall: resume,
    ReportLost: _report_lost,
    ReportBack: _report_back,
    ReportInterrupted: _report_interrupted,
    ReportOver: _report_over,
    GoOn: go_on,
    HoldForMonitor: hold_for_monitor,
    PauseFlagged: pause_flagged,
    EscalatePause: _escalate,
    EndCall: end,
    StopCall: stop,
    LeaveCall: leave,
    CompleteCall: complete,
}
