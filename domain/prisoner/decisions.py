"""Taking in what the prison's systems tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.person import PersonRegistered
from domain.prisoner.events import (
    STANDING,
    AppointmentCancelled,
    AppointmentRecorded,
    FactsReceived,
    NonAssociationRecorded,
    PrisonerFact,
    PrisonerMerged,
    Standing,
    persons_of,
)
from domain.prisoner.record import Prisoner, changes, told


class TakeFact(Command):
    """Take in what the prison's systems, or an officer for them, say."""

    fact: PrisonerFact


@dataclass(frozen=True)
class PrisonerRecord:
    """The record of everybody a fact is about, and the appointments of its month."""

    prisoners: Mapping[str, Prisoner] = field(default_factory=dict)
    appointments: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()
    heard: frozenset[tuple[str, str]] = frozenset()  # source and hour


initial = PrisonerRecord()


def boundary(command: TakeFact) -> Boundary:
    """The record of everybody the fact is about; for an appointment its month too."""
    fact = command.fact
    if isinstance(fact, FactsReceived):
        return (about(f"facts_day:{fact.facts_day}", FactsReceived),)
    people = tuple(about(f"person:{person}", PersonRegistered, *STANDING) for person in persons_of(fact))
    if isinstance(fact, AppointmentRecorded | AppointmentCancelled):
        month = about(f"prisoner_month:{fact.prisoner_month}", AppointmentRecorded, AppointmentCancelled)
        return (*people, month)
    return people


def evolve(state: PrisonerRecord, event: PersonRegistered | PrisonerFact) -> PrisonerRecord:
    """The record after the fact."""
    match event:
        case AppointmentRecorded(appointment=appointment):
            return replace(state, appointments=state.appointments | {appointment})
        case AppointmentCancelled(appointment=appointment):
            return replace(state, cancelled=state.cancelled | {appointment})
        case FactsReceived():
            return replace(state, heard=state.heard | {_hour(event)})
        case _:
            return replace(state, prisoners=told(state.prisoners, event))


def decide(state: PrisonerRecord, command: TakeFact) -> list[PrisonerFact]:
    """The fact, unless it was known or a newer one of its kind is."""
    fact = command.fact
    match fact:
        case FactsReceived():
            return [] if _hour(fact) in state.heard else [fact]
        case AppointmentCancelled():
            if fact.appointment not in state.appointments:
                raise Refused("There is no such appointment.", "appointment_unknown")
            return [] if fact.appointment in state.cancelled else [fact]
        case AppointmentRecorded():
            _all_registered(state, fact)
            return [] if fact.appointment in state.appointments else [fact]
        case _:
            _all_registered(state, fact)
            return [fact] if _is_news(state, fact) else []


def _all_registered(state: PrisonerRecord, fact: PrisonerFact) -> None:
    people = persons_of(fact)
    if any(not state.prisoners.get(person, Prisoner()).registered for person in people):
        raise Refused("This person in prison is not registered.", "person_unknown")
    if isinstance(fact, PrisonerMerged | NonAssociationRecorded) and len(set(people)) != len(people):
        raise Refused("This fact is about two different people.", "two_people")


def _is_news(state: PrisonerRecord, fact: Standing) -> bool:
    return any(changes(state.prisoners[person], person, fact) for person in persons_of(fact))


def _hour(event: FactsReceived) -> tuple[str, str]:
    return event.source, f"{event.as_of:%Y-%m-%dT%H}"
