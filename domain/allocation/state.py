"""What an allocation rests on: the call's place, who has it, and what the officer has beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from domain.allocation.events import AllocationEvent, CallAllocated, CallDeallocated, OfficerAvailable
from domain.allocation.events import OfficerUnavailable as Away
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.person import PersonKind, PersonRegistered
from domain.policy import PolicyPublished


@dataclass(frozen=True)
class Allocations:
    """Calls by id, absences by id."""

    booked: CallBooked | BookingChanged | None = None  # the call that is asked about, where it has a place
    allocated: Mapping[str, CallAllocated] = field(default_factory=dict)
    away: Mapping[str, Away] = field(default_factory=dict)
    works_at: str | None = None  # the prison of the officer
    policies: tuple[PolicyPublished, ...] = ()

    def at_once(self, call: str, since: datetime, until: datetime) -> int:
        """How many other calls the officers read here have at the busiest moment of this time."""
        others = [one for one in self.allocated.values() if one.call != call]
        moments = [since, *(one.starts_at for one in others if since <= one.starts_at < until)]
        return max(sum(one.starts_at <= at < ends_at(one) for one in others) for at in moments)


initial = Allocations()

AllocationFact = (
    AllocationEvent | CallBooked | BookingChanged | BookingCancelled | PersonRegistered | PolicyPublished
)


def ends_at(one: CallAllocated) -> datetime:
    """When an allocated call is planned to end."""
    return one.starts_at + timedelta(minutes=one.minutes)


def evolve(state: Allocations, event: AllocationFact) -> Allocations:
    """Who has what now."""
    match event:
        case CallAllocated(call=call):
            return replace(state, allocated={**state.allocated, call: event})
        case CallDeallocated(call=call):
            return replace(state, allocated={k: one for k, one in state.allocated.items() if k != call})
        case Away(unavailability=name):
            return replace(state, away={**state.away, name: event})
        case OfficerAvailable(unavailability=name):
            return replace(state, away={k: one for k, one in state.away.items() if k != name})
        case CallBooked():
            return replace(state, booked=event)
        case BookingChanged(booked=booked):
            return replace(state, booked=event if booked else None)
        case BookingCancelled():
            return replace(state, booked=None)
        case PersonRegistered(kind=kind, prison=prison):
            return replace(state, works_at=prison if kind is PersonKind.STAFF else None)
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case _:
            assert_never(event)
