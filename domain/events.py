"""Every event there is, by the name under which it is stored. Old names are kept for ever."""

from collections.abc import Mapping
from typing import get_args

from domain.access import EvidenceViewed, RecordViewed, StreamLookedAt, WallWatched
from domain.allocation.events import AllocationEvent
from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.appeal import AppealAssigned, AppealDecided, AppealLodged
from domain.audio_only import AudioOnlyEntered, AudioOnlyLeft
from domain.barring.events import BARRING
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRefused,
    BookingRuleOverridden,
    CallBooked,
    CallRequestApproved,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    ReservationReleased,
)
from domain.call.events import (
    CallClosed,
    CallInterrupted,
    CallPaused,
    CallResumed,
    InterruptionOver,
    ParticipantLeft,
    ParticipantRejoined,
    PauseEscalated,
    PauseExplained,
)
from domain.concern import ConcernAssigned, ConcernClosed, ConcernRaised, ConcernReferred
from domain.conduct import SanctionImposed, SanctionLifted, WarningIssued
from domain.contact import ContactDetailsGiven
from domain.device_check import DeviceChecked
from domain.dress_rehearsal.events import RehearsalHeld
from domain.enrolment.events import FACES
from domain.event import Event
from domain.evidence import EvidenceHeld
from domain.exposure import RevealEvent
from domain.flag.events import BookingFlagged, BookingUnflagged
from domain.handover import HandoverEvent
from domain.hint import ClientHintReported
from domain.identity import (
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityVerified,
)
from domain.incident.events import IncidentEvent
from domain.kept import MediaWeeded, RetentionExtended, WeedingBegun
from domain.lifecycle import (
    CallCompleted,
    CallExtended,
    CallLocked,
    CallMinutesCredited,
    CallMissed,
    CallStarted,
    CallTerminated,
    CallUnlocked,
)
from domain.looking import ListeningStopped
from domain.message import StaffMessageSent
from domain.monitoring.events import AUTHORISING, MonitoringLogged
from domain.mute import StreamMuted, StreamUnmuted
from domain.notification.events import (
    NotificationDelivered,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
)
from domain.person import ParticipantAdded, PersonRegistered
from domain.policy import PolicyPublished, TighteningReviewed
from domain.prisoner.events import STANDING, AppointmentCancelled, AppointmentRecorded, FactsReceived
from domain.reenrolment import ReenrolmentAsked
from domain.relationship import LINKS
from domain.restriction import RestrictionLifted, RestrictionPlaced
from domain.standby import StandbyJoined, StandbyLeft, StandbyOffered
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.stream import StreamEvent
from domain.subscription import WEBHOOK_EVENTS
from domain.takeover import JudgingGivenBack, JudgingTakenOver
from domain.timetable.events import TimetableEvent
from domain.violation import ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import (
    CallHeldForFacts,
    CallHeldForMonitor,
    ClearanceModeSet,
    CommunicationsCompactAcknowledged,
    DeclarationMade,
    IdentityChecked,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    ParticipantRefused,
    PrisonerRefusedToAttend,
    WaitingRoomOpened,
)

EVENTS: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        PolicyPublished,
        TighteningReviewed,
        PersonRegistered,
        ParticipantAdded,
        ContactDetailsGiven,
        IdentityEvidenceSubmitted,
        IdentityVerified,
        IdentityRejected,
        GuardianVouchedForChild,
        *FACES,
        ReenrolmentAsked,
        *LINKS,
        RestrictionPlaced,
        RestrictionLifted,
        *STANDING,
        AppointmentRecorded,
        AppointmentCancelled,
        FactsReceived,
        *get_args(TimetableEvent),
        CallAllowanceGranted,
        CallAllowanceAdjusted,
        CallReserved,
        ReservationReleased,
        CallRequested,
        CallRequestApproved,
        CallRequestRejected,
        CallRequestAutoRejected,
        CallRequestWithdrawn,
        CallBooked,
        BookingChanged,
        BookingCancelled,
        BookingRuleOverridden,
        BookingRefused,
        BookingFlagged,
        BookingUnflagged,
        StandbyJoined,
        StandbyOffered,
        StandbyLeft,
        *get_args(AllocationEvent),
        RehearsalHeld,
        DeviceChecked,
        WaitingRoomOpened,
        DeclarationMade,
        CommunicationsCompactAcknowledged,
        ParticipantArrived,
        IdentityChecked,
        ParticipantAdmitted,
        ParticipantRefused,
        PrisonerRefusedToAttend,
        ClearanceModeSet,
        MonitorJoined,
        MonitorLeft,
        CallHeldForMonitor,
        CallHeldForFacts,
        CallStarted,
        *get_args(StreamEvent),
        AudioOnlyEntered,
        AudioOnlyLeft,
        ViolationRaised,
        ViolationCleared,
        CallPaused,
        PauseEscalated,
        PauseExplained,
        CallResumed,
        CallInterrupted,
        InterruptionOver,
        ParticipantLeft,
        ParticipantRejoined,
        CallExtended,
        CallMinutesCredited,
        CallCompleted,
        CallTerminated,
        CallMissed,
        CallClosed,
        ViolationReviewed,
        ConcernRaised,
        ClientHintReported,
        StreamMuted,
        StreamUnmuted,
        JudgingTakenOver,
        JudgingGivenBack,
        StaffMessageSent,
        CallLocked,
        CallUnlocked,
        CallsBlocked,
        CallsUnblocked,
        *get_args(IncidentEvent),
        *get_args(HandoverEvent),
        ConcernAssigned,
        ConcernReferred,
        ConcernClosed,
        EvidenceHeld,
        RetentionExtended,
        WeedingBegun,
        MediaWeeded,
        WarningIssued,
        SanctionImposed,
        SanctionLifted,
        AppealLodged,
        AppealAssigned,
        AppealDecided,
        NotificationPlanned,
        NotificationSent,
        NotificationDelivered,
        NotificationFailed,
        RecordViewed,
        WallWatched,
        StreamLookedAt,
        EvidenceViewed,
        *get_args(RevealEvent),
        ListeningStopped,
        *AUTHORISING,
        *BARRING,
        MonitoringLogged,
        *WEBHOOK_EVENTS,
    )
}
