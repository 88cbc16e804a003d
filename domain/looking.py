"""Looking and listening: an officer opens one side's stream, as far as its mode and an authorisation allow.

Pictures are opened where the mode has a tap for staff. Sound is opened as well where the terms of the type of
call say so, or an authorisation for this person is in force at this moment. When that ends, so does whatever
rests on it: the worker closes at the known time by itself, and what was closed goes on record here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, assert_never

from domain.access import StreamLookedAt
from domain.booking.events import BookingCancelled
from domain.clearance import TAPS, ClearanceMode, Side, Tap, taps_of
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.monitoring.events import (
    AUTHORISING,
    Authorising,
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringLapsed,
    MonitoringRejected,
    MonitoringReviewed,
)
from domain.monitoring.state import Authorisation, Authorisations, covering, with_fact
from domain.waiting_room.events import ClearanceModeSet, WaitingRoomOpened
from domain.waiting_room.state import mode_at

LAPSED, ENDED = "authorisation_lapsed", "authorisation_ended"
CLOSING = frozenset({LAPSED, ENDED})
"""Causes of a mode that is set because nobody may read the side's stream any more."""


class ListeningStopped(CallEvent):
    """Whoever listened to this call on an authorisation hears nothing from now on: it is over."""

    TAGS: ClassVar = ("call", "authorisation")
    authorisation: str
    cause: str  # authorisation_lapsed, authorisation_ended


class LookAtStream(Command):
    """Open one side's stream for one officer. `monitored` is the person in prison."""

    call: str
    monitored: str
    side: Side
    officer: str
    viewer: str
    reason: str


class CloseTaps(Command):
    """Close what was opened on an authorisation, if that is over. Sent by its deadline and at its end."""

    call: str
    authorisation: str


Looked = StreamLookedAt | ClearanceModeSet | ListeningStopped
LookFact = (
    WaitingRoomOpened
    | ClearanceModeSet
    | StreamLookedAt
    | ListeningStopped
    | CallCompleted
    | CallTerminated
    | CallMissed
    | BookingCancelled
    | Authorising
)


@dataclass(frozen=True)
class Looks:
    """The call, how its sides are checked now, and what is heard on which authorisation."""

    opened: WaitingRoomOpened | None = None
    modes: Mapping[Side, ClearanceMode] = field(default_factory=dict)
    people: Mapping[Side, int] = field(default_factory=dict)
    heard_until: Mapping[str, datetime | None] = field(default_factory=dict)  # by authorisation
    known: Authorisations = field(default_factory=dict)
    over: bool = False


initial = Looks()


def boundary(command: LookAtStream | CloseTaps) -> Boundary:
    """The call, and what is authorised."""
    call = about(
        f"call:{command.call}",
        WaitingRoomOpened,
        ClearanceModeSet,
        StreamLookedAt,
        ListeningStopped,
        CallCompleted,
        CallTerminated,
        CallMissed,
        BookingCancelled,
    )
    match command:
        case LookAtStream(monitored=monitored):
            return (call, about(f"monitored:{monitored}", *AUTHORISING))
        case CloseTaps(authorisation=authorisation):
            return (call, about(f"authorisation:{authorisation}", *AUTHORISING))
        case _:
            assert_never(command)


def evolve(state: Looks, event: LookFact) -> Looks:
    """What is open now."""
    match event:
        case WaitingRoomOpened():
            return replace(state, opened=event)
        case ClearanceModeSet(side=side, mode=mode, people=people):
            modes, counts = {**state.modes, side: mode}, {**state.people, side: people}
            return replace(state, modes=modes, people=counts)
        case StreamLookedAt(sound=sound, authorisation=authorisation, sound_until=until):
            heard = {authorisation: until} if sound and authorisation else {}
            return replace(state, heard_until={**state.heard_until, **heard})
        case ListeningStopped(authorisation=stopped):
            left = {key: until for key, until in state.heard_until.items() if key != stopped}
            return replace(state, heard_until=left)
        case CallCompleted() | CallTerminated() | CallMissed() | BookingCancelled():
            return replace(state, over=True)
        case (
            MonitoringAsked()
            | MonitoringAuthorised()
            | MonitoringRejected()
            | MonitoringReviewed()
            | MonitoringEnded()
            | MonitoringLapsed()
        ):
            return replace(state, known=with_fact(state.known, event))
        case _:
            assert_never(event)


def decide(state: Looks, command: LookAtStream | CloseTaps) -> list[Looked]:
    """The look, with what it opens; or what is closed."""
    match command:
        case LookAtStream():
            return [_look(state, command)]
        case CloseTaps():
            return _close(state, command)
        case _:
            assert_never(command)


def _look(state: Looks, command: LookAtStream) -> StreamLookedAt:
    if not command.reason.strip():
        raise Refused("Please say why you look.", "reason_missing")
    if state.opened is None or state.over:
        raise Refused("This call is not on.", "waiting_room_closed")
    opened = state.opened
    taps = TAPS[mode_at(opened, state.modes, command.side, command.at)]
    on = _rests_on(state, opened, command)
    if Tap.STAFF_PICTURE not in taps or (opened.confidential and on is None):
        raise Refused("The law allows nobody to watch this call.", "no_tap")
    hears = Tap.STAFF_SOUND in taps and (opened.staff_may_listen or on is not None)
    return StreamLookedAt(
        at=command.at,
        call=command.call,
        prison=opened.prison,
        side=command.side,
        officer=command.officer,
        viewer=command.viewer,
        sound=hears,
        authorisation=on.id if on else None,
        sound_until=on.until if on and hears else None,
        reason=command.reason.strip(),
    )


def _rests_on(state: Looks, opened: WaitingRoomOpened, command: LookAtStream) -> Authorisation | None:
    """The authorisation in force now; for a call with a lawyer the one it was opened under and no other."""
    if opened.confidential:
        found = state.known.get(opened.authorisation or "")
        return found if found is not None and found.live(command.at) else None
    if opened.staff_may_listen:
        return None
    return covering(state.known, opened.prisoner.persons[0], opened.prison, command.at, legal=False)


def _close(state: Looks, command: CloseTaps) -> list[Looked]:
    opened, found = state.opened, state.known.get(command.authorisation)
    if opened is None or state.over or found is None:
        return []
    of_call = {"at": command.at, "call": opened.call, "prison": opened.prison}
    cause = ENDED if found.ended else LAPSED
    closed: list[Looked] = []
    if opened.authorisation == found.id and _is_over(found, opened.authorised_until, command.at):
        closed += [_set_open(state, opened, side, cause, of_call) for side in _read(state, opened)]
    heard = found.id in state.heard_until
    if heard and _is_over(found, state.heard_until[found.id], command.at):
        closed.append(ListeningStopped(**of_call, authorisation=found.id, cause=cause))
    return closed


def _is_over(found: Authorisation, known_end: datetime | None, at: datetime) -> bool:
    """A review that gave it more time gives none to what was opened before."""
    return not found.live(at) or (known_end is not None and known_end <= at)


def _read(state: Looks, opened: WaitingRoomOpened) -> list[Side]:
    """The sides whose pictures are still judged and may be seen."""
    expected = {Side.PRISONER: opened.prisoner.mode, Side.VISITOR: opened.visitor.mode}
    return [side for side in Side if state.modes.get(side, expected[side]) is ClearanceMode.IMAGE_ONLY]


def _set_open(
    state: Looks, opened: WaitingRoomOpened, side: Side, cause: str, of_call: dict[str, Any]
) -> ClearanceModeSet:
    expected = opened.prisoner if side is Side.PRISONER else opened.visitor
    return ClearanceModeSet(
        **of_call,
        side=side,
        mode=ClearanceMode.OPEN,
        people=state.people.get(side, len(expected.persons)),
        cause=cause,
        taps=taps_of(ClearanceMode.OPEN),
    )
