"""What docs/lifecycle.md asks in every state: each command in the forms that differ, at the moments that matter.

Read by scripts/lifecycle_doc.py. A command without a form here is found by tests/test_lifecycle_doc.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, reduce
from typing import Any, cast

from domain import booking, call, closing, flag, violation, waiting_room
from domain.booking.commands import CancelCall
from domain.booking.events import CallBooked
from domain.call import ending
from domain.call.commands import (
    Beyond,
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
from domain.call.state import Call
from domain.clearance import Side
from domain.closing import CloseCall
from domain.decider import Boundary
from domain.enrolment.events import BiometricConsentGiven, FaceTemplateEnrolled
from domain.event import Command, Event
from domain.flag.decisions import FlagBooking, UnflagBooking
from domain.moderation.kind import Action, FaceWord, Kind, Severity
from domain.policy import Policy, PolicyPublished
from domain.violation import ReviewViolation
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
from domain.waiting_room.events import IdentityResult
from domain.waiting_room.state import WaitingRoom
from tests.asked import ask
from tests.facts import NOON, PRISON, PRISONER, SESSION, VISITOR, fact
from tests.scenario import selected

OPENS = NOON - timedelta(minutes=15)
SECOND = timedelta(seconds=1)

A_SIDE, STAFF, WORKER, DEADLINE, RULE = "a side", "staff", "the media worker", "a deadline", "a rule"

MEANINGS: Mapping[str, str] = {
    "Booked": "The call has its place in the timetable, and its waiting room is not open yet.",
    "Waiting": "The waiting room is open: people arrive, are compared or counted, and let in.",
    "Ready": "Both sides were let in; the call begins when its time has come.",
    "Held for a monitor": "Everybody is ready, and an officer who watches is required and not there.",
    "Held for a decision": "Everybody is ready, and a fact about the call changed: staff decide first.",
    "Live": "Both sides see and hear each other.",
    "Paused, clears by itself": "The machine stopped the call for something that may pass; it goes on when it has.",
    "Paused for staff": "The call waits for an officer of the prison.",
    "Interrupted": "The call cannot go on for a technical cause; both sides may come back for a while.",
    "Held": "The call stands still: an officer has to watch it, and none does.",
    "Completed": "The call is over: its time was up, a side left, or it could not go on.",
    "Ended by staff": "An officer ended the call.",
    "Missed": "Its time was over and it had not begun.",
    "Cancelled": "It will not be held.",
    "Closed": "Everything was reviewed: nothing is added to the record any more.",
}

_RULES = (
    Policy().merged({"waiting_room": {"declaration": False}}).document()
)  # asked apart: it moves no state
_COUNTED = (fact(PolicyPublished, -100_000, document=_RULES), fact(CallBooked, -86_400))
_ENROLLED = (
    fact(FaceTemplateEnrolled, -80_000),
    fact(BiometricConsentGiven, -80_000),
    fact(FaceTemplateEnrolled, -79_000, person=VISITOR, template="sha256:bb"),
)

MOVING = (
    "WaitingRoomOpened",
    "CallHeldForMonitor",
    "CallHeldForFacts",
    "CallStarted",
    "CallPaused",
    "CallResumed",
    "CallInterrupted",
    "CallCompleted",
    "CallTerminated",
    "CallMissed",
    "BookingCancelled",
    "CallClosed",
)
"""The events by which a call comes into another state; the others say why, or who is here."""

ROOTS: Sequence[Sequence[Event]] = ((*_COUNTED, *_ENROLLED), _COUNTED)
"""Faces are matched; faces are only counted, and a monitor is required."""


@dataclass(frozen=True)
class Now:
    """A call as its log has it."""

    log: tuple[Event, ...]
    _known: dict[tuple[str, Boundary], Any] = field(
        default_factory=dict, compare=False
    )  # folded already, by what was read

    @property
    def at(self) -> datetime:
        """A moment after everything that happened."""
        return self.log[-1].at + SECOND

    @cached_property
    def room(self) -> WaitingRoom:
        """Its waiting room."""
        return cast(WaitingRoom, self.state_of(waiting_room, ask(MissCall)))

    @cached_property
    def running(self) -> Call:
        """The call."""
        return cast(Call, self.state_of(call, ask(EscalatePause)))

    def state_of(self, decider: Any, command: Command) -> Any:
        """What a decision sees: the events of its boundary, folded."""
        boundary = decider.boundary(command)
        key = (decider.__name__, boundary)
        if key not in self._known:
            self._known[key] = reduce(decider.evolve, selected(self.log, boundary), decider.initial)
        return self._known[key]


@dataclass(frozen=True)
class Asked:
    """A command in one form: who says it, and the moments and values with which it is said in a state."""

    decider: Any
    kind: type[Command]
    by: str
    form: str
    when: Callable[[Now], Iterator[Command]]


def at_once(kind: type[Command], /, **fields: Any) -> Callable[[Now], Iterator[Command]]:
    """The command a moment later."""

    def commands(now: Now) -> Iterator[Command]:
        yield ask(kind, **{"at": now.at, **fields})

    return commands


def each_side(kind: type[Command], /, **fields: Any) -> Callable[[Now], Iterator[Command]]:
    """The command a moment later, for either side."""

    def commands(now: Now) -> Iterator[Command]:
        for side in Side:
            person = {"person": PRISONER if side is Side.PRISONER else VISITOR}
            named = person if "person" in kind.model_fields else {}
            yield ask(kind, **{"at": now.at, "side": side, **named, **fields})

    return commands


def seen(kind: Kind, severity: Severity, action: Action) -> Callable[[Now], Iterator[Command]]:
    """Something is seen on the visitors' side, under a name of its own."""

    def commands(now: Now) -> Iterator[Command]:
        name = f"violation-{len(now.log)}"
        track = 2 if kind is Kind.UNAPPROVED_FACE else None
        fields = {"kind": kind, "severity": severity, "action": action, "violation": name, "track": track}
        yield ask(ReportViolation, **{"at": now.at, **fields})

    return commands


def reviewed(now: Now) -> Iterator[Command]:
    """Every violation is looked at."""
    for violation_id in sorted(now.running.blamed):
        yield ask(ReviewViolation, at=now.at, violation=violation_id)


def at_its_time(
    kind: type[Command], moment: Callable[[Now], datetime | None], **fields: Any
) -> Callable[[Now], Iterator[Command]]:
    """The command when its moment has come, if there is one in this state."""

    def commands(now: Now) -> Iterator[Command]:
        at = moment(now)
        if at is not None:
            yield ask(kind, **{"at": max(at, now.at), **fields})

    return commands


def escalated(seconds: str) -> Callable[[Now], Iterator[Command]]:
    """The pause has lasted as long as this key of the policy says."""

    def commands(now: Now) -> Iterator[Command]:
        pause = now.running.pause
        if pause is not None:
            due = pause.at + timedelta(seconds=getattr(now.running.rules, seconds))
            yield ask(EscalatePause, at=max(due, now.at), paused_at=pause.at)

    return commands


def left_late(now: Now) -> Iterator[Command]:
    """A side leaves a stop that nobody decided on."""
    stopped = now.running.stopped_at
    if stopped is not None:
        at = stopped + timedelta(seconds=now.running.rules.undecided_after_s)
        yield ask(LeaveCall, at=max(at, now.at))


def _missed_at(now: Now) -> datetime | None:
    return now.room.opened.missed_at if now.room.opened else None


def _grace(now: Now) -> datetime | None:
    return now.running.interruption.rejoin_until if now.running.interruption else None


def _shortly_before(now: Now) -> datetime | None:
    return now.running.ends_at and now.running.ends_at - timedelta(seconds=30)


def _end(now: Now) -> datetime | None:
    return now.running.ends_at


def _changed_in_call(now: Now) -> Iterator[Command]:
    for kind in now.running.stopping_flags:
        yield ask(PauseFlagged, at=now.at, kind=kind)


BEYOND = Beyond(
    prison=PRISON,
    zone="Europe/London",
    session=SESSION,
    records=(PRISONER,),
    visitors=(VISITOR,),
    device=None,
    sessions=(),
    until=NOON + timedelta(days=1),
)
WORDS = (WordOnFace(side=Side.VISITOR, track=2, word=FaceWord.GONE),)

ASKED: Sequence[Asked] = (
    Asked(
        waiting_room,
        OpenWaitingRoom,
        DEADLINE,
        "",
        at_its_time(OpenWaitingRoom, lambda _: NOON - timedelta(minutes=15)),
    ),
    Asked(waiting_room, MakeDeclaration, A_SIDE, "", each_side(MakeDeclaration, told_by_staff=True)),
    Asked(waiting_room, ArriveParticipant, A_SIDE, "", each_side(ArriveParticipant)),
    Asked(waiting_room, ReportIdentity, WORKER, "every face matches", each_side(ReportIdentity)),
    Asked(
        waiting_room,
        ReportIdentity,
        WORKER,
        "not every face matches",
        each_side(ReportIdentity, result=IdentityResult.MISMATCH),
    ),
    Asked(waiting_room, AdmitParticipant, STAFF, "", each_side(AdmitParticipant)),
    Asked(waiting_room, RefuseParticipant, STAFF, "", each_side(RefuseParticipant)),
    Asked(
        waiting_room,
        NoteRefusalToAttend,
        STAFF,
        "the person in prison will not take part",
        at_once(NoteRefusalToAttend),
    ),
    Asked(waiting_room, JoinAsMonitor, STAFF, "", at_once(JoinAsMonitor)),
    Asked(waiting_room, LeaveAsMonitor, STAFF, "", at_once(LeaveAsMonitor)),
    Asked(waiting_room, StartCall, RULE, "its time has come", at_its_time(StartCall, lambda _: NOON)),
    Asked(waiting_room, MissCall, DEADLINE, "the wait is over", at_its_time(MissCall, _missed_at)),
    Asked(flag, FlagBooking, RULE, "a fact changed under the call", at_once(FlagBooking)),
    Asked(flag, UnflagBooking, STAFF, "somebody decided", at_once(UnflagBooking)),
    Asked(booking, CancelCall, STAFF, "", at_once(CancelCall)),
    Asked(
        call,
        ReportViolation,
        WORKER,
        "to be coached only",
        seen(Kind.FACE_UNCLEAR, Severity.INFO, Action.COACH),
    ),
    Asked(
        call,
        ReportViolation,
        WORKER,
        "something that may pass",
        seen(Kind.CAMERA_COVERED, Severity.LOW, Action.PAUSE),
    ),
    Asked(
        call,
        ReportViolation,
        WORKER,
        "something for staff",
        seen(Kind.UNAPPROVED_FACE, Severity.HIGH, Action.PAUSE),
    ),
    Asked(call, ReportCleared, WORKER, "it has passed", at_once(ReportCleared, kind=Kind.CAMERA_COVERED)),
    Asked(call, ReportPause, STAFF, "", at_once(ReportPause)),
    Asked(call, ResumeCall, STAFF, "without a word on a face", at_once(ResumeCall, words=())),
    Asked(call, ResumeCall, STAFF, "with a reason and a word on each face", at_once(ResumeCall, words=WORDS)),
    Asked(call, ReportLost, WORKER, "a side’s media stopped coming", each_side(ReportLost)),
    Asked(call, ReportBack, WORKER, "it comes again", each_side(ReportBack)),
    Asked(call, ReportInterrupted, WORKER, "nothing can be judged", at_once(ReportInterrupted)),
    Asked(
        call,
        ReportInterrupted,
        "the supervisor",
        "the worker is gone, and both connections with it",
        at_once(ReportInterrupted, cause="worker_lost"),
    ),
    Asked(call, ReportOver, WORKER, "it can be judged again", at_once(ReportOver)),
    Asked(call, GoOn, RULE, "something that stopped it is over", at_once(GoOn)),
    Asked(call, HoldForMonitor, RULE, "an officer who watched has left", at_once(HoldForMonitor)),
    Asked(call, PauseFlagged, RULE, "a fact changed that lets no call start", _changed_in_call),
    Asked(call, EscalatePause, DEADLINE, "it did not pass in time", escalated("auto_pause_limit_s")),
    Asked(call, EscalatePause, DEADLINE, "nobody decided in time", escalated("escalate_after_s")),
    Asked(call, EscalatePause, DEADLINE, "nobody decided for too long", escalated("undecided_after_s")),
    Asked(call, EndCall, STAFF, "", at_once(EndCall)),
    Asked(call, StopCall, STAFF, "all calls of the prison are stopped", at_once(StopCall)),
    Asked(call, LeaveCall, A_SIDE, "", each_side(LeaveCall)),
    Asked(call, LeaveCall, A_SIDE, "after a stop that nobody decided on in time", left_late),
    Asked(ending, CompleteCall, DEADLINE, "nobody came back in time", at_its_time(CompleteCall, _grace)),
    Asked(
        ending,
        CompleteCall,
        DEADLINE,
        "shortly before its end",
        at_its_time(CompleteCall, _shortly_before, beyond=BEYOND),
    ),
    Asked(
        ending,
        CompleteCall,
        DEADLINE,
        "its time is up, and its place stays free",
        at_its_time(CompleteCall, _end, beyond=BEYOND),
    ),
    Asked(
        ending,
        CompleteCall,
        DEADLINE,
        "its time is up, and others need its place",
        at_its_time(CompleteCall, _end),
    ),
    Asked(violation, ReviewViolation, STAFF, "", reviewed),
    Asked(closing, CloseCall, RULE, "", at_once(CloseCall)),
)
