"""How a call that stands still goes on, or into the next thing it waits for; and what holds it besides violations."""

from datetime import datetime, timedelta

from domain.call.commands import GoOn, HoldForMonitor, PauseFlagged, ResumeCall
from domain.call.events import CallHappened, CallPaused, CallResumed, PausedBy
from domain.call.over import stopped_ms
from domain.call.state import Call, Status, of
from domain.event import Refused
from domain.flag.events import STOPS, FlagKind
from domain.moderation.kind import SELF_CLEARING, Action, Kind, Severity
from domain.violation import ViolationRaised
from domain.waiting_room.events import CallHeldForMonitor

FACES = frozenset({Kind.UNAPPROVED_FACE, Kind.IDENTITY_SWAP, Kind.HEAD_COUNT_ABOVE, Kind.LIVENESS_FAILED})
"""Kinds about somebody's face: the officer who resumes owes a word on each."""


def automatic_pause(call: Call, raised: ViolationRaised) -> CallPaused:
    """The machine stops the call: until the cause is gone, or for staff where it cannot go by itself."""
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


def pause_flagged(call: Call, command: PauseFlagged) -> list[CallHappened]:
    """Nobody is shown to anybody any longer before a person has decided. What stands still already waits for staff."""
    waits = call.pause is not None and call.pause.for_staff
    if command.kind not in STOPS or not call.rules.pause_when_flagged or waits:
        return []
    if call.status in (Status.INTERRUPTED, Status.HELD):
        return []  # looked at when it would go on: see `_after_a_stop`
    return [_flagged(call, command.at, command.kind)]


def _flagged(call: Call, at: datetime, kind: FlagKind) -> CallPaused:
    return CallPaused(
        at=at,
        call=call.id,
        prison=call.prison,
        cause=kind.value,
        severity=Severity.HIGH,
        paused_by=PausedBy.AUTO,
        officer=None,
        side=None,
        violation=None,
        for_staff=True,
        media_ms=None,
    )


def resume(call: Call, command: ResumeCall) -> list[CallHappened]:
    """An officer lets it go on."""
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
    if call.unwatched:
        raise Refused("Somebody has to watch this call. Please take the watch first.", "monitor_missing")
    return [
        CallResumed(
            **of(call, command),
            cause="staff",
            officer=command.officer,
            words=command.words,
            paused_ms=stopped_ms(call, command.at),
            reason=command.reason.strip(),
        )
    ]


def go_on(call: Call, command: GoOn) -> list[CallHappened]:
    """By itself, when nothing stops it any more."""
    match call.status:
        case Status.INTERRUPTED if not call.lost and not call.faults:
            return _after_a_stop(call, command)
        case Status.HELD if not call.unwatched:
            return _after_a_stop(call, command)
        case Status.PAUSED if call.pause is not None and not call.pause.for_staff and not _lasts(call):
            return _after_a_stop(call, command)
        case _:
            return []


def _lasts(call: Call) -> bool:
    """Whether what an automatic pause is about is still there."""
    pause = call.pause
    return pause is not None and any(
        v.kind == pause.cause and v.side is pause.side for v in call.open_violations
    )


def _after_a_stop(call: Call, command: GoOn) -> list[CallHappened]:
    """On with the call; or into the pause that was waiting, or until somebody watches."""
    if call.pause is not None and call.pause.for_staff:
        return [call.pause.model_copy(update={"at": command.at})]
    undecided = [v for v in call.open_violations if v.action is Action.PAUSE and v.kind not in SELF_CLEARING]
    if undecided:
        return [automatic_pause(call, undecided[0].model_copy(update={"at": command.at}))]
    if flagged := call.stopping_flags:
        return [_flagged(call, command.at, flagged[0])]
    if call.unwatched:
        return [] if call.status is Status.HELD else [CallHeldForMonitor(**of(call, command))]
    return [
        CallResumed(
            **of(call, command),
            cause=command.cause,
            officer=None,
            words=(),
            paused_ms=stopped_ms(call, command.at),
        )
    ]


def hold_for_monitor(call: Call, command: HoldForMonitor) -> list[CallHappened]:
    """One that stands still already is looked at when it would go on."""
    if call.status is not Status.LIVE or not call.unwatched:
        return []
    return [CallHeldForMonitor(**of(call, command))]
