"""What can happen between the opening of the waiting room and the start of the call."""

from enum import StrEnum
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.barring.events import Barring
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked, Video
from domain.clearance import ClearanceMode, Side, Tap
from domain.enrolment.events import FaceFact
from domain.event import CallEvent
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.lifecycle import (
    CallCompleted,
    CallLocked,
    CallMissed,
    CallStarted,
    CallTerminated,
    CallUnlocked,
    Written,
)
from domain.monitoring.events import Authorising
from domain.policy import CallPolicy, PolicyPublished
from domain.prisoner.events import FactsReceived
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.texts import Language
from domain.timetable.events import SessionOpened, Starts

TOOK_OVER = "monitor_took_over"
"""Cause of a mode that says only that an officer judges in place of the checks that were lost."""


class IdentityResult(StrEnum):
    """What the comparison of faces at admission came to."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNSURE = "unsure"


class AdmissionBasis(StrEnum):
    """Why a side was let in."""

    MATCH = "match"
    STAFF = "staff"


class ExpectedFace(BaseModel):
    """One template by which a person may be known; a person may have several."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person: str
    template: str  # vault reference


class Expected(BaseModel):
    """Who is expected on one side, and how their stream will be checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    persons: tuple[str, ...]
    faces: tuple[ExpectedFace, ...]  # empty where faces are only counted
    mode: ClearanceMode
    children: tuple[str, ...] = ()  # those of the persons who are registered as children


class SeenFace(BaseModel):
    """One face at admission: the nearest approved person and how far it was from their template."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person: str | None
    distance: int  # 1/10,000


class BarredOnCall(BaseModel):
    """One face that the visitors' pictures are compared with, because it is barred from calls with this person."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    barred: str
    template: str  # vault reference


class WaitingRoomOpened(CallEvent):
    """People may arrive. The policy version and the way each side will be checked are fixed."""

    TAGS: ClassVar = ("call", "authorisation")
    policy_version: str
    starts_at: AwareDatetime
    minutes: int
    starts: Starts
    missed_at: AwareDatetime
    prisoner: Expected
    visitor: Expected
    monitor_required: bool
    video: Video = Video.BOTH_WAYS
    declaration: bool = False  # whoever joins confirms the rules first
    facts_max_age_minutes: int = 0  # with older facts about people in prison it does not start; 0: no matter
    confidential: bool = False  # a call with a lawyer: OPEN, or IMAGE_ONLY under the authorisation named here
    authorisation: str | None = None
    authorised_until: AwareDatetime | None = None  # then its pictures are nobody's any more, noted or not
    staff_may_listen: bool = True  # without an authorisation: the terms of this type of call
    rules: CallPolicy  # of the policy version, for the running call
    recorded: bool = False  # what both sides show and say; their pages tell them
    evidence_pictures: bool = False  # of what pauses the call or alerts staff; they are told that too
    barred: tuple[BarredOnCall, ...] = ()  # as the list stood now; only where the visitors' faces are matched


class DeclarationMade(CallEvent):
    """Somebody confirmed the rules of the call, in these words, before joining it."""

    side: Side
    person: str
    text_version: str
    language: Language


class CommunicationsCompactAcknowledged(CallEvent):
    """Somebody in prison was told by staff, and in writing, that calls are watched and checked, and said so."""

    person: str
    text_version: str
    language: Language


class ParticipantArrived(CallEvent):
    """A side connected for the first time."""

    side: Side
    person: str


class IdentityChecked(CallEvent):
    """The faces of one side were compared with the people expected there."""

    TAGS: ClassVar = ("call", "checked_month")
    side: Side
    result: IdentityResult
    faces: tuple[SeenFace, ...]
    threshold: int  # 1/10,000
    engine: str
    checked_month: tuple[str, ...] = ()  # of each person seen, UTC: person/2026-11


class ParticipantAdmitted(CallEvent):
    """A side was let in."""

    side: Side
    basis: AdmissionBasis
    people: int
    admitted_by: str | None
    reason: Written = None


class ParticipantRefused(CallEvent):
    """An officer did not let a side in. It may wait: somebody else may look again."""

    side: Side
    refused_by: str
    reason: Written = None


class PrisonerRefusedToAttend(CallEvent):
    """The person in prison does not wish to take part, as staff were told."""

    noted_by: str


class ClearanceModeSet(CallEvent):
    """How the side's pictures are checked from now on, and who besides the other side may read its stream."""

    side: Side
    mode: ClearanceMode
    people: int
    cause: str  # all_enrolled, without_template, admitted_by_staff, confidential, why its taps were closed, who judges
    taps: tuple[Tap, ...] | None = None  # empty: nobody; None: not said, as before taps were put on record


class MonitorJoined(CallEvent):
    """An officer watches this call while it runs."""

    officer: str


class MonitorLeft(CallEvent):
    """The officer no longer watches."""

    officer: str


class HeldBecause(StrEnum):
    """Why a call that is ready does not start."""

    FLAGGED = "flagged"  # a fact changed, and nobody has decided yet
    FACTS_STALE = "facts_stale"  # the prison's own systems have not been heard for too long


class CallHeldForFacts(CallEvent):
    """Everybody is here, and the call does not start: what is known may no longer be true."""

    because: HeldBecause


class CallHeldForMonitor(CallEvent):
    """Everybody is ready; the call waits for an officer."""


WaitingEvent = (
    WaitingRoomOpened
    | DeclarationMade
    | CommunicationsCompactAcknowledged
    | ParticipantArrived
    | IdentityChecked
    | ParticipantAdmitted
    | ParticipantRefused
    | PrisonerRefusedToAttend
    | ClearanceModeSet
    | MonitorJoined
    | MonitorLeft
    | CallHeldForMonitor
    | CallHeldForFacts
    | CallStarted
    | CallMissed
)
WaitingFact = (
    WaitingEvent
    | CallBooked
    | BookingChanged
    | BookingCancelled
    | SessionOpened
    | PolicyPublished
    | FaceFact
    | Authorising
    | Barring
    | BookingFlagged
    | BookingUnflagged
    | FactsReceived
    | CallLocked
    | CallUnlocked
    | CallsBlocked
    | CallsUnblocked
    | CallCompleted
    | CallTerminated
)
