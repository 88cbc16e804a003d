"""Booking a call: no station is given twice, nobody is in two calls at once, no month is overspent.

A booking rests on facts about several things at once: the session, the prisoner's month, each
visitor's day, each relationship, and the prison's policy. All are one boundary, so of two people who
ask for the last station in the same instant one is told that it is taken.

    request -> REQUESTED -- approve --> BOOKED -- cancel --> gone
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, assert_never

from pydantic import AwareDatetime, Field

from domain.calendar import local_day, local_month
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, PrisonEvent, Refused
from domain.lifecycle import CallMissed, CallStarted
from domain.policy import Approval, Policy, PolicyPublished
from domain.relationship import ApprovalBasis, RelationshipApproved
from domain.timetable import SessionOpened


class Outcome(StrEnum):
    """Why a booking was cancelled, in the field's words."""

    BOOKER_CANCELLED = "booker_cancelled"
    PRISONER_CANCELLED = "prisoner_cancelled"
    ESTABLISHMENT_CANCELLED = "establishment_cancelled"
    ADMINISTRATIVE_ERROR = "administrative_error"


class PlacedCall(CallEvent):
    """A call with its place in the timetable, in the prisoner's month and in each visitor's day."""

    TAGS: ClassVar = ("call", "session", "prisoner_month", "visitor_day")
    session: str
    starts_at: AwareDatetime
    minutes: int
    prisoner: str
    visitors: tuple[str, ...]
    prisoner_month: str  # prisoner/2026-11
    visitor_day: tuple[str, ...]  # visitor/2026-11-30, one for each visitor


class CallRequested(PlacedCall):
    """Somebody asked for a call; its place is kept until the prison decides."""

    requested_by: str


class CallRequestApproved(CallEvent):
    """The prison, or a rule of its policy, said yes."""

    basis: ApprovalBasis
    approved_by: str | None


class CallBooked(PlacedCall):
    """The call will be held."""


class BookingCancelled(PlacedCall):
    """The call will not be held; its place is free again."""

    outcome: Outcome
    cancelled_by: str


class BookingRefused(PrisonEvent):
    """A request that the rules refused: the demand that was not met. Once per person, session and hour."""

    TAGS: ClassVar = ("refusal",)
    session: str
    refusal: str  # person/session/2026-11-23T09: by which a repeated request within the hour is found
    rule: str
    people: int


class BookCall(Command):
    """Ask for a call. The session's start and the prison's zone were looked up; the decision checks both."""

    call: str
    prison: str
    session: str
    starts_at: AwareDatetime
    zone: str
    minutes: int = Field(ge=1)
    prisoner: str
    visitors: tuple[str, ...] = Field(min_length=1)
    requested_by: str

    @property
    def prisoner_month(self) -> str:
        """The month this call would be counted in."""
        return f"{self.prisoner}/{local_month(self.starts_at, self.zone)}"

    @property
    def visitor_days(self) -> tuple[str, ...]:
        """The day of each visitor this call would be counted in."""
        return tuple(f"{visitor}/{local_day(self.starts_at, self.zone)}" for visitor in self.visitors)

    @property
    def around(self) -> tuple[datetime, ...]:
        """Moments whose days and months hold every call that could overlap this one, also over midnight."""
        return (
            self.starts_at - timedelta(days=1),
            self.starts_at,
            self.starts_at + timedelta(minutes=self.minutes),
        )


class ApproveCall(Command):
    """An officer says yes to a request."""

    call: str
    approved_by: str


class CancelCall(Command):
    """Give a booked or requested call up."""

    call: str
    outcome: Outcome
    cancelled_by: str


BookingCommand = BookCall | ApproveCall | CancelCall
BookingEvent = CallRequested | CallRequestApproved | CallBooked | BookingCancelled
BookingFact = BookingEvent | SessionOpened | RelationshipApproved | PolicyPublished | CallStarted | CallMissed


@dataclass(frozen=True)
class Bookings:
    """Every call that has a place near the one in question, and what its rules rest on."""

    session: SessionOpened | None = None
    policy: Policy | None = None
    approved: frozenset[str] = frozenset()  # relationships
    placed: dict[str, PlacedCall] = field(default_factory=dict)
    booked: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()
    started: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()


initial = Bookings()

_PLACES = (CallRequested, CallBooked, BookingCancelled)


def boundary(command: BookingCommand) -> Boundary:
    """One call, or everything that a new call competes with."""
    if not isinstance(command, BookCall):
        return (about(f"call:{command.call}", *_PLACES, CallStarted, CallMissed),)
    months = {f"{command.prisoner}/{local_month(moment, command.zone)}" for moment in command.around}
    days = {local_day(moment, command.zone) for moment in command.around}
    return (
        about(f"call:{command.call}", *_PLACES),
        about(f"session:{command.session}", SessionOpened, *_PLACES),
        *(about(f"prisoner_month:{month}", *_PLACES) for month in sorted(months)),
        about(f"policy:{command.prison}", PolicyPublished),
        *(about(f"visitor_day:{v}/{day}", *_PLACES) for v in command.visitors for day in sorted(days)),
        *(about(f"relationship:{command.prisoner}/{v}", RelationshipApproved) for v in command.visitors),
    )


def evolve(state: Bookings, event: BookingFact) -> Bookings:
    """Which calls have a place now."""
    match event:
        case SessionOpened():
            return replace(state, session=event)
        case PolicyPublished(document=document):
            return replace(state, policy=Policy.model_validate(document))
        case RelationshipApproved(relationship=relationship):
            return replace(state, approved=state.approved | {relationship})
        case CallRequested():
            return replace(state, placed={**state.placed, event.call: event})
        case CallRequestApproved():
            return state
        case CallBooked():
            return replace(
                state, placed={**state.placed, event.call: event}, booked=state.booked | {event.call}
            )
        case CallStarted(call=call):
            return replace(state, started=state.started | {call})
        case CallMissed(call=call):
            return replace(state, missed=state.missed | {call})
        case BookingCancelled():
            left = {call: place for call, place in state.placed.items() if call != event.call}
            cancelled = state.cancelled | {event.call}
            return replace(state, placed=left, booked=state.booked - {event.call}, cancelled=cancelled)
        case _:
            assert_never(event)


def decide(state: Bookings, command: BookingCommand) -> list[BookingEvent]:
    """The booking, its approval or its end; or a sentence that says why not."""
    match command:
        case BookCall():
            return _book(state, command)
        case ApproveCall():
            return _approve(state, command)
        case CancelCall():
            return _cancel(state, command)
        case _:
            assert_never(command)


def _book(state: Bookings, command: BookCall) -> list[BookingEvent]:
    if command.call in state.placed or command.call in state.cancelled:
        raise Refused("This call was already asked for.", "call_known")
    session, policy = _known(state, command)
    for rule in (_length, _notice, _people, _approved_visitors, _station_free, _month, _nobody_twice):
        rule(state, policy.booking, session, command)
    place: dict[str, Any] = {
        "at": command.at,
        "call": command.call,
        "prison": command.prison,
        "session": command.session,
        "starts_at": command.starts_at,
        "minutes": command.minutes,
        "prisoner": command.prisoner,
        "visitors": command.visitors,
        "prisoner_month": command.prisoner_month,
        "visitor_day": command.visitor_days,
    }
    requested = CallRequested(**place, requested_by=command.requested_by)
    if policy.booking.approval is Approval.STAFF:
        return [requested]
    approved = CallRequestApproved(
        at=command.at, call=command.call, prison=command.prison, basis=ApprovalBasis.AUTO, approved_by=None
    )
    return [requested, approved, CallBooked(**place)]


def _known(state: Bookings, command: BookCall) -> tuple[SessionOpened, Policy]:
    if state.session is None or state.session.prison != command.prison:
        raise Refused("There is no such time for calls.", "session_unknown")
    if state.policy is None:
        raise Refused("This prison has not published its rules for calls yet.", "policy_missing")
    if state.session.starts_at != command.starts_at or state.policy.time_zone != command.zone:
        raise Refused("This time was changed while you were asking. Please choose again.", "session_changed")
    return state.session, state.policy


def _length(_: Bookings, rules: Any, session: SessionOpened, command: BookCall) -> None:
    if (
        command.minutes > min(rules.call_minutes_max, session.minutes)
        or command.minutes % rules.block_minutes
    ):
        raise Refused(
            f"A call lasts {rules.block_minutes} minutes or a multiple of it, and at most "
            f"{min(rules.call_minutes_max, session.minutes)} minutes at this time.",
            "call_length",
        )


def _notice(_: Bookings, rules: Any, session: SessionOpened, command: BookCall) -> None:
    notice = session.starts_at - command.at
    if rules.notice_days_min and notice < timedelta(days=rules.notice_days_min):
        raise Refused(f"A call must be booked at least {rules.notice_days_min} days ahead.", "notice_min")
    if notice > timedelta(days=rules.notice_days_max):
        raise Refused(f"A call can be booked at most {rules.notice_days_max} days ahead.", "notice_max")
    if session.starts_at + timedelta(minutes=session.minutes) <= command.at:
        raise Refused("This time has passed.", "session_over")


def _people(_: Bookings, rules: Any, __: SessionOpened, command: BookCall) -> None:
    if len(set(command.visitors)) != len(command.visitors):
        raise Refused("Each person can be named once.", "visitor_twice")
    if len(command.visitors) > rules.visitors_max:
        raise Refused(f"At most {rules.visitors_max} people may take part on your side.", "visitors_max")


def _approved_visitors(state: Bookings, _: Any, __: SessionOpened, command: BookCall) -> None:
    if any(f"{command.prisoner}/{visitor}" not in state.approved for visitor in command.visitors):
        raise Refused(
            "Somebody on this call is not yet approved for calls with this person.", "relationship_missing"
        )


def _station_free(state: Bookings, _: Any, session: SessionOpened, command: BookCall) -> None:
    taken = sum(place.session == command.session for place in state.placed.values())
    if taken >= session.stations:
        raise Refused("All places at this time are taken.", "session_full")


def _month(state: Bookings, rules: Any, _: SessionOpened, command: BookCall) -> None:
    used = sum(p.minutes for p in state.placed.values() if p.prisoner_month == command.prisoner_month)
    if used + command.minutes > rules.minutes_a_month:
        raise Refused("There is not enough call time left this month.", "allowance")


def _nobody_twice(state: Bookings, _: Any, __: SessionOpened, command: BookCall) -> None:
    people = {command.prisoner, *command.visitors}
    for place in state.placed.values():
        both = people & {place.prisoner, *place.visitors}
        if both and _overlap(place.starts_at, place.minutes, command.starts_at, command.minutes):
            raise Refused("Somebody on this call already has a call at this time.", "double_booking")


def _overlap(one: datetime, one_minutes: int, other: datetime, other_minutes: int) -> bool:
    return one < other + timedelta(minutes=other_minutes) and other < one + timedelta(minutes=one_minutes)


def _approve(state: Bookings, command: ApproveCall) -> list[BookingEvent]:
    place = _placed(state, command.call)
    if command.call in state.booked:
        return []
    if not isinstance(place, CallRequested):
        raise Refused("This call was not asked for.", "call_unknown")
    if place.requested_by == command.approved_by:
        raise Refused("Nobody may approve their own request.", "second_person")
    approved = CallRequestApproved(
        at=command.at,
        call=command.call,
        prison=place.prison,
        basis=ApprovalBasis.STAFF,
        approved_by=command.approved_by,
    )
    return [approved, CallBooked(**_place(place, command.at))]


def _cancel(state: Bookings, command: CancelCall) -> list[BookingEvent]:
    if command.call in state.cancelled:
        return []
    place = _placed(state, command.call)
    if command.call in state.started:
        raise Refused("This call has started. It can be ended, and no longer cancelled.", "call_started")
    if command.call in state.missed:
        raise Refused("This call was missed. There is nothing left to cancel.", "call_missed")
    return [
        BookingCancelled(
            **_place(place, command.at), outcome=command.outcome, cancelled_by=command.cancelled_by
        )
    ]


def _placed(state: Bookings, call: str) -> PlacedCall:
    if call not in state.placed:
        raise Refused("There is no such call.", "call_unknown")
    return state.placed[call]


def _place(placed: PlacedCall, at: datetime) -> dict[str, Any]:
    return {name: getattr(placed, name) for name in PlacedCall.model_fields if name != "at"} | {"at": at}
