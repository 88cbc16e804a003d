"""A lock: nobody enters the call, or comes back to it, and no link to it is given, until it is unlocked.

Whoever is inside already stays. A call can be locked from the opening of its waiting room
on; one that is ended for good is locked first.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.lifecycle import CallLocked, CallUnlocked
from domain.waiting_room.events import WaitingRoomOpened


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

    prison: str | None = None  # None: its waiting room is not open
    locked: bool = False


initial = Lock()


def boundary(command: LockCall | UnlockCall) -> Boundary:
    """That there is something to lock, and whether it is."""
    return (about(f"call:{command.call}", WaitingRoomOpened, CallLocked, CallUnlocked),)


def evolve(state: Lock, event: WaitingRoomOpened | CallLocked | CallUnlocked) -> Lock:
    """Locked or not."""
    match event:
        case WaitingRoomOpened(prison=prison):
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
        raise Refused("The waiting room of this call is not open.", "waiting_room_closed")
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
