"""Restrictions: what the prison placed on a visitor, or on a visitor and one person in prison together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from domain.decider import Boundary, about
from domain.event import Command, Personal, PrisonEvent, Purpose, Refused

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


@dataclass(frozen=True)
class Restrictions:
    """The restrictions that were placed and not lifted, by their id."""

    placed: Mapping[str, RestrictionPlaced] = field(default_factory=dict)
    lifted: frozenset[str] = frozenset()

    def on(self, day: date) -> frozenset[RestrictionKind]:
        """The kinds that hold on a day."""
        return frozenset(r.kind for r in self.placed.values() if holds(r, day))


def holds(restriction: RestrictionPlaced, day: date) -> bool:
    """Whether a restriction that was not lifted holds on a day; both its first and its last day count."""
    return restriction.first <= day and (restriction.last is None or day <= restriction.last)


initial = Restrictions()


def boundary(command: PlaceRestriction | LiftRestriction) -> Boundary:
    """The restrictions of the visitor alone, or of the pair."""
    bound = command.visitor if command.prisoner is None else f"{command.prisoner}/{command.visitor}"
    return (about(f"restricted:{bound}", RestrictionPlaced, RestrictionLifted),)


def evolve(state: Restrictions, event: RestrictionPlaced | RestrictionLifted) -> Restrictions:
    """What holds until it is lifted."""
    match event:
        case RestrictionPlaced(restriction=ident):
            return Restrictions({**state.placed, ident: event}, state.lifted)
        case RestrictionLifted(restriction=ident):
            left = {key: placed for key, placed in state.placed.items() if key != ident}
            return Restrictions(left, state.lifted | {ident})
        case _:
            assert_never(event)


def decide(
    state: Restrictions, command: PlaceRestriction | LiftRestriction
) -> list[RestrictionPlaced | RestrictionLifted]:
    """The restriction, or its end."""
    if not command.reason.strip():
        raise Refused("Please give a reason.", "reason_missing")
    words = command.model_copy(update={"reason": command.reason.strip()})
    match words:
        case PlaceRestriction():
            if command.restriction in state.placed or command.restriction in state.lifted:
                return []
            if words.last is not None and words.last < words.first:
                raise Refused("A restriction ends on or after the day on which it begins.", "days_reversed")
            return [RestrictionPlaced(**words.model_dump())]
        case LiftRestriction():
            return _lift(state, words)
        case _:
            assert_never(words)


def _lift(state: Restrictions, command: LiftRestriction) -> list[RestrictionPlaced | RestrictionLifted]:
    if command.restriction in state.lifted:
        return []
    if command.restriction not in state.placed:
        raise Refused("There is no such restriction.", "restriction_unknown")
    if command.approved_by == command.lifted_by:
        raise Refused("A restriction is lifted by two people.", "second_person")
    return [RestrictionLifted(**command.model_dump())]
