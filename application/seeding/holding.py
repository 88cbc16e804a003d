"""A call's day: the waiting room, who comes, what stops it, how it ends. Told by the commands of those who act."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from application.ports import Actor, ActorKind
from application.seeding.asking import Placed
from application.seeding.scale import Scale
from application.seeding.step import SERVICE, SYSTEM, Script, staff
from application.seeding.town import ENGINE, Somebody, Town
from domain.call.commands import (
    CompleteCall,
    EndCall,
    LeaveCall,
    ReportBack,
    ReportCleared,
    ReportLost,
    ReportPause,
    ReportViolation,
    ResumeCall,
)
from domain.call.events import WordOnFace
from domain.clearance import Side
from domain.closing import CloseCall
from domain.event import Command
from domain.moderation.kind import Action, FaceWord, Kind, Severity
from domain.policy import CallPolicy, WaitingRoomPolicy
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

OPENS = timedelta(seconds=WaitingRoomPolicy().opens_before_s)
MISSED = timedelta(seconds=WaitingRoomPolicy().missed_after_s)
GRACE_S = CallPolicy().interruption_grace_s
THRESHOLD = 6000


class Course(StrEnum):
    """What happens in a call."""

    CALM = "calm"
    LEFT_EARLY = "left_early"
    TURNED_AWAY = "turned_away"  # a face is gone for a moment: the call goes on by itself
    STRANGER = "stranger"  # staff look, and let it go on
    STAFF_PAUSE = "staff_pause"
    CUT_OFF = "cut_off"  # a side's connection fails and comes back; the time is given back
    ENDED = "ended"  # by an officer
    MISSED_BY_VISITOR = "missed_by_visitor"
    MISSED_BY_PRISONER = "missed_by_prisoner"
    MISSED_BY_BOTH = "missed_by_both"


COURSES = {
    Course.CALM: 72,
    Course.LEFT_EARLY: 7,
    Course.TURNED_AWAY: 4,
    Course.STRANGER: 2,
    Course.STAFF_PAUSE: 2,
    Course.CUT_OFF: 5,
    Course.ENDED: 2,
    Course.MISSED_BY_VISITOR: 3,
    Course.MISSED_BY_PRISONER: 2,
    Course.MISSED_BY_BOTH: 1,
}
ABSENT = {
    Course.MISSED_BY_VISITOR: frozenset({Side.VISITOR}),
    Course.MISSED_BY_PRISONER: frozenset({Side.PRISONER}),
    Course.MISSED_BY_BOTH: frozenset(Side),
}


@dataclass
class Holding:
    """One call from its waiting room to its closed record."""

    script: Script
    town: Town
    placed: Placed
    random: Random

    def tell(self) -> None:
        """Every step of the call's day."""
        course = self.random.choices(list(COURSES), list(COURSES.values()))[0]
        starts_at = self.placed.wish.starts_at
        persons = (self.placed.wish.held.ident, *(one.ident for one in self.placed.wish.visitors))
        room = OpenWaitingRoom(
            at=starts_at - OPENS,
            call=self._call,
            prison=self.town.prison,
            session=self.placed.wish.session,
            persons=persons,
        )
        self._say("open", room, SYSTEM)
        if course in ABSENT:
            self._missed(starts_at, ABSENT[course])
        else:
            self._held(self._come_in(starts_at), course)

    @property
    def _call(self) -> str:
        return self.placed.wish.call

    @property
    def _monitor(self) -> Actor:
        return staff(self.town.workers["LM"], "LM")

    @property
    def _scale(self) -> Scale:
        return self.town.scale

    def _say(self, name: str, command: Command, actor: Actor) -> None:
        touches = {self._call, self.placed.wish.held.ident}  # whose month may be given time back
        self.script.say(f"{name}/{self._call}", command, actor, touches, after=self.placed.step)

    def _people(self, side: Side) -> tuple[Somebody, ...]:
        wish = self.placed.wish
        return (wish.held,) if side is Side.PRISONER else wish.visitors

    def _known(self, side: Side) -> bool:
        return all(one.enrolled for one in self._people(side))

    def _missed(self, starts_at: datetime, absent: frozenset[Side]) -> None:
        for side in Side:
            if side not in absent:
                self._arrive(side, starts_at - timedelta(minutes=self.random.randint(1, 8)))
        self._say("miss", MissCall(at=starts_at + MISSED, call=self._call), SYSTEM)
        self._say("close", CloseCall(at=starts_at + MISSED, call=self._call), SYSTEM)

    def _arrive(self, side: Side, at: datetime) -> None:
        first = self._people(side)[0].ident
        kind = ActorKind.PRISONER if side is Side.PRISONER else ActorKind.PUBLIC
        actor = Actor(kind, first, "PR" if side is Side.PRISONER else "FA")
        self._say(f"arrive/{side}", ArriveParticipant(at=at, call=self._call, side=side, person=first), actor)

    def _come_in(self, starts_at: datetime) -> datetime:
        """Both sides arrive and are let in, some late; the moment of the start."""
        ready = starts_at
        for side in Side:
            at = starts_at + timedelta(seconds=self.random.randint(-600, 120))
            self._arrive(side, at)
            at += timedelta(seconds=self.random.randint(8, 40))
            self._let_in(side, at)
            ready = max(ready, at)
        if not all(map(self._known, Side)):
            join = JoinAsMonitor(at=ready, call=self._call, officer=self._monitor.id)
            self._say("monitor", join, self._monitor)
        self._say("start", StartCall(at=ready, call=self._call), SYSTEM)
        return ready

    def _let_in(self, side: Side, at: datetime) -> None:
        if self._known(side):
            faces = tuple(
                SeenFace(person=one.ident, distance=self.random.randint(2800, 4600))
                for one in self._people(side)
            )
            seen = ReportIdentity(
                at=at,
                call=self._call,
                side=side,
                result=IdentityResult.MATCH,
                faces=faces,
                threshold=THRESHOLD,
                engine=ENGINE,
            )
            self._say(f"identity/{side}", seen, SERVICE)
            return
        admit = AdmitParticipant(
            at=at,
            call=self._call,
            side=side,
            people=len(self._people(side)),
            officer=self._monitor.id,
            reason="Invented for the seed: documents seen.",
        )
        self._say(f"admit/{side}", admit, self._monitor)

    def _held(self, started: datetime, course: Course) -> None:
        """What happens, the end, and the closed record."""
        wish = self.placed.wish
        minute = started + timedelta(seconds=self.random.randint(120, wish.minutes * 30))
        stopped = self._stops(course, started, minute)
        ends_at = wish.starts_at + timedelta(minutes=wish.minutes, seconds=stopped)
        match course:
            case Course.LEFT_EARLY:
                ends_at = minute
                side = self.random.choice(list(Side))
                person = self._people(side)[0].ident
                kind = ActorKind.PRISONER if side is Side.PRISONER else ActorKind.PUBLIC
                self._say("leave", LeaveCall(at=ends_at, call=self._call, side=side), Actor(kind, person))
            case Course.ENDED:
                ends_at = minute + timedelta(minutes=1)
                reason = "Invented for the seed: the prison's rules were broken."
                end = EndCall(at=ends_at, call=self._call, officer=self._monitor.id, reason=reason)
                self._say("end", end, self._monitor)
            case _:
                self._say("complete", CompleteCall(at=ends_at, call=self._call), SYSTEM)
        if not all(map(self._known, Side)):
            leave = LeaveAsMonitor(at=ends_at, call=self._call, officer=self._monitor.id)
            self._say("monitor_leaves", leave, self._monitor)
        self._say("close", CloseCall(at=self._reviewed(course, ends_at), call=self._call), SYSTEM)

    def _stops(self, course: Course, started: datetime, at: datetime) -> int:
        """Stop the call for a while; the seconds by which its end may move."""
        seconds = self.random.randint(5, GRACE_S - 10)
        back = at + timedelta(seconds=seconds)
        match course:
            case Course.TURNED_AWAY:
                self._violation(Kind.FACE_ABSENT, Severity.MEDIUM, started, at, None)
                media_ms = round((back - started).total_seconds() * 1000)
                cleared = ReportCleared(
                    at=back, call=self._call, side=Side.VISITOR, kind=Kind.FACE_ABSENT, media_ms=media_ms
                )
                self._say("cleared", cleared, SERVICE)
            case Course.STRANGER:
                self._violation(Kind.UNAPPROVED_FACE, Severity.HIGH, started, at, 2)
                word = WordOnFace(side=Side.VISITOR, track=2, word=FaceWord.GONE)
                self._resume(back, (word,))
            case Course.STAFF_PAUSE:
                pause = ReportPause(
                    at=at,
                    call=self._call,
                    cause="staff",
                    officer=self._monitor.id,
                    reason="Invented for the seed: something was held up to the camera.",
                )
                self._say("pause", pause, self._monitor)
                self._resume(back, ())
            case Course.CUT_OFF:
                side = self.random.choice(list(Side))
                lost = ReportLost(
                    at=at, call=self._call, side=side, cause="connection_lost", last_media_ms=None
                )
                self._say("lost", lost, SERVICE)
                self._say("back", ReportBack(at=back, call=self._call, side=side), SERVICE)
            case _:
                return 0
        return seconds + 1

    def _violation(
        self, kind: Kind, severity: Severity, started: datetime, at: datetime, track: int | None
    ) -> None:
        media_ms = round((at - started).total_seconds() * 1000)
        evidence: dict[str, Any] = {"votes": 4, "of": 4, "threshold": THRESHOLD}
        report = ReportViolation(
            at=at,
            call=self._call,
            violation=self._scale.ident(self._call, "violation"),
            side=Side.VISITOR,
            kind=kind,
            severity=severity,
            action=Action.PAUSE,
            since_ms=media_ms - 900,
            media_ms=media_ms,
            track=track,
            evidence=evidence,
        )
        self._say("violation", report, SERVICE)

    def _resume(self, at: datetime, words: tuple[WordOnFace, ...]) -> None:
        reason = "Invented for the seed: all is as it should be."
        resume = ResumeCall(at=at, call=self._call, officer=self._monitor.id, reason=reason, words=words)
        self._say("resume", resume, self._monitor)

    def _reviewed(self, course: Course, ends_at: datetime) -> datetime:
        """When the record can be closed: where something was found, after somebody looked at it."""
        if course not in (Course.TURNED_AWAY, Course.STRANGER):
            return ends_at
        at = ends_at + timedelta(minutes=self.random.randint(5, 60))
        lead = staff(self.town.workers["SG"], "SG")
        review = ReviewViolation(
            at=at,
            call=self._call,
            violation=self._scale.ident(self._call, "violation"),
            outcome=self.random.choice((ReviewOutcome.DISMISSED, ReviewOutcome.CONFIRMED)),
            reviewed_by=lead.id,
            note="Invented for the seed: looked at afterwards.",
        )
        self._say("review", review, lead)
        return at
