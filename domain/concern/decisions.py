"""What follows from what is asked of a concern."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from domain.concern.commands import AssignConcern, CloseConcern, ConcernCommand, RaiseConcern, ReferConcern
from domain.concern.events import (
    ConcernAssigned,
    ConcernClosed,
    ConcernKind,
    ConcernOutcome,
    ConcernRaised,
    ConcernReferred,
)
from domain.decider import Boundary, about
from domain.event import Refused
from domain.waiting_room.events import WaitingRoomOpened

ConcernEvent = ConcernRaised | ConcernAssigned | ConcernReferred | ConcernClosed


@dataclass(frozen=True)
class Concern:
    """How far one concern has come."""

    assigned_to: str | None = None
    referred: bool = False
    closed: bool = False


@dataclass(frozen=True)
class Concerns:
    """The call, and its concerns."""

    opened: WaitingRoomOpened | None = None
    known: Mapping[str, Concern] = field(default_factory=dict)


initial = Concerns()


def boundary(command: ConcernCommand) -> Boundary:
    """The call and its concerns."""
    kinds = (ConcernRaised, ConcernAssigned, ConcernReferred, ConcernClosed)
    return (about(f"call:{command.call}", WaitingRoomOpened, *kinds),)


def evolve(state: Concerns, event: WaitingRoomOpened | ConcernEvent) -> Concerns:
    """Remember how far each concern has come."""
    match event:
        case WaitingRoomOpened():
            return replace(state, opened=event)
        case ConcernRaised():
            return _changed(state, event)
        case ConcernAssigned(assigned_to=assigned_to):
            return _changed(state, event, assigned_to=assigned_to)
        case ConcernReferred():
            return _changed(state, event, referred=True)
        case ConcernClosed():
            return _changed(state, event, closed=True)
        case _:
            assert_never(event)


def _changed(state: Concerns, event: ConcernEvent, **changes: object) -> Concerns:
    before = state.known.get(event.concern, Concern())
    return replace(state, known={**state.known, event.concern: replace(before, **changes)})  # type: ignore[arg-type]


def decide(state: Concerns, command: ConcernCommand) -> list[ConcernEvent]:
    """Raising a concern is never refused while the call is known; what is done about it names its reasons."""
    if state.opened is None:
        raise Refused("There is no such call.", "call_unknown")
    if isinstance(command, RaiseConcern):
        return _raise(state, state.opened.prison, command)
    concern = state.known.get(command.concern)
    if concern is None:
        raise Refused("There is no such concern on this call.", "concern_unknown")
    if concern.closed:
        raise Refused("This concern was closed. Please raise another one.", "concern_closed")
    match command:
        case AssignConcern(assigned_to=assigned_to):
            if concern.assigned_to == assigned_to:
                return []
            return [ConcernAssigned(**command.model_dump(), prison=state.opened.prison)]
        case ReferConcern():
            return [ConcernReferred(**_with_words(command), prison=state.opened.prison)]
        case CloseConcern():
            return _close(concern, state.opened.prison, command)
        case _:
            assert_never(command)


def _raise(state: Concerns, prison: str, command: RaiseConcern) -> list[ConcernEvent]:
    if command.concern in state.known:
        return []
    if command.kind is not ConcernKind.SEEN_BY_STAFF:
        return [ConcernRaised(**command.model_dump() | {"note": None}, prison=prison)]
    if command.about is None:
        raise Refused("Please say what the concern is about.", "about_missing")
    return [ConcernRaised(**_with_words(command), prison=prison)]


def _close(concern: Concern, prison: str, command: CloseConcern) -> list[ConcernEvent]:
    if command.outcome is ConcernOutcome.REFERRED and not concern.referred:
        raise Refused("This concern was not referred to anybody yet.", "not_referred")
    return [ConcernClosed(**_with_words(command), prison=prison)]


def _with_words(command: RaiseConcern | ReferConcern | CloseConcern) -> dict[str, object]:
    if not command.note.strip():
        raise Refused("Please say what you saw, or what was done.", "reason_missing")
    return command.model_dump() | {"note": command.note.strip()}
