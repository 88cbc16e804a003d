"""One stream's judgement: samples go to moderation, observations come back, the pure step says what follows.

Runs on the event loop beside its sampler's thread. At most one sample is under way; verdicts come in order.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Protocol

import structlog

from domain.clearance import ClearanceMode, Side
from domain.moderation.kind import FaceWord
from domain.moderation.observation import Box, Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State, Word, anew, hear, initial, step
from domain.moderation.verdict import StreamTerms, Verdict
from infrastructure.media.clearance import Grant
from infrastructure.media.frame import Codec, EncodedFrame
from infrastructure.media.sampler import Chosen, Sampler, Seen
from infrastructure.moderation.client import Engine
from infrastructure.moderation.schedule import Due

_AGAIN_S = 0.1  # after moderation did not answer

log = structlog.get_logger()


class ModerationAway(Exception):
    """Moderation cannot be asked at the moment."""


class Observer(Protocol):
    """Looks at the samples of one stream, in another process."""

    async def observe(self, due: Due[Seen], state: State, *, calm: bool) -> Observation:
        """What one sample shows. Raises `ModerationAway`."""

    async def accept(self, box: Box) -> int | None:
        """Keep the vector of the face at this place. The index of its distances from now on, or None."""

    async def engine(self) -> Engine | None:
        """What judges this stream; None while moderation is away."""

    async def embeddings(self) -> int:
        """Vectors computed in this stream, as moderation counts them."""

    async def close(self) -> None:
        """Forget the stream."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One judged picture with everything that was decided on it."""

    seen: Seen
    observation: Observation
    verdict: Verdict
    unexplained_change: bool


class Judge:
    """Judges one side's pictures for as long as the call lasts, through reconnections and pauses."""

    def __init__(
        self,
        grant: Grant,
        policy: ModerationPolicy,
        terms: StreamTerms,
        seed: int,
        observer: Observer,
        *,
        on_judged: Callable[[Judged], None],
        on_heard: Callable[[Word, StreamTerms], None],
        on_broken: Callable[[], None],
    ) -> None:
        self._grant, self._policy, self._seed = grant, policy, seed
        self._on_judged, self._on_heard, self._on_broken = on_judged, on_heard, on_broken
        self._loop = asyncio.get_running_loop()
        self._sampler: Sampler | None = None
        self.state = initial
        self._calm = False
        self._round = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.terms = terms
        self.newest: Judged | None = None
        self.observer = observer
        self.unjudged_since: float | None = None  # arrival of the oldest picture since the last verdict
        self.judgements = 0

    def connected(self, codec: Codec) -> None:
        """The side has a new connection."""
        if self._sampler is None:
            self._sampler = Sampler(
                self._grant, codec, self._policy, self._seed, self._chosen_elsewhere, self._broken_elsewhere
            )
        self.restart(decoder=True)

    def restart(self, *, decoder: bool = False, afresh: bool = False) -> None:
        """Begin anew: whoever is seen must be proved again. `afresh`: nothing of before counts."""
        self.state, self._calm = initial if afresh else anew(self.state), False
        self.unjudged_since = None
        if self._sampler is not None:
            self._round = self._sampler.restart(decoder=decoder)

    def picture(self, frame: EncodedFrame) -> None:
        """Take a picture as it arrived."""
        if self._sampler is not None:
            self.unjudged_since = self.unjudged_since or frame.arrived
            self._sampler.picture(frame)

    def await_key(self) -> None:
        """A key frame was asked for: judge it at once."""
        if self._sampler is not None:
            self._sampler.await_key()

    async def hear(self, word: Word) -> None:
        """An officer's word on one face: who may stay is known by it from now on."""
        template = None
        if word.word is not FaceWord.GONE and self.terms.mode is ClearanceMode.MATCH:
            box = next((track.box for track in self.state.tracks if track.id == word.track), None)
            template = await self.observer.accept(box) if box is not None else None
        media_ms = self.newest.verdict.media_ms if self.newest is not None else 0
        heard = replace(word, template=template, media_ms=media_ms)
        self._on_heard(heard, self.terms)
        self.state, self.terms = hear(self.state, self.terms, heard)

    def admitted(self, people: int) -> None:
        """Staff let so many people in."""
        self.terms = replace(self.terms, admitted=people)

    async def close(self) -> None:
        """End judging and forget the stream."""
        if self._sampler is not None:
            await asyncio.to_thread(self._sampler.close)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.observer.close()

    @property
    def decoded(self) -> int:
        """Pictures decoded so far."""
        return self._sampler.decoded if self._sampler is not None else 0

    @property
    def side(self) -> Side:
        """Whose pictures these are."""
        return self.terms.side

    def _chosen_elsewhere(self, chosen: Chosen) -> None:
        self._loop.call_soon_threadsafe(self._chosen, chosen)

    def _broken_elsewhere(self) -> None:
        self._loop.call_soon_threadsafe(self._on_broken)

    def _chosen(self, chosen: Chosen) -> None:
        task = asyncio.create_task(self._judge(chosen))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _judge(self, chosen: Chosen) -> None:
        """See one sample through, and those that follow at once."""
        following: Chosen | None = chosen
        while following is not None:
            due = following.due
            try:
                observation = await self.observer.observe(due, self.state, calm=self._calm)
            except ModerationAway:
                await asyncio.sleep(_AGAIN_S)
                self._give_up(following)
                return
            if following.round != self._round:
                return  # of before a restart: the schedule it came from is gone
            following = self._decide(due, observation)

    def _give_up(self, chosen: Chosen) -> None:
        if chosen.round == self._round and self._sampler is not None:
            self._sampler.failed()

    def _decide(self, due: Due[Seen], observation: Observation) -> Chosen | None:
        assert self._sampler is not None
        self.state, verdict = step(self.state, observation, self._policy, self.terms)
        self._calm = verdict.calm
        self.judgements += 1
        following = self._sampler.judged(verdict, self.state.people)
        self.unjudged_since = None
        unexplained = due.unexplained >= self._policy.sampling.change_cells
        self.newest = Judged(due.picture, observation, verdict, unexplained)
        self._on_judged(self.newest)
        return following


def waited_s(judge: Judge) -> float:
    """How long the oldest picture without a verdict has waited."""
    return 0.0 if judge.unjudged_since is None else monotonic() - judge.unjudged_since
