"""Every event there is, by the name under which it is stored. Old names are kept for ever."""

from collections.abc import Mapping
from typing import get_args

from domain.access import RecordViewed, StreamLookedAt, WallWatched
from domain.booking import BookingCancelled, BookingRefused, CallBooked, CallRequestApproved, CallRequested
from domain.call.events import (
    CallClosed,
    CallInterrupted,
    CallMinutesCredited,
    CallPaused,
    CallResumed,
    ParticipantLeft,
    ParticipantRejoined,
    PauseEscalated,
)
from domain.concern import ConcernRaised
from domain.enrolment import FaceTemplateEnrolled
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.person import PersonRegistered
from domain.policy import PolicyPublished
from domain.relationship import RelationshipApproved
from domain.stream import StreamEvent
from domain.timetable import SessionOpened
from domain.violation import ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import (
    CallHeldForMonitor,
    ClearanceModeSet,
    IdentityChecked,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    WaitingRoomOpened,
)

EVENTS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        PolicyPublished,
        PersonRegistered,
        FaceTemplateEnrolled,
        RelationshipApproved,
        SessionOpened,
        CallRequested,
        CallRequestApproved,
        CallBooked,
        BookingCancelled,
        BookingRefused,
        WaitingRoomOpened,
        ParticipantArrived,
        IdentityChecked,
        ParticipantAdmitted,
        ClearanceModeSet,
        MonitorJoined,
        MonitorLeft,
        CallHeldForMonitor,
        CallStarted,
        *get_args(StreamEvent),
        ViolationRaised,
        ViolationCleared,
        CallPaused,
        PauseEscalated,
        CallResumed,
        CallInterrupted,
        ParticipantLeft,
        ParticipantRejoined,
        CallMinutesCredited,
        CallCompleted,
        CallTerminated,
        CallMissed,
        CallClosed,
        ViolationReviewed,
        ConcernRaised,
        RecordViewed,
        WallWatched,
        StreamLookedAt,
    )
}
