"""Every event there is with plausible values: a test names only what it cares about.

`fact(CallPaused, 40, cause="unapproved_face")` is the pause of the usual call 40 seconds after NOON.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid5

from application.ports import Actor, ActorKind, Recorded
from domain.access import EvidenceViewed, RecordViewed, StreamLookedAt, Viewed, WallWatched
from domain.allocation.events import (
    CallAllocated,
    CallDeallocated,
    DeallocatedBecause,
    OfficerAvailable,
    OfficerUnavailable,
)
from domain.allowance import AllowanceReason, CallAllowanceAdjusted, CallAllowanceGranted
from domain.appeal import AppealAgainst, AppealAssigned, AppealDecided, AppealLodged, AppealOutcome
from domain.audio_only import AudioOnlyBecause, AudioOnlyEntered, AudioOnlyLeft, PictureBecause
from domain.booking.events import (
    AutoRejectedBecause,
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
    Outcome,
    RejectedBecause,
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
    PausedBy,
    PauseEscalated,
    PauseExplained,
    WordOnFace,
)
from domain.clearance import ClearanceMode, Side, taps_of
from domain.concern import (
    ConcernAssigned,
    ConcernClosed,
    ConcernKind,
    ConcernOutcome,
    ConcernRaised,
    ConcernReferred,
    ReferredTo,
)
from domain.conduct import LiftedBecause, SanctionImposed, SanctionLifted, WarningIssued
from domain.contact import Channel, ContactDetailsGiven
from domain.device_check import CheckedItem, DeviceChecked, DeviceGrade, DeviceItem
from domain.dress_rehearsal.events import PersonRehearsed, RehearsalHeld, RehearsalResult
from domain.enrolment import (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    LawfulBasis,
    NonBiometricRouteChosen,
    PhotographQuality,
    RetiredBecause,
)
from domain.event import Event
from domain.evidence import EvidenceHeld
from domain.exposure import RevealAgreed, RevealAsked, SensitiveImageRevealed
from domain.flag.events import BookingFlagged, BookingUnflagged, ClearedBecause, FlagKind
from domain.handover import HandoverNoteRead, HandoverNoteWritten
from domain.hint import ClientHintReported, HintKind
from domain.identity import (
    DocumentKind,
    GuardianRelation,
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityRejectedBecause,
    IdentityVerified,
)
from domain.incident.events import (
    IncidentClosed,
    IncidentHandedBack,
    IncidentOutcome,
    IncidentTaken,
)
from domain.kept import MediaKept, MediaWeeded, RetentionExtended, WeedingBegun
from domain.lifecycle import (
    CallCompleted,
    CallExtended,
    CallLocked,
    CallMinutesCredited,
    CallMissed,
    CallOutcome,
    CallStarted,
    CallTerminated,
    CallUnlocked,
    MissedBecause,
    MissedBy,
)
from domain.looking import ListeningStopped
from domain.message import StaffMessageSent
from domain.moderation.kind import Action, FaceWord, Kind, Severity
from domain.monitoring.events import (
    Ground,
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringLapsed,
    MonitoringLogged,
    MonitoringRejected,
    MonitoringReview,
    MonitoringReviewed,
)
from domain.mute import MediaKind, StreamMuted, StreamUnmuted
from domain.network import Grade, Way
from domain.notification.events import (
    FailedBecause,
    NotificationDelivered,
    NotificationFailed,
    NotificationPlanned,
    NotificationSent,
    Occasion,
    Said,
)
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.policy import CallPolicy, Policy, PolicyPublished, ReviewResult, TighteningReviewed
from domain.prisoner.events import (
    AlertChanged,
    AlertCleared,
    AlertRaised,
    AppointmentCancelled,
    AppointmentKind,
    AppointmentRecorded,
    Conviction,
    FactsReceived,
    NonAssociationClosed,
    NonAssociationRecorded,
    PrisonerMerged,
    PrisonerProfileChanged,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
    ReceivedBecause,
    ReleasedBecause,
)
from domain.recording import RecordingFailed, RecordingSealed, RecordingStarted, RecordingStopped
from domain.reenrolment import ReenrolmentAsked, ReenrolmentCause
from domain.relationship import (
    ApprovalBasis,
    LinkRejectedBecause,
    Relation,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)
from domain.restriction import RestrictionKind, RestrictionLifted, RestrictionPlaced
from domain.standby import LeftBecause, StandbyJoined, StandbyLeft, StandbyOffered
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.stream import (
    CoachingShown,
    DataLightChosen,
    DetectionObserved,
    MediaConnected,
    ModerationLost,
    ModerationRestored,
    ModerationStarted,
    ObservationsSealed,
    QualityDegraded,
    QualityRecovered,
    ShadowDetectionObserved,
    SlateShown,
    StreamFrozen,
    StreamMeasured,
    StreamReleased,
)
from domain.subscription import (
    PausedBecause,
    WebhookPaused,
    WebhookReplayed,
    WebhookResumed,
    WebhookSecretRotated,
    WebhookSubscribed,
    WebhookUnsubscribed,
)
from domain.takeover import GivenBack, JudgingGivenBack, JudgingTakenOver
from domain.texts import Language
from domain.timetable.events import (
    BlockScope,
    CallType,
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
    Starts,
)
from domain.violation import ReviewOutcome, ViolationCleared, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import (
    AdmissionBasis,
    CallHeldForFacts,
    CallHeldForMonitor,
    ClearanceModeSet,
    CommunicationsCompactAcknowledged,
    DeclarationMade,
    Expected,
    ExpectedFace,
    HeldBecause,
    IdentityChecked,
    IdentityResult,
    MonitorJoined,
    MonitorLeft,
    ParticipantAdmitted,
    ParticipantArrived,
    ParticipantRefused,
    PrisonerRefusedToAttend,
    SeenFace,
    WaitingRoomOpened,
)

E = TypeVar("E", bound=Event)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""When the usual call begins: a Monday in winter, so that the prison's clock shows the same."""

PRISON, SESSION, CALL = "MDI", "session-1", "call-1"
TEMPLATE, DEVICE = "template-1", "device-1"
WEBHOOK = "webhook-1"
BLOCK = "block-1"
NOTIFICATION = "5e9a4c5e-6a0b-5d3c-8c52-0e1f2d3c4b5a"
PRISONER, VISITOR, OFFICER = "prisoner-1", "visitor-1", "officer-1"
GOVERNOR, AUTHORISATION = "governor-1", "authorisation-1"
MATCHED_PRISONER = Expected(
    persons=(PRISONER,),
    faces=(ExpectedFace(person=PRISONER, template="sha256:aa"),),
    mode=ClearanceMode.MATCH,
)
MATCHED_VISITOR = Expected(
    persons=(VISITOR,),
    faces=(ExpectedFace(person=VISITOR, template="sha256:bb"),),
    mode=ClearanceMode.MATCH,
)
COUNTED_VISITORS = Expected(persons=(VISITOR, "child-1"), faces=(), mode=ClearanceMode.COUNT)

_PLACE: Mapping[str, Any] = {
    "session": SESSION,
    "starts_at": NOON,
    "minutes": 30,
    "prisoner": PRISONER,
    "visitors": (VISITOR,),
    "prisoner_month": f"{PRISONER}/2026-11",
    "visitor_day": (f"{VISITOR}/2026-11-23",),
}

_MONITORED: Mapping[str, Any] = {"authorisation": AUTHORISATION, "monitored": PRISONER}
_NOTIFIED: Mapping[str, Any] = {"notification": NOTIFICATION, "person": VISITOR}

_MEASURE: Mapping[str, Any] = {
    "sanction": "sanction-1",
    "person": VISITOR,
    "side": Side.VISITOR,
    "violation": "violation-1",
}
USUAL: Mapping[type[Event], Mapping[str, Any]] = {
    PolicyPublished: {
        "version": 1,
        "document": Policy().document(),
        "published_by": "governor-1",
        "approved_by": None,
    },
    PersonRegistered: {
        "person": PRISONER,
        "kind": PersonKind.PRISONER,
        "prison": PRISON,
        "number": ("7d1c",),
        "name": "Somebody Somewhere",
        "prisoner_number": "A0000AA",
    },
    FaceTemplateEnrolled: {
        "person": PRISONER,
        "template": "sha256:aa",
        "photograph": "a1" * 32,
        "engine": "dlib-resnet/0f3c",
        "lawful_basis": LawfulBasis.PRISON_RECORD,
        "face_side_px": 180,
        "quality": PhotographQuality(sharpness=5200, brightness=128, turn=300),
        "photographed_on": date(2026, 9, 1),
    },
    FaceTemplateRetired: {
        "person": PRISONER,
        "template": "sha256:aa",
        "because": RetiredBecause.POOR_PHOTOGRAPH,
    },
    BiometricConsentGiven: {
        "person": VISITOR,
        "lawful_basis": LawfulBasis.CONSENT,
        "alternative_offered": True,
    },
    BiometricConsentWithdrawn: {"person": VISITOR},
    NonBiometricRouteChosen: {"person": VISITOR, "chosen_by": VISITOR},
    ReenrolmentAsked: {"person": VISITOR, "cause": ReenrolmentCause.WEAK_MATCHES, "checks": 3},
    ParticipantAdded: {"booker": VISITOR, "person": "child-1"},
    VisitorLinkRequested: {
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "booker": VISITOR,
        "relation": Relation.SIBLING,
        "requested_by": VISITOR,
    },
    VisitorLinkRejected: {
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "booker": VISITOR,
        "because": LinkRejectedBecause.DETAILS_DIFFER,
        "rejected_by": OFFICER,
        "words": "Please spell the name as in the passport",
    },
    RelationshipApproved: {
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "basis": ApprovalBasis.STAFF,
        "approved_by": OFFICER,
        "linked": (VISITOR,),
    },
    TighteningReviewed: {"version": 2, "result": ReviewResult.UPHELD, "reviewed_by": "governor-2"},
    IdentityEvidenceSubmitted: {
        "person": VISITOR,
        "evidence": "evidence-1",
        "document_kind": DocumentKind.PASSPORT,
        "document": "sha256:dd",
        "selfie": "sha256:ee",
        "distance": 3300,
        "threshold": 5000,
        "engine": "dlib-resnet/0f3c",
        "submitted_by": VISITOR,
    },
    IdentityVerified: {"person": VISITOR, "evidence": "evidence-1", "verified_by": OFFICER},
    IdentityRejected: {
        "person": VISITOR,
        "evidence": "evidence-1",
        "because": IdentityRejectedBecause.PHOTO_UNCLEAR,
        "rejected_by": OFFICER,
        "note": "The lower edge is cut off",
    },
    GuardianVouchedForChild: {"person": "child-1", "guardian": VISITOR, "relation": GuardianRelation.PARENT},
    VisitorUnapproved: {
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "unapproved_by": OFFICER,
        "reason": "Asked not to be called any more",
    },
    RestrictionPlaced: {
        "restriction": "restriction-1",
        "visitor": VISITOR,
        "prisoner": PRISONER,
        "kind": RestrictionKind.BAN,
        "first": date(2026, 11, 20),
        "last": None,
        "placed_by": OFFICER,
        "reason": "Something that happened at a visit",
    },
    RestrictionLifted: {
        "restriction": "restriction-1",
        "visitor": VISITOR,
        "prisoner": PRISONER,
        "lifted_by": OFFICER,
        "approved_by": "governor-1",
        "reason": "Decided after an appeal",
    },
    PrisonerReceived: {"person": PRISONER, "reason": ReceivedBecause.ADMISSION},
    PrisonerReleased: {"person": PRISONER, "reason": ReleasedBecause.RELEASED},
    PrisonerTransferred: {"person": PRISONER, "to_prison": "LEI"},
    PrisonerMerged: {"removed": "prisoner-9", "kept": PRISONER},
    PrisonerProfileChanged: {
        "person": PRISONER,
        "category": "C",
        "incentive_level": "STD",
        "location": "A-1-002",
        "conviction": Conviction.CONVICTED,
    },
    AlertRaised: {"person": PRISONER, "alert": "alert-1", "code": "XCSEA"},
    AlertChanged: {"person": PRISONER, "alert": "alert-1", "code": "XCSEA", "until": date(2026, 12, 1)},
    AlertCleared: {"person": PRISONER, "alert": "alert-1"},
    NonAssociationRecorded: {"non_association": "apart-1", "person": (PRISONER, "prisoner-2")},
    NonAssociationClosed: {"non_association": "apart-1", "person": (PRISONER, "prisoner-2")},
    AppointmentRecorded: {
        "appointment": "appointment-1",
        "kind": AppointmentKind.COURT,
        "prisoner": PRISONER,
        "starts_at": NOON,
        "minutes": 60,
        "prisoner_month": f"{PRISONER}/2026-11",
    },
    AppointmentCancelled: {
        "appointment": "appointment-1",
        "prisoner": PRISONER,
        "prisoner_month": f"{PRISONER}/2026-11",
    },
    FactsReceived: {"source": "prison-record", "as_of": NOON, "facts_day": f"{PRISON}/2026-11-23"},
    SessionTemplatePublished: {
        "template": TEMPLATE,
        "weekday": 0,
        "starts": "12:00",
        "minutes": 60,
        "every_weeks": 1,
        "first": date(2026, 11, 2),
        "last": None,
        "stations": 2,
        "one_way_stations": 0,
        "devices": (),
        "call_types": (CallType.SOCIAL,),
        "categories": (),
        "incentive_levels": (),
        "locations": (),
        "published_by": OFFICER,
    },
    SessionTemplateRetired: {"template": TEMPLATE, "from_day": date(2026, 12, 1), "retired_by": OFFICER},
    DateBlocked: {
        "scope": BlockScope.PRISON,
        "day": date(2026, 11, 23),
        "template": None,
        "because": "staff_shortage",
        "blocked_by": OFFICER,
    },
    DateUnblocked: {
        "scope": BlockScope.PRISON,
        "day": date(2026, 11, 23),
        "template": None,
        "unblocked_by": OFFICER,
    },
    DeviceAdded: {"device": DEVICE, "label": "Booth 1", "added_by": OFFICER},
    DeviceWithdrawn: {"device": DEVICE, "withdrawn_by": OFFICER},
    CallAllowanceGranted: {
        "prisoner": PRISONER,
        "prisoner_month": f"{PRISONER}/2026-11",
        "minutes": 30,
        "reason": AllowanceReason.WELLBEING,
        "granted_by": "governor-1",
        "words": "A birth in the family",
    },
    CallAllowanceAdjusted: {
        "prisoner": PRISONER,
        "prisoner_month": f"{PRISONER}/2026-11",
        "minutes": -30,
        "reason": AllowanceReason.CORRECTION,
        "adjusted_by": OFFICER,
        "words": "Counted twice",
    },
    CallReserved: {**_PLACE, "reserved_by": VISITOR, "expires_at": NOON},
    ReservationReleased: _PLACE,
    SessionOpened: {
        "session": SESSION,
        "starts_at": NOON,
        "minutes": 60,
        "stations": 2,
        "starts": Starts.AT_TIME,
    },
    CallRequested: {**_PLACE, "requested_by": VISITOR},
    CallRequestApproved: {"basis": ApprovalBasis.STAFF, "approved_by": OFFICER},
    CallRequestRejected: {
        **_PLACE,
        "because": RejectedBecause.TIMETABLE,
        "rejected_by": OFFICER,
        "reason": "The room is being painted",
    },
    CallRequestAutoRejected: {**_PLACE, "because": AutoRejectedBecause.MINIMUM_NOTICE},
    CallRequestWithdrawn: {**_PLACE, "withdrawn_by": VISITOR},
    CallBooked: _PLACE,
    BookingChanged: {
        **_PLACE,
        "changed_by": VISITOR,
        "changed": ("time",),
        "was_at": NOON - timedelta(days=1),
        "was_booked": True,
        "booked": True,
    },
    BookingCancelled: {**_PLACE, "outcome": Outcome.BOOKER_CANCELLED, "cancelled_by": VISITOR},
    BookingRuleOverridden: {
        "rules": ("session_full",),
        "overridden_by": OFFICER,
        "approved_by": "governor-1",
        "reason": "A funeral",
    },
    BookingFlagged: {
        "flag": "flag-1",
        "kind": FlagKind.RELATIONSHIP_RESTRICTION,
        "cause": "event-1",
        "during_call": False,
    },
    BookingUnflagged: {
        "flag": "flag-1",
        "because": ClearedBecause.DO_NOT_CHANGE,
        "cleared_by": OFFICER,
        "reason": "Both were asked",
    },
    StandbyJoined: {
        "standby": "standby-1",
        "standby_session": SESSION,
        "call": CALL,
        "person": VISITOR,
        "prisoner": PRISONER,
        "visitors": (VISITOR,),
        "minutes": 30,
        "call_type": CallType.SOCIAL,
    },
    StandbyOffered: {
        "standby": "standby-1",
        "standby_session": SESSION,
        "call": CALL,
        "expires_at": NOON,
    },
    StandbyLeft: {"standby": "standby-1", "standby_session": SESSION, "because": LeftBecause.LEFT},
    BookingRefused: {
        "session": SESSION,
        "refusal": f"{VISITOR}/{SESSION}/2026-11-23T12",
        "rule": "session_full",
        "people": 2,
    },
    WaitingRoomOpened: {
        "policy_version": f"{PRISON}/1",
        "starts_at": NOON,
        "minutes": 30,
        "starts": Starts.AT_TIME,
        "missed_at": NOON + timedelta(minutes=10),
        "prisoner": MATCHED_PRISONER,
        "visitor": MATCHED_VISITOR,
        "monitor_required": False,
        "rules": CallPolicy(),
    },
    RehearsalHeld: {
        "side": Side.VISITOR,
        "person": VISITOR,
        "mode": ClearanceMode.MATCH,
        "result": RehearsalResult.MATCHED,
        "persons": (PersonRehearsed(person=VISITOR, result=RehearsalResult.MATCHED),),
        "people": 1,
        "light": 128,
        "problems": (),
        "engine": "dlib-resnet/0f3c",
    },
    DeviceChecked: {
        "side": Side.VISITOR,
        "person": VISITOR,
        "score": 85,
        "items": (
            CheckedItem(item=DeviceItem.CAMERA, grade=DeviceGrade.GOOD, value=480),
            CheckedItem(item=DeviceItem.LIGHT, grade=DeviceGrade.FAIR, value=64),
        ),
    },
    DeclarationMade: {
        "side": Side.VISITOR,
        "person": VISITOR,
        "text_version": "1",
        "language": Language.EN,
    },
    CommunicationsCompactAcknowledged: {
        "person": PRISONER,
        "text_version": "1",
        "language": Language.CY,
    },
    ParticipantArrived: {"side": Side.VISITOR, "person": VISITOR},
    IdentityChecked: {
        "side": Side.VISITOR,
        "result": IdentityResult.MATCH,
        "faces": (SeenFace(person=VISITOR, distance=3120),),
        "threshold": 5000,
        "engine": "dlib-resnet/0f3c",
        "checked_month": (f"{VISITOR}/2026-11",),
    },
    ParticipantAdmitted: {
        "side": Side.VISITOR,
        "basis": AdmissionBasis.STAFF,
        "people": 1,
        "admitted_by": OFFICER,
        "reason": "Passport seen on camera",
    },
    ParticipantRefused: {
        "side": Side.VISITOR,
        "refused_by": OFFICER,
        "reason": "The passport belongs to somebody else",
    },
    PrisonerRefusedToAttend: {"noted_by": OFFICER},
    ClearanceModeSet: {
        "side": Side.VISITOR,
        "mode": ClearanceMode.MATCH,
        "people": 1,
        "cause": "all_enrolled",
        "taps": taps_of(ClearanceMode.MATCH),
    },
    MonitorJoined: {"officer": OFFICER},
    MonitorLeft: {"officer": OFFICER},
    CallHeldForMonitor: {},
    CallHeldForFacts: {"because": HeldBecause.FLAGGED},
    CallStarted: {
        "policy_version": f"{PRISON}/1",
        "rules": CallPolicy(),
        "ends_at": NOON + timedelta(minutes=30),
    },
    MediaConnected: {
        "side": Side.VISITOR,
        "connection": "connection-1",
        "dtls_fingerprint": "sha-256 AA:BB",
        "srtp_profile": "SRTP_AEAD_AES_128_GCM",
        "pair": "prflx",
    },
    StreamReleased: {"side": Side.VISITOR, "media_ms": 500},
    StreamFrozen: {"side": Side.VISITOR, "cause": "new_face", "media_ms": 8250, "last_media_ms": 8000},
    SlateShown: {
        "viewer": Side.PRISONER,
        "reason": "unapproved_face",
        "text_key": "slate.other_side",
        "last_media_ms": 8000,
    },
    CoachingShown: {
        "side": Side.VISITOR,
        "kind": "face_absent",
        "text_key": "coach.face_absent",
        "media_ms": 10000,
    },
    DetectionObserved: {
        "side": Side.VISITOR,
        "kind": "face",
        "from_ms": 0,
        "to_ms": 10000,
        "samples": 40,
        "worst": 4100,
        "threshold": 5000,
        "open": True,
    },
    ShadowDetectionObserved: {
        "side": Side.VISITOR,
        "kind": "new_face",
        "action": "freeze",
        "from_ms": 8000,
        "to_ms": 8750,
        "overlay": "sha256:" + "c2" * 32,
    },
    ObservationsSealed: {
        "side": Side.VISITOR,
        "digests": ("b1" * 32,),
        "from_ms": 0,
        "to_ms": 10000,
        "embeddings": 40,
    },
    RecordingStarted: {"side": Side.VISITOR, "sound": True, "media_ms": 0},
    RecordingSealed: {
        "side": Side.VISITOR,
        "digests": ("sha256:" + "d1" * 32,),
        "from_ms": 40,
        "to_ms": 59960,
        "pictures": 1500,
        "sounds": 3000,
    },
    RecordingStopped: {"side": Side.VISITOR, "media_ms": 59960},
    RecordingFailed: {"side": Side.VISITOR, "cause": "vault_behind", "media_ms": 59960},
    ModerationLost: {"side": Side.VISITOR, "cause": "no_verdict", "last_media_ms": 12000},
    ModerationRestored: {"side": Side.VISITOR, "lost_ms": 3400},
    ModerationStarted: {
        "side": Side.VISITOR,
        "setup": "full",
        "models": {"embedder": "0f3c"},
        "not_assessed": ("liveness",),
    },
    QualityDegraded: {
        "side": Side.VISITOR,
        "way": Way.FROM_SIDE,
        "grade": Grade.BAD,
        "loss": 1800,
        "jitter_ms": 40,
    },
    QualityRecovered: {
        "side": Side.VISITOR,
        "way": Way.FROM_SIDE,
        "worst_loss": 1800,
        "lasted_ms": 35000,
    },
    DataLightChosen: {"side": Side.VISITOR, "light": True},
    AudioOnlyEntered: {
        "side": Side.VISITOR,
        "cause": AudioOnlyBecause.BAD_LINE,
        "until": NOON + timedelta(seconds=400),
    },
    AudioOnlyLeft: {"side": Side.VISITOR, "cause": PictureBecause.LINE_RECOVERED, "lasted_ms": 42000},
    StreamMeasured: {
        "side": Side.VISITOR,
        "pictures": 54000,
        "judged": 7200,
        "embeddings": 7100,
        "picture_added_p50_ms": 160,
        "picture_added_p95_ms": 280,
        "sound_added_p50_ms": 350,
        "sound_added_p95_ms": 350,
    },
    ViolationRaised: {
        "violation": "violation-1",
        "side": Side.VISITOR,
        "kind": Kind.UNAPPROVED_FACE,
        "severity": Severity.HIGH,
        "action": Action.PAUSE,
        "since_ms": 8250,
        "media_ms": 9500,
        "track": 2,
        "evidence": {"distance": 7800, "threshold": 6000, "votes": 5},
    },
    ViolationCleared: {
        "violation": "violation-1",
        "side": Side.VISITOR,
        "kind": Kind.UNAPPROVED_FACE,
        "media_ms": 12000,
    },
    CallPaused: {
        "cause": "unapproved_face",
        "severity": Severity.HIGH,
        "paused_by": PausedBy.AUTO,
        "officer": None,
        "side": Side.VISITOR,
        "violation": "violation-1",
        "for_staff": True,
        "media_ms": 9500,
    },
    PauseEscalated: {"cause": "unapproved_face"},
    PauseExplained: {"text_key": "slate.may_leave"},
    CallResumed: {
        "cause": "staff",
        "officer": OFFICER,
        "words": (WordOnFace(side=Side.VISITOR, track=2, word=FaceWord.GONE),),
        "paused_ms": 20000,
        "reason": "The neighbour has left",
    },
    CallInterrupted: {
        "cause": "worker_lost",
        "side": None,
        "last_media_ms": 30000,
        "rejoin_until": NOON + timedelta(seconds=100),
    },
    InterruptionOver: {"cause": "moderation_restored"},
    ParticipantLeft: {"side": Side.VISITOR, "cause": "connection_lost", "last_media_ms": 30000},
    ParticipantRejoined: {"side": Side.VISITOR},
    CallExtended: {
        "seconds": 20,
        "cause": "unapproved_face",
        "was_until": NOON + timedelta(minutes=30),
        "ends_at": NOON + timedelta(minutes=30, seconds=20),
        "session": (),
        "prisoner": PRISONER,
        "visitors": (VISITOR,),
        "prisoner_month": f"{PRISONER}/2026-11",
        "visitor_day": (f"{VISITOR}/2026-11-23",),
        "one_way": False,
        "device": None,
        "device_day": (),
    },
    CallMinutesCredited: {
        "prisoner_month": f"{PRISONER}/2026-11",
        "seconds": 20,
        "cause": "unapproved_face",
    },
    CallCompleted: {"outcome": CallOutcome.COMPLETED_NORMALLY, "talk_ms": 1780000, "paused_ms": 20000},
    CallTerminated: {
        "terminated_by": OFFICER,
        "talk_ms": 60000,
        "paused_ms": 20000,
        "reason": "The visitor was asked twice",
    },
    CallMissed: {
        "missed_by": MissedBy.VISITOR,
        "arrived": ("prisoner",),
        "because": MissedBecause.VISITOR_DID_NOT_ARRIVE,
    },
    CallClosed: {},
    ViolationReviewed: {
        "violation": "violation-1",
        "outcome": ReviewOutcome.CONFIRMED,
        "reviewed_by": OFFICER,
        "note": "A neighbour looked in",
    },
    StreamMuted: {
        "side": Side.VISITOR,
        "kind": MediaKind.SOUND,
        "officer": OFFICER,
        "text_key": "muted.sound",
        "other_text_key": "muted.other_sound",
        "reason": "Somebody else talks in the room",
    },
    StreamUnmuted: {
        "side": Side.VISITOR,
        "kind": MediaKind.SOUND,
        "officer": OFFICER,
        "reason": "It is quiet again",
    },
    JudgingTakenOver: {
        "side": Side.VISITOR,
        "takeover": "takeover-1",
        "officer": OFFICER,
        "viewer": "viewer-1",
        "reason": "A child waits to see her father",
    },
    JudgingGivenBack: {
        "side": Side.VISITOR,
        "takeover": "takeover-1",
        "officer": OFFICER,
        "cause": GivenBack.CHECKING_BACK,
    },
    StaffMessageSent: {
        "message": "message-1",
        "text_key": "message.face_camera",
        "to": (Side.VISITOR,),
        "officer": OFFICER,
    },
    CallLocked: {"officer": OFFICER, "reason": "A stranger tried to come in"},
    CallUnlocked: {"officer": OFFICER, "reason": "It was looked into"},
    CallsBlocked: {"block": BLOCK, "officer": "governor-1", "reason": "An incident in the wing"},
    CallsUnblocked: {"block": BLOCK, "officer": "governor-1", "reason": "The incident is over"},
    ConcernRaised: {"concern": "concern-1", "kind": ConcernKind.HELP_ASKED, "raised_by": VISITOR},
    ClientHintReported: {"side": Side.VISITOR, "kind": HintKind.SCREEN_CAPTURE},
    CallAllocated: {
        "officer": OFFICER,
        "allocated_by": "sg-1",
        "starts_at": NOON,
        "minutes": 30,
        "officer_day": (f"{OFFICER}/2026-11-23",),
    },
    CallDeallocated: {
        "officer": OFFICER,
        "because": DeallocatedBecause.STAFF,
        "deallocated_by": "sg-1",
        "officer_day": (f"{OFFICER}/2026-11-23",),
    },
    OfficerUnavailable: {
        "unavailability": "away-1",
        "officer": OFFICER,
        "since": NOON,
        "until": NOON + timedelta(hours=4),
        "recorded_by": "sg-1",
    },
    OfficerAvailable: {"unavailability": "away-1", "officer": OFFICER, "recorded_by": "sg-1"},
    HandoverNoteWritten: {
        "handover": "handover-1",
        "about": None,
        "under": "handover-1",
        "written_by": OFFICER,
        "text": "Room 3 has a loose camera",
    },
    HandoverNoteRead: {"handover": "handover-1", "read_by": "officer-2"},
    IncidentTaken: {"incident": "violation-1", "officer": OFFICER},
    IncidentHandedBack: {"incident": "violation-1", "officer": OFFICER, "note": "My shift is over"},
    IncidentClosed: {
        "incident": "violation-1",
        "officer": OFFICER,
        "outcome": IncidentOutcome.SETTLED,
        "note": "The neighbour was asked to leave",
    },
    ConcernAssigned: {"concern": "concern-1", "assigned_to": OFFICER, "assigned_by": OFFICER},
    ConcernReferred: {
        "concern": "concern-1",
        "referred_to": ReferredTo.CHILDRENS_SERVICES,
        "referred_by": OFFICER,
        "note": "Told by telephone",
    },
    ConcernClosed: {
        "concern": "concern-1",
        "outcome": ConcernOutcome.HELPED,
        "closed_by": OFFICER,
        "note": "They were frightened, and were spoken to",
    },
    EvidenceHeld: {
        "concern": "concern-1",
        "blocks": ("block-1",),
        "review_by": date(2027, 2, 21),
        "held_by": None,
    },
    WarningIssued: {**_MEASURE, "issued_by": OFFICER, "reason": "Somebody else was in the picture"},
    SanctionImposed: {
        **_MEASURE,
        "sanction": "sanction-2",
        "days": 7,
        "first": date(2026, 11, 23),
        "last": date(2026, 11, 29),
        "imposed_by": OFFICER,
        "reason": "Again somebody else was in the picture",
    },
    SanctionLifted: {
        "sanction": "sanction-2",
        "person": VISITOR,
        "because": LiftedBecause.BY_STAFF,
        "lifted_by": "officer-2",
        "reason": "The camera had shown a poster",
    },
    AppealLodged: {
        "appeal": "appeal-1",
        "lodged_by": VISITOR,
        "against": AppealAgainst.TERMINATION,
        "sanction": None,
        "decide_by": date(2026, 12, 13),
        "words": "Nobody else was in the room",
    },
    AppealAssigned: {"appeal": "appeal-1", "reviewer": "officer-9", "assigned_by": "officer-9"},
    AppealDecided: {
        "appeal": "appeal-1",
        "lodged_by": VISITOR,
        "against": AppealAgainst.TERMINATION,
        "outcome": AppealOutcome.UPHELD,
        "decided_by": "officer-9",
        "overturned": (),
        "reasons": "It was a poster on the wall",
    },
    ContactDetailsGiven: {
        "person": VISITOR,
        "language": Language.EN,
        "channels": (Channel.EMAIL, Channel.SMS),
        "given_by": VISITOR,
        "email": "ann@example.com",
        "phone": "07700900123",
    },
    NotificationPlanned: {
        **_NOTIFIED,
        "occasion": Occasion.CALL_BOOKED,
        "text_version": 1,
        "channel": Channel.EMAIL,
        "language": Language.EN,
        "said": Said(zone="Europe/London", starts_at=NOON, minutes=30),
    },
    NotificationSent: {**_NOTIFIED, "via": "notify", "reference": "reference-1"},
    NotificationDelivered: _NOTIFIED,
    NotificationFailed: {**_NOTIFIED, "because": FailedBecause.NOT_REACHED, "permanent": False},
    RecordViewed: {"viewed": f"call:{CALL}", "what": Viewed.TIMELINE, "viewed_by": "auditor-1"},
    WallWatched: {"watched_by": OFFICER, "login": "login-1"},
    RevealAsked: {
        "reveal": "reveal-1",
        "side": Side.VISITOR,
        "kind": Kind.EXPLICIT_NUDITY,
        "officer": OFFICER,
        "reason": "Is a child in the room?",
    },
    RevealAgreed: {"reveal": "reveal-1", "officer": "officer-2"},
    SensitiveImageRevealed: {
        "reveal": "reveal-1",
        "side": Side.VISITOR,
        "kind": Kind.EXPLICIT_NUDITY,
        "officer": OFFICER,
        "second": None,
        "reason": "Is a child in the room?",
    },
    RetentionExtended: {
        "until": date(2027, 5, 1),
        "ground": Ground.CRIME,
        "extended_by": "governor-1",
        "reason": "The police asked for it.",
    },
    WeedingBegun: {
        "media": MediaKept.OBSERVATIONS,
        "references": ("b1" * 32,),
        "last_day": date(2027, 2, 21),
    },
    MediaWeeded: {
        "media": MediaKept.OBSERVATIONS,
        "references": ("b1" * 32,),
        "key_destroyed": False,
    },
    EvidenceViewed: {
        "side": Side.VISITOR,
        "media": MediaKept.RECORDING,
        "viewed_by": OFFICER,
        "purpose": "An appeal is looked at.",
    },
    StreamLookedAt: {
        "side": Side.VISITOR,
        "officer": OFFICER,
        "viewer": "viewer-1",
        "reason": "Who is there?",
    },
    ListeningStopped: {"authorisation": AUTHORISATION, "cause": "authorisation_ended"},
    MonitoringAsked: {
        **_MONITORED,
        "kind": MonitoringKind.OFFENCE,
        "ground": Ground.CRIME,
        "asked_by": OFFICER,
        "necessity": "What is known of the offence",
        "proportionality": "Nothing less would do",
    },
    MonitoringAuthorised: {
        **_MONITORED,
        "kind": MonitoringKind.OFFENCE,
        "ground": Ground.CRIME,
        "asked_by": OFFICER,
        "authorised_by": GOVERNOR,
        "expires_at": NOON + timedelta(days=28),
        "consideration": "Weighed against the family's life",
    },
    MonitoringRejected: {**_MONITORED, "rejected_by": GOVERNOR, "reason": "Not necessary"},
    MonitoringReviewed: {
        **_MONITORED,
        "result": MonitoringReview.CONTINUE,
        "expires_at": NOON + timedelta(days=56),
        "reviewed_by": GOVERNOR,
        "reason": "Still needed",
    },
    MonitoringEnded: {**_MONITORED, "ended_by": GOVERNOR, "reason": "The matter is closed"},
    MonitoringLapsed: _MONITORED,
    MonitoringLogged: {
        "authorisation": AUTHORISATION,
        "watched_from": NOON + timedelta(seconds=60),
        "watched_to": NOON + timedelta(seconds=120),
        "logged_by": OFFICER,
        "summary": "Nothing of interest",
    },
    WebhookSubscribed: {
        "subscription": WEBHOOK,
        "prison": PRISON,
        "url": "https://hooks.example.org/kinline",
        "types": (),
        "secret": "sha256:ff",
        "from_position": 1,
        "subscribed_by": "ad-1",
    },
    WebhookPaused: {"subscription": WEBHOOK, "because": PausedBecause.ASKED, "paused_by": "ad-1"},
    WebhookResumed: {"subscription": WEBHOOK, "resumed_by": "ad-1"},
    WebhookUnsubscribed: {"subscription": WEBHOOK, "unsubscribed_by": "ad-1"},
    WebhookSecretRotated: {
        "subscription": WEBHOOK,
        "secret": "sha256:f0",
        "before_until": NOON + timedelta(hours=24),
        "rotated_by": "ad-1",
    },
    WebhookReplayed: {
        "subscription": WEBHOOK,
        "replay": "replay-1",
        "from_position": 1,
        "asked_by": "ad-1",
    },
}


def fact(kind: type[E], seconds: float = 0, /, **changes: Any) -> E:
    """The usual event of this type, so many seconds after NOON, with what the test cares about changed."""
    outside = {"at": NOON + timedelta(seconds=seconds), "prison": PRISON, "call": CALL}
    known = {name: value for name, value in outside.items() if name in kind.model_fields}
    return kind(**{**known, **USUAL[kind], **changes})


def recorded(position: int, event: E) -> Recorded[E]:
    """The event as the log gives it back, appended by an officer."""
    names = UUID(int=0)
    return Recorded(
        position=position,
        id=uuid5(names, f"event {position}"),
        recorded_at=event.at,
        actor=Actor(ActorKind.STAFF, OFFICER, "LM"),
        cmd=uuid5(names, f"command {position}"),
        corr=uuid5(names, f"request {position}"),
        cause=None,
        policy=None,
        event=event,
    )
