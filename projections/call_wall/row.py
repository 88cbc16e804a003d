"""A row of the wall, and how it changes with each event of its call."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from application.ports import Recorded
from domain.access import StreamLookedAt
from domain.audio_only import AudioOnlyEntered, AudioOnlyLeft
from domain.booking.events import BookingCancelled
from domain.call.events import (
    CallClosed,
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
from domain.call.going_on import FACES
from domain.clearance import ClearanceMode, Side
from domain.concern import ConcernAssigned, ConcernKind, ConcernRaised
from domain.device_check import DeviceChecked
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.hint import ClientHintReported, HintKind
from domain.lifecycle import (
    CallCompleted,
    CallExtended,
    CallLocked,
    CallMissed,
    CallStarted,
    CallTerminated,
    CallUnlocked,
)
from domain.moderation.kind import Action, Kind, Severity
from domain.mute import MediaKind, StreamMuted, StreamUnmuted
from domain.network import Grade
from domain.stream import (
    ModerationLost,
    ModerationRestored,
    QualityDegraded,
    QualityRecovered,
    StreamFrozen,
    StreamReleased,
)
from domain.takeover import JudgingGivenBack, JudgingTakenOver
from domain.violation import ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import (
    CallHeldForFacts,
    CallHeldForMonitor,
    ClearanceModeSet,
    IdentityChecked,
    IdentityResult,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    ParticipantRefused,
    WaitingRoomOpened,
)


class WallStatus(StrEnum):
    """What an officer sees of a call at a glance."""

    WAITING = "waiting"
    HELD_FOR_MONITOR = "held_for_monitor"
    HELD_FOR_FACTS = "held_for_facts"  # what is known may no longer be true: somebody has to decide
    LIVE = "live"
    FROZEN = "frozen"  # live, and at least one side's picture stands still
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


@dataclass(frozen=True)
class OpenViolation:
    """What was raised since the call was last live. On each face among them the officer owes a word."""

    violation: str
    side: Side
    kind: Kind
    severity: Severity
    action: Action
    since_ms: int
    media_ms: int
    track: int | None

    @property
    def owed(self) -> bool:
        """Whether the call is not resumed without a word on this face."""
        return self.kind in FACES and self.track is not None


@dataclass(frozen=True)
class Freeze:
    """Why, and since when, one side's picture stands still."""

    cause: str
    since: datetime


@dataclass(frozen=True)
class WallCall:
    """One call on the wall. Sides are the keys of every mapping; `version` is the newest position."""

    call: str
    prison: str
    status: WallStatus
    since: datetime  # of the status
    persons: Mapping[Side, tuple[str, ...]]  # random ids of those expected
    monitor_required: bool
    policy_version: str
    starts_at: datetime
    version: int
    stopped_at: datetime | None = None  # since when nobody sees the other side
    cause: str | None = None  # of the pause, interruption or freeze: the key of its words
    side: Side | None = None  # whose picture or connection it is about
    for_staff: bool = False  # the pause waits for an officer
    escalated: bool = False
    rejoin_until: datetime | None = None
    help_asked_at: datetime | None = None
    arrived: tuple[Side, ...] = ()
    arrived_at: datetime | None = None  # when the first of them came
    identity: Mapping[Side, IdentityResult] = field(default_factory=dict)  # of the newest comparison
    admitted: tuple[Side, ...] = ()
    refused: tuple[Side, ...] = ()  # not let in by staff
    away: tuple[Side, ...] = ()
    modes: Mapping[Side, ClearanceMode] = field(default_factory=dict)
    people: Mapping[Side, int] = field(default_factory=dict)  # as admitted
    frozen: Mapping[Side, Freeze] = field(default_factory=dict)
    unchecked: tuple[Side, ...] = ()  # sides whose pictures nobody judges at the moment
    lines: Mapping[Side, Grade] = field(default_factory=dict)  # of sides whose line is not good
    audio_only: tuple[Side, ...] = ()  # sides whose picture is left out for now
    monitors: tuple[str, ...] = ()
    violations: tuple[OpenViolation, ...] = ()
    unreviewed: tuple[str, ...] = ()
    started_at: datetime | None = None
    ends_at: datetime | None = None
    extended_s: int = 0  # of it, what was added because the service took it
    may_leave: bool = False  # nobody decided in time: both sides know that they lose nothing
    ended_at: datetime | None = None
    outcome: str | None = None
    closed: bool = False
    ways: Mapping[str, Grade] = field(default_factory=dict)  # the same, each way by `side/way`
    flags: Mapping[str, str] = field(default_factory=dict)  # facts that changed since the room opened
    muted: Mapping[Side, tuple[MediaKind, ...]] = field(default_factory=dict)
    devices: Mapping[Side, int] = field(default_factory=dict)  # score of each side's newest device check
    may_take_over: bool = False  # the prison lets a monitor judge by eye while checking is lost
    by_eye: Mapping[Side, str] = field(default_factory=dict)  # by whom
    locked: bool = False  # nobody enters, from the opening of the room on
    hints: Mapping[Side, tuple[HintKind, ...]] = field(
        default_factory=dict
    )  # what their own devices say: no proof

    @property
    def asks_admission(self) -> bool:
        """Whether a side waits for an officer: its faces were not matched, or are only counted."""
        return self.status is WallStatus.WAITING and any(
            side not in self.admitted
            and side not in self.refused
            and (side in self.identity or self.modes[side] is not ClearanceMode.MATCH)
            for side in self.arrived
        )

    @property
    def waits_since(self) -> datetime | None:
        """Since when somebody who came has waited for a call that should have begun; None where nobody does."""
        if self.status not in _BEFORE or self.started_at is not None or self.arrived_at is None:
            return None
        return max(self.arrived_at, self.starts_at)

    @property
    def urgency(self) -> tuple[int, int, datetime]:
        """Sorts a wall: what an officer must do first, and of the same urgency what waits longest."""
        if self.help_asked_at is not None:
            return 0, 0, self.help_asked_at
        if self.flags and self.ended_at is None:
            return 1, 0, self.since
        waits_since = self.stopped_at or self.since
        return _RANK[self.status], 0 if self.for_staff or self.asks_admission else 1, waits_since


_BEFORE = frozenset({WallStatus.WAITING, WallStatus.HELD_FOR_MONITOR, WallStatus.HELD_FOR_FACTS})
_RANK = {
    WallStatus.PAUSED: 1,
    WallStatus.HELD_FOR_MONITOR: 2,
    WallStatus.HELD_FOR_FACTS: 2,
    WallStatus.INTERRUPTED: 3,
    WallStatus.FROZEN: 4,
    WallStatus.LIVE: 5,
    WallStatus.WAITING: 6,
    WallStatus.ENDED: 7,
}


# How a row changes


def after(row: WallCall | None, recorded: Recorded[Any]) -> WallCall | None:
    """The row after an event of its call; None while the waiting room is not open."""
    event = recorded.event
    if isinstance(event, WaitingRoomOpened):
        return _opened(event, recorded.position)
    if row is None:
        return None
    return replace(_settled(_changed(row, event), event.at), version=recorded.position)


def _opened(event: WaitingRoomOpened, position: int) -> WallCall:
    return WallCall(
        call=event.call,
        prison=event.prison,
        status=WallStatus.WAITING,
        since=event.at,
        persons={Side.PRISONER: event.prisoner.persons, Side.VISITOR: event.visitor.persons},
        modes={Side.PRISONER: event.prisoner.mode, Side.VISITOR: event.visitor.mode},
        monitor_required=event.monitor_required,
        may_take_over=event.rules.monitor_may_take_over,
        policy_version=event.policy_version,
        starts_at=event.starts_at,
        version=position,
    )


def _changed(row: WallCall, event: Any) -> WallCall:
    match event:
        case CallStarted(at=at, ends_at=ends_at):
            return replace(row, status=WallStatus.LIVE, since=at, started_at=at, ends_at=ends_at, cause=None)
        case CallHeldForMonitor():
            return _held(row, event.at)
        case CallHeldForFacts(at=at, because=because):
            return replace(row, status=WallStatus.HELD_FOR_FACTS, since=at, cause=because.value)
        case CallPaused():
            return _paused(row, event)
        case PauseEscalated():
            return replace(row, escalated=True)
        case CallResumed(at=at):
            return replace(_going_on(row), status=WallStatus.LIVE, since=at, violations=())
        case CallInterrupted():
            return _interrupted(row, event)
        case PauseExplained():
            return replace(row, may_leave=True)
        case InterruptionOver():
            return row
        case CallExtended(ends_at=ends_at, seconds=seconds):
            return replace(row, ends_at=ends_at, extended_s=row.extended_s + seconds)
        case CallCompleted(outcome=outcome):
            return _ended(row, event.at, outcome.value)
        case CallTerminated():
            return _ended(row, event.at, "terminated_by_staff")
        case CallMissed(missed_by=missed_by, because=because):
            return _ended(row, event.at, because.value if because else f"missed_by_{missed_by.value}")
        case BookingCancelled(outcome=outcome):
            return _ended(row, event.at, outcome.value)
        case BookingFlagged(flag=flag, kind=kind):
            return replace(row, flags={**row.flags, flag: kind.value})
        case BookingUnflagged():
            return _unflagged(row, event)
        case CallClosed():
            return replace(row, closed=True)
        case _:
            return _people_changed(row, event)


def _people_changed(row: WallCall, event: Any) -> WallCall:
    match event:
        case DeviceChecked(side=side, score=score):
            return replace(row, devices={**row.devices, side: score})
        case ParticipantArrived(side=side):
            first = row.arrived_at or event.at
            return replace(row, arrived=_with(row.arrived, side), arrived_at=first)
        case IdentityChecked(side=side, result=result):
            return replace(row, identity={**row.identity, side: result})
        case ParticipantAdmitted(side=side):
            return replace(row, admitted=_with(row.admitted, side), refused=_without(row.refused, side))
        case ParticipantRefused(side=side):
            return replace(row, refused=_with(row.refused, side))
        case ClearanceModeSet(side=side, mode=mode, people=people):
            return replace(row, modes={**row.modes, side: mode}, people={**row.people, side: people})
        case ParticipantLeft(side=side):
            return replace(row, away=_with(row.away, side))
        case ParticipantRejoined(side=side):
            return replace(row, away=_without(row.away, side))
        case MonitorJoined(officer=officer):
            return _monitored(row, officer, event.at)
        case MonitorLeft(officer=officer):
            return replace(row, monitors=_without(row.monitors, officer))
        case ClientHintReported(side=side, kind=kind):
            return replace(row, hints={**row.hints, side: _with(row.hints.get(side, ()), kind)})
        case ConcernRaised(at=at, kind=ConcernKind.HELP_ASKED):
            return replace(row, help_asked_at=row.help_asked_at or at)
        case ConcernRaised():
            return row  # whoever saw it stands at the wall
        case StreamLookedAt() | ConcernAssigned():
            return replace(row, help_asked_at=None)
        case _:
            return _held_by_staff(row, event)


def _held_by_staff(row: WallCall, event: Any) -> WallCall:
    match event:
        case StreamMuted(side=side, kind=kind):
            muted = {**row.muted, side: _with(row.muted.get(side, ()), kind)}
            still = side in row.frozen and kind is not MediaKind.PICTURE
            frozen = {one: freeze for one, freeze in row.frozen.items() if one != side or still}
            return replace(row, muted=muted, frozen=frozen)
        case StreamUnmuted(side=side, kind=kind):
            return replace(row, muted={**row.muted, side: _without(row.muted.get(side, ()), kind)})
        case JudgingTakenOver(side=side, officer=officer):
            return replace(row, by_eye={**row.by_eye, side: officer})
        case JudgingGivenBack(side=side):
            return replace(row, by_eye={one: who for one, who in row.by_eye.items() if one is not side})
        case CallLocked():
            return replace(row, locked=True)
        case CallUnlocked():
            return replace(row, locked=False)
        case _:
            return _pictures_changed(row, event)


def _pictures_changed(row: WallCall, event: Any) -> WallCall:
    match event:
        case StreamReleased(side=side):
            return replace(row, frozen={one: freeze for one, freeze in row.frozen.items() if one != side})
        case StreamFrozen(side=side, cause=cause):
            return replace(row, frozen={**row.frozen, side: Freeze(cause, event.at)})
        case QualityDegraded(side=side, way=way, grade=grade):
            return _graded(row, side, {**row.ways, f"{side}/{way}": grade})
        case QualityRecovered(side=side, way=way):
            return _graded(row, side, {one: g for one, g in row.ways.items() if one != f"{side}/{way}"})
        case AudioOnlyEntered(side=side):
            frozen = {one: freeze for one, freeze in row.frozen.items() if one != side}
            return replace(row, audio_only=_with(row.audio_only, side), frozen=frozen)
        case AudioOnlyLeft(side=side):
            return replace(row, audio_only=_without(row.audio_only, side))
        case ModerationLost(side=side):
            return replace(row, unchecked=_with(row.unchecked, side))
        case ModerationRestored(side=side):
            return replace(row, unchecked=_without(row.unchecked, side))
        case ViolationRaised(violation=violation):
            raised = (*row.violations, _open_violation(event))
            return replace(row, violations=raised, unreviewed=_with(row.unreviewed, violation))
        case ViolationCleared(violation=violation):
            return replace(row, violations=tuple(v for v in row.violations if v.violation != violation))
        case ViolationReviewed(violation=violation):
            return replace(row, unreviewed=_without(row.unreviewed, violation))
        case _:
            raise TypeError(f"the wall does not read {type(event).__name__}")


def _graded(row: WallCall, side: Side, ways: Mapping[str, Grade]) -> WallCall:
    """A side's line is as good as the worse of its two ways."""
    mine = [grade for one, grade in ways.items() if one.startswith(f"{side}/")]
    others = {one: grade for one, grade in row.lines.items() if one != side}
    lines = {**others, side: max(mine, key=list(Grade).index)} if mine else others
    return replace(row, ways=ways, lines=lines)


def _open_violation(event: ViolationRaised) -> OpenViolation:
    return OpenViolation(**{each.name: getattr(event, each.name) for each in fields(OpenViolation)})


def _settled(row: WallCall, at: datetime) -> WallCall:
    """A live call is shown as frozen while a side's picture stands still, and as live again afterwards."""
    if row.status is WallStatus.LIVE and row.frozen:
        return _show_freeze(row)
    if row.status is WallStatus.FROZEN and row.frozen and row.side not in row.frozen:
        return _show_freeze(row)
    if row.status is WallStatus.FROZEN and not row.frozen:
        return replace(row, status=WallStatus.LIVE, since=at, cause=None, side=None)
    return row


def _show_freeze(row: WallCall) -> WallCall:
    side, freeze = min(row.frozen.items(), key=lambda item: (item[1].since, item[0]))
    return replace(row, status=WallStatus.FROZEN, since=freeze.since, cause=freeze.cause, side=side)


def _paused(row: WallCall, event: CallPaused) -> WallCall:
    by_staff = event.paused_by is PausedBy.STAFF
    if row.status is WallStatus.INTERRUPTED and by_staff and not row.for_staff:
        return replace(row, for_staff=True, help_asked_at=None)  # it waits for staff after the interruption
    return replace(
        row,
        status=WallStatus.PAUSED,
        # One that is handed to staff is still the same pause.
        since=row.since if row.status is WallStatus.PAUSED else event.at,
        stopped_at=row.stopped_at or event.at,
        cause=event.cause,
        side=event.side,
        for_staff=event.for_staff,
        escalated=False,
        rejoin_until=None,
        help_asked_at=None if by_staff else row.help_asked_at,
    )


def _held(row: WallCall, at: datetime) -> WallCall:
    """Before the start everybody waits; a call that runs stands still, and nobody but an officer can change it."""
    stopped_at = None if row.started_at is None else row.stopped_at or at
    kept = row if row.started_at is None else _going_on(row)
    return replace(kept, status=WallStatus.HELD_FOR_MONITOR, since=at, stopped_at=stopped_at)


def _interrupted(row: WallCall, event: CallInterrupted) -> WallCall:
    return replace(
        row,
        status=WallStatus.INTERRUPTED,
        since=event.at,
        stopped_at=row.stopped_at or event.at,
        cause=event.cause,
        side=event.side,
        rejoin_until=event.rejoin_until,
    )


def _going_on(row: WallCall) -> WallCall:
    return replace(
        row,
        stopped_at=None,
        cause=None,
        side=None,
        for_staff=False,
        escalated=False,
        may_leave=False,
        rejoin_until=None,
    )


def _unflagged(row: WallCall, event: BookingUnflagged) -> WallCall:
    """Decided: a call that was held for it may start, which the next event says."""
    left = {one: kind for one, kind in row.flags.items() if one != event.flag}
    if row.status is WallStatus.HELD_FOR_FACTS and not left:
        return replace(row, flags=left, status=WallStatus.WAITING, since=event.at, cause=None)
    return replace(row, flags=left)


def _ended(row: WallCall, at: datetime, outcome: str) -> WallCall:
    over = replace(
        _going_on(row), frozen={}, unchecked=(), lines={}, ways={}, audio_only=(), muted={}, by_eye={}
    )
    return replace(over, status=WallStatus.ENDED, since=at, ended_at=at, outcome=outcome)


def _monitored(row: WallCall, officer: str, at: datetime) -> WallCall:
    """An officer watches: whoever asked for help is seen, and a call held for a monitor may start."""
    held = row.status is WallStatus.HELD_FOR_MONITOR and row.started_at is None
    return replace(
        row,
        monitors=_with(row.monitors, officer),
        help_asked_at=None,
        status=WallStatus.WAITING if held else row.status,
        since=at if held else row.since,
    )


def _with(those: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    return those if one in those else (*those, one)


def _without(those: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    return tuple(other for other in those if other != one)
