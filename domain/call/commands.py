"""What may be asked of a call, and what its media worker reports of it."""

from typing import Any

from pydantic import AwareDatetime

from domain.call.events import WordOnFace
from domain.clearance import Side
from domain.event import Command
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


class CompleteCall(Command):
    """The time is up, or the grace after an interruption. Sent by its deadline; early ones do nothing."""

    call: str


CallCommand = (
    ReportViolation
    | ReportCleared
    | ReportPause
    | ResumeCall
    | ReportLost
    | ReportBack
    | ReportInterrupted
    | ReportOver
    | EscalatePause
    | EndCall
    | StopCall
    | LeaveCall
    | CompleteCall
)
