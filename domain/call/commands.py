"""What may be asked of a call, and what its media worker reports of it."""

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.calendar import local_day, local_month
from domain.call.events import WordOnFace
from domain.clearance import Side
from domain.event import Command
from domain.flag.events import FlagKind
from domain.moderation.kind import Action, Kind, Severity


class ReportViolation(Command):
    """The rules found a violation; the worker has already done what `action` says."""

    call: str
    violation: str
    side: Side
    kind: Kind
    severity: Severity
    action: Action
    since_ms: int
    media_ms: int
    track: int | None = None
    evidence: dict[str, Any]


class ReportCleared(Command):
    """The cause of a violation is gone."""

    call: str
    side: Side
    kind: Kind
    media_ms: int


class ReportPause(Command):
    """The worker closed the call because an officer asked for it."""

    call: str
    cause: str
    officer: str
    reason: str


class ResumeCall(Command):
    """An officer lets a paused call go on."""

    call: str
    officer: str
    reason: str
    words: tuple[WordOnFace, ...] = ()


class ReportLost(Command):
    """A side's media stopped coming."""

    call: str
    side: Side
    cause: str
    last_media_ms: int | None


class ReportBack(Command):
    """A side's media comes again."""

    call: str
    side: Side


class ReportInterrupted(Command):
    """The call stopped for a technical cause: checking lost, log away too long, worker died.

    `at` is when it stopped, as far as it is known; `noticed_at` when that was found out, if later.
    """

    call: str
    cause: str
    last_media_ms: int | None
    noticed_at: AwareDatetime | None = None


class ReportOver(Command):
    """Checking is possible again after an interruption."""

    call: str
    cause: str


class EscalatePause(Command):
    """The time for a decision on the pause that began then is over. Sent by its deadline."""

    call: str
    paused_at: AwareDatetime


class EndCall(Command):
    """An officer ends the call."""

    call: str
    officer: str
    reason: str


class StopCall(Command):
    """The prison stopped all its calls: this one ends, and what was left of its time is given back."""

    call: str


class LeaveCall(Command):
    """A side leaves on its own wish."""

    call: str
    side: Side


class Beyond(BaseModel):
    """What a call would take if it went on after its time, as it was looked up; the decision checks it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    prison: str
    zone: str
    session: str
    records: tuple[str, ...]  # the person in prison under every record they ever had
    visitors: tuple[str, ...]
    device: str | None
    sessions: tuple[str, ...]  # the times for calls that begin soon after
    until: AwareDatetime  # so far they were looked up

    @property
    def around(self) -> tuple[datetime, ...]:
        """Moments whose days and months hold every call that could overlap, also over midnight."""
        return (self.until - timedelta(days=1), self.until, self.until + timedelta(days=1))

    @property
    def days(self) -> tuple[date, ...]:
        """The days on which a call could be in the way, as any zone counts them."""
        return tuple(sorted({local_day(moment, self.zone) for moment in self.around}))

    @property
    def months(self) -> tuple[str, ...]:
        """The months of those days."""
        return tuple(sorted({local_month(moment, self.zone) for moment in self.around}))


class CompleteCall(Command):
    """The time is up, or the grace after an interruption. Sent by its deadline; early ones end nothing.

    Shortly before the end, and at it, the call may be given more time in place of its end: see `domain.call.ending`.
    """

    call: str
    beyond: Beyond | None = None  # None: it is given no more time


class GoOn(Command):
    """What stopped the call may be over: let it go on if everything is. Sent when something changed."""

    call: str
    cause: str


class HoldForMonitor(Command):
    """The officer who watched has left: a call that needs one does not go on without. Sent when one leaves."""

    call: str


class PauseFlagged(Command):
    """A fact changed under the running call, and somebody has to decide first. Sent when it was flagged."""

    call: str
    kind: FlagKind


CallCommand = (
    ReportViolation
    | ReportCleared
    | ReportPause
    | ResumeCall
    | ReportLost
    | ReportBack
    | ReportInterrupted
    | ReportOver
    | GoOn
    | HoldForMonitor
    | PauseFlagged
    | EscalatePause
    | EndCall
    | StopCall
    | LeaveCall
    | CompleteCall
)
