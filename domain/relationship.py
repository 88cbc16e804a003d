"""A relationship: this visitor may call this prisoner, because the prison approved it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, assert_never

from domain.decider import Boundary, about
from domain.event import Command, PrisonEvent, Refused
from domain.person import PersonKind, PersonRegistered


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


class ApproveRelationship(Command):
    """An officer approves that a visitor calls a prisoner of this prison."""

    prison: str
    prisoner: str
    visitor: str
    approved_by: str


@dataclass(frozen=True)
class Relationship:
    """What is known of the two and of their relationship."""

    prisoner_at: str | None = None
    visitor_known: bool = False
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
        case PersonRegistered(kind=PersonKind.PRISONER, prison=prison):
            return Relationship(prison, state.visitor_known, state.approved)
        case PersonRegistered():
            return Relationship(state.prisoner_at, True, state.approved)
        case RelationshipApproved():
            return Relationship(state.prisoner_at, state.visitor_known, True)
        case _:
            assert_never(event)


def decide(state: Relationship, command: ApproveRelationship) -> list[RelationshipApproved]:
    """The approval; a second one changes nothing."""
    if state.prisoner_at != command.prison:
        raise Refused("This person is not held in this prison.", "prisoner_elsewhere")
    if not state.visitor_known:
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
