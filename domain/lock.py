"""A lock: nobody enters the call, or comes back to it, and no link to it is given, until it is unlocked.

Whoever is inside already stays. A call can be locked at any time; one that is ended for good is locked first.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.booking.events import BookingChanged, CallBooked
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.lifecycle import Written


class CallLocked(CallEvent):
    """Nobody enters any more."""

    officer: str
    reason: Written = None


class CallUnlocked(CallEvent):
    """The people of the call may enter again."""

    officer: str
    reason: Written = None


class LockCall(Command):
    """Let nobody in."""

    call: str
    officer: str
    reason: str


class UnlockCall(Command):
    """Let people in again."""

    call: str
    officer: str
    reason: str


@dataclass(frozen=True)
class Lock:
    """Whether the call is locked."""

    prison: str | None = None  # None: there is no such call
    locked: bool = False


initial = Lock()


def boundary(command: LockCall | UnlockCall) -> Boundary:
    """That the call is booked, and its lock."""
    return (about(f"call:{command.call}", CallBooked, BookingChanged, CallLocked, CallUnlocked),)


def evolve(state: Lock, event: CallBooked | BookingChanged | CallLocked | CallUnlocked) -> Lock:
    """Locked or not."""
    match event:
        case CallBooked(prison=prison) | BookingChanged(prison=prison):
            return replace(state, prison=prison)
        case CallLocked():
            return replace(state, locked=True)
        case CallUnlocked():
            return replace(state, locked=False)
        case _:
            assert_never(event)


def decide(state: Lock, command: LockCall | UnlockCall) -> list[CallLocked | CallUnlocked]:
    """Locked once; both with a reason."""
    if state.prison is None:
        raise Refused("There is no such call.", "call_unknown")
    if not command.reason.strip():
        raise Refused("Please say why.", "reason_missing")
    fields = command.model_dump() | {"prison": state.prison, "reason": command.reason.strip()}
    match command:
        case LockCall():
            return [] if state.locked else [CallLocked(**fields)]
        case UnlockCall():
            if not state.locked:
                raise Refused("This call is not locked.", "not_locked")
            return [CallUnlocked(**fields)]
        case _:
            assert_never(command)
