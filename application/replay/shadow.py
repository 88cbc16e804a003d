"""What a policy or an engine on trial would have done against what was done, kind by kind. Pure.

A span of one is matched with a span of the other of the same kind and side that overlaps it. From the first
difference on the call might have gone another way, so these numbers say where two policies part, not what a
call under the other would have been like.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.ports import EventStore
from domain.clearance import Side
from domain.decider import about
from domain.event import Event
from domain.lifecycle import CallStarted
from domain.policy import PolicyPublished
from domain.stream import (
    WOULD_FREEZE,
    DetectionObserved,
    EngineTried,
    ShadowDetectionObserved,
    TrialDetectionObserved,
)
from domain.violation import ViolationCleared, ViolationRaised

SLACK_MS = 500  # spans so far apart are still of the same thing
BATCH = 1_000
COMPARED: tuple[type[Event], ...] = (
    ShadowDetectionObserved,
    TrialDetectionObserved,
    DetectionObserved,
    ViolationRaised,
    ViolationCleared,
)
OnTrial = ShadowDetectionObserved | TrialDetectionObserved
FOREVER_MS = 10**12  # of a violation that was still open when the call ended


@dataclass(frozen=True)
class Tally:
    """How often both did it, only the live policy, only the one on trial."""

    both: int = 0
    only_live: int = 0
    only_shadow: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.both + other.both,
            self.only_live + other.only_live,
            self.only_shadow + other.only_shadow,
        )


@dataclass(frozen=True)
class Comparison:
    """What was tried, in how many calls, and what came of it, by `kind, action`."""

    changes: tuple[Mapping[str, Any], ...]  # each that was on trial in these calls
    calls: int
    tallies: Mapping[str, Tally]


@dataclass(frozen=True)
class _Span:
    call: str
    side: Side
    kind: str
    action: str
    from_ms: int
    to_ms: int

    @property
    def what(self) -> tuple[str, Side, str, str]:
        return self.call, self.side, self.kind, self.action

    def meets(self, other: "_Span") -> bool:
        """Do they overlap, or nearly?"""
        return self.from_ms - SLACK_MS <= other.to_ms and other.from_ms - SLACK_MS <= self.to_ms


async def tried(store: EventStore, prison: str, since: datetime, until: datetime) -> Comparison:
    """What was on trial in the calls of a prison that started within a time."""
    published, _ = await store.read((about(f"policy:{prison}", PolicyPublished),))
    shadows = {fact.event.name: fact.event.document["moderation"].get("shadow") for fact in published}
    calls: dict[str, str] = {}
    async for event in _all(store, CallStarted):
        if event.prison == prison and since <= event.at < until and shadows.get(event.policy_version):
            calls[event.call] = event.policy_version
    versions = dict.fromkeys(sorted(set(calls.values())))
    changes = tuple(shadow for version in versions if (shadow := shadows[version]))
    return Comparison(changes, len(calls), compare(await _compared(store, calls)))


async def tried_engines(store: EventStore, prison: str, since: datetime, until: datetime) -> Comparison:
    """Which engines were on trial in the calls of a prison that ended within a time, and on how many pictures."""
    samples: defaultdict[str, int] = defaultdict(int)
    calls: dict[str, None] = {}
    async for event in _all(store, EngineTried):
        if event.prison == prison and since <= event.at < until:
            samples[event.engine] += event.samples
            calls[event.call] = None
    changes = tuple({"engine": engine, "samples": count} for engine, count in sorted(samples.items()))
    found = await _compared(store, calls)
    return Comparison(changes, len(calls), compare(found, TrialDetectionObserved))


async def _all(store: EventStore, kind: type[Event]) -> AsyncIterator[Any]:
    """Every event of a type, read page by page."""
    position = 0
    while batch := await store.after(position, limit=BATCH, types=(kind,)):
        position = batch[-1].position
        for fact in batch:
            yield fact.event


async def _compared(store: EventStore, calls: Iterable[str]) -> list[Any]:
    """What was done in these calls, and what would have been."""
    found: list[Any] = []
    for call in calls:
        facts, _ = await store.read((about(f"call:{call}", *COMPARED),))
        found += [fact.event for fact in facts]
    return found


def compare(events: Iterable[Any], on_trial: type[OnTrial] = ShadowDetectionObserved) -> dict[str, Tally]:
    """The events of calls in which something was on trial, matched by `kind, action`."""
    known = list(events)
    live, shadow = _grouped(_live(known)), _grouped(_of_trial(known, on_trial))
    found: defaultdict[str, Tally] = defaultdict(Tally)
    for what in live.keys() | shadow.keys():
        mine, its = live.get(what, []), shadow.get(what, [])
        both = sum(any(one.meets(other) for other in its) for one in mine)
        alone = sum(not any(one.meets(other) for other in mine) for one in its)
        name = f"{what[2]}, {what[3]}"
        found[name] = found[name].plus(Tally(both, len(mine) - both, alone))
    return dict(sorted(found.items()))


def _live(events: Sequence[Any]) -> Iterator[_Span]:
    """What was done: violations while they were open, as they are raised once, and each span withheld."""
    cleared = {e.violation: e.media_ms for e in events if isinstance(e, ViolationCleared)}
    freezes: dict[tuple[str, Side, str, int], int] = {}
    for event in events:
        if isinstance(event, ViolationRaised):
            until = cleared.get(event.violation, FOREVER_MS)
            yield _Span(event.call, event.side, event.kind.value, event.action.value, event.since_ms, until)
        elif isinstance(event, DetectionObserved) and event.kind != "clean":
            key = event.call, event.side, event.kind, event.from_ms
            freezes[key] = max(event.to_ms, freezes.get(key, 0))
    for (call, side, kind, from_ms), to_ms in freezes.items():
        yield _Span(call, side, kind, WOULD_FREEZE, from_ms, to_ms)


def _of_trial(events: Sequence[Any], on_trial: type[OnTrial]) -> Iterator[_Span]:
    for event in events:
        if isinstance(event, on_trial):
            yield _Span(event.call, event.side, event.kind, event.action, event.from_ms, event.to_ms)


def _grouped(spans: Iterable[_Span]) -> Mapping[tuple[str, Side, str, str], list[_Span]]:
    found: defaultdict[tuple[str, Side, str, str], list[_Span]] = defaultdict(list)
    for span in spans:
        found[span.what].append(span)
    return found
