"""One call's day: whose it is, who takes part, and how a step of it is told."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from application.ports import Actor, ActorKind
from application.seeding.asking import Placed
from application.seeding.scale import Scale
from application.seeding.step import Script, staff
from application.seeding.town import Somebody, Town
from domain.clearance import Side
from domain.event import Command

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
class CallDay:
    """One call that keeps its place."""

    script: Script
    town: Town
    placed: Placed
    random: Random

    @property
    def call(self) -> str:
        """Its id."""
        return self.placed.wish.call

    @property
    def monitor(self) -> Actor:
        """The officer who watches."""
        return staff(self.town.workers["LM"], "LM")

    @property
    def scale(self) -> Scale:
        """What ids are made of."""
        return self.town.scale

    def say(self, name: str, command: Command, actor: Actor) -> None:
        """A step that follows where the call got its place."""
        touches = {self.call, self.placed.wish.held.ident}  # whose month may be given time back
        self.script.say(f"{name}/{self.call}", command, actor, touches, after=self.placed.step)

    def people(self, side: Side) -> tuple[Somebody, ...]:
        """Whoever is expected on a side, whoever answers for it first."""
        wish = self.placed.wish
        return (wish.held,) if side is Side.PRISONER else wish.visitors

    def known(self, side: Side) -> bool:
        """Whether everybody on a side is known by a template; else faces there are only counted."""
        return not self.placed.wish.is_legal and all(one.enrolled for one in self.people(side))

    def actor(self, side: Side) -> Actor:
        """Whoever acts for a side."""
        first = self.people(side)[0].ident
        prisoner = side is Side.PRISONER
        return Actor(ActorKind.PRISONER if prisoner else ActorKind.PUBLIC, first, "PR" if prisoner else "FA")
