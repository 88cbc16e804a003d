"""What a call remembers: no more than its next decision needs."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never

from domain.booking import CallBooked
from domain.call.events import (
    CallFact,
    CallInterrupted,
    CallMinutesCredited,
    CallPaused,
    CallResumed,
    ParticipantLeft,
    ParticipantRejoined,
    PausedBy,
    PauseEscalated,
)
from domain.clearance import Side
from domain.event import Command, milliseconds
from domain.lifecycle import CallCompleted, CallStarted, CallTerminated
from domain.policy import CallPolicy
from domain.violation import ViolationCleared, ViolationRaised


class Status(StrEnum):
    """Where the call is."""

    NOT_STARTED = "not_started"
    LIVE = "live"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


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
    credit_ms: int = 0  # what of its earlier parts is given back
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
            return replace(call, open_violations=(*call.open_violations, event))
        case ViolationCleared(violation=violation):
            left = tuple(v for v in call.open_violations if v.violation != violation)
            return replace(call, open_violations=left)
        case CallPaused():
            return _paused(call, event)
        case PauseEscalated():
            return replace(call, escalated=True)
        case CallResumed(paused_ms=paused_ms):
            return _resumed(call, paused_ms)
        case CallInterrupted():
            return replace(
                call,
                status=Status.INTERRUPTED,
                interruption=event,
                stopped_at=call.stopped_at or event.at,
                part_at=event.at,
                credit_ms=credit_ms(call, event.at),
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
        call,
        status=Status.PAUSED,
        pause=event,
        interruption=None,
        stopped_at=call.stopped_at or event.at,
        part_at=event.at,
        credit_ms=credit_ms(call, event.at),
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
        credit_ms=0,
        open_violations=(),
        paused_ms=call.paused_ms + paused_ms,
    )


def credit_ms(call: Call, at: datetime) -> int:
    """What of the present stop is given back: automatic pauses and interruptions, not what staff decided."""
    by_staff = call.pause is not None and call.pause.paused_by is PausedBy.STAFF
    if call.part_at is None or (by_staff and call.interruption is None):
        return call.credit_ms
    return call.credit_ms + max(0, milliseconds(at, call.part_at))


def of(call: Call, command: Command) -> dict[str, Any]:
    """The fields that every event of this call carries."""
    return {"at": command.at, "call": call.id, "prison": call.prison}
