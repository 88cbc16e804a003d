"""Observation blocks: every sample of one participant over ten seconds, as the step saw it.

A block holds no picture and no vector, about a hundred bytes a sample, in canonical bytes. Its digest is on
record, so that anyone with the right to ask can run the step again and get the same verdicts.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from domain.clearance import ClearanceMode, Side
from domain.moderation.concern import Concern
from domain.moderation.kind import FaceWord, Kind
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State, Word, anew_beside, hear, initial, step
from domain.moderation.verdict import StreamTerms, Verdict

BLOCK_MS = 10_000
FORMAT = 2
READABLE = (1, FORMAT)  # the first did not say where a stream began anew


@dataclass(frozen=True, slots=True)
class Block:
    """Ten seconds of one stream: observations, and the officer's words between them, in order."""

    call: str
    terms: StreamTerms  # at the first observation of the block
    entries: tuple[Observation | Word, ...]
    anew: State | None = None  # with what the stream began anew before it, as with a new connection

    def to_bytes(self) -> bytes:
        """Canonical bytes: the same block gives the same bytes on every machine."""
        engines = sorted({(e.engine, e.assessed) for e in self.entries if isinstance(e, Observation)})
        document = {
            "format": FORMAT,
            "call": self.call,
            "anew": None if self.anew is None else _beginning_record(self.anew),
            "terms": _terms_record(self.terms),
            "engines": [[engine, list(assessed)] for engine, assessed in engines],
            "entries": [_entry_record(entry, engines) for entry in self.entries],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Block":
        """The block these bytes hold. Raises ValueError for anything `to_bytes` did not write."""
        try:
            document = json.loads(content)
            if document["format"] not in READABLE:
                raise ValueError("The block has a format this release does not know.")
            engines = [(engine, tuple(map(Kind, kinds))) for engine, kinds in document["engines"]]
            entries = tuple(_entry(record, engines) for record in document["entries"])
            anew = _beginning(document["anew"]) if document["format"] == FORMAT else None
            return cls(document["call"], _terms(document["terms"]), entries, anew)
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError("These bytes are no observation block.") from error

    @property
    def digest(self) -> str:
        """`sha256:` and the hexadecimal digest of the canonical bytes."""
        return digest(self.to_bytes())


def digest(content: bytes) -> str:
    """The name of these bytes on record."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Judgement:
    """One sample, judged again."""

    observation: Observation
    terms: StreamTerms
    state: State  # after it: what decides which picture is judged next
    verdict: Verdict


def judge_again(
    blocks: Iterable[Block], policy: ModerationPolicy, *, own: bool = True
) -> Iterator[Judgement]:
    """Every sample of a stream's blocks, in order. Under its own policy the verdicts equal the live ones.

    Each block says under which terms it began (admission and changes of mode are decided elsewhere) and with
    what the stream began anew, if it did; within a block only the officer's words change anything. `own`: the
    policy is the one of the call; another goes on with what it raised itself.
    """
    state = initial
    mode: ClearanceMode | None = None
    for block in blocks:
        terms = block.terms
        if block.anew is None:
            state = state if mode in (None, terms.mode) else initial
        else:
            state = block.anew if own or mode is None else anew_beside(block.anew, state)
        mode = terms.mode
        for entry in block.entries:
            if isinstance(entry, Word):
                state, terms = hear(state, terms, entry)
            else:
                state, verdict = step(state, entry, policy, terms)
                yield Judgement(entry, terms, state, verdict)


def _beginning_record(state: State) -> list[Any]:
    lasting = [[c.kind.value, c.since_ms, c.seen_ms, c.climbed, int(c.pausing)] for c in state.concerns]
    return [state.next_track, lasting]


def _beginning(record: list[Any] | None) -> State | None:
    if record is None:
        return None
    next_track, lasting = record
    concerns = tuple(
        Concern(Kind(kind), None, since_ms, seen_ms, climbed, bool(pausing))
        for kind, since_ms, seen_ms, climbed, pausing in lasting
    )
    return State(next_track=next_track, concerns=concerns)


def _terms_record(terms: StreamTerms) -> list[Any]:
    """The terms as a flat list. That a child is there ends it where it is so: without, it is written as ever."""
    return [
        terms.side.value, terms.mode.value, terms.admitted, terms.templates, sorted(terms.accepted),
        *([1] if terms.with_child else []),
    ]  # fmt: skip


def _terms(record: list[Any]) -> StreamTerms:
    side, mode, admitted, templates, accepted, *child = record
    known = frozenset(accepted)
    return StreamTerms(Side(side), ClearanceMode(mode), admitted, templates, known, with_child=child == [1])


def _entry_record(entry: Observation | Word, engines: list[tuple[str, tuple[Kind, ...]]]) -> list[Any]:
    if isinstance(entry, Word):
        return ["word", entry.media_ms, entry.track, entry.word.value, entry.template]
    return [engines.index((entry.engine, entry.assessed)), *entry.to_record()]


def _entry(record: list[Any], engines: list[tuple[str, tuple[Kind, ...]]]) -> Observation | Word:
    head, *rest = record
    if head == "word":
        media_ms, track, word, template = rest
        return Word(media_ms, track, FaceWord(word), template)
    engine, assessed = engines[head]
    return Observation.from_record(rest, engine, assessed)
