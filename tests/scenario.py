"""given(history).when(command).then(events): the sentence in which every rule is tested.

Only those events of the history are folded that the decider's own boundary selects, as the log would:
a boundary that forgets a type of event, or a tag, fails the tests of the rules that rest on it.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import pytest

from domain.decider import Boundary, Decider
from domain.event import Command, Event, Refused


def given(decider: Decider[Any, Any, Any], *history: Event) -> "Given":
    """What has happened before."""
    return Given(decider, history)


class Given:
    """A history, waiting for a command."""

    def __init__(self, decider: Decider[Any, Any, Any], history: Sequence[Event]) -> None:
        self._decider, self._history = decider, history

    def when(self, command: Command) -> "When":
        """What is asked or reported now."""
        return When(self._decider, self._history, command)


class When:
    """A history and a command, waiting for the verdict."""

    def __init__(self, decider: Decider[Any, Any, Any], history: Sequence[Event], command: Command) -> None:
        self._decider, self._history, self._command = decider, history, command

    def outcome(self) -> list[Event]:
        """What follows, for assertions of another kind. Raises `Refused`."""
        facts = selected(self._history, self._decider.boundary(self._command))
        state = reduce(self._decider.evolve, facts, self._decider.initial)
        return list(self._decider.decide(state, self._command))

    def then(self, *events: Event) -> None:
        """Exactly these events follow."""
        assert self.outcome() == list(events)

    def then_nothing(self) -> None:
        """Nothing follows: it had happened already, or means nothing now."""
        assert self.outcome() == []

    def then_refused(self, rule: str) -> None:
        """The rule of this name says no, in a sentence."""
        with pytest.raises(Refused) as refused:
            self.outcome()
        assert refused.value.rule == rule
        sentence = str(refused.value)
        assert sentence.endswith(".")
        assert sentence[0].isupper()
        assert not sentence.isupper(), "nobody is shouted at"


def selected(history: Sequence[Event], boundary: Boundary) -> list[Event]:
    """The events that a decision on this boundary reads, in order."""
    return [event for event in history if any(_is_about(event, facts) for facts in boundary)]


def _is_about(event: Event, facts: Any) -> bool:
    return type(event) in facts.types and facts.tags <= event.tags()
