"""What a call remembers: no more than its next decision needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from domain.booking.events import BookingChanged, CallBooked
from domain.call.events import (
    CallFact,
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
from domain.clearance import Side
from domain.event import Command, milliseconds
from domain.flag.events import STOPS, BookingFlagged, BookingUnflagged, FlagKind
from domain.lifecycle import CallCompleted, CallExtended, CallMinutesCredited, CallStarted, CallTerminated
from domain.moderation.kind import Action
from domain.policy import CallPolicy
from domain.violation import ReviewOutcome, ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import CallHeldForMonitor, MonitorJoined, MonitorLeft, WaitingRoomOpened

WORKER_LOST = "worker_lost"
"""The cause by which a call lost its media worker: the next one judges afresh."""
UNMENDED = frozenset({"recording_failed"})
"""Causes that nothing ends: a call that must be recorded, and is not, does not go on."""
MONITOR_MISSING = "monitor_missing"
"""The cause for which a call is held that somebody has to watch."""


class Status(StrEnum):
    """Where the call is."""

    NOT_STARTED = "not_started"
    LIVE = "live"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    HELD = "held"  # for an officer who has to watch it, and is not there
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
    counted: bool = True  # its minutes are taken from the month, and can be given back to it
    monitor_required: bool = False
    monitors: frozenset[str] = frozenset()
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
    taken_ms: int = 0  # by the service, in earlier stops
    settled_ms: int = 0  # of it, what was added at the end or credited
    extended_s: int = 0
    taken_by: str = ""  # the cause of the last that took any
    escalated: bool = False
    explained: bool = False  # both sides know that they may leave
    lost: frozenset[Side] = frozenset()
    faults: frozenset[str] = frozenset()  # technical causes that last, beside lost connections

    flags: Mapping[str, FlagKind] = field(default_factory=dict)  # facts that changed and nobody decided on

    @property
    def stopping_flags(self) -> tuple[FlagKind, ...]:
        """The facts under which the call does not go on before somebody has decided."""
        stops = (kind for kind in self.flags.values() if kind in STOPS)
        return tuple(stops) if self.rules.pause_when_flagged else ()

    @property
    def unwatched(self) -> bool:
        """Whether somebody has to watch this call, and nobody does."""
        return self.monitor_required and not self.monitors


initial = Call()


def evolve(call: Call, event: CallFact) -> Call:
    """The call after the event."""
    match event:
        case (
            CallBooked(prison=prison, prisoner_month=month)
            | BookingChanged(prison=prison, prisoner_month=month)
        ):
            return replace(call, id=event.call, prison=prison, prisoner_month=month, counted=event.counted)
        case WaitingRoomOpened(monitor_required=required):
            return replace(call, monitor_required=required)
        case MonitorJoined(officer=officer):
            return replace(call, monitors=call.monitors | {officer})
        case MonitorLeft(officer=officer):
            return replace(call, monitors=call.monitors - {officer})
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
        case ParticipantLeft(side=side, cause=cause):
            faults = frozenset() if cause == WORKER_LOST else call.faults
            return replace(call, lost=call.lost | {side}, faults=faults)
        case ParticipantRejoined(side=side):
            return replace(call, lost=call.lost - {side})
        case CallExtended(ends_at=ends_at, seconds=seconds):
            given = _settled(call, seconds)
            return replace(given, ends_at=ends_at, extended_s=call.extended_s + seconds)
        case CallMinutesCredited(seconds=seconds):
            return _settled(call, seconds)
        case BookingFlagged(flag=flag, kind=kind):
            return replace(call, flags={**call.flags, flag: kind})
        case BookingUnflagged(flag=flag):
            return replace(call, flags={one: kind for one, kind in call.flags.items() if one != flag})
        case CallCompleted() | CallTerminated():
            return replace(call, status=Status.ENDED)
        case _:
            return _stops_or_goes_on(call, event)


def _stops_or_goes_on(
    call: Call,
    event: CallPaused
    | PauseEscalated
    | PauseExplained
    | CallResumed
    | CallInterrupted
    | InterruptionOver
    | CallHeldForMonitor,
) -> Call:
    match event:
        case CallPaused():
            return _paused(call, event)
        case PauseEscalated():
            return replace(call, escalated=True)
        case PauseExplained():
            return replace(call, explained=True)
        case CallResumed():
            return _resumed(call, event)
        case CallInterrupted():
            return _interrupted(call, event)
        case InterruptionOver():
            return replace(call, faults=call.faults & UNMENDED)
        case CallHeldForMonitor(at=at):
            return call if call.status is Status.NOT_STARTED else _held(call, at)
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


def _interrupted(call: Call, event: CallInterrupted) -> Call:
    of_lines = event.side is not None or event.cause == WORKER_LOST
    return replace(
        _part_over(call, event.at),
        status=Status.INTERRUPTED,
        interruption=event,
        stopped_at=call.stopped_at or event.at,
        part_at=event.at,
        faults=call.faults if of_lines else call.faults | {event.cause},
    )


def _held(call: Call, at: datetime) -> Call:
    return replace(
        _part_over(call, at),
        status=Status.HELD,
        pause=None,
        interruption=None,
        stopped_at=call.stopped_at or at,
        part_at=at,
    )


def _resumed(call: Call, event: CallResumed) -> Call:
    taken_ms = credit_ms(call, event.at)
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
        faults=frozenset(),
        explained=False,
        flags={} if event.officer is not None else call.flags,  # whoever resumes has decided on them
        paused_ms=call.paused_ms + event.paused_ms,
        taken_ms=call.taken_ms + taken_ms,
        taken_by=stopped_by(call) if taken_ms else call.taken_by,
    )


def _settled(call: Call, seconds: int) -> Call:
    return replace(call, settled_ms=call.settled_ms + seconds * 1000)


def stopped_by(call: Call) -> str:
    """The cause of the present stop."""
    if call.interruption is not None:
        return call.interruption.cause
    if call.status is Status.HELD:
        return MONITOR_MISSING
    return call.pause.cause if call.pause is not None else ""


def owed_ms(call: Call, at: datetime) -> int:
    """What the service took from the call so far, and gave back neither at its end nor to the month."""
    return max(0, call.taken_ms + credit_ms(call, at) - call.settled_ms)


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
    if call.interruption is not None or call.status is Status.HELD:
        return replace(call, interrupted_ms=call.interrupted_ms + lasted_ms)
    if call.pause is not None and call.pause.paused_by is PausedBy.AUTO:
        return replace(call, auto_paused_ms=call.auto_paused_ms + lasted_ms)
    return call


def of(call: Call, command: Command) -> dict[str, Any]:
    """The fields that every event of this call carries."""
    return {"at": command.at, "call": call.id, "prison": call.prison}
