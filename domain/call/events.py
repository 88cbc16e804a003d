"""What can happen to a call between its start and its end."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.booking.events import BookingChanged, CallBooked
from domain.clearance import Side
from domain.event import CallEvent
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.lifecycle import (
    CallCompleted,
    CallExtended,
    CallMinutesCredited,
    CallStarted,
    CallTerminated,
    Written,
)
from domain.moderation.kind import FaceWord, Severity
from domain.violation import ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import CallHeldForMonitor, MonitorJoined, MonitorLeft, WaitingRoomOpened


class PausedBy(StrEnum):
    """Who stopped the call."""

    AUTO = "auto"
    STAFF = "staff"


class WordOnFace(BaseModel):
    """The officer's word on one face that stopped the call."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    side: Side
    track: int
    word: FaceWord
    person: str | None = None


class CallPaused(CallEvent):
    """Nobody sees or hears the other side until the call is resumed."""

    cause: str
    severity: Severity
    paused_by: PausedBy
    officer: str | None
    side: Side | None  # whose picture it was about
    violation: str | None
    for_staff: bool  # False: goes on by itself when the cause is gone
    media_ms: int | None
    reason: Written = None


class PauseEscalated(CallEvent):
    """Nobody decided on a pause in time."""

    cause: str


class PauseExplained(CallEvent):
    """Both sides were told why they still wait, and that they lose nothing if they leave."""

    text_key: str


class CallResumed(CallEvent):
    """The call goes on."""

    cause: str  # staff, cleared, rejoined, moderation_restored, log_back, monitor_joined, monitor_took_over
    officer: str | None
    words: tuple[WordOnFace, ...]
    paused_ms: int
    reason: Written = None


class CallInterrupted(CallEvent):
    """The call cannot go on for a technical cause; both sides may rejoin for a while."""

    cause: str
    side: Side | None
    last_media_ms: int | None
    rejoin_until: AwareDatetime


class InterruptionOver(CallEvent):
    """The technical cause is gone: the call may go on as soon as both sides are there."""

    cause: str  # moderation_restored, log_back


class ParticipantLeft(CallEvent):
    """A side is gone."""

    side: Side
    cause: str  # left, connection_lost
    last_media_ms: int | None


class ParticipantRejoined(CallEvent):
    """The side is back, with a new connection."""

    side: Side


class CallClosed(CallEvent):
    """Nothing more will be added to the call itself."""


CallHappened = (
    ViolationRaised
    | ViolationCleared
    | CallPaused
    | PauseEscalated
    | PauseExplained
    | CallResumed
    | CallInterrupted
    | InterruptionOver
    | CallHeldForMonitor
    | CallExtended
    | CallMinutesCredited
    | ParticipantLeft
    | ParticipantRejoined
    | CallCompleted
    | CallTerminated
)
CallFact = (
    CallHappened
    | CallBooked
    | BookingChanged
    | WaitingRoomOpened
    | MonitorJoined
    | MonitorLeft
    | CallStarted
    | ViolationReviewed
    | BookingFlagged
    | BookingUnflagged
)
