"""A relationship: this visitor may call this prisoner, because the prison approved it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from domain.decider import Boundary, about
from domain.event import Command, Personal, PrisonEvent, Purpose, Refused
from domain.person import PersonKind, PersonRegistered

Words = Annotated[str | None, Personal(of="visitor", purpose=Purpose.IDENTITY)]


class ApprovalBasis(StrEnum):
    """Who or what approved."""

    AUTO = "auto"  # a rule of the prison's policy
    STAFF = "staff"


class RelationshipApproved(PrisonEvent):
    """The prison lets these two call each other."""

    TAGS: ClassVar = ("relationship",)
    prisoner: str
    visitor: str
    basis: ApprovalBasis
    approved_by: str

    @property
    def relationship(self) -> str:
        """The pair, prisoner first: `prisoner/visitor`."""
        return f"{self.prisoner}/{self.visitor}"


class VisitorUnapproved(PrisonEvent):
    """The prison no longer lets these two call each other."""

    TAGS: ClassVar = ("relationship",)
    prisoner: str
    visitor: str
    unapproved_by: str
    reason: Words = None

    @property
    def relationship(self) -> str:
        """The pair, prisoner first."""
        return f"{self.prisoner}/{self.visitor}"


class ApproveRelationship(Command):
    """An officer approves that a visitor calls a prisoner of this prison."""

    prison: str
    prisoner: str
    visitor: str
    approved_by: str


@dataclass(frozen=True)
class Relationship:
    """What is known of the two and of their relationship."""

    prisoners: Mapping[str, str | None] = field(default_factory=dict)  # and where each is held
    visitors: frozenset[str] = frozenset()
    approved: bool = False


initial = Relationship()


def boundary(command: ApproveRelationship) -> Boundary:
    """Both people, and their relationship."""
    return (
        about(f"person:{command.prisoner}", PersonRegistered),
        about(f"person:{command.visitor}", PersonRegistered),
        about(f"relationship:{command.prisoner}/{command.visitor}", RelationshipApproved),
    )


def evolve(state: Relationship, event: PersonRegistered | RelationshipApproved) -> Relationship:
    """Remember who exists, where, and whether the relationship was approved."""
    match event:
        case PersonRegistered(kind=PersonKind.PRISONER, person=person, prison=prison):
            return replace(state, prisoners={**state.prisoners, person: prison})
        case PersonRegistered(kind=PersonKind.VISITOR, person=person):
            return replace(state, visitors=state.visitors | {person})
        case PersonRegistered():
            return state  # an officer takes part in no call
        case RelationshipApproved():
            return replace(state, approved=True)
        case _:
            assert_never(event)


def decide(state: Relationship, command: ApproveRelationship) -> list[RelationshipApproved]:
    """The approval; a second one changes nothing."""
    if state.prisoners.get(command.prisoner) != command.prison:
        raise Refused("This person is not held in this prison.", "prisoner_elsewhere")
    if command.visitor not in state.visitors:
        raise Refused("This visitor is not registered.", "visitor_unknown")
    if state.approved:
        return []
    return [
        RelationshipApproved(
            at=command.at,
            prison=command.prison,
            prisoner=command.prisoner,
            visitor=command.visitor,
            basis=ApprovalBasis.STAFF,
            approved_by=command.approved_by,
        )
    ]
