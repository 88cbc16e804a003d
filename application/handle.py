"""The one way in which a command becomes events: read the boundary, replay, decide, append."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

from application.ports import BoundaryMoved, Context, EventStore, Recorded
from domain.decider import Boundary, Decider, about
from domain.event import Command, Event

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)

ATTEMPTS = 10


@dataclass(frozen=True)
class Handled(Generic[E]):
    """What a command caused, and the position that a reader may wait for. `again`: it had been done before."""

    events: Sequence[E]
    position: int
    again: bool = False


@dataclass(frozen=True)
class Seen:
    """How far somebody had read of the thing they decide on, which its tag names, such as `call:<id>`."""

    tag: str
    position: int


class Stale(Exception):
    """Something on which the decision rests happened after whoever decides had looked."""


async def handle(
    store: EventStore, decider: Decider[S, C, E], command: C, context: Context, seen: Seen | None = None
) -> Handled[E]:
    """Append what the command causes. The same command id takes effect once, however often it is sent.

    `seen` belongs to the append condition: of two people who looked at the same moment, one decides. The
    other, and whoever looked before something newer happened, gets `Stale`.
    """
    boundary = boundary_of(decider, command, context)
    for _ in range(ATTEMPTS):
        facts, head = await store.read(boundary)
        done = [fact for fact in facts if fact.cmd == context.cmd]
        if done:
            return Handled([fact.event for fact in done], done[-1].position, again=True)
        if seen is not None and _is_stale(seen, facts, head):
            raise Stale(type(command).__name__)
        state = reduce(decider.evolve, (fact.event for fact in facts), decider.initial)
        events = decider.decide(state, command)
        if not events:
            return Handled(events, head)
        try:
            return Handled(events, await store.append(events, boundary, head, context))
        except BoundaryMoved:
            continue
    raise BoundaryMoved(f"{type(command).__name__} lost {ATTEMPTS} races")


async def replay(store: EventStore, decider: Decider[S, C, Any], command: C) -> S:
    """The state on which a command would be decided now, for a page that shows what may be asked."""
    facts, _ = await store.read(decider.boundary(command))
    return reduce(decider.evolve, (fact.event for fact in facts), decider.initial)


def boundary_of(decider: Decider[Any, C, Any], command: C, context: Context) -> Boundary:
    """The decision's own facts, and the command's id: it has ONE condition, so both are read at once."""
    return (*decider.boundary(command), about(f"cmd:{context.cmd}"))


def _is_stale(seen: Seen, facts: Sequence[Recorded[Any]], head: int) -> bool:
    """Whether anything newer is known of the thing; or the position lies ahead, where nobody can have looked."""
    newest = max((fact.position for fact in facts if seen.tag in fact.event.tags()), default=0)
    return not newest <= seen.position <= head
