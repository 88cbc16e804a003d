"""The shadow: a second policy on the same observations. What it would have done goes on record, and nothing else.

It is told what was observed after the call was, has no way to the pictures or to the call, and whatever goes
wrong in it ends the shadow alone.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from domain.clearance import Side
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State, Word, anew, anew_beside, hear, initial, step
from domain.moderation.verdict import StreamTerms, Verdict
from domain.stream import WOULD_FREEZE
from infrastructure.media.facts import CallFacts

log = structlog.get_logger()

Tell = Callable[[Side, str, str, tuple[int, int], str], None]
"""Puts on record what would have been done: side, kind, action, first and last picture, and what was tried."""


class Shadow:
    """What a second policy would have done about one side."""

    def __init__(self, policy: ModerationPolicy, overlay: str, side: Side, tell: Tell) -> None:
        self._policy, self._overlay = policy, overlay
        self._side, self._told = side, tell
        self._state = initial
        self._frozen: tuple[str, int, int] | None = None  # cause, first and last picture it withholds
        self._broken = False

    def judged(self, observation: Observation, terms: StreamTerms) -> None:
        """Judge one more picture, for the record alone."""
        self._try(lambda: self._judge(observation, terms))

    def heard(self, word: Word, terms: StreamTerms) -> None:
        """An officer's word on one face holds for the shadow too."""
        self._try(lambda: self._hear(word, terms))

    def began_anew(self, live: State) -> None:
        """Whoever is seen from here on must be proved again. `live`: how the judge goes on."""
        self._end_freeze()
        self._state = anew_beside(live, self._state)

    def prove_again(self) -> None:
        """The same, where only the shadow begins anew."""
        self._end_freeze()
        self._state = anew(self._state)

    def state_changed(self) -> None:
        """The call paused, went on or ended: a span that lasts ends here, as those of the call do."""
        self._end_freeze()

    async def end(self) -> None:
        """Nothing waits."""

    def _try(self, work: Callable[[], None]) -> None:
        if self._broken:
            return
        try:
            work()
        except Exception as error:  # noqa: BLE001  a policy that is only tried may stop nothing
            self._broken = True
            log.error("The shadow failed and is not asked again.", kind=type(error).__name__)

    def _judge(self, observation: Observation, terms: StreamTerms) -> None:
        self._state, verdict = step(self._state, observation, self._policy, terms)
        self._tell(verdict)

    def _hear(self, word: Word, terms: StreamTerms) -> None:
        self._state, _ = hear(self._state, terms, word)

    def _tell(self, verdict: Verdict) -> None:
        for raised in verdict.raised:
            times = raised.since_ms, raised.media_ms
            self._told(self._side, raised.kind.value, raised.action.value, times, self._overlay)
        cause = verdict.cause.value if verdict.cause is not None else None
        if self._frozen is not None and self._frozen[0] != cause:
            self._end_freeze()
        if cause is not None:
            since = self._frozen[1] if self._frozen is not None else verdict.media_ms
            self._frozen = cause, since, verdict.media_ms

    def _end_freeze(self) -> None:
        if self._frozen is not None:
            cause, since, until = self._frozen
            self._told(self._side, cause, WOULD_FREEZE, (since, until), self._overlay)
            self._frozen = None


def shadow_of(policy: ModerationPolicy, side: Side, facts: CallFacts) -> Shadow | None:
    """The shadow of a policy; None where it tries nothing."""
    tried = policy.shadowed()
    return None if tried is None else Shadow(tried, digest_of(policy.shadow), side, facts.shadow)


def digest_of(changes: Mapping[str, Any]) -> str:
    """The name of these changes on record."""
    content = json.dumps(changes, sort_keys=True, separators=(",", ":")).encode()
    return "sha256:" + hashlib.sha256(content).hexdigest()
