"""Audio only: one side's picture is left out for a while, so that a weak line carries at least the sound.

No picture flows then and no rule about pictures runs; so it is for people whose identity was verified, and
for a few minutes at a time. Afterwards the picture has to be seen again, judged, before it may be left out
once more.

    seen -- bad line, or the side's own wish --> AUDIO ONLY -- line good, own wish, time up --> judged again
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never

from pydantic import AwareDatetime

from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused, milliseconds
from domain.lifecycle import CallCompleted, CallStarted, CallTerminated
from domain.network import Grade, Way, lines_of
from domain.policy import CallPolicy
from domain.stream import QualityDegraded, QualityRecovered, StreamReleased
from domain.waiting_room.events import ParticipantAdmitted


class AudioOnlyBecause(StrEnum):
    """Why a picture is left out."""

    BAD_LINE = "bad_line"
    CHOICE = "choice"  # the side itself asked for it


class PictureBecause(StrEnum):
    """Why a picture is sent again."""

    LINE_RECOVERED = "line_recovered"
    CHOICE = "choice"
    TIME_UP = "time_up"


class AudioOnlyEntered(CallEvent):
    """The side's picture is left out from here on; its sound goes on."""

    side: Side
    cause: AudioOnlyBecause
    until: AwareDatetime


class AudioOnlyLeft(CallEvent):
    """The side's picture may flow again, from a judged key frame on."""

    side: Side
    cause: PictureBecause
    lasted_ms: int


class EnterAudioOnly(Command):
    """Leave one side's picture out."""

    call: str
    side: Side
    cause: AudioOnlyBecause


class LeaveAudioOnly(Command):
    """Send one side's picture again."""

    call: str
    side: Side
    cause: PictureBecause


AudioOnlyFact = (
    ParticipantAdmitted
    | CallStarted
    | StreamReleased
    | QualityDegraded
    | QualityRecovered
    | AudioOnlyEntered
    | AudioOnlyLeft
    | CallCompleted
    | CallTerminated
)


@dataclass(frozen=True)
class AudioOnly:
    """Whose picture is left out, whose may be, and how good the lines are."""

    started: CallStarted | None = None
    over: bool = False
    verified: frozenset[Side] = frozenset()
    entered: Mapping[Side, AudioOnlyEntered] = field(default_factory=dict)  # that last
    owed: frozenset[Side] = frozenset()  # left out before, and not seen since
    lines: Mapping[tuple[Side, Way], Grade] = field(default_factory=dict)  # those that are not good

    @property
    def rules(self) -> CallPolicy:
        """Those of the policy version pinned at the start."""
        return self.started.rules if self.started is not None else CallPolicy()

    def grade(self, side: Side) -> Grade:
        """How good a side's line is, the worse of its two ways."""
        ways = [grade for (at, _), grade in self.lines.items() if at is side]
        return max(ways, key=list(Grade).index, default=Grade.GOOD)


initial = AudioOnly()


def boundary(command: EnterAudioOnly | LeaveAudioOnly) -> Boundary:
    """Who was verified, whether the call runs, what was seen, and the lines."""
    return (
        about(
            f"call:{command.call}",
            ParticipantAdmitted,
            CallStarted,
            StreamReleased,
            QualityDegraded,
            QualityRecovered,
            AudioOnlyEntered,
            AudioOnlyLeft,
            CallCompleted,
            CallTerminated,
        ),
    )


def evolve(state: AudioOnly, event: AudioOnlyFact) -> AudioOnly:
    """The pictures and lines after the event."""
    match event:
        case ParticipantAdmitted(side=side):
            return replace(state, verified=state.verified | {side})
        case CallStarted():
            return replace(state, started=event)
        case StreamReleased(side=side):
            late = side in state.entered  # it left just before it was left out
            return state if late else replace(state, owed=state.owed - {side})
        case QualityDegraded(side=side, way=way, grade=grade):
            return replace(state, lines={**state.lines, (side, way): grade})
        case QualityRecovered(side=side, way=way):
            return replace(state, lines={k: v for k, v in state.lines.items() if k != (side, way)})
        case AudioOnlyEntered(side=side):
            return replace(state, entered={**state.entered, side: event}, owed=state.owed | {side})
        case AudioOnlyLeft(side=side):
            return replace(state, entered={k: v for k, v in state.entered.items() if k is not side})
        case CallCompleted() | CallTerminated():
            return replace(state, over=True, entered={})
        case _:
            assert_never(event)


def decide(state: AudioOnly, command: EnterAudioOnly | LeaveAudioOnly) -> list[Any]:
    """What follows for the picture."""
    if state.over:
        return []  # Whatever was still under way when the call ended.
    if state.started is None:
        raise Refused("This call has not started.", "call_not_started")
    match command:
        case EnterAudioOnly():
            return _enter(state, state.started, command)
        case LeaveAudioOnly():
            return _leave(state, state.started, command)
        case _:
            assert_never(command)


def _enter(state: AudioOnly, started: CallStarted, command: EnterAudioOnly) -> list[Any]:
    if command.side in state.entered:
        return []
    if command.side not in state.verified:
        raise Refused("Who is in the picture has to be checked first.", "identity_unverified")
    if command.side in state.owed:
        raise Refused("The picture has to be seen again for a moment first.", "picture_owed")
    if command.cause is AudioOnlyBecause.BAD_LINE and not _line_is_bad(state, command.side):
        return []  # It has recovered meanwhile.
    until = command.at + timedelta(seconds=state.rules.line.audio_only_max_s)
    return [AudioOnlyEntered(**_of(started, command), cause=command.cause, until=until)]


def _leave(state: AudioOnly, started: CallStarted, command: LeaveAudioOnly) -> list[Any]:
    entered = state.entered.get(command.side)
    if entered is None or not _may_leave(entered, command.cause, command.at):
        return []
    lasted_ms = max(0, milliseconds(command.at, entered.at))
    return [AudioOnlyLeft(**_of(started, command), cause=command.cause, lasted_ms=lasted_ms)]


def _may_leave(entered: AudioOnlyEntered, cause: PictureBecause, at: datetime) -> bool:
    match cause:
        case PictureBecause.CHOICE:
            return True
        case PictureBecause.LINE_RECOVERED:
            return entered.cause is AudioOnlyBecause.BAD_LINE
        case PictureBecause.TIME_UP:
            return at >= entered.until
        case _:
            assert_never(cause)


def _line_is_bad(state: AudioOnly, side: Side) -> bool:
    return any(state.lines.get(line) is Grade.BAD for line in lines_of(side))


def _of(started: CallStarted, command: EnterAudioOnly | LeaveAudioOnly) -> dict[str, Any]:
    return {"at": command.at, "call": started.call, "prison": started.prison, "side": command.side}
