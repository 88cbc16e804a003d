"""One step of a plan: a command with its own time, who sends it, and what it has to wait for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from application.ports import Actor, ActorKind
from domain.event import Command

SYSTEM = Actor(ActorKind.SYSTEM, "system")
SERVICE = Actor(ActorKind.SERVICE, "media")


@dataclass(frozen=True)
class Step:
    """A command of the plan.

    Steps that touch the same thing follow each other in the plan's order, however many are under way. One
    that touches nothing named waits for all before it, and all behind it wait for it.
    """

    ident: str
    command: Command
    actor: Actor
    touches: frozenset[str] = frozenset()
    after: str | None = None  # only where this step was done
    instead_of: str | None = None  # only where this step was refused
    template: tuple[float, ...] | None = None  # of a face, to be put into the vault first

    @property
    def at(self) -> datetime:
        """When it happens."""
        return self.command.at


@dataclass
class Script:
    """Steps as they are thought of; a plan puts them in order."""

    steps: list[Step] = field(default_factory=list)

    def say(
        self,
        ident: str,
        command: Command,
        actor: Actor,
        touches: Iterable[str] = (),
        *,
        after: str | None = None,
        instead_of: str | None = None,
        template: tuple[float, ...] | None = None,
    ) -> str:
        """Add a step; its id."""
        self.steps.append(Step(ident, command, actor, frozenset(touches), after, instead_of, template))
        return ident

    def until(self, now: datetime) -> tuple[Step, ...]:
        """Every step up to a moment, in order of time; of one moment in the order in which they were said."""
        return tuple(sorted((step for step in self.steps if step.at <= now), key=lambda step: step.at))


def staff(person: str, role: str) -> Actor:
    """Somebody who works in a prison."""
    return Actor(ActorKind.STAFF, person, role)
