"""Every command there is with plausible values: a test names only what it cares about."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

from domain.access import RecordView, RecordViewed
from domain.booking import ApproveCall, BookCall, CancelCall, Outcome
from domain.call.commands import (
    CompleteCall,
    EndCall,
    EscalatePause,
    LeaveCall,
    ReportBack,
    ReportCleared,
    ReportInterrupted,
    ReportLost,
    ReportOver,
    ReportPause,
    ReportViolation,
    ResumeCall,
)
from domain.call.events import WordOnFace
from domain.clearance import Side
from domain.closing import CloseCall
from domain.concern import ConcernKind, RaiseConcern
from domain.enrolment import EnrolFace, LawfulBasis
from domain.event import Command
from domain.moderation.kind import Action, FaceWord, Kind, Severity
from domain.person import PersonKind, RegisterPerson
from domain.policy import PublishPolicy
from domain.refusal import NoteRefusal
from domain.relationship import ApproveRelationship
from domain.stream import RecordStream, StreamReleased
from domain.timetable import OpenSession
from domain.violation import ReviewOutcome, ReviewViolation
from domain.waiting_room.commands import (
    AdmitParticipant,
    ArriveParticipant,
    JoinAsMonitor,
    LeaveAsMonitor,
    MissCall,
    OpenWaitingRoom,
    ReportIdentity,
    StartCall,
)
from domain.waiting_room.events import IdentityResult, SeenFace
from tests.facts import CALL, NOON, OFFICER, PRISON, PRISONER, SESSION, VISITOR, fact

C = TypeVar("C", bound=Command)

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
    },
    ApproveRelationship: {
        "prison": PRISON,
        "prisoner": PRISONER,
        "visitor": VISITOR,
        "approved_by": OFFICER,
    },
    OpenSession: {"prison": PRISON, "session": SESSION, "starts_at": NOON, "minutes": 60, "stations": 2},
    BookCall: {
        "call": CALL,
        "prison": PRISON,
        "session": SESSION,
        "starts_at": NOON,
        "zone": "Europe/London",
        "minutes": 30,
        "prisoner": PRISONER,
        "visitors": (VISITOR,),
        "requested_by": VISITOR,
    },
    ApproveCall: {"call": CALL, "approved_by": OFFICER},
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
    ArriveParticipant: {"call": CALL, "side": Side.VISITOR, "person": VISITOR},
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
    JoinAsMonitor: {"call": CALL, "officer": OFFICER},
    LeaveAsMonitor: {"call": CALL, "officer": OFFICER},
    StartCall: {"call": CALL},
    MissCall: {"call": CALL},
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
    EscalatePause: {"call": CALL, "paused_at": NOON + timedelta(seconds=10)},
    EndCall: {"call": CALL, "officer": OFFICER, "reason": "The visitor was asked twice"},
    LeaveCall: {"call": CALL, "side": Side.VISITOR},
    CompleteCall: {"call": CALL},
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
    CloseCall: {"call": CALL},
    RecordView: {"view": fact(RecordViewed, 90)},
}


def ask(kind: type[C], seconds: float = 0, /, **changes: Any) -> C:
    """The usual command of this type, so many seconds after NOON, with what the test cares about changed."""
    return kind(**{"at": NOON + timedelta(seconds=seconds), **USUAL[kind], **changes})
