"""Pairs of people who want the same last thing: the last place of a session, minutes of a month, hour of a visitor."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from application.booking import Wish
from bench.setting import START
from domain.event import Event
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.relationship import ApprovalBasis, RelationshipApproved
from domain.timetable.events import CallType, SessionTemplatePublished

KINDS = ("session_full", "allowance", "double_booking")  # each the rule by which the later one is refused
MONDAY = date(2026, 11, 30)
TUESDAY = MONDAY + timedelta(days=1)  # of another month: there the allowance is whole again
FAR = 3  # days in which another time is looked for: the Monday after is too far away


@dataclass(frozen=True)
class Pair:
    """Two who ask at the same instant, in a prison of their own."""

    number: int

    @property
    def kind(self) -> str:
        """What there is only one of."""
        return KINDS[self.number % len(KINDS)]

    @property
    def prison(self) -> str:
        """Where."""
        return f"R{self.number}"

    @property
    def alternatives(self) -> tuple[str, ...]:
        """What the one who is refused must be offered: every fourth prison has no other time within reach."""
        return (f"{self.prison}-other.{TUESDAY}",) if self.number // len(KINDS) % 4 else ()

    def wish(self, side: int) -> Wish:
        """What one of the two asks for."""
        prisoner = 0 if self.kind == "allowance" else side
        visitor = 0 if self.kind == "double_booking" else side
        time = "one" if self.kind == "session_full" else ("one", "two")[side]
        return Wish(
            call=f"{self.prison}-call-{side}",
            prison=self.prison,
            session=f"{self.prison}-{time}.{MONDAY}",
            minutes=30,
            prisoner=f"{self.prison}-prisoner-{prisoner}",
            visitors=(f"{self.prison}-visitor-{visitor}",),
        )

    def history(self) -> Iterator[Event]:
        """The prison with its rules, its times and its people."""
        month = 30 if self.kind == "allowance" else 60
        rules = {"approval": "auto", "minutes_a_month": month, "alternatives_days": FAR}
        document = Policy().merged({"booking": rules, "people": {"identity_required": False}}).document()
        yield PolicyPublished(
            at=START, prison=self.prison, version=1, document=document, published_by="g1", approved_by=None
        )
        yield self._time("one", MONDAY, "10:00", 1 if self.kind == "session_full" else 2)
        if self.kind != "session_full":
            yield self._time("two", MONDAY, "10:15" if self.kind == "double_booking" else "15:00", 2)
        if self.alternatives:
            yield self._time("other", TUESDAY, "14:00", 1)
        for wish in map(self.wish, (0, 1)):
            yield from self._people(wish.prisoner, wish.visitors[0])

    def _time(self, name: str, day: date, starts: str, stations: int) -> Event:
        return SessionTemplatePublished(
            at=START,
            prison=self.prison,
            template=f"{self.prison}-{name}",
            weekday=day.weekday(),
            starts=starts,
            minutes=60,
            every_weeks=1,
            first=date(2026, 11, 2),
            last=None,
            stations=stations,
            one_way_stations=0,
            devices=(),
            call_types=(CallType.SOCIAL,),
            categories=(),
            incentive_levels=(),
            locations=(),
            published_by="o1",
        )

    def _people(self, prisoner: str, visitor: str) -> Iterator[Event]:
        yield PersonRegistered(
            at=START, person=prisoner, kind=PersonKind.PRISONER, prison=self.prison, number=()
        )
        yield RelationshipApproved(
            at=START,
            prison=self.prison,
            prisoner=prisoner,
            visitor=visitor,
            basis=ApprovalBasis.STAFF,
            approved_by="o1",
        )
