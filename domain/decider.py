"""The shape of a decision: which facts it rests on, how they fold, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from domain.event import Event

State = TypeVar("State")
Asked = TypeVar("Asked", contravariant=True)
Happened = TypeVar("Happened")


@dataclass(frozen=True)
class Facts:
    """All events of these types that carry all of these tags. No type named means every type."""

    types: tuple[type[Event], ...]
    tags: frozenset[str]


Boundary = tuple[Facts, ...]  # The decision holds as long as no new fact enters any of these.


class Decider(Protocol[State, Asked, Happened]):
    """Satisfied by a module such as `domain.booking`: no class is needed to hold four names."""

    @property
    def initial(self) -> State:
        """The state before anything happened."""

    def boundary(self, command: Asked, /) -> Boundary:
        """The facts on which the answer to this command rests."""

    def evolve(self, state: State, event: Happened, /) -> State:
        """The state after the event. Never fails, never judges, reads no clock."""

    def decide(self, state: State, command: Asked, /) -> Sequence[Happened]:
        """What follows from the command, or `Refused`."""


def about(tag: str, *types: type[Event]) -> Facts:
    """Facts of these types under one tag."""
    return Facts(types, frozenset({tag}))
