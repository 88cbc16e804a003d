"""People: known everywhere by a random id; the name and the prisoner number are stored under their own key.

A visitor with an account may answer for others who have none: those are added as participants, and the
booker may then ask for calls for them and hand in their evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from domain.decider import Boundary, about
from domain.event import Command, Event, Personal, Purpose, Refused

Name = Annotated[str | None, Personal(of="person", purpose=Purpose.IDENTITY)]

PARTICIPANTS_MAX = 20  # of one booker: no prison's policy can say, for a booker belongs to none


class PersonKind(StrEnum):
    """Which part a person has in a call."""

    PRISONER = "prisoner"
    VISITOR = "visitor"
    STAFF = "staff"


class PersonRegistered(Event):
    """A person became known to the service."""

    TAGS: ClassVar = ("person", "number")
    person: str
    kind: PersonKind
    prison: str | None  # where a prisoner is held or an officer works; None for a visitor
    number: tuple[str, ...]  # a keyed hash of the prisoner number, by which it is found; none for others
    name: Name = None
    prisoner_number: Name = None
    date_of_birth: Name = None  # 1990-05-17


class ParticipantAdded(Event):
    """A booker answers for this visitor from now on."""

    TAGS: ClassVar = ("booker", "person")
    booker: str
    person: str


class RegisterPerson(Command):
    """Make a person known. `number_index` is the keyed hash of a prisoner's number."""

    person: str
    kind: PersonKind
    prison: str | None
    name: str
    prisoner_number: str | None = None
    number_index: str | None = None
    date_of_birth: date | None = None
    booker: str | None = None  # who answers for a visitor without an account of their own


class AddParticipant(Command):
    """Let a booker answer for a visitor who is known already."""

    booker: str
    person: str


PersonEvent = PersonRegistered | ParticipantAdded


@dataclass(frozen=True)
class Register:
    """The people in question, which numbers were given away, and whom each booker answers for."""

    kinds: Mapping[str, PersonKind] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    participants: frozenset[tuple[str, str]] = frozenset()  # booker and person

    def of(self, booker: str) -> frozenset[str]:
        """Whom the booker answers for."""
        return frozenset(person for one, person in self.participants if one == booker)


initial = Register()


def boundary(command: RegisterPerson | AddParticipant) -> Boundary:
    """This id, this prisoner number, and the booker with everybody they answer for."""
    facts = [about(f"person:{command.person}", PersonRegistered)]
    if isinstance(command, RegisterPerson) and command.number_index is not None:
        facts.append(about(f"number:{command.number_index}", PersonRegistered))
    if command.booker is not None:
        facts.append(about(f"person:{command.booker}", PersonRegistered))
        facts.append(about(f"booker:{command.booker}", ParticipantAdded))
    return tuple(facts)


def evolve(state: Register, event: PersonEvent) -> Register:
    """Remember who is known, and who answers for whom."""
    match event:
        case PersonRegistered(person=person, kind=kind, number=number):
            return replace(state, kinds={**state.kinds, person: kind}, numbers=state.numbers | set(number))
        case ParticipantAdded(booker=booker, person=person):
            return replace(state, participants=state.participants | {(booker, person)})
        case _:
            assert_never(event)


def decide(state: Register, command: RegisterPerson | AddParticipant) -> list[PersonEvent]:
    """The registration, or who answers for whom."""
    match command:
        case RegisterPerson():
            return _register(state, command)
        case AddParticipant():
            if state.kinds.get(command.person) is not PersonKind.VISITOR:
                raise Refused("This visitor is not registered.", "visitor_unknown")
            return _add(state, command.booker, command)
        case _:
            assert_never(command)


def _register(state: Register, command: RegisterPerson) -> list[PersonEvent]:
    """Each id and each prisoner number belongs to one person."""
    if command.number_index is not None and command.number_index in state.numbers:
        raise Refused("This prisoner number is already registered.", "number_taken")
    if command.person in state.kinds:
        raise Refused("This person is already registered.", "person_known")
    if not command.name.strip():
        raise Refused("A person needs a name.", "name_missing")
    if command.date_of_birth is not None and command.date_of_birth > command.at.date():
        raise Refused("A date of birth cannot lie in the future.", "date_of_birth_future")
    if command.booker is not None and command.kind is not PersonKind.VISITOR:
        raise Refused("Only visitors are added to somebody's account.", "visitor_unknown")
    registered = PersonRegistered(
        at=command.at,
        person=command.person,
        kind=command.kind,
        prison=command.prison,
        number=() if command.number_index is None else (command.number_index,),
        name=command.name.strip(),
        prisoner_number=command.prisoner_number,
        date_of_birth=None if command.date_of_birth is None else command.date_of_birth.isoformat(),
    )
    return [registered, *(_add(state, command.booker, command) if command.booker is not None else [])]


def _add(state: Register, booker: str, command: RegisterPerson | AddParticipant) -> list[PersonEvent]:
    if state.kinds.get(booker) is not PersonKind.VISITOR:
        raise Refused("Please register yourself first.", "booker_unknown")
    if booker == command.person:
        raise Refused("Everybody answers for themselves without being added.", "booker_twice")
    participants = state.of(booker)
    if command.person in participants:
        return []
    if len(participants) >= PARTICIPANTS_MAX:
        raise Refused(f"At most {PARTICIPANTS_MAX} people can be added to an account.", "participants_max")
    return [ParticipantAdded(at=command.at, booker=booker, person=command.person)]
