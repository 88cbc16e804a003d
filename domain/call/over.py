"""How a call ends, whose fault it was where it could not go on, and what is given back for it."""

from datetime import datetime, timedelta

from domain.call.commands import CompleteCall, EndCall, LeaveCall, StopCall
from domain.call.events import CallHappened, ParticipantLeft
from domain.call.state import Call, Status, of, owed_ms, stopped_by
from domain.clearance import Side
from domain.event import Refused, milliseconds
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallOutcome, CallTerminated

KEPT = frozenset(
    {
        CallOutcome.TECHNICAL_FAILURE_PRISON,
        CallOutcome.TECHNICAL_FAILURE_SERVICE,
        CallOutcome.ESTABLISHMENT_ENDED,
    }
)
"""Ends for which nobody on the call can do anything: what was left of their time is theirs as well."""


def end(call: Call, command: EndCall) -> list[CallHappened]:
    """An officer ends it."""
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
    return [ended, *_credit(call, command.at, owed_ms(call, command.at))]


def stop(call: Call, command: StopCall) -> list[CallHappened]:
    """All calls of the prison are stopped: nobody on the call is to blame."""
    return _completed(call, command.at, CallOutcome.ESTABLISHMENT_ENDED)


def leave(call: Call, command: LeaveCall) -> list[CallHappened]:
    """A side leaves. Whoever leaves a stop that nobody decided on for too long did not end the call."""
    early = {
        Side.PRISONER: CallOutcome.PRISONER_COMPLETED_EARLY,
        Side.VISITOR: CallOutcome.VISITOR_COMPLETED_EARLY,
    }
    undecided = timedelta(seconds=call.rules.undecided_after_s)
    waited = call.stopped_at is not None and command.at - call.stopped_at >= undecided
    outcome = CallOutcome.TECHNICAL_FAILURE_SERVICE if waited else early[command.side]
    left = ParticipantLeft(**of(call, command), side=command.side, cause="left", last_media_ms=None)
    return [left, *_completed(call, command.at, outcome)]


def complete(call: Call, command: CompleteCall) -> list[CallHappened]:
    """Nobody came back in time, or the time is up."""
    if is_given_up(call, command.at):
        return _completed(call, command.at, _at_fault(call))
    if call.ends_at is None or command.at < call.ends_at:
        return []
    broken = call.status in (Status.INTERRUPTED, Status.HELD)
    return _completed(call, command.at, _at_fault(call) if broken else CallOutcome.COMPLETED_NORMALLY)


def is_given_up(call: Call, at: datetime) -> bool:
    """Whether the grace after an interruption is over."""
    return call.interruption is not None and at >= call.interruption.rejoin_until


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
    left_ms = max(0, milliseconds(call.ends_at, at)) if call.ends_at is not None and outcome in KEPT else 0
    cause = "calls_blocked" if outcome is CallOutcome.ESTABLISHMENT_ENDED else ""
    return [completed, *_credit(call, at, owed_ms(call, at) + left_ms, cause)]


def _credit(call: Call, at: datetime, given_ms: int, cause: str = "") -> list[CallHappened]:
    """What the service took and could not add at the end is given to the month, where the call was counted in one."""
    seconds = round(given_ms / 1000)
    if seconds == 0 or not call.counted:
        return []
    return [
        CallMinutesCredited(
            at=at,
            call=call.id,
            prison=call.prison,
            prisoner_month=call.prisoner_month,
            seconds=seconds,
            cause=cause or stopped_by(call) or call.taken_by,
        )
    ]


def _times(call: Call, at: datetime) -> tuple[int, int]:
    """Milliseconds of talk and of pauses up to now."""
    paused_ms = call.paused_ms + stopped_ms(call, at)
    return max(0, milliseconds(at, call.started_at or at) - paused_ms), paused_ms


def stopped_ms(call: Call, at: datetime) -> int:
    """How long the present stop has lasted."""
    return 0 if call.stopped_at is None else max(0, milliseconds(at, call.stopped_at))
