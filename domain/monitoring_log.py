"""The log of monitoring: what an officer watched or heard of a call, and on what that rested."""

from dataclasses import dataclass, field, replace
from typing import assert_never

from pydantic import AwareDatetime

from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.monitoring.events import (
    AUTHORISING,
    Authorising,
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringLapsed,
    MonitoringLogged,
    MonitoringRejected,
    MonitoringReviewed,
)
from domain.monitoring.state import Authorisation, Authorisations, with_fact
from domain.waiting_room.events import WaitingRoomOpened


class LogMonitoring(Command):
    """Put on record what was watched or heard of a call."""

    call: str
    authorisation: str | None = None
    watched_from: AwareDatetime
    watched_to: AwareDatetime
    logged_by: str
    summary: str


@dataclass(frozen=True)
class Watched:
    """The call, and the authorisation that is named."""

    opened: WaitingRoomOpened | None = None
    known: Authorisations = field(default_factory=dict)


initial = Watched()


def boundary(command: LogMonitoring) -> Boundary:
    """The call, and the authorisation."""
    call = about(f"call:{command.call}", WaitingRoomOpened)
    if command.authorisation is None:
        return (call,)
    return (call, about(f"authorisation:{command.authorisation}", *AUTHORISING))


def evolve(state: Watched, event: WaitingRoomOpened | Authorising) -> Watched:
    """What is known now."""
    match event:
        case WaitingRoomOpened():
            return replace(state, opened=event)
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


def decide(state: Watched, command: LogMonitoring) -> list[MonitoringLogged]:
    """The entry, where it says when, what, and rests on something."""
    opened = state.opened
    if opened is None:
        raise Refused("There is no such call.", "call_unknown")
    if not opened.at <= command.watched_from < command.watched_to <= command.at:
        raise Refused("Please give times within this call, the earlier one first.", "times_reversed")
    summary = command.summary.strip()
    if not summary:
        raise Refused("Please say what came of it.", "reason_missing")
    if command.authorisation is None:
        _by_policy(opened)
    else:
        _by_authorisation(state.known.get(command.authorisation), opened, command)
    said = command.model_copy(update={"summary": summary})
    return [MonitoringLogged(**said.model_dump(), prison=opened.prison)]


def _by_policy(opened: WaitingRoomOpened) -> None:
    if opened.confidential or not opened.staff_may_listen:
        raise Refused("Calls of this type are monitored on an authorisation only.", "not_authorised")


def _by_authorisation(found: Authorisation | None, opened: WaitingRoomOpened, command: LogMonitoring) -> None:
    """It covered this person's calls of this type through all of that time."""
    if found is None or (found.prison, found.monitored) != (opened.prison, opened.prisoner.persons[0]):
        raise Refused("This authorisation is not about this person's calls.", "not_authorised")
    if (found.kind is MonitoringKind.LEGAL_IMAGE_ONLY) is not opened.confidential:
        raise Refused("This authorisation is not about calls of this type.", "not_authorised")
    if not (found.live(command.watched_from) and found.until and command.watched_to <= found.until):
        raise Refused("It was not authorised through all of that time.", "not_authorised")
