"""What is kept of the judgement of one stream: spans of what was seen, and blocks of every observation."""

from dataclasses import dataclass
from typing import Any

from domain.clearance import Side
from domain.moderation.block import BLOCK_MS, Block
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State, Word, hear, initial
from domain.moderation.verdict import StreamTerms, Verdict
from infrastructure.media.facts import CallFacts
from infrastructure.media.judge import Judged

SEAL_MS = 60_000  # the digests of blocks, and a span that lasts, are put on record so often

_NOTHING_WRONG = "clean"


@dataclass(slots=True)
class _Span:
    """Samples in a row of which the same is to be said."""

    kind: str
    from_ms: int
    to_ms: int
    said_ms: int  # up to when it is on record
    samples: int = 0
    worst: int | None = None

    def add(self, verdict: Verdict) -> None:
        self.to_ms = verdict.media_ms
        self.samples += 1
        distances = [face.distance for face in verdict.faces if face.distance is not None]
        self.worst = max([*distances, *([] if self.worst is None else [self.worst])], default=None)


class StreamRecord:
    """Spans and blocks of one side, from the start of the call to its end."""

    def __init__(self, call: str, side: Side, policy: ModerationPolicy, facts: CallFacts) -> None:
        self._call, self._side, self._facts = call, side, facts
        self._threshold = policy.matching.accept
        self._terms: StreamTerms | None = None  # at the first entry of the open block
        self._now: StreamTerms | None = None  # after its last entry
        self._anew: State | None = initial  # with what the next block begins a stream
        self._entries: list[Observation | Word] = []
        self._from_ms = 0
        self._last_ms = 0
        self._digests: list[str] = []
        self._sealed_from_ms: int | None = None
        self._embeddings_to_seal = 0
        self._span: _Span | None = None

    def judged(self, judged: Judged, terms: StreamTerms) -> None:
        """Take one sample in. `terms` are those it was judged under."""
        observation, verdict = judged.observation, judged.verdict
        embedded = 0 if observation.repeated else sum(bool(face.distances) for face in observation.faces)
        self._embeddings_to_seal += embedded
        full = observation.media_ms - self._from_ms >= BLOCK_MS
        if self._entries and (full or terms != self._now):
            self._close_block()
        self._enter(observation, observation.media_ms, terms)
        self._last_ms = observation.media_ms
        self._seal_in_time()
        self._extend(verdict)

    def heard(self, word: Word, terms: StreamTerms) -> None:
        """Take an officer's word in. `terms` are those before it."""
        self._enter(word, word.media_ms, terms)
        self._now = hear(initial, terms, word)[1]

    def began_anew(self, state: State) -> None:
        """Whoever is seen from here on must be proved again: no verdict rests on more than this state."""
        self._close_block()
        self._anew = state

    def state_changed(self) -> None:
        """The call paused, went on or ended: what was observed up to here is put on record."""
        self._close_block()
        self._seal()
        self._end_span()

    def _enter(self, entry: Observation | Word, media_ms: int, terms: StreamTerms) -> None:
        if not self._entries:
            self._terms, self._from_ms = terms, media_ms
        self._now = terms
        if self._sealed_from_ms is None:
            self._sealed_from_ms = media_ms
        self._entries.append(entry)

    def _close_block(self) -> None:
        if not self._entries or self._terms is None:
            return
        content = Block(self._call, self._terms, tuple(self._entries), self._anew).to_bytes()
        self._digests.append(self._facts.block(self._side, content))
        self._entries, self._anew = [], None

    def _seal_in_time(self) -> None:
        begun = self._sealed_from_ms
        if begun is not None and self._last_ms - begun >= SEAL_MS and self._digests:
            self._seal()

    def _seal(self) -> None:
        if not self._digests or self._sealed_from_ms is None:
            return
        times = self._sealed_from_ms, self._last_ms
        self._facts.sealed(self._side, self._digests, times, self._embeddings_to_seal)
        self._digests, self._embeddings_to_seal = [], 0
        self._sealed_from_ms = self._from_ms if self._entries else None

    def _extend(self, verdict: Verdict) -> None:
        kind = verdict.cause.value if verdict.cause is not None else _NOTHING_WRONG
        if self._span is not None and self._span.kind != kind:
            self._end_span()
        if self._span is None:
            self._span = _Span(kind, verdict.media_ms, verdict.media_ms, verdict.media_ms)
        self._span.add(verdict)
        if verdict.media_ms - self._span.said_ms >= SEAL_MS:
            self._say(self._span, still_open=True)

    def _end_span(self) -> None:
        if self._span is not None:
            self._say(self._span, still_open=False)
            self._span = None

    def _say(self, span: _Span, *, still_open: bool) -> None:
        span.said_ms = span.to_ms
        numbers: dict[str, Any] = {
            "samples": span.samples,
            "worst": span.worst,
            "threshold": self._threshold if span.worst is not None else None,
            "open": still_open,
        }
        self._facts.span(self._side, span.kind, (span.from_ms, span.to_ms), numbers)
