"""A reminder of what is missing: some days before the call its visitors are told, if anything is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from pydantic import AwareDatetime, Field

from domain.booking.events import (
    PLACES,
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    Placed,
    PlacedCall,
    ReservationReleased,
)
from domain.contact import ContactDetailsGiven
from domain.decider import Boundary, about
from domain.event import Command
from domain.identity import GuardianVouchedForChild, IdentityVerified
from domain.lifecycle import CallMissed, CallStarted
from domain.notification.decisions import plan
from domain.notification.events import Missing, NotificationPlanned, Occasion, Said
from domain.policy import Policy, PolicyPublished, in_effect


class RemindOfMissing(Command):
    """Tell the visitors of a call what is missing. Sent by its deadline; who is on the call was looked up."""

    event: UUID  # from which it follows
    text_version: int = Field(ge=1)
    call: str
    prison: str
    visitors: tuple[str, ...] = Field(min_length=1)
    starts_at: AwareDatetime


ReminderFact = (
    Placed
    | CallStarted
    | CallMissed
    | PolicyPublished
    | ContactDetailsGiven
    | IdentityVerified
    | GuardianVouchedForChild
    | NotificationPlanned
)


@dataclass(frozen=True)
class Reminders:
    """The call as it stands, and what is known of its visitors."""

    place: PlacedCall | None = None  # None: it will not be held, or has begun
    policies: tuple[PolicyPublished, ...] = ()
    contacts: Mapping[str, ContactDetailsGiven] = field(default_factory=dict)
    verified: frozenset[str] = frozenset()
    vouched: frozenset[str] = frozenset()
    reminded: frozenset[tuple[str, datetime | None]] = (
        frozenset()
    )  # person, and the time of the call they were told


initial = Reminders()


def boundary(command: RemindOfMissing) -> Boundary:
    """The call, the prison's policy and the visitors."""
    return (
        about(f"call:{command.call}", *PLACES, CallStarted, CallMissed, NotificationPlanned),
        about(f"policy:{command.prison}", PolicyPublished),
        *(
            about(f"person:{visitor}", ContactDetailsGiven, IdentityVerified, GuardianVouchedForChild)
            for visitor in command.visitors
        ),
    )


def evolve(state: Reminders, event: ReminderFact) -> Reminders:
    """The call as it stands now."""
    match event:
        case CallRequested() | CallBooked() | BookingChanged():
            return replace(state, place=event)
        case CallReserved():
            return state  # nobody has asked for the call yet
        case (
            ReservationReleased()
            | CallRequestRejected()
            | CallRequestAutoRejected()
            | CallRequestWithdrawn()
            | BookingCancelled()
            | CallStarted()
            | CallMissed()
        ):
            return replace(state, place=None)
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case ContactDetailsGiven(person=person):
            return replace(state, contacts={**state.contacts, person: event})
        case IdentityVerified(person=person):
            return replace(state, verified=state.verified | {person})
        case GuardianVouchedForChild(person=child):
            return replace(state, vouched=state.vouched | {child})
        case NotificationPlanned(occasion=Occasion.DETAILS_MISSING, person=person, said=said):
            return replace(state, reminded=state.reminded | {(person, said.starts_at)})
        case NotificationPlanned():
            return state
        case _:
            assert_never(event)


def decide(state: Reminders, command: RemindOfMissing) -> list[NotificationPlanned]:
    """A message to each visitor who can be written to and whom something concerns; once for each time."""
    place, held = state.place, in_effect(state.policies, command.at)
    if place is None or held is None or place.starts_at <= command.at:
        return []
    if (place.starts_at, place.visitors) != (command.starts_at, command.visitors):
        return []  # it was changed since: its reminder goes out before the time it has now
    policy = Policy.model_validate(held.document)
    others = tuple(_of_others(state, place, policy))
    return [
        planned
        for person in _reachable(state, place)
        if (missing := (*_own(state, person, place, policy), *others))
        and (person, place.starts_at) not in state.reminded
        for planned in plan(
            state.contacts[person],
            Said(zone=policy.time_zone, starts_at=place.starts_at, minutes=place.minutes, missing=missing),
            Occasion.DETAILS_MISSING,
            at=command.at,
            event=command.event,
            text_version=command.text_version,
            call=command.call,
            prison=command.prison,
        )
    ]


def _reachable(state: Reminders, place: PlacedCall) -> list[str]:
    """The adults who can be written to."""
    written_to = {person for person, contact in state.contacts.items() if contact.channels}
    return [visitor for visitor in place.visitors if visitor in written_to and visitor not in place.children]


def _own(state: Reminders, person: str, place: PlacedCall, policy: Policy) -> Iterator[Missing]:
    if _identity_matters(place, policy) and person not in state.verified:
        yield Missing.IDENTITY


def _of_others(state: Reminders, place: PlacedCall, policy: Policy) -> Iterator[Missing]:
    """What is missing of those who cannot be told themselves. Nobody is named."""
    adults = set(place.visitors) - set(place.children)
    untold = adults - set(_reachable(state, place))
    if _identity_matters(place, policy) and not untold <= state.verified:
        yield Missing.IDENTITY_OF_ANOTHER
    if untold:
        yield Missing.CONTACT_OF_ANOTHER
    if policy.people.guardian_required and not set(place.children) <= state.vouched:
        yield Missing.GUARDIAN


def _identity_matters(place: PlacedCall, policy: Policy) -> bool:
    of_type = policy.call_types.of(place.call_type)
    return policy.people.identity_required and of_type.identity_required
