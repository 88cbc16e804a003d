"""What must hold of the log, whatever was asked: folded from the events alone, once they are on record."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.booking.events import (
    BookingChanged,
    BookingRuleOverridden,
    CallBooked,
    CallRequestApproved,
    CallReserved,
    Gone,
    PlacedCall,
)
from domain.event import Event
from domain.lifecycle import CallMinutesCredited
from domain.policy import PolicyPublished
from domain.prisoner.events import Conviction, PrisonerMerged, PrisonerProfileChanged
from domain.relationship import RelationshipApproved, VisitorUnapproved
from domain.restriction import RestrictionLifted, RestrictionPlaced
from domain.timetable.events import SessionOpened, SessionTemplatePublished


class Invariants:
    """The log so far, and what is wrong with it."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self._policies: dict[str, list[PolicyPublished]] = {}
        self._places: dict[str, PlacedCall] = {}
        self._approved: set[str] = set()  # calls
        self._overridden: dict[str, set[str]] = {}
        self._pairs: set[str] = set()
        self._restrictions: dict[str, RestrictionPlaced] = {}
        self._sessions: dict[str, SessionOpened | SessionTemplatePublished] = {}
        self._given_s: dict[str, int] = {}
        self._into: dict[str, str] = {}
        self._remand: set[str] = set()

    def take(self, event: Event) -> None:
        """One more event, and whether it may be."""
        match event:
            case PolicyPublished(prison=prison):
                self._policies.setdefault(prison, []).append(event)
            case SessionOpened(session=name) | SessionTemplatePublished(template=name):
                self._sessions[name] = event
            case RelationshipApproved(relationship=pair):
                self._pairs.add(pair)
            case VisitorUnapproved(relationship=pair):
                self._pairs.discard(pair)
            case RestrictionPlaced(restriction=ident):
                self._restrictions[ident] = event
            case RestrictionLifted(restriction=ident):
                self._restrictions.pop(ident)
            case CallAllowanceGranted(prisoner_month=month) | CallAllowanceAdjusted(prisoner_month=month):
                self._given_s[month] = self._given_s.get(month, 0) + event.minutes * 60
            case CallMinutesCredited(prisoner_month=month, seconds=seconds):
                self._given_s[month] = self._given_s.get(month, 0) + seconds
            case PrisonerMerged(removed=removed, kept=kept):
                self._into[removed] = kept
            case PrisonerProfileChanged(person=person, conviction=conviction) if conviction is not None:
                (self._remand.add if conviction is Conviction.REMAND else self._remand.discard)(person)
            case BookingRuleOverridden(call=call, rules=rules):
                self._overridden[call] = set(rules)
            case CallRequestApproved(call=call):
                self._approved.add(call)
            case PlacedCall():
                self._placed(event)
            case _:
                pass

    def _placed(self, event: PlacedCall) -> None:
        call = event.call
        if isinstance(event, Gone):
            self._places.pop(call, None)
            return
        if isinstance(event, CallBooked) or (isinstance(event, BookingChanged) and event.booked):
            self._say(call not in self._approved, f"{call} is booked, and nobody approved it")
        if isinstance(event, BookingChanged) and not event.booked:
            self._approved.discard(call)
        self._say(self._barred(event), f"{call} has a place, and somebody on it is banned or not approved")
        if not isinstance(event, CallBooked):  # its place was kept since it was asked for
            others = [other for other in self._standing(event.at) if other.call != call]
            self._say(self._too_many(event, others), f"{call} is one more than {event.session} has places")
            self._say(self._twice(event, others), f"somebody on {call} is in two calls at once")
            self._say(self._overspent(event, others), f"{call} overspends a month")
        self._places[call] = event

    def _say(self, wrong: bool, what: str) -> None:
        if wrong:
            self.broken.append(what)

    def _standing(self, at: datetime) -> list[PlacedCall]:
        return [p for p in self._places.values() if not isinstance(p, CallReserved) or p.expires_at > at]

    def _policy(self, event: PlacedCall) -> dict[str, Any]:
        held = [one for one in self._policies[event.prison] if (one.effective_from or one.at) <= event.at]
        document: dict[str, Any] = max(held, key=lambda one: one.version).document
        return document

    def _day(self, event: PlacedCall) -> date:
        return event.starts_at.astimezone(ZoneInfo(self._policy(event)["time_zone"])).date()

    def _records(self, prisoner: str) -> set[str]:
        earlier = (self._records(one) for one, kept in self._into.items() if kept == prisoner)
        return {prisoner}.union(*earlier)

    def _barred(self, event: PlacedCall) -> bool:
        mine, day, means = (
            self._records(event.prisoner),
            self._day(event),
            self._policy(event)["restrictions"],
        )
        banned = any(
            one.visitor in event.visitors
            and (one.prisoner is None or one.prisoner in mine)
            and one.first <= day <= (one.last or day)
            and means[one.kind.value] == "refuse"
            for one in self._restrictions.values()
        )
        unknown = any(all(f"{one}/{v}" not in self._pairs for one in mine) for v in event.visitors)
        return banned or unknown

    def _too_many(self, event: PlacedCall, others: list[PlacedCall]) -> bool:
        session = self._sessions.get(event.session) or self._sessions[event.session.rpartition(".")[0]]
        stations = session.stations + getattr(session, "one_way_stations", 0)
        taken = sum(other.session == event.session for other in others)
        return taken >= stations and not self._aside(event, "session_full")

    def _twice(self, event: PlacedCall, others: list[PlacedCall]) -> bool:
        people = self._records(event.prisoner) | set(event.visitors)
        end = event.starts_at + timedelta(minutes=event.minutes)
        return any(
            people & {other.prisoner, *other.visitors}
            or (event.device is not None and event.device == other.device)
            for other in others
            if other.starts_at < end and event.starts_at < other.starts_at + timedelta(minutes=other.minutes)
        )

    def _overspent(self, event: PlacedCall, others: list[PlacedCall]) -> bool:
        if not event.counted or event.prisoner in self._remand or self._aside(event, "allowance"):
            return False
        month = self._day(event).isoformat()[:7]
        mine = {f"{one}/{month}" for one in self._records(event.prisoner)}
        used = sum(one.minutes for one in others if one.counted and one.prisoner_month in mine)
        given = sum(self._given_s.get(one, 0) for one in mine) // 60
        own: int = self._policy(event)["booking"]["minutes_a_month"]
        return used + event.minutes > own + given

    def _aside(self, event: PlacedCall, rule: str) -> bool:
        return rule in self._overridden.get(event.call, set())
