"""From the wish for a call to its place: asked for, decided on, moved, given up."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from application.ports import Actor, ActorKind
from application.seeding.scale import ZONE
from application.seeding.step import SYSTEM, Script, staff
from application.seeding.town import ALERTS_FOR_STAFF, Town
from application.seeding.week import Weekly
from application.seeding.wish import Calendar, Wish, other_time
from domain.booking.commands import (
    ApproveCall,
    AutoRejectCall,
    BookCall,
    CancelCall,
    ChangeCall,
    RejectCall,
    WithdrawCall,
)
from domain.booking.events import AskedAs, AutoRejectedBecause, Method, Outcome, RejectedBecause
from domain.calendar import age_on, local_day, local_time

DECIDE_BY = time(20)  # of the default policy, on the last day of notice
NOTICE = timedelta(days=2)


class Fate(StrEnum):
    """What becomes of a request."""

    KEPT = "kept"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    UNDECIDED = "undecided"
    WITHDRAWN = "withdrawn"


FATES = {
    Fate.KEPT: 80,
    Fate.CHANGED: 5,
    Fate.CANCELLED: 6,
    Fate.REJECTED: 4,
    Fate.UNDECIDED: 3,
    Fate.WITHDRAWN: 2,
}


@dataclass(frozen=True)
class Placed:
    """A call that keeps its place, and the step that gave it."""

    wish: Wish
    step: str


@dataclass
class Asking:
    """The requests of one prison."""

    script: Script
    town: Town
    calendar: Calendar
    by_rule: bool  # whether a request that no check holds up needs no officer
    random: Random

    def ask(self, wish: Wish) -> list[Placed]:
        """Ask for a call, and decide its fate; where it is refused, another time may be asked for.

        Gives the places that are kept, should they be given.
        """
        asked = self._book(wish, f"book/{wish.call}", None)
        return [*self._live(wish, asked), *self._elsewhere(wish, asked)]

    def touches(self, wish: Wish) -> set[str]:
        """What a place for this call competes for: the day's places and rooms, and the people's own time."""
        people = {wish.held.ident, *(one.ident for one in wish.visitors)}
        apart = self.town.apart.get(wish.held.ident)
        return {wish.call, f"{wish.day}", *people, *({apart} if apart else ())}

    def say(self, name: str, wish: Wish, command: Any, actor: Actor, **conditions: Any) -> str:
        """One step about a call."""
        return self.script.say(f"{name}/{wish.call}", command, actor, self.touches(wish), **conditions)

    def _elsewhere(self, wish: Wish, asked: str) -> list[Placed]:
        other = other_time(wish, self.calendar, self.random)
        if other is None or self.random.random() < 0.4:
            return []  # some give up
        again = replace(
            wish,
            call=self.town.scale.ident(wish.call, "again"),
            day=other[0],
            time=other[1],
            asked_at=wish.asked_at + timedelta(minutes=7),
        )
        return self._live(again, self._book(again, f"book/{again.call}", asked), sure=True)

    def _book(self, wish: Wish, ident: str, instead_of: str | None) -> str:
        by, as_ = self._asks(wish)
        method = {AskedAs.PRISONER: Method.BY_PRISONER, AskedAs.STAFF: Method.PHONE}
        command = BookCall(
            at=wish.asked_at,
            **self._place(wish),
            asked_as=as_,
            requested_by=by.id,
            method=method.get(as_, Method.WEBSITE),
        )
        return self.script.say(ident, command, by, self.touches(wish), instead_of=instead_of)

    def _asks(self, wish: Wish) -> tuple[Actor, AskedAs]:
        """Mostly the family itself; some ask by telephone, and some people in prison ask themselves."""
        part = int(wish.call[:4], 16) % 10
        if wish.is_legal or part == 0:
            return staff(self.town.workers["BO"], "BO"), AskedAs.STAFF
        if part == 1:
            return Actor(ActorKind.PRISONER, wish.held.ident, "PR"), AskedAs.PRISONER
        return Actor(ActorKind.PUBLIC, wish.visitors[0].ident, "FA"), AskedAs.PUBLIC

    def _place(self, wish: Wish) -> dict[str, Any]:
        apart = self.town.apart.get(wish.held.ident)
        return {
            "call": wish.call,
            "prison": self.town.prison,
            "session": wish.session,
            "starts_at": wish.starts_at,
            "zone": ZONE,
            "minutes": wish.minutes,
            "prisoner": wish.held.ident,
            "visitors": tuple(one.ident for one in wish.visitors),
            "call_type": wish.time.call_type,
            "ages": {one.ident: age_on(wish.day, one.born) for one in wish.visitors},
            "devices": wish.time.rooms,
            "apart": () if apart is None else (apart,),
        }

    def _live(self, wish: Wish, asked: str, *, sure: bool = False) -> list[Placed]:
        """What becomes of the request. `sure`: nothing stands in its way any more."""
        fate = Fate.KEPT if sure else self.random.choices(list(FATES), list(FATES.values()))[0]
        if not self._for_staff(wish):
            keeps = {Fate.CHANGED: Fate.CHANGED, Fate.CANCELLED: Fate.CANCELLED}
            return self._keep(wish, asked, keeps.get(fate, Fate.KEPT))
        match fate:
            case Fate.REJECTED:
                self._reject(wish, asked)
            case Fate.UNDECIDED if wish.asked_at < _decide_by(wish.day):
                self._leave_undecided(wish, asked)
            case Fate.WITHDRAWN:
                at = wish.asked_at + timedelta(minutes=self.random.randint(10, 50))
                withdraw = WithdrawCall(at=at, call=wish.call, withdrawn_by=wish.visitors[0].ident)
                family = Actor(ActorKind.PUBLIC, wish.visitors[0].ident, "FA")
                self.say("withdraw", wish, withdraw, family, after=asked)
            case _:
                self._approve(wish, asked, "approve", self._decided_at(wish.asked_at, wish.starts_at))
                return self._keep(wish, asked, fate)
        return []

    def _for_staff(self, wish: Wish) -> bool:
        held = wish.held
        restricted = held.restriction is not None and held.adults[0] in wish.visitors
        return not self.by_rule or held.alert in ALERTS_FOR_STAFF or restricted

    def _keep(self, wish: Wish, asked: str, fate: Fate) -> list[Placed]:
        """A booked call is held where it is, moved, or given up."""
        early = wish.starts_at - wish.asked_at >= timedelta(days=6)
        if fate is Fate.CANCELLED and early:
            self._cancel(wish, asked)
            return []
        other = other_time(wish, self.calendar, self.random) if fate is Fate.CHANGED and early else None
        if other is None:
            return [Placed(wish, asked)]
        return [self._change(wish, asked, other)]

    def _approve(self, wish: Wish, asked: str, name: str, at: datetime) -> None:
        approver = staff(self.town.workers["AP"], "AP")
        self.say(
            name,
            wish,
            ApproveCall(
                at=at,
                call=wish.call,
                approved_by=approver.id,
                prison=self.town.prison,
                prisoner=wish.held.ident,
                visitors=tuple(one.ident for one in wish.visitors),
            ),
            approver,
            after=asked,
        )

    def _reject(self, wish: Wish, asked: str) -> None:
        approver = staff(self.town.workers["AP"], "AP")
        because = self.random.choice(list(RejectedBecause))
        reject = RejectCall(
            at=self._decided_at(wish.asked_at, wish.starts_at),
            call=wish.call,
            because=because,
            rejected_by=approver.id,
            reason="Invented for the seed: the prison cannot hold this call.",
        )
        self.say("reject", wish, reject, approver, after=asked)

    def _leave_undecided(self, wish: Wish, asked: str) -> None:
        reject = AutoRejectCall(
            at=_decide_by(wish.day), call=wish.call, because=AutoRejectedBecause.MINIMUM_NOTICE
        )
        self.say("auto_reject", wish, reject, SYSTEM, after=asked)

    def _cancel(self, wish: Wish, asked: str) -> None:
        outcome = self.random.choice(
            (Outcome.BOOKER_CANCELLED, Outcome.BOOKER_CANCELLED, Outcome.PRISONER_CANCELLED)
        )
        at = wish.starts_at - timedelta(hours=self.random.randint(20, 60))
        by = wish.visitors[0].ident if outcome is Outcome.BOOKER_CANCELLED else wish.held.ident
        kind = ActorKind.PUBLIC if outcome is Outcome.BOOKER_CANCELLED else ActorKind.PRISONER
        cancel = CancelCall(at=at, call=wish.call, outcome=outcome, cancelled_by=by)
        self.say("cancel", wish, cancel, Actor(kind, by), after=asked)

    def _change(self, wish: Wish, asked: str, other: tuple[date, Weekly]) -> Placed:
        """To a later time. Where that is full, the call is given up."""
        moved = replace(wish, day=other[0], time=other[1])
        lead = wish.visitors[0].ident
        at = wish.starts_at - timedelta(days=4, minutes=self.random.randint(0, 300))
        family = Actor(ActorKind.PUBLIC, lead, "FA")
        change = ChangeCall(at=at, **self._place(moved), changed_by=lead)
        touches = self.touches(wish) | self.touches(moved)
        step = self.script.say(f"change/{wish.call}", change, family, touches, after=asked)
        give_up = CancelCall(
            at=at + timedelta(minutes=3),
            call=wish.call,
            outcome=Outcome.DETAILS_CHANGED_AFTER_BOOKING,
            cancelled_by=lead,
        )
        self.script.say(f"give_up/{wish.call}", give_up, family, touches, instead_of=step)
        if self._for_staff(moved):
            self._approve(moved, step, "approve_again", self._decided_at(at, moved.starts_at))
        return Placed(moved, step)

    def _decided_at(self, asked_at: datetime, starts_at: datetime) -> datetime:
        """The next morning; what an officer asks for at short notice within the hour."""
        if starts_at - asked_at < NOTICE:
            return asked_at + timedelta(minutes=self.random.randint(5, 40))
        day = local_day(asked_at, ZONE) + timedelta(days=1)
        return local_time(day, time(self.random.randint(9, 15), self.random.randint(0, 59)), ZONE)


def _decide_by(day: date) -> datetime:
    return local_time(day - NOTICE, DECIDE_BY, ZONE)
