"""Who takes an incident up, and when it may be closed."""

from dataclasses import dataclass
from typing import assert_never, get_args

from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.incident.events import (
    IncidentClosed,
    IncidentEvent,
    IncidentFact,
    IncidentHandedBack,
    IncidentOutcome,
    IncidentTaken,
)
from domain.incident.grouping import Incident, after


class TakeIncident(Command):
    """Take an incident up; from somebody else only by naming who has it."""

    call: str
    incident: str
    officer: str
    instead_of: str | None = None


class HandBackIncident(Command):
    """Leave it to others."""

    call: str
    incident: str
    officer: str
    note: str


class CloseIncident(Command):
    """Say what came of it."""

    call: str
    incident: str
    officer: str
    outcome: IncidentOutcome
    note: str


IncidentCommand = TakeIncident | HandBackIncident | CloseIncident


@dataclass(frozen=True)
class Incidents:
    """The newest incident of the call, and those that are done."""

    newest: Incident | None = None
    done: frozenset[str] = frozenset()


initial = Incidents()


def boundary(command: IncidentCommand) -> Boundary:
    """Everything that begins, changes or ends an incident of this call."""
    return (about(f"call:{command.call}", *get_args(IncidentFact)),)


def evolve(state: Incidents, event: IncidentFact) -> Incidents:
    """The incident that is open now, as the queue shows it too."""
    newest = after(state.newest, event)
    if newest is None or newest.done_at is None:
        return Incidents(newest, state.done)
    return Incidents(newest, state.done | {newest.incident})


def decide(state: Incidents, command: IncidentCommand) -> list[IncidentEvent]:
    """What follows."""
    incident = _open(state, command.incident)
    match command:
        case TakeIncident():
            return _take(incident, command)
        case HandBackIncident():
            return _hand_back(incident, command)
        case CloseIncident():
            return _close(incident, command)
        case _:
            assert_never(command)


def _open(state: Incidents, name: str) -> Incident:
    if name in state.done:
        raise Refused("This incident is done already.", "incident_done")
    if state.newest is None or state.newest.incident != name:
        raise Refused("There is no such incident in this call.", "incident_unknown")
    return state.newest


def _take(incident: Incident, command: TakeIncident) -> list[IncidentEvent]:
    if incident.taken_by == command.officer:
        return []
    if incident.taken_by not in (None, command.instead_of):
        raise Refused("Somebody else has taken this incident.", "incident_taken")
    return [
        IncidentTaken(
            at=command.at,
            call=incident.call,
            prison=incident.prison,
            incident=incident.incident,
            officer=command.officer,
            instead_of=incident.taken_by,
        )
    ]


def _hand_back(incident: Incident, command: HandBackIncident) -> list[IncidentEvent]:
    _must_have(incident, command.officer)
    return [
        IncidentHandedBack(
            at=command.at,
            call=incident.call,
            prison=incident.prison,
            incident=incident.incident,
            officer=command.officer,
            note=command.note.strip() or None,
        )
    ]


def _close(incident: Incident, command: CloseIncident) -> list[IncidentEvent]:
    _must_have(incident, command.officer)
    if incident.waiting:
        raise Refused("Something in this incident still waits for a decision.", "incident_waits")
    if not command.note.strip():
        raise Refused("Please say what came of it.", "reason_missing")
    return [
        IncidentClosed(
            at=command.at,
            call=incident.call,
            prison=incident.prison,
            incident=incident.incident,
            officer=command.officer,
            outcome=command.outcome,
            note=command.note.strip(),
        )
    ]


def _must_have(incident: Incident, officer: str) -> None:
    if incident.taken_by != officer:
        raise Refused("Please take this incident first: somebody answers for it.", "incident_not_yours")
