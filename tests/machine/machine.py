"""Bookings under any sequence of requests, facts and decisions, on the real log, beside a plain model of the rules."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from application.asking import Asking, NotBooked
from application.booking import Lookup, Wish
from domain import allowance, booking, flag, person, policy, prisoner, restriction, timetable
from domain.allowance import AdjustAllowance, AllowanceReason, GrantAllowance
from domain.booking.commands import (
    ApproveCall,
    AutoRejectCall,
    BookCall,
    CancelCall,
    ChangeCall,
    Override,
    RejectCall,
    ReleaseReservation,
    ReserveCall,
    WithdrawCall,
)
from domain.booking.events import AskedAs, AutoRejectedBecause, Outcome, RejectedBecause
from domain.event import Event
from domain.flag.decisions import FlagBooking, UnflagBooking
from domain.flag.events import ClearedBecause, FlagKind
from domain.identity import GuardianVouchedForChild, IdentityVerified
from domain.lifecycle import CallMinutesCredited, CallMissed, CallStarted
from domain.person import PersonKind, RegisterPerson
from domain.policy import Policy, PublishPolicy, TightenPolicy
from domain.prisoner.decisions import TakeFact
from domain.prisoner.events import (
    AlertCleared,
    AlertRaised,
    AppointmentCancelled,
    AppointmentKind,
    AppointmentRecorded,
    Conviction,
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
from domain.relationship import ApprovalBasis, RelationshipApproved, VisitorUnapproved
from domain.restriction import LiftRestriction, PlaceRestriction, RestrictionKind
from domain.timetable.commands import (
    AddDevice,
    BlockDate,
    OpenSession,
    PublishTemplate,
    RetireTemplate,
    UnblockDate,
    WithdrawDevice,
)
from domain.timetable.events import CallType
from tests.facts import fact
from tests.machine import answers
from tests.machine.answers import Answer
from tests.machine.ground import Ground, Grounds, names
from tests.machine.invariants import Invariants
from tests.machine.model import Model, Row, day_of, month_of

START = datetime(
    2026, 10, 19, 9, tzinfo=UTC
)  # six days before the clocks go back, two weeks before the month ends
PRISONS, PRISONERS, VISITORS = ("north", "south"), ("p1", "p2", "p3"), ("v1", "v2", "v3", "v4")
HOMES = {"p1": "north", "p2": "north", "p3": "south"}
ZONES = {
    "north": "Europe/London",
    "south": "Europe/Berlin",
}  # an hour apart: midnight is not at the same moment
BORN = {"v1": date(1980, 2, 29), "v2": None, "v3": date(2015, 6, 1), "v4": date(2008, 11, 1)}
DEVICES = ("d1", "d2")
GROUPS = (("v1",), ("v2",), ("v4",), ("v1", "v3"), ("v1", "v2"), ("v3",), ("v1", "v1"), VISITORS)
TIGHTER: tuple[Row, ...] = (
    {"minutes_a_month": 30},
    {"remand_calls_a_week": 0},
    {"notice_days_min": 4},
    {"notice_days_max": 20},
    {"call_minutes_max": 30},
    {"visitors_max": 2},
    {"adults_max": 1},
    {"children_max": 0},
    {"lead_age": 21},
    {"approval": "staff"},
)
BASE: Row = {
    "booking": {"remand_calls_a_week": 1, "visitors_max": 3, "children_max": 1},
    "call_types": {"court": {"notice_days_min": 1}},
}

NOBODYS = 15
STANDING = ("requested", "booked")
nth = st.integers(0, NOBODYS)
prisons, prisoners, visitors = map(st.sampled_from, (PRISONS, PRISONERS, VISITORS))
groups = st.sampled_from(GROUPS)
weeks = st.sampled_from([0, 0, 1, 1, 2, 3, 4, -1])
minutes = st.sampled_from([30, 30, 30, 60, 60, 45, 90])
types = st.sampled_from(
    [CallType.SOCIAL, CallType.SOCIAL, CallType.LEGAL, CallType.COURT, CallType.INTERVIEW]
)
parts = st.sampled_from(list(AskedAs))
actors = st.sampled_from(["v1", "v2", "officer-1", "officer-2"])
aside = st.sampled_from([(), (), (), ("session_full", "allowance"), ("notice_min", "remand_week")])
supports = st.sampled_from(["", "", "", "An interpreter", "  "])


of_a_call = precondition(lambda self: self.model.calls)


class AnyBookings(RuleBasedStateMachine):
    """Two prisons, three people in prison, four visitors, and a clock that only goes forward."""

    grounds: ClassVar[Grounds]
    hits: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.on: Ground = type(self).grounds()
        self.model, self.checks = Model(), Invariants()
        self.now = START
        self.numbers = 0

    # Names: what is called v1 here is v1-7 on a log that other runs have written to

    def its(self, name: str) -> str:
        return f"{name}-{self.on.number}" if self.on.number else name

    def new(self, what: str) -> str:
        self.numbers += 1
        return self.its(f"{what}{self.numbers}")

    def call(self, number: int, *usually: str) -> str:
        """One of the newest calls, usually one that stands so; the last number: one that nobody knows."""
        rows = list(self.model.calls.values())
        known = [
            row["call"] for row in rows if number % 4 == 0 or row["status"] in (usually or (row["status"],))
        ]
        newest = known[-3:] or [row["call"] for row in rows[-1:]]
        return newest[number % len(newest)] if newest and number < NOBODYS else self.its("nowhere")

    # The beginning

    @initialize(
        weekday=st.sampled_from([6, 0]),
        starts=st.sampled_from(["00:30", "01:30", "22:30", "23:30"]),
        stations=st.sampled_from([1, 2]),
        one_way=st.sampled_from([0, 0, 1]),
        devices=st.sampled_from([(), ("d1",), DEVICES]),
        approval=st.sampled_from(["auto", "staff"]),
        on_remand=st.sampled_from([None, *PRISONERS]),
    )
    def begins(
        self,
        weekday: int,
        starts: str,
        stations: int,
        one_way: int,
        devices: tuple[str, ...],
        approval: str,
        on_remand: str | None,
    ) -> None:
        for prison in PRISONS:
            document = Policy().merged(BASE | {"time_zone": ZONES[prison]}).document()
            document["booking"]["approval"] = approval
            self._published(
                PublishPolicy(at=self.now, prison=self.its(prison), document=document, published_by="g1")
            )
        for name in (*PRISONERS, *VISITORS):
            self._registers(name)
        for device in DEVICES:
            self.send(
                timetable,
                AddDevice(
                    at=self.now,
                    prison=self.its("north"),
                    device=self.its(device),
                    label="Booth",
                    added_by="g1",
                ),
            )
        own = tuple(map(self.its, devices))
        self._template(
            "north",
            "t1",
            weekday,
            starts,
            90,
            stations=stations,
            one_way_stations=one_way,
            devices=own,
            call_types=tuple(CallType),
        )
        late = starts in {"22:30", "23:30"}  # where it is an hour later, the next day has begun
        theirs = (
            ((weekday + 1) % 7, "00:30" if starts == "23:30" else "00:00") if late else (weekday, "00:30")
        )
        self._template("south", "t2", *theirs, 60, stations=1)
        for one in VISITORS[:3]:
            for other in PRISONERS:
                self.approves(other, one)
        self.is_verified("v1")
        self.is_vouched_for("v3")
        if on_remand is not None:
            self.is_described_anew(on_remand, None, None, None, Conviction.REMAND)

    def _registers(self, name: str) -> None:
        held, born = name in PRISONERS, BORN.get(name)
        ident = self.its(name)
        kind = PersonKind.PRISONER if held else PersonKind.VISITOR
        prison = self.its(HOMES[name]) if held else None
        self.send(
            person,
            RegisterPerson(
                at=self.now, person=ident, kind=kind, prison=prison, name=name, date_of_birth=born
            ),
        )
        if held:
            self.model.prisoners[ident] = {
                "prison": prison,
                "category": None,
                "incentive_level": None,
                "location": None,
                "conviction": None,
                "alerts": {},
                "merged_into": None,
                "newest": {},
            }
        else:
            self.model.born[ident] = born

    def _published(self, command: PublishPolicy | TightenPolicy) -> None:
        held = self.model.policies.setdefault(command.prison, [])
        if isinstance(command, PublishPolicy):
            document, effective = command.document, command.effective_from or self.now
        else:
            document = _laid(self.model.policy(command.prison, self.now), command.changes)
            effective = self.now
        if self.send(policy, command):
            held.append({"from": effective, "document": document})

    def _template(self, prison: str, name: str, weekday: int, starts: str, lasts: int, **more: Any) -> None:
        ident = self.its(name)
        first = self.now.date() - timedelta(days=20)
        command = PublishTemplate(
            at=self.now,
            prison=self.its(prison),
            template=ident,
            weekday=weekday,
            starts=starts,
            minutes=lasts,
            first=first,
            published_by="g1",
            **more,
        )
        if self.send(timetable, command):
            self.model.templates[ident] = command.model_dump(mode="python") | {"retired": None}
            self.model.templates[ident]["call_types"] = [one.value for one in command.call_types]

    def send(self, decider: Any, command: Any) -> Answer:
        """A command that nothing stands against."""
        answer = self.on.do(decider, command)
        assert not isinstance(answer, frozenset), (type(command).__name__, answer)
        return answer

    # Asking

    def wish(self, call: str, number: int, week: int, who: str, group: tuple[str, ...], **more: Any) -> Row:
        prison, session = self._time(number, week)
        return {
            "call": call,
            "prison": prison,
            "session": session,
            "minutes": 30,
            "prisoner": self.its(who),
            "visitors": tuple(map(self.its, group)),
            "call_type": "social",
            "asked_as": "public",
            "lead": None,
            "override": (),
            "support": "",
            "by": self.its("v1"),
            **more,
        }

    def held(self, number: int, week: int, who: str) -> str:
        """Usually somebody whom the prison of this time holds."""
        prison, _ = self._time(number, week)
        held = [name for name in PRISONERS if self.model.prisoners[self.its(name)]["prison"] == prison]
        return held[0] if held and who not in held and number % 4 else who

    def _time(self, number: int, week: int) -> tuple[str, str]:
        """A time of the timetable so many weeks ahead."""
        times = [*self.model.opened.values(), *self.model.templates.values()]
        row = times[-1 - number % len(times)]
        if "weekday" not in row:
            return row["prison"], row["session"]
        today = day_of(self.now, ZONES["north"])
        ahead = (row["weekday"] - today.weekday()) % 7 + 7 * week
        return row["prison"], f"{row['template']}.{today + timedelta(days=ahead)}"

    def asks(self, kind: str, wish: Row) -> None:
        """Ask, as people do; the model says what they must hear, and which other times they are offered."""
        expected = answers.place(self.model, kind, wish, self.now)
        offered: list[str] = []
        if isinstance(expected, frozenset):
            self.hits["refused"] += 1
            offered = self.model.alternatives(kind, wish, self.now, set(expected))
            self.hits["offered elsewhere"] += bool(offered)
        self.heard(kind, expected, self.on.run(self._asked(kind, wish, offered)), wish)

    async def _asked(self, kind: str, wish: Row, offered: list[str]) -> Answer:
        asking = Asking(Lookup(self.on.store, self.on.keys))
        fields = Wish.__dataclass_fields__
        what = Wish(**{name: value for name, value in wish.items() if name in fields})
        more = self._more(kind, wish)
        try:
            _, handled = await asking.ask(KINDS[kind], self.on.context(wish["by"]), self.now, what, **more)
            return names(handled.events)
        except NotBooked as not_booked:
            refused = not_booked
        self.refused(refused, wish, offered)
        return frozenset(refused.rules)

    def refused(self, refused: NotBooked, wish: Row, offered: list[str]) -> None:
        """In a sentence, and with exactly those other times that are free of all rules."""
        assert str(refused).endswith(".")
        assert [slot.session for slot in refused.alternatives] == offered, (refused.rules, wish)

    def _more(self, kind: str, wish: Row) -> Row:
        who = {"book": "requested_by", "reserve": "reserved_by", "change": "changed_by"}[kind]
        more: Row = {who: wish["by"]}
        if kind != "reserve":
            more["support"] = wish["support"]
        if wish["override"]:
            more["override"] = Override(
                rules=wish["override"], overridden_by="g1", approved_by="g2", reason="A birth in the family"
            )
        return more

    def heard(self, what: str, expected: Answer, answer: Answer, about: Any = None) -> None:
        self.hits.update(
            expected if isinstance(expected, frozenset) else [f"{what}: {' '.join(expected) or 'nothing'}"]
        )
        assert answer == expected, (what, about, answer, expected)

    @rule(
        number=nth,
        week=weeks,
        who=prisoners,
        group=groups,
        length=minutes,
        kind=types,
        part=parts,
        by=actors,
        over=aside,
        support=supports,
    )
    def is_asked_for(
        self,
        number: int,
        week: int,
        who: str,
        group: tuple[str, ...],
        length: int,
        kind: CallType,
        part: AskedAs,
        by: str,
        over: tuple[str, ...],
        support: str,
    ) -> None:
        more = {
            "minutes": length,
            "call_type": kind.value,
            "asked_as": part.value,
            "override": over,
            "support": support,
        }
        who = self.held(number, week, who)
        self.asks("book", self.wish(self.new("c"), number, week, who, group, by=self.its(by), **more))

    @rule(
        start=st.integers(0, 60),
        kind=st.sampled_from(["book", "book", "reserve"]),
        length=st.sampled_from([30, 60]),
        by=actors,
        kept=st.booleans(),
    )
    def is_asked_for_where_nothing_stands_against_it(
        self, start: int, kind: str, length: int, by: str, kept: bool
    ) -> None:
        reserved = [call for call, row in self.model.calls.items() if row["status"] == "reserved"]
        call = reserved[-1] if kept and reserved else self.new("c")
        by = self.model.calls[call]["by"] if call in self.model.calls else self.its(by)
        wishes = [
            self.wish(
                call,
                number,
                week,
                who,
                group,
                minutes=length,
                by=by,
                call_type=wanted,
                asked_as=part,
            )
            for wanted, part in (("social", "public"), ("legal", "staff"))
            for week in (0, 1, 2, 3)
            for number in range(len(self.model.opened) + len(self.model.templates))
            for who in PRISONERS
            for group in GROUPS[:5]
        ]
        for wish in wishes[start:] + wishes[:start]:
            if not self.model.refusals(kind, wish, self.now):
                self.asks(kind, wish)
                return

    @of_a_call
    @rule(number=nth, at=nth, week=weeks, group=groups, length=minutes, by=actors, same=st.booleans())
    def a_kept_place_is_taken_up(
        self, number: int, at: int, week: int, group: tuple[str, ...], length: int, by: str, same: bool
    ) -> None:
        kept = [call for call in self.model.calls.values() if call["status"] == "reserved"]
        if not kept:
            return
        row = kept[-1 - number % len(kept)]
        wish = self.wish(row["call"], at, week, "p1", group, minutes=length, by=self.its(by))
        if same:
            wish |= {name: row[name] for name in ("prison", "session", "minutes", "prisoner", "visitors")}
            wish["by"] = row["by"]
        self.asks("book", wish)

    @of_a_call
    @rule(
        number=nth,
        at=nth,
        week=weeks,
        group=groups,
        length=minutes,
        kind=types,
        by=actors,
        part=parts,
        keep=st.booleans(),
    )
    def is_changed(
        self,
        number: int,
        at: int,
        week: int,
        group: tuple[str, ...],
        length: int,
        kind: CallType,
        by: str,
        part: AskedAs,
        keep: bool,
    ) -> None:
        call = self.call(number, *STANDING)
        more = {"call_type": kind.value, "asked_as": part.value, "minutes": length, "by": self.its(by)}
        wish = self.wish(call, at, week, "p1", group, **more)
        if call in self.model.calls:
            row = self.model.calls[call]
            wish["prisoner"] = row["prisoner"]
            if kind is not CallType.COURT:
                wish["call_type"] = row["call_type"]
            if keep:
                wish |= {name: row[name] for name in ("minutes", "visitors")}
        self.asks("change", wish)

    @of_a_call
    @rule(number=nth, start=st.integers(0, 30))
    def is_moved_to_where_nothing_stands_against_it(self, number: int, start: int) -> None:
        call = self.call(number, *STANDING)
        if call not in self.model.calls:
            return
        row = self.model.calls[call]
        kept = {name: row[name] for name in ("prisoner", "visitors", "minutes", "call_type")}
        wishes = [
            self.wish(call, which, week, "p1", ("v1",)) | kept | {"by": self.its("v2")}
            for week in (0, 1, 2, 3)
            for which in range(len(self.model.opened) + len(self.model.templates))
        ]
        first = start % len(wishes)
        for wish in wishes[first:] + wishes[:first]:
            if wish["session"] != row["session"] and not self.model.refusals("change", wish, self.now):
                self.asks("change", wish)
                return

    # Deciding

    def settles(self, what: str, expected: Answer, command: Any, decider: Any = booking) -> None:
        self.heard(what, expected, self.on.do(decider, command), command)

    @of_a_call
    @rule(number=nth, by=st.sampled_from(["officer-1", "officer-2", "officer-2", "v1"]))
    def is_approved(self, number: int, by: str) -> None:
        call, who = self.call(number, "requested"), self.its(by)
        wanted = ApproveCall(at=self.now, call=call, approved_by=who)
        asked = self.on.run(Lookup(self.on.store, self.on.keys).approval(wanted))
        self.settles("approve", answers.approve(self.model, call, who, self.now), asked)

    @of_a_call
    @rule(number=nth, reason=st.sampled_from(["The room is full", " "]))
    def is_rejected(self, number: int, reason: str) -> None:
        call = self.call(number, "requested")
        command = RejectCall(
            at=self.now, call=call, because=RejectedBecause.TIMETABLE, rejected_by="officer-1", reason=reason
        )
        self.settles("reject", answers.reject(self.model, call, reason), command)

    @of_a_call
    @rule(number=nth, because=st.sampled_from(list(AutoRejectedBecause)))
    def is_rejected_by_rule(self, number: int, because: AutoRejectedBecause) -> None:
        call = self.call(number, "requested")
        expected = answers.auto_reject(self.model, call, because.value, self.now)
        self.settles("auto-reject", expected, AutoRejectCall(at=self.now, call=call, because=because))

    @of_a_call
    @rule(number=nth)
    def is_withdrawn(self, number: int) -> None:
        call = self.call(number, "requested")
        command = WithdrawCall(at=self.now, call=call, withdrawn_by="v1")
        self.settles("withdraw", answers.withdraw(self.model, call), command)

    @of_a_call
    @rule(number=nth)
    def is_cancelled(self, number: int) -> None:
        call = self.call(number, *STANDING)
        command = CancelCall(at=self.now, call=call, outcome=Outcome.BOOKER_CANCELLED, cancelled_by="v1")
        self.settles("cancel", answers.cancel(self.model, call), command)

    @of_a_call
    @rule(number=nth, by=actors)
    def a_kept_place_is_given_back(self, number: int, by: str) -> None:
        call, who = self.call(number, "reserved"), self.its(by)
        command = ReleaseReservation(at=self.now, call=call, released_by=who)
        self.settles("release", answers.release(self.model, call, who), command)

    @of_a_call
    @rule(number=nth, kind=st.sampled_from(list(FlagKind)), ident=st.sampled_from(["f1", "f2"]))
    def is_flagged(self, number: int, kind: FlagKind, ident: str) -> None:
        call = self.call(number, *STANDING)
        command = FlagBooking(at=self.now, call=call, flag=ident, kind=kind, cause="event-1")
        self.settles("flag", answers.flag(self.model, call, ident, kind.value), command, flag)

    @of_a_call
    @rule(number=nth, ident=st.sampled_from(["f1", "f2"]), reason=st.sampled_from(["Seen", ""]))
    def a_flag_is_cleared(self, number: int, ident: str, reason: str) -> None:
        call = self.call(number, *STANDING)
        command = UnflagBooking(
            at=self.now,
            call=call,
            flag=ident,
            because=ClearedBecause.DO_NOT_CHANGE,
            cleared_by="officer-1",
            reason=reason,
        )
        self.settles("unflag", answers.unflag(self.model, call, ident, reason), command, flag)

    @of_a_call
    @rule(number=nth, missed=st.booleans())
    def begins_or_is_missed(self, number: int, missed: bool) -> None:
        row = self.model.calls.get(self.call(number, "booked"))
        if row is None or row["status"] != "booked" or row["started"] or row["missed"]:
            return
        if self.now < row["starts_at"] - timedelta(minutes=0 if missed else 15):
            return
        what = CallMissed if missed else CallStarted
        self.on.put(self._fact(what, call=row["call"], prison=row["prison"]))
        row["missed" if missed else "started"] = True

    # What changes around it

    def _fact(self, kind: type[Event], **fields: Any) -> Event:
        """A fact from elsewhere, at this moment."""
        return fact(kind).model_copy(update={"at": self.now, **fields})

    @rule(prisoner=prisoners, visitor=visitors)
    def approves(self, prisoner: str, visitor: str) -> None:
        pair = (self.its(prisoner), self.its(visitor))
        self.on.put(
            self._fact(RelationshipApproved, prisoner=pair[0], visitor=pair[1], basis=ApprovalBasis.STAFF)
        )
        self.model.approved.add(pair)

    @rule(prisoner=prisoners, visitor=visitors)
    def unapproves(self, prisoner: str, visitor: str) -> None:
        pair = (self.its(prisoner), self.its(visitor))
        self.on.put(self._fact(VisitorUnapproved, prisoner=pair[0], visitor=pair[1]))
        self.model.approved.discard(pair)

    @rule(visitor=visitors)
    def is_verified(self, visitor: str) -> None:
        self.on.put(self._fact(IdentityVerified, person=self.its(visitor)))
        self.model.verified.add(self.its(visitor))

    @rule(visitor=visitors)
    def is_vouched_for(self, visitor: str) -> None:
        self.on.put(self._fact(GuardianVouchedForChild, person=self.its(visitor)))
        self.model.vouched.add(self.its(visitor))

    @of_a_call
    @rule(
        number=nth,
        everywhere=st.booleans(),
        kind=st.sampled_from([RestrictionKind.BAN, RestrictionKind.BAN, *RestrictionKind]),
        ahead=st.sampled_from([0, 0, 0, 9]),
        lasts=st.sampled_from([None, None, 0, 20]),
    )
    def somebody_on_it_is_restricted(
        self, number: int, everywhere: bool, kind: RestrictionKind, ahead: int, lasts: int | None
    ) -> None:
        call = self.model.calls.get(self.call(number, *STANDING))
        if call is None:
            return
        first = self.now.date() + timedelta(days=ahead)
        held = self.model.prisoners[call["prisoner"]]["prison"]
        row: Row = {
            "prison": held or self.its("north"),
            "visitor": call["visitors"][number % len(call["visitors"])],
            "prisoner": None if everywhere or held is None else call["prisoner"],
            "kind": kind.value,
            "first": first,
            "last": None if lasts is None else first + timedelta(days=lasts),
        }
        ident = self.new("r")
        placing = PlaceRestriction(at=self.now, restriction=ident, placed_by="g1", reason="Seen", **row)
        self.send(restriction, placing)
        self.model.restrictions[ident] = row

    @precondition(lambda self: self.model.restrictions)
    @rule(number=nth)
    def a_restriction_is_lifted(self, number: int) -> None:
        placed = list(self.model.restrictions)
        ident = placed[number % len(placed)]
        row = self.model.restrictions.pop(ident)
        command = LiftRestriction(
            at=self.now,
            prison=row["prison"],
            restriction=ident,
            visitor=row["visitor"],
            prisoner=row["prisoner"],
            lifted_by="g1",
            approved_by="g2",
            reason="Decided",
        )
        self.send(restriction, command)

    def _told(self, family: str, who: str, event: Any) -> bool:
        """Let the prison's record say something. Whether it is newer than what it said of that before."""
        self.send(prisoner, TakeFact(at=self.now, fact=event))
        newest = self.model.prisoners[who]["newest"]
        if event.at < newest.get(family, event.at):
            return False
        newest[family] = event.at
        return True

    @rule(
        who=prisoners,
        prison=prisons,
        what=st.sampled_from(["transferred", "received", "released"]),
        late=st.booleans(),
    )
    def goes_elsewhere(self, who: str, prison: str, what: str, late: bool) -> None:
        ident, now = self.its(who), self.now - timedelta(days=1) * late
        to = self.its(prison)
        events: dict[str, Any] = {
            "transferred": PrisonerTransferred(at=now, prison=self.its("north"), person=ident, to_prison=to),
            "received": PrisonerReceived(at=now, prison=to, person=ident, reason=ReceivedBecause.TRANSFERRED),
            "released": PrisonerReleased(
                at=now, prison=to, person=ident, reason=ReleasedBecause.SENT_TO_COURT
            ),
        }
        if self._told("custody", ident, events[what]):
            self.model.prisoners[ident]["prison"] = None if what == "released" else to

    @rule(
        who=prisoners,
        category=st.sampled_from([None, "B", "C"]),
        level=st.sampled_from([None, "STD", "ENH"]),
        location=st.sampled_from([None, "A-1-002", "B-2-001"]),
        conviction=st.sampled_from([None, Conviction.CONVICTED, Conviction.REMAND, Conviction.REMAND]),
    )
    def is_described_anew(
        self,
        who: str,
        category: str | None,
        level: str | None,
        location: str | None,
        conviction: Conviction | None,
    ) -> None:
        ident = self.its(who)
        said = {
            "category": category,
            "incentive_level": level,
            "location": location,
            "conviction": conviction,
        }
        self._told(
            "profile",
            ident,
            PrisonerProfileChanged(at=self.now, prison=self.its("north"), person=ident, **said),
        )
        self.model.prisoners[ident] |= {name: value for name, value in said.items() if value is not None}

    @rule(who=prisoners, code=st.sampled_from(["XCSEA", "HARMLESS"]), clear=st.booleans())
    def has_an_alert_or_none(self, who: str, code: str, clear: bool) -> None:
        ident, alert = self.its(who), self.its(f"alert-{who}")
        place = {"at": self.now, "prison": self.its("north"), "person": ident, "alert": alert}
        self._told(
            f"alert/{alert}", ident, AlertCleared(**place) if clear else AlertRaised(**place, code=code)
        )
        alerts = self.model.prisoners[ident]["alerts"]
        alerts.pop(alert, None)
        if not clear:
            alerts[alert] = {"code": code, "until": None}

    @rule(one=prisoners, other=prisoners, close=st.booleans())
    def must_be_kept_apart_or_need_not(self, one: str, other: str, close: bool) -> None:
        if one == other:
            return
        pair = tuple(sorted((self.its(one), self.its(other))))
        ident = "/".join(pair)
        what = NonAssociationClosed if close else NonAssociationRecorded
        event = what(at=self.now, prison=self.its("north"), non_association=ident, person=(pair[0], pair[1]))
        self._told(f"apart/{ident}", pair[0], event)
        self.model.apart.pop(ident, None)
        if not close:
            self.model.apart[ident] = (pair[0], pair[1])

    @rule(
        who=prisoners,
        number=nth,
        week=weeks,
        early=st.sampled_from([-15, 15]),
        length=st.sampled_from([15, 120]),
    )
    def has_an_appointment(self, who: str, number: int, week: int, early: int, length: int) -> None:
        prison, session = self._time(number, week)
        slot = self.model.slot(prison, session, self.now)
        if slot is None:
            return
        ident, who = self.new("appointment"), self.held(number, week, who)
        starts_at = slot["starts_at"] + timedelta(minutes=early)
        row = {"prisoner": self.its(who), "starts_at": starts_at, "minutes": length}
        month = f"{self.its(who)}/{month_of(starts_at, ZONES['north'])}"
        event = AppointmentRecorded(
            at=self.now,
            prison=prison,
            appointment=ident,
            kind=AppointmentKind.COURT,
            prisoner_month=month,
            **row,
        )
        self.send(prisoner, TakeFact(at=self.now, fact=event))
        self.model.appointments[ident] = row | {"month": month}

    @precondition(lambda self: self.model.appointments)
    @rule(number=nth)
    def an_appointment_is_cancelled(self, number: int) -> None:
        known = list(self.model.appointments)
        ident = known[number % len(known)]
        row = self.model.appointments.pop(ident)
        event = AppointmentCancelled(
            at=self.now,
            prison=self.its("north"),
            appointment=ident,
            prisoner=row["prisoner"],
            prisoner_month=row["month"],
        )
        self.send(prisoner, TakeFact(at=self.now, fact=event))

    @rule(removed=prisoners, kept=prisoners, really=st.integers(0, 3))
    def turns_out_to_be_known_already(self, removed: str, kept: str, really: int) -> None:
        gone, stays = self.its(removed), self.its(kept)
        rows = self.model.prisoners
        if really or gone == stays or rows[gone]["merged_into"] or rows[stays]["merged_into"]:
            return
        event = PrisonerMerged(at=self.now, prison=self.its("north"), removed=gone, kept=stays)
        self.send(prisoner, TakeFact(at=self.now, fact=event))
        rows[gone]["merged_into"] = stays

    @rule(
        prison=prisons,
        number=nth,
        week=weeks,
        whole=st.booleans(),
        lift=st.sampled_from([False, False, True]),
    )
    def a_day_is_blocked_or_free_again(
        self, prison: str, number: int, week: int, whole: bool, lift: bool
    ) -> None:
        where, session = self._time(number, week)
        slot = self.model.slot(where, session, self.now)
        if slot is None or "template" not in slot or slot["template"] is None:
            return
        day = day_of(slot["starts_at"], self.model.policy(where, self.now)["time_zone"])
        template = None if whole else slot["template"]
        fields = {"at": self.now, "prison": where, "day": day, "template": template}
        if lift:
            self.send(timetable, UnblockDate(**fields, unblocked_by="g1"))
            self.model.blocked.discard((where, day, template))
        else:
            self.send(timetable, BlockDate(**fields, because="training", blocked_by="g1"))
            self.model.blocked.add((where, day, template))

    @rule(device=st.sampled_from(DEVICES), really=st.integers(0, 2))
    def a_device_is_withdrawn(self, device: str, really: int) -> None:
        if not really:
            ident = self.its(device)
            self.send(
                timetable,
                WithdrawDevice(at=self.now, prison=self.its("north"), device=ident, withdrawn_by="g1"),
            )
            self.model.withdrawn.add(ident)

    @precondition(lambda self: len(self.model.templates) < 4)
    @rule(
        prison=prisons,
        weekday=st.sampled_from([6, 0, 3]),
        starts=st.sampled_from(["00:00", "01:00", "10:00"]),
        every=st.sampled_from([1, 2]),
        types=st.sampled_from(
            [(CallType.SOCIAL,), (CallType.SOCIAL, CallType.LEGAL, CallType.COURT), (CallType.LEGAL,)]
        ),
        only=st.sampled_from(
            [{}, {}, {"categories": ("C",)}, {"incentive_levels": ("ENH",)}, {"locations": ("A",)}]
        ),
    )
    def a_template_is_published(
        self, prison: str, weekday: int, starts: str, every: int, types: tuple[CallType, ...], only: Row
    ) -> None:
        more = {"every_weeks": every, "call_types": types, "stations": 1, **only}
        self._template(prison, f"t{len(self.model.templates) + 1}", weekday, starts, 60, **more)

    @precondition(lambda self: len(self.model.templates) > 3)
    @rule(ahead=st.integers(0, 20))
    def a_template_is_retired(self, ahead: int) -> None:
        ident = list(self.model.templates)[-1]
        row = self.model.templates[ident]
        if row["retired"] is None:
            day = self.now.date() + timedelta(days=ahead)
            self.send(
                timetable,
                RetireTemplate(
                    at=self.now, prison=row["prison"], template=ident, from_day=day, retired_by="g1"
                ),
            )
            row["retired"] = day

    @precondition(lambda self: len(self.model.opened) < 2)
    @rule(prison=prisons, ahead=st.integers(2, 20), hour=st.sampled_from([0, 10, 23]))
    def a_time_is_opened(self, prison: str, ahead: int, hour: int) -> None:
        ident, where = self.new("s"), self.its(prison)
        starts_at = (self.now + timedelta(days=ahead)).replace(hour=hour, minute=30)
        day = day_of(starts_at, ZONES[prison])
        command = OpenSession(
            at=self.now,
            prison=where,
            session=ident,
            starts_at=starts_at,
            minutes=60,
            stations=1,
            timetable_day=(f"{where}/{day}",),
        )
        self.send(timetable, command)
        self.model.opened[ident] = command.model_dump() | {
            "template": None,
            "one_way_stations": 0,
            "devices": (),
            "call_types": [one.value for one in CallType],
            "categories": (),
            "incentive_levels": (),
            "locations": (),
        }

    @rule(
        who=prisoners,
        later=st.booleans(),
        how=st.sampled_from(["grant", "adjust", "credit"]),
        length=st.sampled_from([30, 45]),
    )
    def has_more_or_less_time(self, who: str, later: bool, how: str, length: int) -> None:
        ident = self.its(who)
        month = month_of(self.now + timedelta(days=28) * later, ZONES["north"])
        where: Row = {"prison": self.its("north"), "prisoner": ident, "prisoner_month": f"{ident}/{month}"}
        reason: Row = {"at": self.now, "reason": AllowanceReason.WELLBEING, "words": "Asked for"}
        seconds = {"grant": length * 60, "adjust": -30 * 60, "credit": length}[how]
        if how == "grant":
            self.send(allowance, GrantAllowance(**where, **reason, minutes=length, granted_by="g1"))
        elif how == "adjust":
            self.send(allowance, AdjustAllowance(**where, **reason, minutes=-30, adjusted_by="g1"))
        else:
            del where["prisoner"]
            self.on.put(self._fact(CallMinutesCredited, call=self.its("nowhere"), seconds=seconds, **where))
        given = self.model.given_s
        given[ident, month] = given.get((ident, month), 0) + seconds

    @rule(prison=prisons, change=st.sampled_from(TIGHTER))
    def the_policy_is_made_stricter(self, prison: str, change: Row) -> None:
        where = self.its(prison)
        held = self.model.policy(where, self.now)["booking"]
        ((key, value),) = change.items()
        stricter = key == "approval" or (
            value > held[key] if key in {"notice_days_min", "lead_age"} else value < held[key]
        )
        if stricter and held[key] != value:
            self._published(
                TightenPolicy(at=self.now, prison=where, changes={"booking": change}, tightened_by="g1")
            )

    @rule(prison=prisons, days=st.integers(1, 9))
    def the_first_policy_is_to_hold_again(self, prison: str, days: int) -> None:
        where = self.its(prison)
        held = self.model.policies[where]
        if held[-1]["document"] != held[0]["document"]:
            fields: Row = {"document": held[0]["document"], "published_by": "g1", "approved_by": "g2"}
            later = self.now + timedelta(days=days)
            self._published(PublishPolicy(at=self.now, prison=where, effective_from=later, **fields))

    @rule(
        lasts=st.sampled_from(
            [timedelta(minutes=11), timedelta(hours=7), timedelta(days=1), timedelta(days=5)]
        )
    )
    def time_passes(self, lasts: timedelta) -> None:
        self.now += lasts

    @of_a_call
    @rule(number=nth, before=st.sampled_from([16, 14, 0, -20]))
    def its_time_comes(self, number: int, before: int) -> None:
        call = self.model.calls.get(self.call(number, *STANDING))
        if call is not None:
            self.now = max(self.now, call["starts_at"] - timedelta(minutes=before))

    # Three times as likely as anything else: a log without calls proves little

    asks_again = asks_once_more = is_asked_for
    books_again = books_once_more = books_and_books = is_asked_for_where_nothing_stands_against_it
    blocks_again = a_day_is_blocked_or_free_again
    publishes_again = publishes_once_more = a_template_is_published
    appoints_again = has_an_appointment
    approves_again = approves_once_more = is_approved
    moves_again = is_moved_to_where_nothing_stands_against_it

    # What must hold

    @invariant()
    def nothing_on_record_breaks_a_promise(self) -> None:
        for recorded in self.on.news():
            self.checks.take(recorded.event)
        assert not self.checks.broken, self.checks.broken


KINDS: dict[str, Any] = {"book": BookCall, "reserve": ReserveCall, "change": ChangeCall}


def _laid(document: Row, changes: Row) -> Row:
    return document | {"booking": document["booking"] | changes["booking"]}
