"""What officers do about an incident. That it began needs no event: it follows from what happened to its call."""

from enum import StrEnum

from domain.call.events import CallInterrupted, CallPaused, CallResumed, PauseEscalated
from domain.concern import ConcernClosed, ConcernRaised
from domain.event import CallEvent
from domain.lifecycle import CallCompleted, CallTerminated, Written
from domain.stream import ModerationLost, ModerationRestored
from domain.violation import ViolationRaised, ViolationReviewed


class IncidentOutcome(StrEnum):
    """What came of an incident, in the word of whoever closed it."""

    NOTHING_WRONG = "nothing_wrong"
    SETTLED = "settled"  # dealt with while the call went on, or before it did
    CALL_ENDED = "call_ended"
    PASSED_ON = "passed_on"  # others go on with it: safeguarding, security, the technicians


class IncidentTaken(CallEvent):
    """An officer takes an incident up."""

    incident: str
    officer: str
    instead_of: str | None = None  # who had it until now


class IncidentHandedBack(CallEvent):
    """The officer who had it leaves it to others."""

    incident: str
    officer: str
    note: Written = None


class IncidentClosed(CallEvent):
    """The officer who had it says what came of it."""

    incident: str
    officer: str
    outcome: IncidentOutcome
    note: Written = None


IncidentEvent = IncidentTaken | IncidentHandedBack | IncidentClosed
AlertFact = ViolationRaised | ConcernRaised | PauseEscalated | ModerationLost | CallInterrupted
"""What begins an incident, or belongs to the one that is open."""

DecidingFact = (
    ViolationReviewed
    | ConcernClosed
    | ModerationRestored
    | CallPaused
    | CallResumed
    | CallCompleted
    | CallTerminated
)
"""What ends an alert."""

IncidentFact = AlertFact | DecidingFact | IncidentEvent
