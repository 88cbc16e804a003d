"""A call from its start to its closed record: what stops it, how it ends, and who looks at it afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from application.seeding.call_day import THRESHOLD, CallDay, Course
from application.seeding.step import SERVICE, SYSTEM, staff
from domain.call.commands import (
    CompleteCall,
    EndCall,
    GoOn,
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
from domain.moderation.kind import Action, FaceWord, Kind, Severity
from domain.policy import CallPolicy
from domain.violation import ReviewOutcome, ReviewViolation
from domain.waiting_room.commands import LeaveAsMonitor

GRACE_S = CallPolicy().interruption_grace_s


@dataclass
class Talk:
    """One call that started."""

    day: CallDay

    def tell(self, started: datetime, course: Course) -> None:
        """What happens, the end, and the closed record."""
        wish = self.day.placed.wish
        minute = started + timedelta(seconds=self.day.random.randint(120, wish.minutes * 30))
        self._stops(course, started, minute)
        ends_at = wish.starts_at + timedelta(minutes=wish.minutes)
        match course:
            case Course.LEFT_EARLY:
                ends_at = minute
                side = self.day.random.choice(list(Side))
                self.day.say(
                    "leave", LeaveCall(at=ends_at, call=self.day.call, side=side), self.day.actor(side)
                )
            case Course.ENDED:
                ends_at = minute + timedelta(minutes=1)
                reason = "Invented for the seed: the prison's rules were broken."
                end = EndCall(at=ends_at, call=self.day.call, officer=self.day.monitor.id, reason=reason)
                self.day.say("end", end, self.day.monitor)
            case _:
                self.day.say("complete", CompleteCall(at=ends_at, call=self.day.call), SYSTEM)
        if not all(map(self.day.known, Side)):
            leave = LeaveAsMonitor(at=ends_at, call=self.day.call, officer=self.day.monitor.id)
            self.day.say("monitor_leaves", leave, self.day.monitor)
        self.day.say("close", CloseCall(at=self._reviewed(course, ends_at), call=self.day.call), SYSTEM)

    def _stops(self, course: Course, started: datetime, at: datetime) -> None:
        """Stop the call for a while."""
        seconds = self.day.random.randint(5, GRACE_S - 10)
        back = at + timedelta(seconds=seconds)
        match course:
            case Course.TURNED_AWAY:
                self._violation(Kind.FACE_ABSENT, Severity.MEDIUM, started, at, None)
                media_ms = round((back - started).total_seconds() * 1000)
                cleared = ReportCleared(
                    at=back, call=self.day.call, side=Side.VISITOR, kind=Kind.FACE_ABSENT, media_ms=media_ms
                )
                self.day.say("cleared", cleared, SERVICE)
                self._goes_on(back, "cleared")
            case Course.STRANGER:
                self._violation(Kind.UNAPPROVED_FACE, Severity.HIGH, started, at, 2)
                word = WordOnFace(side=Side.VISITOR, track=2, word=FaceWord.GONE)
                self._resume(back, (word,))
            case Course.STAFF_PAUSE:
                pause = ReportPause(
                    at=at,
                    call=self.day.call,
                    cause="staff",
                    officer=self.day.monitor.id,
                    reason="Invented for the seed: something was held up to the camera.",
                )
                self.day.say("pause", pause, self.day.monitor)
                self._resume(back, ())
            case Course.CUT_OFF:
                side = self.day.random.choice(list(Side))
                lost = ReportLost(
                    at=at, call=self.day.call, side=side, cause="connection_lost", last_media_ms=None
                )
                self.day.say("lost", lost, SERVICE)
                self.day.say("back", ReportBack(at=back, call=self.day.call, side=side), SERVICE)
                self._goes_on(back, "rejoined")
            case _:
                return  # nothing stops it

    def _goes_on(self, at: datetime, cause: str) -> None:
        self.day.say("goes_on", GoOn(at=at, call=self.day.call, cause=cause), SYSTEM)

    def _violation(
        self, kind: Kind, severity: Severity, started: datetime, at: datetime, track: int | None
    ) -> None:
        media_ms = round((at - started).total_seconds() * 1000)
        evidence: dict[str, Any] = {"votes": 4, "of": 4, "threshold": THRESHOLD}
        report = ReportViolation(
            at=at,
            call=self.day.call,
            violation=self.day.scale.ident(self.day.call, "violation"),
            side=Side.VISITOR,
            kind=kind,
            severity=severity,
            action=Action.PAUSE,
            since_ms=media_ms - 900,
            media_ms=media_ms,
            track=track,
            evidence=evidence,
        )
        self.day.say("violation", report, SERVICE)

    def _resume(self, at: datetime, words: tuple[WordOnFace, ...]) -> None:
        reason = "Invented for the seed: all is as it should be."
        resume = ResumeCall(
            at=at, call=self.day.call, officer=self.day.monitor.id, reason=reason, words=words
        )
        self.day.say("resume", resume, self.day.monitor)

    def _reviewed(self, course: Course, ends_at: datetime) -> datetime:
        """When the record can be closed: where something was found, after somebody looked at it."""
        if course not in (Course.TURNED_AWAY, Course.STRANGER):
            return ends_at
        at = ends_at + timedelta(minutes=self.day.random.randint(5, 60))
        lead = staff(self.day.town.workers["SG"], "SG")
        review = ReviewViolation(
            at=at,
            call=self.day.call,
            violation=self.day.scale.ident(self.day.call, "violation"),
            outcome=self.day.random.choice((ReviewOutcome.DISMISSED, ReviewOutcome.CONFIRMED)),
            reviewed_by=lead.id,
            note="Invented for the seed: looked at afterwards.",
        )
        self.day.say("review", review, lead)
        return at
