"""The shape of a reaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from application.ports import EventStore, Recorded
from domain.event import Command, Event


@dataclass(frozen=True)
class Reaction:
    """A command that follows: at once, or when its time has come."""

    command: Command
    due_at: datetime | None = None  # None: at once


class Reacts(Protocol):
    """Satisfied by a module."""

    @property
    def NAME(self) -> str:  # noqa: N802  a module's constant
        """By which its commands are told from those of other reactions to the same event."""

    @property
    def EVENTS(self) -> tuple[type[Event], ...]:  # noqa: N802
        """What it reacts to."""

    async def react(self, recorded: Recorded[Any], store: EventStore, /) -> Sequence[Reaction]:
        """What follows. `store` is the log as it was then: the same event has the same reactions for ever."""
