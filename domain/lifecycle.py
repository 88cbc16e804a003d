"""The moments of a call that several decisions rest on: it started, and how it ended."""

from datetime import datetime
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


class MissedBecause(StrEnum):
    """Why a call was not held, as far as the facts of presence and staff's own word show it."""

    NOBODY_CAME = "nobody_came"
    VISITOR_DID_NOT_ARRIVE = "visitor_did_not_arrive"
    PRISONER_NOT_BROUGHT = "prisoner_not_brought"
    PRISONER_REFUSED_TO_ATTEND = "prisoner_refused_to_attend"
    PARTICIPANT_REFUSED = "participant_refused"  # staff let a side not in
    ESTABLISHMENT = "establishment"  # the prison had locked the call, or stopped all of them
    SERVICE = "service"  # both were there


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
    because: MissedBecause | None = None  # None: an earlier release, which did not say


class CallExtended(CallEvent):
    """The call goes on past its end, for the time that the service took from it.

    It keeps its place until then, as a booking does: by the tags of everything it takes. What was given so is
    never credited as well.
    """

    TAGS: ClassVar = ("call", "session", "prisoner_month", "visitor_day", "device_day")
    seconds: int
    cause: str  # of what took the time, the last of it
    was_until: AwareDatetime  # its end before
    ends_at: AwareDatetime
    session: tuple[str, ...]  # the times for calls that begin before the new end: it takes a place in each
    prisoner: str
    visitors: tuple[str, ...]
    prisoner_month: str
    visitor_day: tuple[str, ...]
    one_way: bool
    device: str | None
    device_day: tuple[str, ...]

    @property
    def starts_at(self) -> datetime:
        """From when it takes what it did not take before."""
        return self.was_until

    @property
    def minutes(self) -> int:
        """For how long, in whole minutes."""
        return -(-self.seconds // 60)


class CallMinutesCredited(PrisonEvent):
    """Time that the service took from a call, and that it could not go on for, is given to the month."""

    TAGS: ClassVar = ("call", "prisoner_month")
    call: str
    prisoner_month: str
    seconds: int
    cause: str
