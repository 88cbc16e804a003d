"""What follows for a running call from what is asked and reported."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from domain.booking.events import CallBooked
from domain.call.commands import (
    CallCommand,
    CompleteCall,
    EndCall,
    EscalatePause,
    LeaveCall,
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
    ParticipantLeft,
    ParticipantRejoined,
    PausedBy,
    PauseEscalated,
)
from domain.call.state import Call, Status, credit_ms, of
from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import Command, Refused, milliseconds
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallOutcome, CallStarted, CallTerminated
from domain.moderation.kind import SELF_CLEARING, Action, Kind, Severity
from domain.violation import ViolationCleared, ViolationRaised, ViolationReviewed

FACES = frozenset({Kind.UNAPPROVED_FACE, Kind.IDENTITY_SWAP, Kind.HEAD_COUNT_ABOVE, Kind.LIVENESS_FAILED})
"""Kinds about somebody's face: the officer who resumes owes a word on each."""


def boundary(command: CallCommand) -> Boundary:
    """Everything that happened to the call since it was booked."""
    return (
        about(
            f"call:{command.call}",
            CallBooked,
            CallStarted,
            ViolationRaised,
            ViolationCleared,
            ViolationReviewed,
            CallPaused,
            PauseEscalated,
            CallResumed,
            CallInterrupted,
            CallMinutesCredited,
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
        return [raised, _automatic_pause(call, raised)]
    return [] if known else [raised]  # in the dark, the officer sees one more thing to decide on


def _automatic_pause(call: Call, raised: ViolationRaised) -> CallPaused:
    window = timedelta(seconds=call.rules.pauses_window_s)
    recent = sum(raised.at - at <= window for at in call.auto_pauses)
    return CallPaused(
        at=raised.at,
        call=call.id,
        prison=call.prison,
        cause=raised.kind,
        severity=raised.severity,
        paused_by=PausedBy.AUTO,
        officer=None,
        side=raised.side,
        violation=raised.violation,
        for_staff=raised.kind not in SELF_CLEARING or recent + 1 >= call.rules.pauses_before_staff,
        media_ms=raised.media_ms,
    )


def _report_cleared(call: Call, command: ReportCleared) -> list[CallHappened]:
    cleared: list[CallHappened] = [
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
    pause = call.pause
    mine = pause is not None and pause.cause == command.kind and pause.side is command.side
    if call.status is Status.PAUSED and pause is not None and mine and not pause.for_staff:
        return [*cleared, *_resumed(call, command.at, cause="cleared")]
    return cleared


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


def _resume(call: Call, command: ResumeCall) -> list[CallHappened]:
    if call.status is not Status.PAUSED:
        raise Refused("Only a paused call can be resumed.", "not_paused")
    if not command.reason.strip():
        raise Refused("Please give a reason for resuming the call.", "reason_missing")
    said = {(word.side, word.track) for word in command.words}
    owed = {(v.side, v.track) for v in call.open_violations if v.kind in FACES and v.track is not None}
    if owed - said:
        raise Refused(
            "Please say of each face whether it is an approved person, gone, or permitted.", "word_missing"
        )
    return _resumed(call, command.at, cause="staff", command=command)


def _resumed(
    call: Call, at: datetime, *, cause: str, command: ResumeCall | None = None
) -> list[CallHappened]:
    resumed = CallResumed(
        at=at,
        call=call.id,
        prison=call.prison,
        cause=cause,
        officer=command.officer if command else None,
        words=command.words if command else (),
        paused_ms=_stopped_ms(call, at),
        reason=command.reason.strip() if command else None,
    )
    return [resumed, *_credit(call, at)]


def _credit(call: Call, at: datetime) -> list[CallHappened]:
    """What the service took is given back at once."""
    cause = call.interruption.cause if call.interruption else (call.pause.cause if call.pause else "")
    return _credited(call, at, credit_ms(call, at), cause)


def _credited(call: Call, at: datetime, given_back_ms: int, cause: str) -> list[CallHappened]:
    seconds = round(given_back_ms / 1000)
    if seconds == 0:
        return []
    return [
        CallMinutesCredited(
            at=at,
            call=call.id,
            prison=call.prison,
            prisoner_month=call.prisoner_month,
            seconds=seconds,
            cause=cause,
        )
    ]


def _stopped_ms(call: Call, at: datetime) -> int:
    return 0 if call.stopped_at is None else max(0, milliseconds(at, call.stopped_at))


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
    back = ParticipantRejoined(**of(call, command), side=command.side)
    waits_for_others = call.lost - {command.side}
    if call.status is not Status.INTERRUPTED or waits_for_others:
        return [back]
    return [back, *_go_on(call, command.at, "rejoined")]


def _go_on(call: Call, at: datetime, cause: str) -> list[CallHappened]:
    """After an interruption: on with the call, or back into the pause that was waiting for staff."""
    if call.pause is not None and call.pause.for_staff:
        return [call.pause.model_copy(update={"at": at})]
    undecided = [v for v in call.open_violations if v.action is Action.PAUSE and v.kind not in SELF_CLEARING]
    if undecided:
        return [_automatic_pause(call, undecided[0].model_copy(update={"at": at}))]
    return _resumed(call, at, cause=cause)


def _report_interrupted(call: Call, command: ReportInterrupted) -> list[CallHappened]:
    # A dead worker takes both connections with it: both sides are gone until they rejoin.
    gone: list[CallHappened] = [
        ParticipantLeft(
            **of(call, command), side=side, cause=command.cause, last_media_ms=command.last_media_ms
        )
        for side in Side
        if command.cause == "worker_lost" and side not in call.lost
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
    if call.status is not Status.INTERRUPTED or call.lost:
        return []
    return _go_on(call, command.at, command.cause)


def _escalate(call: Call, command: EscalatePause) -> list[CallHappened]:
    pause = call.pause
    if call.status is not Status.PAUSED or pause is None or pause.at != command.paused_at:
        return []  # that pause is over, or was handed to staff since
    lasted = command.at - pause.at
    if not pause.for_staff and lasted >= timedelta(seconds=call.rules.auto_pause_limit_s):
        return [pause.model_copy(update={"at": command.at, "for_staff": True})]
    if lasted >= timedelta(seconds=call.rules.escalate_after_s) and not call.escalated:
        return [PauseEscalated(**of(call, command), cause=pause.cause)]
    return []


def _end(call: Call, command: EndCall) -> list[CallHappened]:
    if not command.reason.strip():
        raise Refused("Please give a reason for ending the call.", "reason_missing")
    talk_ms, paused_ms = _times(call, command.at)
    ended = CallTerminated(
        **of(call, command),
        terminated_by=command.officer,
        talk_ms=talk_ms,
        paused_ms=paused_ms,
        reason=command.reason.strip(),
    )
    return [ended, *_credit(call, command.at)]


def _stop(call: Call, command: StopCall) -> list[CallHappened]:
    """Nobody on the call is to blame: what was left of its time, and of the present stop, is given back."""
    completed, *_ = _completed(call, command.at, CallOutcome.ESTABLISHMENT_ENDED)
    given_back_ms = credit_ms(call, command.at)
    ends_at = (call.ends_at or command.at) + timedelta(milliseconds=given_back_ms)
    left_ms = max(0, milliseconds(ends_at, command.at))
    return [completed, *_credited(call, command.at, given_back_ms + left_ms, "calls_blocked")]


def _leave(call: Call, command: LeaveCall) -> list[CallHappened]:
    early = {
        Side.PRISONER: CallOutcome.PRISONER_COMPLETED_EARLY,
        Side.VISITOR: CallOutcome.VISITOR_COMPLETED_EARLY,
    }
    undecided = timedelta(seconds=call.rules.undecided_after_s)
    waited = call.stopped_at is not None and command.at - call.stopped_at >= undecided
    outcome = CallOutcome.TECHNICAL_FAILURE_SERVICE if waited else early[command.side]
    left = ParticipantLeft(**of(call, command), side=command.side, cause="left", last_media_ms=None)
    return [left, *_completed(call, command.at, outcome)]


def _complete(call: Call, command: CompleteCall) -> list[CallHappened]:
    if call.interruption is not None and command.at >= call.interruption.rejoin_until:
        return _completed(call, command.at, _at_fault(call))
    # While time is being given back the end moves with the clock; a pause by staff does not move it.
    given_back = timedelta(milliseconds=credit_ms(call, command.at))
    if call.ends_at is None or command.at < call.ends_at + given_back:
        return []
    return _completed(call, command.at, CallOutcome.COMPLETED_NORMALLY)


def _at_fault(call: Call) -> CallOutcome:
    if call.lost == frozenset({Side.PRISONER}):
        return CallOutcome.TECHNICAL_FAILURE_PRISON
    if call.lost == frozenset({Side.VISITOR}):
        return CallOutcome.TECHNICAL_FAILURE_VISITOR
    return CallOutcome.TECHNICAL_FAILURE_SERVICE


def _completed(call: Call, at: datetime, outcome: CallOutcome) -> list[CallHappened]:
    talk_ms, paused_ms = _times(call, at)
    completed = CallCompleted(
        at=at, call=call.id, prison=call.prison, outcome=outcome, talk_ms=talk_ms, paused_ms=paused_ms
    )
    return [completed, *_credit(call, at)]


def _times(call: Call, at: datetime) -> tuple[int, int]:
    """Milliseconds of talk and of pauses up to now."""
    paused_ms = call.paused_ms + _stopped_ms(call, at)
    return max(0, milliseconds(at, call.started_at or at) - paused_ms), paused_ms


_DECISIONS: dict[type[Command], Callable[[Call, Any], list[CallHappened]]] = {
    ReportViolation: _report_violation,
    ReportCleared: _report_cleared,
    ReportPause: _report_pause,
    ResumeCall: _resume,
    ReportLost: _report_lost,
    ReportBack: _report_back,
    ReportInterrupted: _report_interrupted,
    ReportOver: _report_over,
    EscalatePause: _escalate,
    EndCall: _end,
    StopCall: _stop,
    LeaveCall: _leave,
    CompleteCall: _complete,
}
