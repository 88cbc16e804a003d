"""Restrictions: what the prison placed on a visitor, or on a visitor and one person in prison together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from domain.decider import Boundary, about
from domain.event import Command, Personal, PrisonEvent, Purpose, Refused
from domain.person import PersonRegistered
from domain.prisoner.events import STANDING, Standing
from domain.prisoner.record import Prisoner, told

Words = Annotated[str | None, Personal(of="visitor", purpose=Purpose.IDENTITY)]


class RestrictionKind(StrEnum):
    """What kind of restriction it is, in the field's words."""

    BAN = "ban"
    CLOSED = "closed"
    CHILD = "child"
    NONCON = "noncon"
    PREINF = "preinf"
    RESTRICT = "restrict"


class RestrictionPlaced(PrisonEvent):
    """The prison restricts this visitor: for everybody, or for one person in prison."""

    TAGS: ClassVar = ("restricted",)
    restriction: str
    visitor: str
    prisoner: str | None  # None: whoever the visitor would call
    kind: RestrictionKind
    first: date
    last: date | None  # None: until it is lifted
    placed_by: str
    reason: Words = None

    @property
    def restricted(self) -> str:
        """Whom it binds: `visitor`, or `prisoner/visitor`."""
        return self.visitor if self.prisoner is None else f"{self.prisoner}/{self.visitor}"


class RestrictionLifted(PrisonEvent):
    """The restriction no longer holds. Two people decided so."""

    TAGS: ClassVar = ("restricted",)
    restriction: str
    visitor: str
    prisoner: str | None
    lifted_by: str
    approved_by: str
    reason: Words = None

    @property
    def restricted(self) -> str:
        """Whom it bound."""
        return self.visitor if self.prisoner is None else f"{self.prisoner}/{self.visitor}"


class PlaceRestriction(Command):
    """Restrict a visitor."""

    prison: str
    restriction: str
    visitor: str
    prisoner: str | None = None
    kind: RestrictionKind
    first: date
    last: date | None = None
    placed_by: str
    reason: str


class LiftRestriction(Command):
    """Lift a restriction, which one officer asks for and another approves."""

    prison: str
    restriction: str
    visitor: str
    prisoner: str | None = None
    lifted_by: str
    approved_by: str
    reason: str


RestrictionCommand = PlaceRestriction | LiftRestriction
RestrictionFact = RestrictionPlaced | RestrictionLifted


@dataclass(frozen=True)
class Restrictions:
    """The restrictions that were placed and not lifted, by their id, and where the person in prison is."""

    placed: Mapping[str, RestrictionPlaced] = field(default_factory=dict)
    lifted: frozenset[str] = frozenset()
    prisoners: Mapping[str, Prisoner] = field(default_factory=dict)

    def on(self, day: date) -> frozenset[RestrictionKind]:
        """The kinds that hold on a day."""
        return frozenset(r.kind for r in self.placed.values() if holds(r, day))


def holds(restriction: RestrictionPlaced, day: date) -> bool:
    """Whether a restriction that was not lifted holds on a day; both its first and its last day count."""
    return restriction.first <= day and (restriction.last is None or day <= restriction.last)


initial = Restrictions()


def boundary(command: RestrictionCommand) -> Boundary:
    """The restrictions of the visitor alone, or those of the pair and where the person in prison is."""
    if command.prisoner is None:
        return (about(f"restricted:{command.visitor}", RestrictionPlaced, RestrictionLifted),)
    return (
        about(f"restricted:{command.prisoner}/{command.visitor}", RestrictionPlaced, RestrictionLifted),
        about(f"person:{command.prisoner}", PersonRegistered, *STANDING),
    )


def evolve(state: Restrictions, event: RestrictionFact | PersonRegistered | Standing) -> Restrictions:
    """What holds until it is lifted."""
    match event:
        case RestrictionPlaced(restriction=ident):
            return replace(state, placed={**state.placed, ident: event})
        case RestrictionLifted(restriction=ident):
            left = {key: placed for key, placed in state.placed.items() if key != ident}
            return replace(state, placed=left, lifted=state.lifted | {ident})
        case _:
            return replace(state, prisoners=told(state.prisoners, event))


def decide(state: Restrictions, command: RestrictionCommand) -> list[RestrictionFact]:
    """The restriction, or its end."""
    if not command.reason.strip():
        raise Refused("Please give a reason.", "reason_missing")
    words = command.model_copy(update={"reason": command.reason.strip()})
    match words:
        case PlaceRestriction():
            return _place(state, words)
        case LiftRestriction():
            return _lift(state, words)
        case _:
            assert_never(words)


def _place(state: Restrictions, command: PlaceRestriction) -> list[RestrictionFact]:
    if command.restriction in state.placed or command.restriction in state.lifted:
        return []
    if command.prisoner is not None and not _held_here(state, command):
        raise Refused("This person is not held in this prison.", "prisoner_elsewhere")
    if command.last is not None and command.last < command.first:
        raise Refused("A restriction ends on or after the day on which it begins.", "days_reversed")
    return [RestrictionPlaced(**command.model_dump())]


def _lift(state: Restrictions, command: LiftRestriction) -> list[RestrictionFact]:
    """The prison that placed it lifts it, or the one where the person in prison is now."""
    if command.restriction in state.lifted:
        return []
    placed = state.placed.get(command.restriction)
    if placed is None or not (placed.prison == command.prison or _held_here(state, command)):
        raise Refused("There is no such restriction.", "restriction_unknown")
    if command.approved_by == command.lifted_by:
        raise Refused("A restriction is lifted by two people.", "second_person")
    return [RestrictionLifted(**command.model_dump())]


def _held_here(state: Restrictions, command: RestrictionCommand) -> bool:
    return state.prisoners.get(command.prisoner or "", Prisoner()).prison == command.prison
