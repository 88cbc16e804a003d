"""The moments of a call that several decisions rest on: it started, and how it ended."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AwareDatetime

from domain.event import CallEvent, Personal, PrisonEvent, Purpose
from domain.policy import CallPolicy

Written = Annotated[str | None, Personal(of="call", purpose=Purpose.CONVERSATION)]
"""Words that somebody typed about a call: stored under the call's own key."""


class CallOutcome(StrEnum):
    """How a call ended, in the field's words."""

    COMPLETED_NORMALLY = "completed_normally"
    PRISONER_COMPLETED_EARLY = "prisoner_completed_early"
    VISITOR_COMPLETED_EARLY = "visitor_completed_early"
    TECHNICAL_FAILURE_PRISON = "technical_failure_prison"
    TECHNICAL_FAILURE_VISITOR = "technical_failure_visitor"
    TECHNICAL_FAILURE_SERVICE = "technical_failure_service"
    ESTABLISHMENT_ENDED = "establishment_ended"  # the prison stopped all its calls


class MissedBy(StrEnum):
    """Who was not there when the time of a call was over."""

    PRISONER = "prisoner"
    VISITOR = "visitor"
    BOTH = "both"
    NOBODY = "nobody"  # both were there: the service did not bring them together
    ESTABLISHMENT = "establishment"  # the prison let nobody enter, for all of the wait or a part of it


class CallStarted(CallEvent):
    """Both sides see and hear each other from now on. The call's media time 0."""

    policy_version: str  # pinned: the call is judged by this version to its end
    rules: CallPolicy  # that version's rules for a running call
    ends_at: AwareDatetime


class CallCompleted(CallEvent):
    """The call is over: its time was up, or a side left, or it could not go on."""

    outcome: CallOutcome
    talk_ms: int
    paused_ms: int


class CallTerminated(CallEvent):
    """An officer ended the call."""

    terminated_by: str
    talk_ms: int
    paused_ms: int
    reason: Written = None


class CallLocked(CallEvent):
    """Nobody enters any more."""

    officer: str
    reason: Written = None


class CallUnlocked(CallEvent):
    """The people of the call may enter again."""

    officer: str
    reason: Written = None


class CallMissed(CallEvent):
    """Its time was over and it had not started. Whoever was waiting is not to blame."""

    missed_by: MissedBy
    arrived: tuple[str, ...]  # the sides that were present: the evidence


class CallMinutesCredited(PrisonEvent):
    """Time that the service took from a call is given back at once."""

    TAGS: ClassVar = ("call", "prisoner_month")
    call: str
    prisoner_month: str
    seconds: int
    cause: str
