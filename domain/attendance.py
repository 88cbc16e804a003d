"""Attendance: when each side was there, from the facts of its presence and from nothing else.

Nobody who was in the waiting room is ever told that they did not come, whatever else is on record.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.call.events import ParticipantLeft, ParticipantRejoined
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import (
    CallCompleted,
    CallMinutesCredited,
    CallMissed,
    CallOutcome,
    CallStarted,
    CallTerminated,
    MissedBy,
)
from domain.waiting_room.events import ParticipantAdmitted, ParticipantArrived, WaitingRoomOpened

PRESENCE: tuple[type[Event], ...] = (
    WaitingRoomOpened,
    ParticipantArrived,
    ParticipantAdmitted,
    CallStarted,
    ParticipantLeft,
    ParticipantRejoined,
    CallMinutesCredited,
    CallCompleted,
    CallTerminated,
    CallMissed,
)
"""The facts that attendance is made of; all carry the call's tag."""


class Ended(StrEnum):
    """How a call came to its end."""

    COMPLETED = "completed"
    BY_STAFF = "by_staff"
    MISSED = "missed"


class Presence(BaseModel):
    """When one side was there. A moment that is none: it was not, or not yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    arrived_at: AwareDatetime | None = None
    admitted_at: AwareDatetime | None = None
    left_at: AwareDatetime | None = None  # for good: whoever came back has not left


class Attendance(BaseModel):
    """When each side was there, and what became of the call."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    prisoner: Presence = Presence()
    visitor: Presence = Presence()
    opened_at: AwareDatetime | None = None  # the waiting room
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    ended: Ended | None = None
    outcome: CallOutcome | None = None
    missed_by: MissedBy | None = None
    talk_s: int = 0
    credited_s: int = 0  # given back to the month's call time

    def of(self, side: Side) -> Presence:
        """The presence of one side."""
        return self.prisoner if side is Side.PRISONER else self.visitor

    @property
    def absent(self) -> tuple[Side, ...]:
        """The sides that never came to a call that was missed. Whoever waited is not among them."""
        if self.ended is not Ended.MISSED or self.missed_by is MissedBy.ESTABLISHMENT:
            return ()
        return tuple(side for side in Side if self.of(side).arrived_at is None)


def attendance(facts: Iterable[Event]) -> Attendance:
    """The attendance of one call, from its facts in order."""
    found = Attendance()
    for fact in facts:
        found = _after(found, fact)
    return found


def _after(before: Attendance, fact: Event) -> Attendance:
    match fact:
        case WaitingRoomOpened(at=at):
            return _with(before, opened_at=at)
        case ParticipantArrived(at=at, side=side):
            return _present(before, side, arrived_at=before.of(side).arrived_at or at)
        case ParticipantAdmitted(at=at, side=side):
            return _present(before, side, admitted_at=before.of(side).admitted_at or at)
        case CallStarted(at=at):
            return _with(before, started_at=at)
        case ParticipantLeft(at=at, side=side):
            return _present(before, side, left_at=at)
        case ParticipantRejoined(side=side):
            return _present(before, side, left_at=None)
        case CallMinutesCredited(seconds=seconds):
            return _with(before, credited_s=before.credited_s + seconds)
        case CallCompleted(at=at, outcome=outcome, talk_ms=talk_ms):
            return _over(before, at, ended=Ended.COMPLETED, outcome=outcome, talk_s=talk_ms // 1000)
        case CallTerminated(at=at, talk_ms=talk_ms):
            return _over(before, at, ended=Ended.BY_STAFF, talk_s=talk_ms // 1000)
        case CallMissed(at=at, missed_by=missed_by):
            return _with(before, ended=Ended.MISSED, ended_at=at, missed_by=missed_by)
        case _:
            return before  # no fact of anybody's presence


def _over(before: Attendance, at: Any, **changes: Any) -> Attendance:
    """With the end of a call everybody who was still there has left it."""
    after = _with(before, ended_at=at, **changes)
    for side in Side:
        there = before.of(side)
        if there.arrived_at is not None and there.left_at is None:
            after = _present(after, side, left_at=at)
    return after


def _present(before: Attendance, side: Side, **changes: Any) -> Attendance:
    return _with(before, **{side.value: before.of(side).model_copy(update=changes)})


def _with(before: Attendance, **changes: Any) -> Attendance:
    return before.model_copy(update=changes)
