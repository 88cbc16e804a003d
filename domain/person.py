"""People: known everywhere by a random id; the name and the prisoner number are stored under their own key."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from domain.decider import Boundary, about
from domain.event import Command, Event, Personal, Purpose, Refused

Name = Annotated[str | None, Personal(of="person", purpose=Purpose.IDENTITY)]


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


class RegisterPerson(Command):
    """Make a person known. `number_index` is the keyed hash of a prisoner's number."""

    person: str
    kind: PersonKind
    prison: str | None
    name: str
    prisoner_number: str | None = None
    number_index: str | None = None
    date_of_birth: date | None = None


@dataclass(frozen=True)
class Register:
    """What is known of this id and of this prisoner number."""

    person_known: bool = False
    number_known: bool = False


initial = Register()


def boundary(command: RegisterPerson) -> Boundary:
    """This id, and this prisoner number."""
    person = about(f"person:{command.person}", PersonRegistered)
    if command.number_index is None:
        return (person,)
    return (person, about(f"number:{command.number_index}", PersonRegistered))


def evolve(state: Register, event: PersonRegistered) -> Register:
    """Remember that somebody has the id, and whether the number was given away."""
    match event:
        case PersonRegistered():
            return Register(True, state.number_known or bool(event.number))
        case _:
            assert_never(event)


def decide(state: Register, command: RegisterPerson) -> list[PersonRegistered]:
    """The registration; each id and each prisoner number belongs to one person."""
    if command.number_index is not None and state.number_known:
        raise Refused("This prisoner number is already registered.", "number_taken")
    if state.person_known:
        raise Refused("This person is already registered.", "person_known")
    if not command.name.strip():
        raise Refused("A person needs a name.", "name_missing")
    return [
        PersonRegistered(
            at=command.at,
            person=command.person,
            kind=command.kind,
            prison=command.prison,
            number=() if command.number_index is None else (command.number_index,),
            name=command.name.strip(),
            prisoner_number=command.prisoner_number,
            date_of_birth=None if command.date_of_birth is None else command.date_of_birth.isoformat(),
        )
    ]
