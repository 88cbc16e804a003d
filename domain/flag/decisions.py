"""Raising flags and clearing them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

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
    ReservationReleased,
)
from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.flag.events import BookingFlagged, BookingUnflagged, ClearedBecause, FlagKind
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated


class FlagBooking(Command):
    """Let somebody look at a call again."""

    call: str
    flag: str
    kind: FlagKind
    cause: str


class UnflagBooking(Command):
    """Say that a flag no longer matters."""

    call: str
    flag: str
    because: ClearedBecause
    cleared_by: str | None
    reason: str | None = None


FlagFact = (
    Placed | CallStarted | CallCompleted | CallTerminated | CallMissed | BookingFlagged | BookingUnflagged
)


@dataclass(frozen=True)
class Flags:
    """The call, and the flags it carries."""

    prison: str | None = None  # None: there is no call to flag
    running: bool = False
    open: Mapping[str, FlagKind] = field(default_factory=dict)
    known: frozenset[str] = frozenset()


initial = Flags()


def boundary(command: FlagBooking | UnflagBooking) -> Boundary:
    """One call."""
    lived = (CallStarted, CallCompleted, CallTerminated, CallMissed)
    return (about(f"call:{command.call}", *PLACES, *lived, BookingFlagged, BookingUnflagged),)


def evolve(state: Flags, event: FlagFact) -> Flags:
    """The flags that are open now."""
    match event:
        case CallRequested(prison=prison) | CallBooked(prison=prison) | BookingChanged(prison=prison):
            return replace(state, prison=prison)
        case CallReserved():
            return state
        case CallStarted():
            return replace(state, running=True)
        case (
            BookingCancelled()
            | CallRequestRejected()
            | CallRequestAutoRejected()
            | CallRequestWithdrawn()
            | ReservationReleased()
            | CallCompleted()
            | CallTerminated()
            | CallMissed()
        ):
            return replace(state, prison=None)
        case BookingFlagged(flag=flag, kind=kind):
            return replace(state, open={**state.open, flag: kind}, known=state.known | {flag})
        case BookingUnflagged(flag=flag):
            return replace(state, open={key: kind for key, kind in state.open.items() if key != flag})
        case _:
            assert_never(event)


def decide(state: Flags, command: FlagBooking | UnflagBooking) -> list[BookingFlagged | BookingUnflagged]:
    """A flag is raised once, on a call that is still to be held or runs."""
    match command:
        case FlagBooking():
            if state.prison is None or command.flag in state.known:
                return []
            return [BookingFlagged(**command.model_dump(), prison=state.prison, during_call=state.running)]
        case UnflagBooking():
            return _unflag(state, command)
        case _:
            assert_never(command)


def _unflag(state: Flags, command: UnflagBooking) -> list[BookingFlagged | BookingUnflagged]:
    if command.flag not in state.known:
        if command.cleared_by is None:
            return []  # a rule clears whatever was raised, if it was
        raise Refused("There is no such flag on this call.", "flag_unknown")
    if command.flag not in state.open or state.prison is None:
        return []
    reason = (command.reason or "").strip()
    if command.cleared_by is not None and not reason:
        raise Refused("Please say why the flag no longer matters.", "reason_missing")
    return [BookingUnflagged(**command.model_dump() | {"reason": reason or None}, prison=state.prison)]
