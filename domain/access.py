"""Looking is an act too: every view of personal data or of a call goes on record before it is answered."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, assert_never

from pydantic import AwareDatetime

from domain.clearance import Side
from domain.decider import Boundary
from domain.event import CallEvent, Command, PrisonEvent
from domain.kept import MediaKept
from domain.lifecycle import Written


class Viewed(StrEnum):
    """What was looked at."""

    TIMELINE = "timeline"
    CALENDAR = "calendar"
    USAGE = "usage"
    CALL = "call"
    PRISONER = "prisoner"  # looked up by number, name, date of birth and prison
    PEOPLE = "people"  # who waits for the prison, and one person with their links
    IDENTITY = "identity"
    CONTACT = "contact"
    NOTIFICATIONS = "notifications"
    REQUESTS = "requests"
    FLAGS = "flags"
    INCIDENTS = "incidents"
    REVIEWS = "reviews"
    QUALITY = "quality"
    ALLOCATIONS = "allocations"
    HANDOVER = "handover"
    COVERAGE = "coverage"
    EXPOSURE = "exposure"
    HIDDEN = "hidden"  # what is said of a hidden picture, in words
    OVERBOOKING = "overbooking"
    SCHEDULE = "schedule"
    ALLOWANCE = "allowance"
    HISTORY = "history"
    REPLAY = "replay"  # the checks of a call, run again
    STOPS = "stops"  # when and why all calls of a prison were stopped
    CONCERNS = "concerns"
    CONDUCT = "conduct"
    APPEALS = "appeals"
    MONITORING = "monitoring"  # who is monitored in a prison, and why
    BARRED = "barred"  # whose face is barred from whose calls
    RETENTION = "retention"  # what is kept of calls, and until when


class RecordViewed(PrisonEvent):
    """Somebody read a record."""

    TAGS: ClassVar = ("viewed",)
    viewed: str  # call:<id>, history:<call>, calendar:<prison>/<day>, allowance:<person>/<month>, requests:<prison>
    what: Viewed
    viewed_by: str


class WallWatched(PrisonEvent):
    """An officer watched the wall: one event for the whole time, not one for each picture."""

    watched_by: str
    login: str


class StreamLookedAt(CallEvent):
    """An officer opened the raw picture of one side, for themselves alone; with its sound, where that is said."""

    TAGS: ClassVar = ("call", "authorisation")
    side: Side
    officer: str
    viewer: str
    sound: bool | None = None  # None: not said, as before it was asked; then as the side's mode allowed
    authorisation: str | None = None  # on which it rests; None: on the terms of this type of call
    sound_until: AwareDatetime | None = None  # the authorisation's end: nothing is heard from then on
    reason: Written = None


class EvidenceViewed(CallEvent):
    """Somebody was given what is kept of one side of a call, and said what for."""

    side: Side
    media: MediaKept
    viewed_by: str
    purpose: Written = None
    violation: str | None = None  # of a picture: what it is of


View = RecordViewed | WallWatched | EvidenceViewed


class RecordView(Command):
    """Put a view on record."""

    view: View


@dataclass(frozen=True)
class Views:
    """Nothing is remembered: looking again is a new act."""


initial = Views()


def boundary(command: RecordView) -> Boundary:
    """A view rests on no fact but its own command id."""
    return ()


def evolve(state: Views, event: View) -> Views:
    """Views change nothing."""
    match event:
        case RecordViewed() | WallWatched() | EvidenceViewed():
            return state
        case _:
            assert_never(event)


def decide(state: Views, command: RecordView) -> list[View]:
    """The view."""
    return [command.view]
