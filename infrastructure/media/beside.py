"""What looks on beside the judge of one side, and is never acted on: a policy on trial, and an engine on trial."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from domain.clearance import ClearanceMode, Side
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State, Word
from domain.moderation.verdict import StreamTerms
from infrastructure.media.engine_trial import EngineTrial
from infrastructure.media.facts import CallFacts
from infrastructure.media.shadow import shadow_of
from infrastructure.moderation.client import Tried

AskOfStream = Callable[[str], Awaitable[Tried | None]]
"""A stream's newest judged picture under the engine on trial."""

TRIED = frozenset({ClearanceMode.MATCH, ClearanceMode.COUNT})
"""Streams that an engine on trial looks at: never one of a call with a lawyer."""


class Beside(Protocol):
    """Looks on for as long as the call lasts."""

    def judged(self, observation: Observation, terms: StreamTerms) -> None:
        """A picture of the running call was judged."""

    def heard(self, word: Word, terms: StreamTerms) -> None:
        """An officer said something of one face."""

    def began_anew(self, live: State) -> None:
        """Whoever is seen from here on must be proved again. `live`: how the judge goes on."""

    def state_changed(self) -> None:
        """The call paused, went on or ended."""

    async def end(self) -> None:
        """The call is over."""


def beside(
    policy: ModerationPolicy,
    mode: ClearanceMode,
    stream: str,
    side: Side,
    facts: CallFacts,
    ask: AskOfStream | None,
) -> tuple[Beside, ...]:
    """Everything that looks on at one side of a call."""
    shadow = shadow_of(policy, side, facts)
    looking: list[Beside] = [] if shadow is None else [shadow]
    if ask is not None and mode in TRIED:
        looking.append(EngineTrial(partial(ask, stream), policy, side, facts))
    return tuple(looking)
