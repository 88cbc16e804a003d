"""Every command there is with plausible values: a test names only what it cares about."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from domain.access import RecordView, RecordViewed
from domain.allocation.decisions import AllocateCall, DeallocateCall, NoteAvailable, NoteUnavailable
from domain.allocation.events import DeallocatedBecause
from domain.allowance import AdjustAllowance, AllowanceReason, GrantAllowance
from domain.appeal import AppealAgainst, AppealOutcome, AssignAppeal, DecideAppeal, LodgeAppeal
from domain.audio_only import AudioOnlyBecause, EnterAudioOnly, LeaveAudioOnly, PictureBecause
from domain.barring.commands import (
    ApproveBarred,
    LapseBarred,
    ProposeBarred,
    RejectBarred,
    RemoveBarred,
)
from domain.barring.events import BarringBasis, FaceSource
from domain.booking.commands import (
    ApproveCall,
    AutoRejectCall,
    BookCall,
    CancelCall,
    ChangeCall,
    RejectCall,
    ReleaseReservation,
    ReserveCall,
    WithdrawCall,
)
from domain.booking.events import AutoRejectedBecause, Outcome, RejectedBecause
from domain.call.commands import (
    CompleteCall,
    EndCall,
    EscalatePause,
    GoOn,
    HoldForMonitor,
    LeaveCall,
    PauseFlagged,
    ReportBack,
    ReportCleared,
    ReportInterrupted,
    ReportLost,
    ReportOver,
    ReportPause,
    ReportViolation,
    ResumeCall,
    StopCall,
)
from domain.call.events import WordOnFace
from domain.clearance import Side
from domain.closing import CloseCall
from domain.concern import (
    AssignConcern,
    CloseConcern,
    ConcernKind,
    ConcernOutcome,
    RaiseConcern,
    ReferConcern,
    ReferredTo,
)
from domain.conduct import LiftSanction, TakeMeasure
from domain.contact import GiveContactDetails
from domain.device_check import CheckDevice, Measured
from domain.dress_rehearsal.decisions import HoldRehearsal
from domain.dress_rehearsal.events import PersonRehearsed, RehearsalResult, Rehearsed
from domain.enrolment import (
    ChooseNonBiometricRoute,
    EnrolFace,
    GiveConsent,
    LawfulBasis,
    PhotographQuality,
    RetiredBecause,
    RetireFace,
    WithdrawConsent,
)
from domain.event import Command
from domain.evidence import HoldEvidence
from domain.exposure import AgreeReveal, AskReveal, ShowRevealed
from domain.flag.decisions import FlagBooking, UnflagBooking
from domain.flag.events import ClearedBecause, FlagKind
from domain.handover import ReadHandover, WriteHandover
from domain.hint import HintKind, ReportHint
from domain.identity import (
    DocumentKind,
    GuardianRelation,
    IdentityRejectedBecause,
    RejectIdentity,
    SubmitEvidence,
    VerifyIdentity,
    VouchForChild,
)
from domain.incident.decisions import CloseIncident, HandBackIncident, TakeIncident
from domain.incident.events import IncidentOutcome
from domain.kept import MediaKept
from domain.lock import LockCall, UnlockCall
from domain.looking import CloseTaps, LookAtStream
from domain.message import Canned, SendMessage
from domain.moderation.kind import Action, FaceWord, Kind, Severity
from domain.monitoring.commands import (
    AskMonitoring,
    AuthoriseMonitoring,
    EndMonitoring,
    LapseMonitoring,
    RejectMonitoring,
    ReviewMonitoring,
)
from domain.monitoring.events import Ground, MonitoringKind, MonitoringReview
from domain.monitoring_log import LogMonitoring
from domain.mute import MediaKind, ReportMute, UnmuteStream
from domain.notification.decisions import NoteDelivered, NoteFailed, NoteSent, TellPeople
from domain.notification.events import FailedBecause, Occasion, Said
from domain.person import AddParticipant, PersonKind, RegisterPerson
from domain.policy import PublishPolicy, ReviewResult, ReviewTightening, TightenPolicy
from domain.prisoner.decisions import TakeFact
from domain.prisoner.events import AlertRaised, AppointmentRecorded, FactsReceived, NonAssociationRecorded
from domain.reenrolment import AskReenrolment
from domain.refusal import NoteRefusal
from domain.relationship import (
    ApproveRelationship,
    LinkRejectedBecause,
    RejectRelationship,
    Relation,
    RequestLink,
    UnapproveVisitor,
)
from domain.reminder import RemindOfMissing
from domain.restriction import LiftRestriction, PlaceRestriction, RestrictionKind
from domain.retention import ExtendRetention, ReportWeeded, WeedMedia
from domain.standby import JoinStandby, LeaveStandby, LeftBecause
from domain.standstill import BlockCalls, UnblockCalls
from domain.stream import RecordStream, StreamReleased
from domain.subscription import (
    PausedBecause,
    PauseWebhook,
    ReplayWebhook,
    ResumeWebhook,
    RotateSecret,
    SubscribeWebhook,
    UnsubscribeWebhook,
)
from domain.takeover import GiveBackJudging, GivenBack, TakeOverJudging
from domain.texts import Language
from domain.timetable.commands import (
    AddDevice,
    BlockDate,
    OpenSession,
    PublishTemplate,
    RetireTemplate,
    UnblockDate,
    WithdrawDevice,
)
from domain.violation import ReviewOutcome, ReviewViolation
from domain.waiting_room.commands import (
    AdmitParticipant,
    ArriveParticipant,
    JoinAsMonitor,
    LeaveAsMonitor,
    MakeDeclaration,
    MissCall,
    NoteRefusalToAttend,
    OpenWaitingRoom,
    RefuseParticipant,
    ReportIdentity,
    StartCall,
)
from domain.waiting_room.events import IdentityResult, SeenFace
from tests.facts import (
    AUTHORISATION,
    BARRED,
    BLOCK,
    CALL,
    DEVICE,
    GOVERNOR,
    NOON,
    NOTIFICATION,
    OFFICER,
    PRISON,
    PRISONER,
    SESSION,
    TEMPLATE,
    VISITOR,
    WEBHOOK,
    fact,
)

C = TypeVar("C", bound=Command)

ON_MONDAY = f"{TEMPLATE}.2026-11-23"  # the template's session at NOON

_WISH: Mapping[str, Any] = {
    "call": CALL,
    "prison": PRISON,
    "session": SESSION,
    "starts_at": NOON,
    "zone": "Europe/London",
    "minutes": 30,
    "prisoner": PRISONER,
    "visitors": (VISITOR,),
}

_BARRED: Mapping[str, Any] = {"barred": BARRED, "prison": PRISON}
_AUTHORISED: Mapping[str, Any] = {"authorisation": AUTHORISATION, "prison": PRISON}
USUAL: Mapping[type[Command], Mapping[str, Any]] = {
    PublishPolicy: {"prison": PRISON, "document": {}, "published_by": "governor-1", "approved_by": None},
    RegisterPerson: {
        "person": PRISONER,
        "kind": PersonKind.PRISONER,
        "prison": PRISON,
        "name": "Somebody Somewhere",
        "prisoner_number": "A0000AA",
        "number_index": "7d1c",
    },
    EnrolFace: {
        "person": PRISONER,
        "template": "sha256:aa",
        "photograph": "a1" * 32,
        "engine": "dlib-resnet/0f3c",
        "lawful_basis": LawfulBasis.PRISON_RECORD,
        "face_side_px": 180,
        "quality": PhotographQuality(sharpness=5200, brightness=128, turn=300),
        "photographed_on": date(2026, 9, 1),
        "age": 34,
        "prisons": (PRISON,),
    },
    GiveConsent: {"person": VISITOR, "alternative_offered": True},
    WithdrawConsent: {"person": VISITOR},
    ChooseNonBiometricRoute: {"person": VISITOR, "chosen_by": VISITOR},
    RetireFace: {
        "person": PRISONER,
        "template": "sha256:aa",
        "because": RetiredBecause.POOR_PHOTOGRAPH,
    },
    AskReenrolment: {"prison": PRISON, "person": VISITOR, "months": ("2026-11", "2026-10")},
    AddParticipant: {"booker": VISITOR, "person": "child-1"},
    SubmitEvidence: {
        "prison": PRISON,
        "person": VISITOR,
        "evidence": "evidence-1",
        "document_kind": DocumentKind.PASSPORT,
        "document": "sha256:dd",
        "selfie": "sha256:ee",
        "distance": 3300,
        "engine": "dlib-resnet/0f3c",
        "submitted_by": VISITOR,
    },
    VerifyIdentity: {
        "prison": PRISON,
        "person": VISITOR,
        "evidence": "evidence-1",
        "verified_by": OFFICER,
    },
    RejectIdentity: {
        "prison": PRISON,
        "person": VISITOR,
        "evidence": "evidence-1",
        "because": IdentityRejectedBecause.PHOTO_UNCLEAR,
        "rejected_by": OFFICER,
        "note": "The lower edge is cut off",
    },
    VouchForChild: {
        "child": "child-1",
        "guardian": VISITOR,
        "relation": GuardianRelation.PARENT,
        "child_age": 7,
        "guardian_age": 41,
        "prisons": (PRISON,),
    },
    RequestLink: {
        "prison": PRISON,
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "booker": VISITOR,
        "relation": Relation.SIBLING,
        "requested_by": VISITOR,
    },
    RejectRelationship: {
        "prison": PRISON,
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "rejected_by": OFFICER,
        "because": LinkRejectedBecause.DETAILS_DIFFER,
        "words": "Please spell the name as in the passport",
    },
    UnapproveVisitor: {
        "prison": PRISON,
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "unapproved_by": OFFICER,
        "reason": "Asked not to be called any more",
    },
    ApproveRelationship: {
        "prison": PRISON,
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "approved_by": OFFICER,
    },
    TightenPolicy: {
        "prison": PRISON,
        "changes": {"booking": {"visitors_max": 2}},
        "tightened_by": "governor-1",
    },
    ReviewTightening: {
        "prison": PRISON,
        "version": 2,
        "result": ReviewResult.UPHELD,
        "reviewed_by": "governor-2",
    },
    AllocateCall: {
        "call": CALL,
        "prison": PRISON,
        "officer": OFFICER,
        "allocated_by": "sg-1",
        "starts_at": NOON,
        "minutes": 30,
    },
    DeallocateCall: {"call": CALL, "because": DeallocatedBecause.STAFF, "deallocated_by": "sg-1"},
    NoteUnavailable: {
        "prison": PRISON,
        "unavailability": "away-1",
        "officer": OFFICER,
        "since": NOON,
        "until": NOON + timedelta(hours=4),
        "recorded_by": "sg-1",
    },
    NoteAvailable: {
        "prison": PRISON,
        "unavailability": "away-1",
        "officer": OFFICER,
        "recorded_by": "sg-1",
    },
    WriteHandover: {
        "prison": PRISON,
        "handover": "handover-1",
        "written_by": OFFICER,
        "text": "Room 3 has a loose camera",
    },
    ReadHandover: {"prison": PRISON, "handover": "handover-1", "read_by": "officer-2"},
    AskReveal: {
        "call": CALL,
        "prison": PRISON,
        "reveal": "reveal-1",
        "side": Side.VISITOR,
        "officer": OFFICER,
        "reason": "Is a child in the room?",
    },
    AgreeReveal: {"call": CALL, "prison": PRISON, "reveal": "reveal-1", "officer": "officer-2"},
    ShowRevealed: {"call": CALL, "prison": PRISON, "reveal": "reveal-1", "officer": OFFICER},
    TakeIncident: {"call": CALL, "incident": "violation-1", "officer": OFFICER},
    HandBackIncident: {
        "call": CALL,
        "incident": "violation-1",
        "officer": OFFICER,
        "note": "My shift is over",
    },
    CloseIncident: {
        "call": CALL,
        "incident": "violation-1",
        "officer": OFFICER,
        "outcome": IncidentOutcome.SETTLED,
        "note": "The neighbour was asked to leave",
    },
    PlaceRestriction: {
        "prison": PRISON,
        "restriction": "restriction-1",
        "visitor": VISITOR,
        "prisoner": PRISONER,
        "kind": RestrictionKind.BAN,
        "first": date(2026, 11, 20),
        "placed_by": OFFICER,
        "reason": "Something that happened at a visit",
    },
    LiftRestriction: {
        "prison": PRISON,
        "restriction": "restriction-1",
        "visitor": VISITOR,
        "prisoner": PRISONER,
        "lifted_by": OFFICER,
        "approved_by": "governor-1",
        "reason": "Decided after an appeal",
    },
    TakeFact: {"fact": fact(AlertRaised, -86_400)},
    GrantAllowance: {
        "prison": PRISON,
        "prisoner": PRISONER,
        "prisoner_month": f"{PRISONER}/2026-11",
        "minutes": 30,
        "reason": AllowanceReason.WELLBEING,
        "granted_by": "governor-1",
        "words": "A birth in the family",
    },
    AdjustAllowance: {
        "prison": PRISON,
        "prisoner": PRISONER,
        "prisoner_month": f"{PRISONER}/2026-11",
        "minutes": -30,
        "reason": AllowanceReason.CORRECTION,
        "adjusted_by": OFFICER,
        "words": "Counted twice",
    },
    PublishTemplate: {
        "prison": PRISON,
        "template": TEMPLATE,
        "weekday": 0,
        "starts": "12:00",
        "minutes": 60,
        "first": date(2026, 11, 2),
        "stations": 2,
        "published_by": OFFICER,
    },
    RetireTemplate: {
        "prison": PRISON,
        "template": TEMPLATE,
        "from_day": date(2026, 12, 1),
        "retired_by": OFFICER,
    },
    BlockDate: {
        "prison": PRISON,
        "day": date(2026, 11, 23),
        "because": "staff_shortage",
        "blocked_by": OFFICER,
    },
    UnblockDate: {"prison": PRISON, "day": date(2026, 11, 23), "unblocked_by": OFFICER},
    AddDevice: {"prison": PRISON, "device": DEVICE, "label": "Booth 1", "added_by": OFFICER},
    WithdrawDevice: {"prison": PRISON, "device": DEVICE, "withdrawn_by": OFFICER},
    OpenSession: {"prison": PRISON, "session": SESSION, "starts_at": NOON, "minutes": 60, "stations": 2},
    BookCall: {**_WISH, "requested_by": VISITOR},
    ReserveCall: {**_WISH, "reserved_by": VISITOR},
    ChangeCall: {**_WISH, "changed_by": VISITOR},
    ReleaseReservation: {"call": CALL, "released_by": VISITOR},
    RejectCall: {
        "call": CALL,
        "because": RejectedBecause.TIMETABLE,
        "rejected_by": OFFICER,
        "reason": "The room is being painted",
    },
    AutoRejectCall: {"call": CALL, "because": AutoRejectedBecause.MINIMUM_NOTICE},
    WithdrawCall: {"call": CALL, "withdrawn_by": VISITOR},
    FlagBooking: {
        "call": CALL,
        "flag": "flag-1",
        "kind": FlagKind.RELATIONSHIP_RESTRICTION,
        "cause": "event-1",
    },
    UnflagBooking: {
        "call": CALL,
        "flag": "flag-1",
        "because": ClearedBecause.DO_NOT_CHANGE,
        "cleared_by": OFFICER,
        "reason": "Both were asked",
    },
    JoinStandby: {
        "prison": PRISON,
        "standby": "standby-1",
        "session": SESSION,
        "call": CALL,
        "person": VISITOR,
        "prisoner": PRISONER,
        "visitors": (VISITOR,),
        "minutes": 30,
    },
    LeaveStandby: {"standby": "standby-1", "session": SESSION, "because": LeftBecause.LEFT},
    ApproveCall: {
        "call": CALL,
        "approved_by": OFFICER,
        "prison": PRISON,
        "prisoner": PRISONER,
        "visitors": (VISITOR,),
    },
    CancelCall: {"call": CALL, "outcome": Outcome.BOOKER_CANCELLED, "cancelled_by": VISITOR},
    NoteRefusal: {
        "prison": PRISON,
        "session": SESSION,
        "requested_by": VISITOR,
        "rule": "session_full",
        "people": 2,
    },
    OpenWaitingRoom: {
        "call": CALL,
        "prison": PRISON,
        "session": SESSION,
        "persons": (PRISONER, VISITOR),
    },
    HoldRehearsal: {
        "call": CALL,
        "prison": PRISON,
        "side": Side.VISITOR,
        "person": VISITOR,
        "expected": (VISITOR,),
        "seen": Rehearsed(
            result=RehearsalResult.MATCHED,
            persons=(PersonRehearsed(person=VISITOR, result=RehearsalResult.MATCHED),),
            people=1,
            light=128,
            problems=(),
            engine="dlib-resnet/0f3c",
        ),
    },
    CheckDevice: {
        "call": CALL,
        "prison": PRISON,
        "side": Side.VISITOR,
        "person": VISITOR,
        "measured": Measured(
            camera_lines=480,
            microphone_level=32,
            light=130,
            up_kbps=5230,
            round_trip_ms=31,
            heard=True,
            codecs=True,
        ),
    },
    MakeDeclaration: {
        "call": CALL,
        "prison": PRISON,
        "side": Side.VISITOR,
        "person": VISITOR,
        "text_version": "1",
        "language": Language.EN,
    },
    ArriveParticipant: {"call": CALL, "side": Side.VISITOR, "person": VISITOR, "prison": PRISON},
    ReportIdentity: {
        "call": CALL,
        "side": Side.VISITOR,
        "result": IdentityResult.MATCH,
        "faces": (SeenFace(person=VISITOR, distance=3120),),
        "threshold": 5000,
        "engine": "dlib-resnet/0f3c",
    },
    AdmitParticipant: {
        "call": CALL,
        "side": Side.VISITOR,
        "people": 1,
        "officer": OFFICER,
        "reason": "Passport seen on camera",
    },
    RefuseParticipant: {
        "call": CALL,
        "side": Side.VISITOR,
        "officer": OFFICER,
        "reason": "The passport belongs to somebody else",
    },
    NoteRefusalToAttend: {"call": CALL, "officer": OFFICER},
    JoinAsMonitor: {"call": CALL, "officer": OFFICER},
    LeaveAsMonitor: {"call": CALL, "officer": OFFICER},
    StartCall: {"call": CALL, "prison": PRISON},
    MissCall: {"call": CALL, "prison": PRISON},
    ReportViolation: {
        "call": CALL,
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
    ReportCleared: {
        "call": CALL,
        "side": Side.VISITOR,
        "kind": Kind.UNAPPROVED_FACE,
        "media_ms": 12000,
    },
    ReportPause: {"call": CALL, "cause": "staff", "officer": OFFICER, "reason": "I want to look"},
    ResumeCall: {
        "call": CALL,
        "officer": OFFICER,
        "reason": "The neighbour has left",
        "words": (WordOnFace(side=Side.VISITOR, track=2, word=FaceWord.GONE),),
    },
    ReportLost: {"call": CALL, "side": Side.VISITOR, "cause": "connection_lost", "last_media_ms": 30000},
    ReportBack: {"call": CALL, "side": Side.VISITOR},
    ReportInterrupted: {"call": CALL, "cause": "moderation_lost", "last_media_ms": 30000},
    ReportOver: {"call": CALL, "cause": "moderation_restored"},
    EnterAudioOnly: {"call": CALL, "side": Side.VISITOR, "cause": AudioOnlyBecause.CHOICE},
    LeaveAudioOnly: {"call": CALL, "side": Side.VISITOR, "cause": PictureBecause.CHOICE},
    EscalatePause: {"call": CALL, "paused_at": NOON + timedelta(seconds=10)},
    StopCall: {"call": CALL},
    ReportMute: {
        "call": CALL,
        "side": Side.VISITOR,
        "kind": MediaKind.SOUND,
        "officer": OFFICER,
        "reason": "Somebody else talks in the room",
    },
    UnmuteStream: {
        "call": CALL,
        "side": Side.VISITOR,
        "kind": MediaKind.SOUND,
        "officer": OFFICER,
        "reason": "It is quiet again",
    },
    TakeOverJudging: {
        "call": CALL,
        "side": Side.VISITOR,
        "takeover": "takeover-1",
        "officer": OFFICER,
        "viewer": "viewer-1",
        "look_open": True,
        "reason": "A child waits to see her father",
    },
    GiveBackJudging: {"call": CALL, "cause": GivenBack.OFFICER_GONE, "takeover": "takeover-1"},
    SendMessage: {
        "call": CALL,
        "message": "message-1",
        "text": Canned.FACE_CAMERA,
        "to": (Side.VISITOR,),
        "officer": OFFICER,
    },
    LockCall: {"call": CALL, "officer": OFFICER, "reason": "A stranger tried to come in"},
    UnlockCall: {"call": CALL, "officer": OFFICER, "reason": "It was looked into"},
    BlockCalls: {
        "prison": PRISON,
        "block": BLOCK,
        "officer": "governor-1",
        "reason": "An incident in the wing",
    },
    UnblockCalls: {"prison": PRISON, "officer": "governor-1", "reason": "The incident is over"},
    EndCall: {"call": CALL, "officer": OFFICER, "reason": "The visitor was asked twice"},
    LeaveCall: {"call": CALL, "side": Side.VISITOR},
    CompleteCall: {"call": CALL},
    GoOn: {"call": CALL, "cause": "rejoined"},
    HoldForMonitor: {"call": CALL},
    PauseFlagged: {"call": CALL, "kind": FlagKind.VISITOR_RESTRICTION},
    RecordStream: {"fact": fact(StreamReleased, 1)},
    ReviewViolation: {
        "call": CALL,
        "violation": "violation-1",
        "outcome": ReviewOutcome.CONFIRMED,
        "reviewed_by": OFFICER,
        "note": "A neighbour looked in",
    },
    RaiseConcern: {
        "call": CALL,
        "concern": "concern-1",
        "kind": ConcernKind.HELP_ASKED,
        "raised_by": VISITOR,
    },
    ReportHint: {"call": CALL, "side": Side.VISITOR, "kind": HintKind.SCREEN_CAPTURE},
    AssignConcern: {
        "call": CALL,
        "concern": "concern-1",
        "assigned_to": OFFICER,
        "assigned_by": OFFICER,
    },
    ReferConcern: {
        "call": CALL,
        "concern": "concern-1",
        "referred_to": ReferredTo.CHILDRENS_SERVICES,
        "referred_by": OFFICER,
        "note": "Told by telephone",
    },
    CloseConcern: {
        "call": CALL,
        "concern": "concern-1",
        "outcome": ConcernOutcome.HELPED,
        "closed_by": OFFICER,
        "note": "They were frightened, and were spoken to",
    },
    WeedMedia: {"call": CALL, "prison": PRISON},
    ReportWeeded: {
        "call": CALL,
        "prison": PRISON,
        "media": MediaKept.OBSERVATIONS,
        "key_destroyed": False,
    },
    ExtendRetention: {
        "call": CALL,
        "prison": PRISON,
        "until": date(2026, 12, 20),
        "ground": Ground.CRIME,
        "extended_by": "governor-1",
        "reason": "The police asked for it.",
    },
    HoldEvidence: {"call": CALL, "concern": "concern-1", "review_by": date(2027, 2, 21)},
    TakeMeasure: {
        "call": CALL,
        "prison": PRISON,
        "sanction": "sanction-1",
        "person": VISITOR,
        "violation": "violation-1",
        "days": 0,
        "taken_by": OFFICER,
        "reason": "Somebody else was in the picture",
    },
    LiftSanction: {
        "call": CALL,
        "sanction": "sanction-2",
        "lifted_by": "officer-2",
        "reason": "The camera had shown a poster",
    },
    LodgeAppeal: {
        "call": CALL,
        "prison": PRISON,
        "appeal": "appeal-1",
        "lodged_by": VISITOR,
        "against": AppealAgainst.TERMINATION,
        "words": "Nobody else was in the room",
    },
    AssignAppeal: {
        "call": CALL,
        "appeal": "appeal-1",
        "reviewer": "officer-9",
        "assigned_by": "officer-9",
    },
    DecideAppeal: {
        "call": CALL,
        "prison": PRISON,
        "appeal": "appeal-1",
        "outcome": AppealOutcome.UPHELD,
        "decided_by": "officer-9",
        "reasons": "It was a poster on the wall",
    },
    CloseCall: {"call": CALL},
    GiveContactDetails: {
        "person": VISITOR,
        "language": Language.EN,
        "given_by": VISITOR,
        "email": "ann@example.com",
        "phone": "07700900123",
    },
    TellPeople: {
        "event": UUID(int=1),
        "occasion": Occasion.CALL_BOOKED,
        "text_version": 1,
        "people": (VISITOR,),
        "call": CALL,
        "prison": PRISON,
        "said": Said(zone="Europe/London", starts_at=NOON, minutes=30),
    },
    RemindOfMissing: {
        "event": UUID(int=1),
        "text_version": 1,
        "call": CALL,
        "prison": PRISON,
        "visitors": (VISITOR,),
        "starts_at": NOON,
    },
    NoteSent: {"notification": NOTIFICATION, "via": "notify", "reference": "reference-1"},
    NoteDelivered: {"notification": NOTIFICATION},
    NoteFailed: {
        "notification": NOTIFICATION,
        "because": FailedBecause.NOT_REACHED,
        "permanent": False,
    },
    ProposeBarred: {
        **_BARRED,
        "barred_from": PRISONER,
        "template": "sha256:" + "b" * 64,
        "engine": "test",
        "face_side_px": 120,
        "basis": BarringBasis.COURT_ORDER,
        "source": FaceSource.COURT,
        "days": 30,
        "proposed_by": OFFICER,
        "who": "Somebody Invented",
        "necessity": "The order forbids contact",
    },
    ApproveBarred: {**_BARRED, "approved_by": GOVERNOR, "consideration": "Nothing less would do"},
    RejectBarred: {**_BARRED, "rejected_by": GOVERNOR, "reason": "Not necessary"},
    RemoveBarred: {**_BARRED, "removed_by": GOVERNOR, "reason": "The order ended"},
    LapseBarred: {"barred": BARRED},
    AskMonitoring: {
        **_AUTHORISED,
        "monitored": PRISONER,
        "kind": MonitoringKind.OFFENCE,
        "ground": Ground.CRIME,
        "asked_by": OFFICER,
        "necessity": "What is known of the offence",
        "proportionality": "Nothing less would do",
    },
    AuthoriseMonitoring: {
        **_AUTHORISED,
        "days": 28,
        "authorised_by": GOVERNOR,
        "consideration": "Weighed against the family's life",
    },
    RejectMonitoring: {**_AUTHORISED, "rejected_by": GOVERNOR, "reason": "Not necessary"},
    ReviewMonitoring: {
        **_AUTHORISED,
        "result": MonitoringReview.CONTINUE,
        "days": 56,
        "reviewed_by": GOVERNOR,
        "reason": "Still needed",
    },
    EndMonitoring: {**_AUTHORISED, "ended_by": GOVERNOR, "reason": "The matter is closed"},
    LapseMonitoring: {"authorisation": AUTHORISATION},
    LogMonitoring: {
        "call": CALL,
        "authorisation": AUTHORISATION,
        "watched_from": NOON + timedelta(seconds=60),
        "watched_to": NOON + timedelta(seconds=120),
        "logged_by": OFFICER,
        "summary": "Nothing of interest",
    },
    LookAtStream: {
        "call": CALL,
        "monitored": PRISONER,
        "side": Side.VISITOR,
        "officer": OFFICER,
        "viewer": "viewer-1",
        "reason": "Who is there?",
    },
    CloseTaps: {"call": CALL, "authorisation": AUTHORISATION},
    RecordView: {"view": fact(RecordViewed, 90)},
    SubscribeWebhook: {
        "subscription": WEBHOOK,
        "prison": PRISON,
        "url": "https://hooks.example.org/kinline",
        "types": (),
        "secret": "sha256:ff",
        "from_position": 1,
        "subscribed_by": "ad-1",
    },
    PauseWebhook: {"subscription": WEBHOOK, "because": PausedBecause.ASKED, "paused_by": "ad-1"},
    ResumeWebhook: {"subscription": WEBHOOK, "resumed_by": "ad-1"},
    UnsubscribeWebhook: {"subscription": WEBHOOK, "unsubscribed_by": "ad-1"},
    RotateSecret: {"subscription": WEBHOOK, "secret": "sha256:f0", "rotated_by": "ad-1"},
    ReplayWebhook: {
        "subscription": WEBHOOK,
        "replay": "replay-1",
        "from_position": 1,
        "head": 9,
        "asked_by": "ad-1",
    },
}


def ask(kind: type[C], seconds: float = 0, /, **changes: Any) -> C:
    """The usual command of this type, so many seconds after NOON, with what the test cares about changed."""
    return kind(**{"at": NOON + timedelta(seconds=seconds), **USUAL[kind], **changes})


_ROOMS: Mapping[str, Any] = {"session": ON_MONDAY, "devices": (DEVICE,), "apart": ("prisoner-2",)}
_FORMS: Mapping[type[Command], tuple[Mapping[str, Any], ...]] = {
    BookCall: (_ROOMS,),
    TakeFact: (
        {"fact": fact(FactsReceived)},
        {"fact": fact(AppointmentRecorded)},
        {"fact": fact(NonAssociationRecorded)},
    ),
    PublishTemplate: ({"devices": (DEVICE,)},),
    BlockDate: ({"template": TEMPLATE},),
    PlaceRestriction: ({"prisoner": None},),
    WriteHandover: ({"about": CALL},),
}
"""Commands that rest on more, or on other facts, when they are asked another way."""


def forms_of(kind: type[C]) -> list[C]:
    """The usual command of this type, and its other forms."""
    return [ask(kind), *(ask(kind, **changes) for changes in _FORMS.get(kind, ()))]
