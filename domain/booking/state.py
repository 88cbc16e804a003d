"""Every call that has a place near the one in question, and what its rules rest on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from domain import restriction
from domain.allowance import CallAllowanceAdjusted, CallAllowanceGranted
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRuleOverridden,
    CallBooked,
    CallRequestApproved,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    Placed,
    PlacedCall,
    ReservationReleased,
)
from domain.clearance import Side
from domain.conduct.events import SanctionImposed, SanctionLifted
from domain.flag.events import BookingFlagged, BookingUnflagged, FlagKind
from domain.identity import GuardianVouchedForChild, IdentityVerified
from domain.lifecycle import CallExtended, CallMinutesCredited, CallMissed, CallStarted
from domain.person import PersonRegistered
from domain.policy import Effect, Policy, PolicyPublished
from domain.prisoner.events import AppointmentCancelled, AppointmentRecorded, Standing
from domain.prisoner.record import Prisoner, told
from domain.relationship import RelationshipApproved, VisitorUnapproved
from domain.restriction import RestrictionLifted, RestrictionPlaced, Restrictions
from domain.standby import StandbyOffered
from domain.timetable.events import (
    CallType,
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
)

BookingEvent = Placed | CallRequestApproved | BookingRuleOverridden | StandbyOffered
TimetableFact = (
    SessionOpened
    | SessionTemplatePublished
    | SessionTemplateRetired
    | DateBlocked
    | DateUnblocked
    | DeviceAdded
    | DeviceWithdrawn
)
AllowanceFact = CallAllowanceGranted | CallAllowanceAdjusted | CallMinutesCredited
PersonFact = (
    PersonRegistered
    | Standing
    | RelationshipApproved
    | VisitorUnapproved
    | RestrictionPlaced
    | RestrictionLifted
    | SanctionImposed
    | SanctionLifted
    | IdentityVerified
    | GuardianVouchedForChild
    | AppointmentRecorded
    | AppointmentCancelled
)
CallFact = CallStarted | CallMissed | CallExtended | BookingFlagged | BookingUnflagged
BookingFact = BookingEvent | TimetableFact | AllowanceFact | PersonFact | CallFact | PolicyPublished


@dataclass(frozen=True)
class Times:
    """Where the session in question comes from, and what is blocked on its day."""

    opened: SessionOpened | None = None
    template: SessionTemplatePublished | None = None
    retired: SessionTemplateRetired | None = None
    blocked: frozenset[str | None] = frozenset()  # templates; None: the whole prison
    withdrawn: frozenset[str] = frozenset()  # devices


@dataclass(frozen=True)
class People:
    """What is known of the people on the call."""

    prisoners: Mapping[str, Prisoner] = field(default_factory=dict)
    approved: frozenset[str] = frozenset()  # relationships
    restrictions: Restrictions = field(default_factory=Restrictions)
    sanctions: Mapping[str, SanctionImposed] = field(default_factory=dict)  # that were not lifted
    verified: frozenset[str] = frozenset()
    vouched: frozenset[str] = frozenset()
    appointments: Mapping[str, AppointmentRecorded] = field(default_factory=dict)

    def may_call(self, records: Sequence[str], visitors: Sequence[str]) -> bool:
        """Whether each visitor was approved for the person in prison, under any record of theirs."""
        return all(any(f"{record}/{v}" in self.approved for record in records) for v in visitors)

    def effects(self, policy: Policy, day: date, call_type: CallType) -> frozenset[Effect]:
        """What the restrictions on the visitors and the sanctions of anybody on the call mean on a day."""
        restricted = {getattr(policy.restrictions, kind.value) for kind in self.restrictions.on(day)}
        sides = {one.side for one in self.sanctions.values() if one.first <= day <= one.last}
        if Side.VISITOR in sides:
            restricted.add(policy.conduct.sanctioned_visitor)
        # A person in prison keeps the way to lawyers, courts and probation.
        if Side.PRISONER in sides and call_type is CallType.SOCIAL:
            restricted.add(policy.conduct.sanctioned_prisoner)
        return frozenset(restricted)


@dataclass(frozen=True)
class Bookings:
    """What a decision on a booking remembers."""

    times: Times = field(default_factory=Times)
    people: People = field(default_factory=People)
    policies: tuple[PolicyPublished, ...] = ()
    placed: Mapping[str, PlacedCall] = field(default_factory=dict)
    requests: Mapping[str, CallRequested] = field(default_factory=dict)
    booked: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    started: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()
    extended: tuple[CallExtended, ...] = ()  # what running calls take beyond their booked time
    given_s: Mapping[str, int] = field(default_factory=dict)  # beyond the policy's own, by prisoner's month
    flags: Mapping[str, FlagKind] = field(default_factory=dict)

    def standing(self, at: datetime, *, without: str) -> Iterator[PlacedCall]:
        """The places that are taken, but that of one call. A reservation past its end is free."""
        for call, place in self.placed.items():
            if call != without and not lapsed(place, at):
                yield place


initial = Bookings()


def lapsed(place: PlacedCall, at: datetime) -> bool:
    """Whether it was only reserved, and no longer is."""
    return isinstance(place, CallReserved) and place.expires_at <= at


def evolve(state: Bookings, event: BookingFact) -> Bookings:
    """Which calls have a place now, and what is known."""
    match event:
        case (
            SessionOpened()
            | SessionTemplatePublished()
            | SessionTemplateRetired()
            | DateBlocked()
            | DateUnblocked()
            | DeviceAdded()
            | DeviceWithdrawn()
        ):
            return replace(state, times=_timed(state.times, event))
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case CallAllowanceGranted() | CallAllowanceAdjusted():
            return _given(state, event.prisoner_month, event.minutes * 60)
        case CallMinutesCredited(prisoner_month=month, seconds=seconds):
            return _given(state, month, seconds)
        case CallStarted(call=call):
            return replace(state, started=state.started | {call})
        case CallMissed(call=call):
            return replace(state, missed=state.missed | {call})
        case CallExtended():
            return replace(state, extended=(*state.extended, event))
        case BookingFlagged(flag=flag, kind=kind):
            return replace(state, flags={**state.flags, flag: kind})
        case BookingUnflagged(flag=flag):
            return replace(state, flags={key: kind for key, kind in state.flags.items() if key != flag})
        case CallRequestApproved() | BookingRuleOverridden() | StandbyOffered():
            return state
        case (
            CallReserved()
            | CallRequested()
            | CallBooked()
            | BookingChanged()
            | ReservationReleased()
            | CallRequestRejected()
            | CallRequestAutoRejected()
            | CallRequestWithdrawn()
            | BookingCancelled()
        ):
            return _placed(state, event)
        case _:
            return replace(state, people=_known(state.people, event))


def _placed(state: Bookings, event: Placed) -> Bookings:
    call = event.call
    match event:
        case CallReserved():
            return replace(state, placed={**state.placed, call: event})
        case CallRequested():
            return replace(
                state, placed={**state.placed, call: event}, requests={**state.requests, call: event}
            )
        case CallBooked():
            return replace(state, placed={**state.placed, call: event}, booked=state.booked | {call})
        case BookingChanged(booked=booked):
            now = state.booked | {call} if booked else state.booked - {call}
            return replace(state, placed={**state.placed, call: event}, booked=now)
        case ReservationReleased():
            return replace(state, placed=_without(state.placed, call))
        case CallRequestRejected() | CallRequestAutoRejected() | CallRequestWithdrawn() | BookingCancelled():
            return replace(
                state,
                placed=_without(state.placed, call),
                booked=state.booked - {call},
                gone=state.gone | {call},
            )
        case _:
            assert_never(event)


def _timed(times: Times, event: TimetableFact) -> Times:
    match event:
        case SessionOpened():
            return replace(times, opened=event)
        case SessionTemplatePublished():
            return replace(times, template=event)
        case SessionTemplateRetired():
            return replace(times, retired=event)
        case DateBlocked(template=template):
            return replace(times, blocked=times.blocked | {template})
        case DateUnblocked(template=template):
            return replace(times, blocked=times.blocked - {template})
        case DeviceAdded():
            return times
        case DeviceWithdrawn(device=device):
            return replace(times, withdrawn=times.withdrawn | {device})
        case _:
            assert_never(event)


def _known(people: People, event: PersonFact) -> People:
    match event:
        case RelationshipApproved(relationship=relationship):
            return replace(people, approved=people.approved | {relationship})
        case VisitorUnapproved(relationship=relationship):
            return replace(people, approved=people.approved - {relationship})
        case RestrictionPlaced() | RestrictionLifted():
            return replace(people, restrictions=restriction.evolve(people.restrictions, event))
        case SanctionImposed(sanction=sanction):
            return replace(people, sanctions={**people.sanctions, sanction: event})
        case SanctionLifted(sanction=sanction):
            standing = {key: one for key, one in people.sanctions.items() if key != sanction}
            return replace(people, sanctions=standing)
        case IdentityVerified(person=person):
            return replace(people, verified=people.verified | {person})
        case GuardianVouchedForChild(person=child):
            return replace(people, vouched=people.vouched | {child})
        case AppointmentRecorded(appointment=ident):
            return replace(people, appointments={**people.appointments, ident: event})
        case AppointmentCancelled(appointment=ident):
            left = {key: one for key, one in people.appointments.items() if key != ident}
            return replace(people, appointments=left)
        case _:
            return replace(people, prisoners=told(people.prisoners, event))


def _given(state: Bookings, month: str, seconds: int) -> Bookings:
    return replace(state, given_s={**state.given_s, month: state.given_s.get(month, 0) + seconds})


def _without(placed: Mapping[str, PlacedCall], call: str) -> Mapping[str, PlacedCall]:
    return {key: place for key, place in placed.items() if key != call}
