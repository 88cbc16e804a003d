"""A concern: somebody on a call, or who watches it, asks for help. The other side is told nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.waiting_room.events import WaitingRoomOpened


class ConcernKind(StrEnum):
    """What it is about."""

    HELP_ASKED = "help_asked"
    SEEN_BY_STAFF = "seen_by_staff"


class ConcernRaised(CallEvent):
    """Somebody needs help; it stands first on the wall until it is taken up."""

    concern: str
    kind: ConcernKind
    raised_by: str


class RaiseConcern(Command):
    """Ask for help, silently."""

    call: str
    concern: str
    kind: ConcernKind
    raised_by: str


@dataclass(frozen=True)
class Concerns:
    """The call, and the concerns already raised."""

    opened: WaitingRoomOpened | None = None
    raised: frozenset[str] = frozenset()


initial = Concerns()


def boundary(command: RaiseConcern) -> Boundary:
    """The call and its concerns."""
    return (about(f"call:{command.call}", WaitingRoomOpened, ConcernRaised),)


def evolve(state: Concerns, event: WaitingRoomOpened | ConcernRaised) -> Concerns:
    """Remember each concern."""
    match event:
        case WaitingRoomOpened():
            return Concerns(event, state.raised)
        case ConcernRaised(concern=concern):
            return Concerns(state.opened, state.raised | {concern})
        case _:
            assert_never(event)


def decide(state: Concerns, command: RaiseConcern) -> list[ConcernRaised]:
    """The concern is never refused while the call is known."""
    if state.opened is None:
        raise Refused("There is no such call.", "call_unknown")
    if command.concern in state.raised:
        return []
    return [ConcernRaised(**command.model_dump(), prison=state.opened.prison)]
