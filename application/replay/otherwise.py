"""What another policy would have decided on the same observations, up to the first difference. Pure.

From there on the call would have gone another way: other pictures would have been judged, another officer
might have been asked. What is on record afterwards says nothing about the other policy.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from application.replay.record import Record
from domain.clearance import Side
from domain.moderation.block import Block, Judgement, judge_again
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.verdict import Verdict

OBSERVING = (
    "sampling",
    "detection.new_face_score",
    "detection.known_face_score",
    "tracking.overlap",
    "tracking.reach",
    "tracking.size_ratio",
)
"""Keys that decide which pictures are judged and what counts as seen in them, before any rule is asked."""


@dataclass(frozen=True)
class Difference:
    """The first picture on which two policies part."""

    side: Side
    media_ms: int
    was: str
    would: str


@dataclass(frozen=True)
class Otherwise:
    """What a change of policy would have done to one call."""

    observing: tuple[str, ...]  # keys of the change for which other pictures would have been judged at all
    first: Difference | None  # None: every decision would have been the same
    comparable: int  # samples up to it
    not_comparable: int  # samples after it

    def document(self) -> dict[str, Any]:
        """The same as plain data."""
        return {**asdict(self), "observing": list(self.observing)}


def decide_otherwise(record: Record, other: ModerationPolicy) -> Otherwise:
    """Judge the whole call under two policies at once."""
    own = record.policy.moderation
    observing = tuple(key for key in OBSERVING if _at(own, key) != _at(other, key))
    times = sorted(
        entry.media_ms
        for block in _blocks(record)
        for entry in block.entries
        if isinstance(entry, Observation)
    )
    if observing:
        return Otherwise(observing, None, 0, len(times))
    differences = [d for d in (_first(side, record, other) for side in record.sides) if d is not None]
    first = min(differences, key=lambda difference: difference.media_ms, default=None)
    comparable = len(times) if first is None else sum(ms <= first.media_ms for ms in times)
    return Otherwise((), first, comparable, len(times) - comparable)


def _blocks(record: Record) -> Iterator[Block]:
    for found in record.sides.values():
        for island in found.islands:
            yield from island


def _first(side: Side, record: Record, other: ModerationPolicy) -> Difference | None:
    own = record.policy.moderation
    for island in record.sides[side].islands:
        pairs = zip(judge_again(island, own), judge_again(island, other, own=False), strict=True)
        for was, would in pairs:
            if _said(was) != _said(would):
                return Difference(side, was.verdict.media_ms, *_words(was.verdict, would.verdict))
    return None


def _said(judgement: Judgement) -> tuple[Any, ...]:
    """Everything a verdict leads to: what is shown, what is raised, and which picture is judged next."""
    verdict, state = judgement.verdict, judgement.state
    raised = tuple((r.kind, r.action, r.severity, r.since_ms) for r in verdict.raised)
    cleared = tuple((c.kind, c.track) for c in verdict.cleared)
    shown = verdict.clean, verdict.explained, verdict.cause
    following = verdict.next_ms, verdict.calm, state.boxes, state.people
    return (*shown, raised, cleared, following)


def _words(was: Verdict, would: Verdict) -> tuple[str, str]:
    said, instead = _describe(was), _describe(would)
    if said == instead:
        instead = f"{instead}, and other pictures judged from here on"
    return said, instead


def _describe(verdict: Verdict) -> str:
    shown = "shown" if verdict.cause is None else f"withheld for {verdict.cause.value}"
    raised = [f"{r.kind.value} raised ({r.action.value})" for r in verdict.raised]
    cleared = [f"{c.kind.value} cleared" for c in verdict.cleared]
    return ", ".join([shown, *raised, *cleared])


def _at(policy: ModerationPolicy, key: str) -> Any:
    value: Any = policy
    for part in key.split("."):
        value = getattr(value, part)
    return value
