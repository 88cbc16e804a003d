"""Who may have which call: one officer, who is there, and has no more at once than the prison allows."""

from datetime import datetime, timedelta
from typing import Any, assert_never

from pydantic import AwareDatetime

from domain.allocation.events import (
    AllocationEvent,
    CallAllocated,
    CallDeallocated,
    DeallocatedBecause,
    OfficerAvailable,
    OfficerUnavailable,
)
from domain.allocation.state import Allocations
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished, in_effect

AWAY_DAYS_MAX = 31
"""A longer absence is entered piece by piece: what a decision rests on stays small."""


class AllocateCall(Command):
    """Give a call to an officer; from somebody else only by naming who has it."""

    call: str
    prison: str
    officer: str
    allocated_by: str
    instead_of: str | None = None
    starts_at: AwareDatetime  # as whoever asks saw it
    minutes: int


class DeallocateCall(Command):
    """Take a call from the officer who has it."""

    call: str
    because: DeallocatedBecause
    deallocated_by: str | None = None
    officer: str | None = None  # from this one alone; None: from whoever has it


class NoteUnavailable(Command):
    """An officer cannot watch calls for a while."""

    prison: str
    unavailability: str
    officer: str
    since: AwareDatetime
    until: AwareDatetime
    recorded_by: str


class NoteAvailable(Command):
    """They can after all."""

    prison: str
    unavailability: str
    officer: str
    recorded_by: str


AllocationCommand = AllocateCall | DeallocateCall | NoteUnavailable | NoteAvailable


def days_of(officer: str, since: datetime, until: datetime) -> tuple[str, ...]:
    """The days of an officer that a time touches, UTC."""
    days = (until - timedelta(microseconds=1)).date() - since.date()
    return tuple(f"{officer}/{since.date() + timedelta(days=day)}" for day in range(days.days + 1))


def boundary(command: AllocationCommand) -> Boundary:
    """The call, the officer's day, their absences, and the prison's policy."""
    match command:
        case AllocateCall():
            days = days_of(command.officer, command.starts_at, _ends_at(command))
            return (
                about(f"call:{command.call}", CallBooked, BookingChanged, BookingCancelled, *_ALLOCATED),
                *(about(f"officer_day:{day}", *_ALLOCATED) for day in days),
                about(f"officer:{command.officer}", OfficerUnavailable, OfficerAvailable),
                about(f"person:{command.officer}", PersonRegistered),
                about(f"policy:{command.prison}", PolicyPublished),
            )
        case DeallocateCall():
            return (about(f"call:{command.call}", CallBooked, BookingChanged, BookingCancelled, *_ALLOCATED),)
        case NoteUnavailable() | NoteAvailable():
            return (
                about(f"officer:{command.officer}", OfficerUnavailable, OfficerAvailable),
                about(f"person:{command.officer}", PersonRegistered),
            )
        case _:
            assert_never(command)


_ALLOCATED = (CallAllocated, CallDeallocated)


def decide(state: Allocations, command: AllocationCommand) -> list[AllocationEvent]:
    """What follows."""
    match command:
        case AllocateCall():
            return _allocate(state, command)
        case DeallocateCall():
            return _deallocate(state, command)
        case NoteUnavailable():
            return _unavailable(state, command)
        case NoteAvailable():
            return _available(state, command)
        case _:
            assert_never(command)


def _allocate(state: Allocations, command: AllocateCall) -> list[AllocationEvent]:
    booked, has = state.booked, state.allocated.get(command.call)
    if booked is None or booked.prison != command.prison:
        raise Refused("This call is not booked.", "call_unknown")
    if (booked.starts_at, booked.minutes) != (command.starts_at, command.minutes):
        raise Refused("This call has another time by now. Please look again.", "call_moved")
    if has is not None and has.officer == command.officer:
        return []
    if has is not None and has.officer != command.instead_of:
        raise Refused("Somebody else has this call already.", "call_allocated")
    _must_be_free(state, command)
    allocated = CallAllocated(
        **_of(command),
        call=command.call,
        officer=command.officer,
        allocated_by=command.allocated_by,
        starts_at=command.starts_at,
        minutes=command.minutes,
        officer_day=days_of(command.officer, command.starts_at, _ends_at(command)),
    )
    if has is None:
        return [allocated]
    return [_taken(has, command.at, DeallocatedBecause.STAFF, command.allocated_by), allocated]


def _must_be_free(state: Allocations, command: AllocateCall) -> None:
    _must_work_here(state, command.prison)
    since, until = command.starts_at, _ends_at(command)
    if any(one.since < until and since < one.until for one in state.away.values()):
        raise Refused("This officer is not available at the time of the call.", "officer_unavailable")
    held = in_effect(state.policies, command.at)
    policy = Policy() if held is None else Policy.model_validate(held.document)
    if state.at_once(command.call, since, until) >= policy.waiting_room.calls_per_monitor:
        raise Refused("This officer has as many calls at that time as one person can watch.", "officer_full")


def _must_work_here(state: Allocations, prison: str) -> None:
    if state.works_at != prison:
        raise Refused("No officer of this prison is known by this name.", "officer_unknown")


def _deallocate(state: Allocations, command: DeallocateCall) -> list[AllocationEvent]:
    has = state.allocated.get(command.call)
    if has is None or command.officer not in (None, has.officer):
        return []
    if command.because is DeallocatedBecause.CALL_CHANGED and _as_before(state, has):
        return []
    return [_taken(has, command.at, command.because, command.deallocated_by)]


def _as_before(state: Allocations, has: CallAllocated) -> bool:
    """Whether the call still has the time for which the officer was found."""
    booked = state.booked
    return booked is not None and (booked.starts_at, booked.minutes) == (has.starts_at, has.minutes)


def _taken(has: CallAllocated, at: datetime, because: DeallocatedBecause, by: str | None) -> CallDeallocated:
    return CallDeallocated(
        at=at,
        call=has.call,
        prison=has.prison,
        officer=has.officer,
        because=because,
        deallocated_by=by,
        officer_day=has.officer_day,
    )


def _unavailable(state: Allocations, command: NoteUnavailable) -> list[AllocationEvent]:
    _must_work_here(state, command.prison)
    if command.unavailability in state.away:
        return []
    if not timedelta() < command.until - command.since <= timedelta(days=AWAY_DAYS_MAX):
        raise Refused("Please enter a time of at most 31 days that ends after it begins.", "away_days")
    return [
        OfficerUnavailable(
            **_of(command),
            unavailability=command.unavailability,
            officer=command.officer,
            since=command.since,
            until=command.until,
            recorded_by=command.recorded_by,
        )
    ]


def _available(state: Allocations, command: NoteAvailable) -> list[AllocationEvent]:
    _must_work_here(state, command.prison)
    if command.unavailability not in state.away:
        return []
    return [
        OfficerAvailable(
            **_of(command),
            unavailability=command.unavailability,
            officer=command.officer,
            recorded_by=command.recorded_by,
        )
    ]


def _ends_at(command: AllocateCall) -> datetime:
    return command.starts_at + timedelta(minutes=command.minutes)


def _of(command: AllocateCall | NoteUnavailable | NoteAvailable) -> dict[str, Any]:
    return {"at": command.at, "prison": command.prison}
