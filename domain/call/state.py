"""What a call remembers: no more than its next decision needs."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never

from domain.booking.events import CallBooked
from domain.call.events import (
    CallFact,
    CallInterrupted,
    CallPaused,
    CallResumed,
    ParticipantLeft,
    ParticipantRejoined,
    PausedBy,
    PauseEscalated,
)
from domain.clearance import Side
from domain.event import Command, milliseconds
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallStarted, CallTerminated
from domain.moderation.kind import Action
from domain.policy import CallPolicy
from domain.violation import ReviewOutcome, ViolationCleared, ViolationRaised, ViolationReviewed


class Status(StrEnum):
    """Where the call is."""

    NOT_STARTED = "not_started"
    LIVE = "live"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


FLOWS = frozenset({Status.LIVE})
"""The only states in which a picture or a sound of one side may leave for the other."""


@dataclass(frozen=True)
class Call:
    """What the next decision needs to know."""

    id: str = ""
    status: Status = Status.NOT_STARTED
    prison: str = ""
    prisoner_month: str = ""
    started_at: datetime | None = None
    ends_at: datetime | None = None
    rules: CallPolicy = field(default_factory=CallPolicy)  # of the policy version pinned at the start
    stopped_at: datetime | None = None  # of the pause or interruption that lasts
    part_at: datetime | None = None  # since when it has been what it is now: one may turn into another
    interrupted_ms: int = 0  # its earlier parts: interruptions, which are given back
    auto_paused_ms: int = 0  # its earlier parts: automatic pauses, given back unless they were deserved
    blamed: frozenset[str] = frozenset()  # violations that asked for a pause since the call was last live
    deserved: bool = False  # staff confirmed one of them
    pause: CallPaused | None = None
    interruption: CallInterrupted | None = None
    open_violations: tuple[ViolationRaised, ...] = ()  # since the call was last live
    auto_pauses: tuple[datetime, ...] = ()
    paused_ms: int = 0
    escalated: bool = False
    lost: frozenset[Side] = frozenset()


initial = Call()


def evolve(call: Call, event: CallFact) -> Call:
    """The call after the event."""
    match event:
        case CallBooked(prison=prison, prisoner_month=month):
            return replace(call, id=event.call, prison=prison, prisoner_month=month)
        case CallStarted(at=at, ends_at=ends_at, rules=rules):
            return replace(call, status=Status.LIVE, started_at=at, ends_at=ends_at, rules=rules)
        case ViolationRaised():
            blamed = call.blamed | {event.violation} if event.action is Action.PAUSE else call.blamed
            return replace(call, open_violations=(*call.open_violations, event), blamed=blamed)
        case ViolationCleared(violation=violation):
            left = tuple(v for v in call.open_violations if v.violation != violation)
            return replace(call, open_violations=left)
        case ViolationReviewed(violation=violation, outcome=outcome):
            confirmed = outcome is ReviewOutcome.CONFIRMED and violation in call.blamed
            return replace(call, deserved=call.deserved or confirmed)
        case CallPaused():
            return _paused(call, event)
        case PauseEscalated():
            return replace(call, escalated=True)
        case CallResumed(paused_ms=paused_ms):
            return _resumed(call, paused_ms)
        case CallInterrupted():
            return replace(
                _part_over(call, event.at),
                status=Status.INTERRUPTED,
                interruption=event,
                stopped_at=call.stopped_at or event.at,
                part_at=event.at,
            )
        case CallMinutesCredited(seconds=seconds):
            return replace(call, ends_at=call.ends_at + timedelta(seconds=seconds) if call.ends_at else None)
        case ParticipantLeft(side=side):
            return replace(call, lost=call.lost | {side})
        case ParticipantRejoined(side=side):
            return replace(call, lost=call.lost - {side})
        case CallCompleted() | CallTerminated():
            return replace(call, status=Status.ENDED)
        case _:
            assert_never(event)


def _paused(call: Call, event: CallPaused) -> Call:
    by_staff = event.paused_by is PausedBy.STAFF
    if call.status is Status.INTERRUPTED and by_staff and not (call.pause and call.pause.for_staff):
        return replace(
            call, pause=event
        )  # an officer asks during an interruption: it waits for staff after it
    counts = not by_staff and call.status is Status.LIVE
    return replace(
        _part_over(call, event.at),
        status=Status.PAUSED,
        pause=event,
        interruption=None,
        stopped_at=call.stopped_at or event.at,
        part_at=event.at,
        auto_pauses=(*call.auto_pauses, event.at) if counts else call.auto_pauses,
        escalated=False,
    )


def _resumed(call: Call, paused_ms: int) -> Call:
    return replace(
        call,
        status=Status.LIVE,
        pause=None,
        interruption=None,
        stopped_at=None,
        part_at=None,
        interrupted_ms=0,
        auto_paused_ms=0,
        blamed=frozenset(),
        deserved=False,
        open_violations=(),
        paused_ms=call.paused_ms + paused_ms,
    )


def credit_ms(call: Call, at: datetime) -> int:
    """What of the present stop is given back.

    Interruptions are; automatic pauses unless staff confirmed what they were for; what staff decided is not.
    """
    stop = _part_over(call, at)
    return stop.interrupted_ms + (0 if call.deserved else stop.auto_paused_ms)


def _part_over(call: Call, at: datetime) -> Call:
    """The call with the time of the present part of its stop put where it belongs."""
    if call.part_at is None:
        return call
    lasted_ms = max(0, milliseconds(at, call.part_at))
    if call.interruption is not None:
        return replace(call, interrupted_ms=call.interrupted_ms + lasted_ms)
    if call.pause is not None and call.pause.paused_by is PausedBy.AUTO:
        return replace(call, auto_paused_ms=call.auto_paused_ms + lasted_ms)
    return call


def of(call: Call, command: Command) -> dict[str, Any]:
    """The fields that every event of this call carries."""
    return {"at": command.at, "call": call.id, "prison": call.prison}
