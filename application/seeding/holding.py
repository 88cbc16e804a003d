"""A call from the opening of its waiting room to its start: who comes, and who is let in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from application.seeding.call_day import ABSENT, COURSES, THRESHOLD, CallDay
from application.seeding.step import SERVICE, SYSTEM
from application.seeding.talking import Talk
from application.seeding.town import ENGINE
from domain.clearance import Side
from domain.closing import CloseCall
from domain.policy import WaitingRoomPolicy
from domain.texts import DECLARATION, Language
from domain.waiting_room.commands import (
    AdmitParticipant,
    ArriveParticipant,
    JoinAsMonitor,
    MakeDeclaration,
    MissCall,
    OpenWaitingRoom,
    ReportIdentity,
    StartCall,
)
from domain.waiting_room.events import IdentityResult, SeenFace

OPENS = timedelta(seconds=WaitingRoomPolicy().opens_before_s)
MISSED = timedelta(seconds=WaitingRoomPolicy().missed_after_s)


@dataclass
class Holding:
    """One call, held or missed."""

    day: CallDay

    def tell(self) -> None:
        """Every step of the call's day."""
        course = self.day.random.choices(list(COURSES), list(COURSES.values()))[0]
        starts_at = self.day.placed.wish.starts_at
        persons = (self.day.placed.wish.held.ident, *(one.ident for one in self.day.placed.wish.visitors))
        room = OpenWaitingRoom(
            at=starts_at - OPENS,
            call=self.day.call,
            prison=self.day.town.prison,
            session=self.day.placed.wish.session,
            persons=persons,
        )
        self.day.say("open", room, SYSTEM)
        if course in ABSENT:
            self._missed(starts_at, ABSENT[course])
        else:
            Talk(self.day).tell(self._come_in(starts_at), course)

    def _missed(self, starts_at: datetime, absent: frozenset[Side]) -> None:
        for side in Side:
            if side not in absent:
                self._arrive(side, starts_at - timedelta(minutes=self.day.random.randint(1, 8)))
        self.day.say("miss", MissCall(at=starts_at + MISSED, call=self.day.call), SYSTEM)
        self.day.say("close", CloseCall(at=starts_at + MISSED, call=self.day.call), SYSTEM)

    def _arrive(self, side: Side, at: datetime) -> None:
        actor = self.day.actor(side)
        declare = MakeDeclaration(
            at=at,
            call=self.day.call,
            prison=self.day.town.prison,
            side=side,
            person=actor.id,
            text_version=DECLARATION,
            language=Language.EN,
            told_by_staff=side is Side.PRISONER,
        )
        self.day.say(f"declare/{side}", declare, actor)
        arrive = ArriveParticipant(at=at, call=self.day.call, side=side, person=actor.id)
        self.day.say(f"arrive/{side}", arrive, actor)

    def _come_in(self, starts_at: datetime) -> datetime:
        """Both sides arrive and are let in, some late; the moment of the start."""
        ready = starts_at
        for side in Side:
            at = starts_at + timedelta(seconds=self.day.random.randint(-600, 120))
            self._arrive(side, at)
            at += timedelta(seconds=self.day.random.randint(8, 40))
            self._let_in(side, at)
            ready = max(ready, at)
        if not all(map(self.day.known, Side)):
            join = JoinAsMonitor(at=ready, call=self.day.call, officer=self.day.monitor.id)
            self.day.say("monitor", join, self.day.monitor)
        self.day.say("start", StartCall(at=ready, call=self.day.call), SYSTEM)
        return ready

    def _let_in(self, side: Side, at: datetime) -> None:
        if self.day.known(side):
            faces = tuple(
                SeenFace(person=one.ident, distance=self.day.random.randint(2800, 4600))
                for one in self.day.people(side)
            )
            seen = ReportIdentity(
                at=at,
                call=self.day.call,
                side=side,
                result=IdentityResult.MATCH,
                faces=faces,
                threshold=THRESHOLD,
                engine=ENGINE,
            )
            self.day.say(f"identity/{side}", seen, SERVICE)
            return
        admit = AdmitParticipant(
            at=at,
            call=self.day.call,
            side=side,
            people=len(self.day.people(side)),
            officer=self.day.monitor.id,
            reason="Invented for the seed: documents seen.",
        )
        self.day.say(f"admit/{side}", admit, self.day.monitor)
