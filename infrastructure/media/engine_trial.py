"""An engine on trial: what a call's policy would have done with the observations of another engine. Never acted on.

Moderation keeps the newest judged picture of each stream and judges it once more with the engine on trial, when it
has nothing else to do; so some pictures are left out, and how many were tried is on record. Whatever goes wrong in
it ends the trial alone.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.clearance import Side
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State, Word
from domain.moderation.verdict import StreamTerms
from infrastructure.media.facts import CallFacts
from infrastructure.media.shadow import Shadow
from infrastructure.moderation.client import Tried

log = structlog.get_logger()

Ask = Callable[[], Awaitable[Tried | None]]
"""Asks for the newest picture under the engine on trial; None where no engine is."""


class EngineTrial:
    """The trial on one side's pictures. At most one picture is tried at a time."""

    def __init__(self, ask: Ask, policy: ModerationPolicy, side: Side, facts: CallFacts) -> None:
        self._ask, self._policy, self._side, self._facts = ask, policy, side, facts
        self._task: asyncio.Task[None] | None = None
        self._shadow: Shadow | None = None
        self._engine = ""
        self._over = False
        self._newest_ms = -1
        self._samples = 0

    def judged(self, observation: Observation, terms: StreamTerms) -> None:
        """A picture was judged: have it tried too, where nothing is under way, whatever was seen."""
        if not self._over and self._task is None:
            self._task = asyncio.create_task(self._try(terms))

    def heard(self, word: Word, terms: StreamTerms) -> None:
        """An officer's word on one face. Faces on trial have other numbers: who is seen is proved again."""
        if self._shadow is not None:
            self._shadow.prove_again()

    def began_anew(self, live: State) -> None:
        """Whoever is seen from here on must be proved again. `live`: how the judge goes on."""
        if self._shadow is not None:
            self._shadow.began_anew(live)

    def state_changed(self) -> None:
        """The call paused, went on or ended: a span that lasts ends here."""
        if self._shadow is not None:
            self._shadow.state_changed()

    async def end(self) -> None:
        """The call is over: say how much was tried."""
        self._over = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._samples:
            self._facts.engine_tried(self._side, self._engine, self._samples)

    async def _try(self, terms: StreamTerms) -> None:
        try:
            tried = await self._ask()
            if tried is None:
                self._over = True
            elif tried.observation is not None and tried.observation.media_ms > self._newest_ms:
                self._take(tried, terms)
        except Exception as error:  # noqa: BLE001  an engine that is only tried may stop nothing
            self._over = True
            log.error("The engine on trial failed and is not asked again.", kind=type(error).__name__)
        finally:
            self._task = None

    def _take(self, tried: Tried, terms: StreamTerms) -> None:
        assert tried.observation is not None
        if self._shadow is None or tried.engine != self._engine:
            self._engine, self._samples = tried.engine, 0
            policy = self._policy.model_copy(update={"detection": tried.detection})
            self._shadow = Shadow(policy, tried.engine, self._side, self._facts.trial)
        self._newest_ms = tried.observation.media_ms
        self._samples += 1
        self._shadow.judged(tried.observation, terms)
