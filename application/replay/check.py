"""Recorded decisions against the same decisions made again. Pure.

What followed from a verdict is on record with the numbers it rested on; made again it must be the same to the
byte. What was decided and is not on record is a difference too, unless the call's own rules left it out: the
same thing was on record and open already, or the call was over.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import reduce
from typing import Any, get_args

from application.ports import Recorded
from application.replay.again import SideAgain
from application.replay.record import Record
from application.replay.release import may_leave
from application.replay.trial import trial_difference
from domain.call import decisions, state
from domain.call.commands import ReportCleared, ReportViolation
from domain.call.events import CallFact, CallPaused
from domain.clearance import Side
from domain.event import Refused
from domain.lifecycle import CallStarted
from domain.moderation.block import Judgement
from domain.moderation.evidence import ADDED, as_recorded
from domain.moderation.kind import Action
from domain.moderation.verdict import Cleared, Raised
from domain.stream import (
    CoachingShown,
    DetectionObserved,
    ShadowDetectionObserved,
    StreamFrozen,
    StreamReleased,
)
from domain.violation import ViolationCleared, ViolationRaised


class Outcome(StrEnum):
    """What came of checking one decision."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_COVERED = "not_covered"  # what it rested on is gone, or was never put away


@dataclass(frozen=True)
class Checked:
    """One decision: as it is on record, and as it was made again."""

    position: int | None  # None: it was decided and is not on record
    type: str
    side: Side
    media_ms: int
    kind: str
    outcome: Outcome
    says: str = ""  # what differs


def check(record: Record, sides: Mapping[Side, SideAgain], tried: Mapping[Side, SideAgain]) -> list[Checked]:
    """Every decision on record about what was seen, and every one that should be; by media time.

    `tried`: the same sides under the policy on trial, where one was.
    """
    checked = [
        Checked(fact.position, type(fact.event).__name__, fact.event.side, *found)
        for fact in record.facts
        if isinstance(fact.event, _CHECKED)
        for again in [tried if isinstance(fact.event, ShadowDetectionObserved) else sides]
        for found in [_checked(record, again.get(fact.event.side, _NOTHING), fact.event)]
    ]
    missing = [one for side, again in sides.items() for one in _missing(record, side, again)]
    return sorted([*checked, *missing], key=lambda one: (one.media_ms, one.position or 0))


_CHECKED = (
    ViolationRaised,
    ViolationCleared,
    StreamFrozen,
    StreamReleased,
    DetectionObserved,
    CoachingShown,
    ShadowDetectionObserved,
)
_SPANS = (DetectionObserved, ShadowDetectionObserved)
_NOTHING = SideAgain(())


def _checked(record: Record, again: SideAgain, event: Any) -> tuple[int, str, Outcome, str]:
    """When, what, and what came of it."""
    moment = event.to_ms if isinstance(event, _SPANS) else event.media_ms
    kind = event.cause if isinstance(event, StreamFrozen) else str(getattr(event, "kind", "released"))
    begun = event.from_ms if isinstance(event, _SPANS) else moment
    if not again.covers(begun, moment):
        return moment, kind, Outcome.NOT_COVERED, ""
    differs = _difference(record, again, event)
    return moment, kind, Outcome.DIFFERENT if differs else Outcome.SAME, differs


def _difference(record: Record, again: SideAgain, event: Any) -> str:
    """What differs, in words; empty when nothing does."""
    policy = record.policy.moderation
    if isinstance(event, StreamReleased):
        allowed = may_leave(again.around(event.media_ms), event.media_ms, policy)
        return "" if allowed else "the rules let no picture of this moment leave"
    if isinstance(event, DetectionObserved):
        return _span_difference(again.between(event.from_ms, event.to_ms), event, policy.matching.accept)
    if isinstance(event, ShadowDetectionObserved):
        return trial_difference(again, event)
    judgement = again.at(event.media_ms)
    if judgement is None:
        return "no picture of this moment was judged"
    match event:
        case ViolationRaised():
            return _raised_difference(judgement, event, record.version)
        case ViolationCleared():
            kinds = {cleared.kind for cleared in judgement.verdict.cleared}
            return "" if event.kind in kinds else "made again, nothing cleared at this moment"
        case CoachingShown():
            told = {r.kind for r in judgement.verdict.raised if r.action is Action.COACH}
            return "" if event.kind in told else "made again, nobody is told anything at this moment"
        case _:
            return _frozen_difference(judgement, event, record.version)


def _raised_difference(judgement: Judgement, event: ViolationRaised, version: str) -> str:
    raised = next((r for r in judgement.verdict.raised if _same(r, event)), None)
    if raised is None:
        return "made again, this is not raised at this moment"
    fields = {
        "severity": raised.severity == event.severity,
        "since_ms": raised.since_ms == event.since_ms,
        "track": raised.evidence.track == event.track,
        **_alike(event.evidence, as_recorded(raised.evidence, judgement.verdict.basis, version)),
    }
    return _differing(fields)


def _frozen_difference(judgement: Judgement, event: StreamFrozen, version: str) -> str:
    verdict = judgement.verdict
    if verdict.cause is None or verdict.cause.value != event.cause:
        return f"made again: {verdict.cause.value if verdict.cause else 'shown'}"
    if not event.evidence:
        return ""  # of a release that recorded the cause alone
    return _differing(_alike(event.evidence, as_recorded(verdict.why, verdict.basis, version)))


def _span_difference(judgements: Sequence[Judgement], event: DetectionObserved, accept: int) -> str:
    causes = {j.verdict.cause.value if j.verdict.cause else "clean" for j in judgements}
    distances = [f.distance for j in judgements for f in j.verdict.faces if f.distance is not None]
    worst = max(distances, default=None)
    fields = {
        "kind": causes == {event.kind},
        "samples": len(judgements) == event.samples,
        "worst": worst == event.worst,
        "threshold": event.threshold == (accept if worst is not None else None),
    }
    return _differing(fields)


def _alike(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> dict[str, bool]:
    """Each number of the evidence: is it the same? What earlier releases did not record is left out."""
    plain = json.loads(json.dumps(again))
    kept = set(plain) - (ADDED - set(recorded))
    return {
        name: name in recorded and name in plain and recorded[name] == plain[name]
        for name in sorted(kept | set(recorded))
    }


def _differing(fields: Mapping[str, bool]) -> str:
    wrong = [name for name, same in fields.items() if not same]
    return f"made again, it differs in: {', '.join(wrong)}" if wrong else ""


def _same(raised: Raised, event: ViolationRaised) -> bool:
    key = raised.kind, raised.action, raised.evidence.track
    return key == (event.kind, event.action, event.track)


# What should be on record


def _missing(record: Record, side: Side, again: SideAgain) -> Iterator[Checked]:
    """What was decided, is not on record, and was not left out by the call's own rules."""
    for judgement in again.judgements:
        for raised in judgement.verdict.raised:
            if _is_missing(record, _report(record, side, raised)):
                yield _absent(ViolationRaised, side, raised.media_ms, raised.kind.value)
        for cleared in judgement.verdict.cleared:
            if _is_missing(record, _report_cleared(record, side, cleared)):
                yield _absent(ViolationCleared, side, cleared.media_ms, cleared.kind.value)


def _is_missing(record: Record, command: ReportViolation | ReportCleared) -> bool:
    """Is there less on record than the call makes of this report, whenever between its neighbours it came?"""
    before, after = _neighbours(record.facts, command.side, command.media_ms)
    history = [fact for fact in record.facts if isinstance(fact.event, get_args(CallFact))]
    there = [fact for fact in history if before < fact.position < after and _is_of(fact.event, command)]
    after = there[0].position if there else after
    known = [fact.event for fact in history if fact.position <= before]
    between = [fact.event for fact in history if before < fact.position < after]
    moments = ([*known, *between[:count]] for count in range(len(between) + 1))
    return all(_made_of(facts, command) > len(there) for facts in moments)


def _is_of(event: Any, command: ReportViolation | ReportCleared) -> bool:
    """Does the event say what the report says?"""
    wanted = ViolationRaised if isinstance(command, ReportViolation) else ViolationCleared
    if not isinstance(event, wanted):
        return False
    names = ("side", "kind", "media_ms") + (("action", "track") if wanted is ViolationRaised else ())
    return all(getattr(event, name) == getattr(command, name) for name in names)


def _made_of(facts: Sequence[Any], command: ReportViolation | ReportCleared) -> int:
    """How many events of its kind the call makes of the report at this moment."""
    call = reduce(state.evolve, facts, state.initial)
    try:
        return sum(_is_of(event, command) for event in decisions.decide(call, command))
    except Refused:
        return 0


def _absent(kind: type[Any], side: Side, media_ms: int, what: str) -> Checked:
    says = "made again, it is decided; it is not on record"
    return Checked(None, kind.__name__, side, media_ms, what, Outcome.DIFFERENT, says)


def _report(record: Record, side: Side, raised: Raised) -> ReportViolation:
    return ReportViolation(
        at=_at(record, raised.media_ms),
        call=record.call,
        violation="",
        side=side,
        kind=raised.kind,
        severity=raised.severity,
        action=raised.action,
        since_ms=raised.since_ms,
        media_ms=raised.media_ms,
        track=raised.evidence.track,
        evidence={},
    )


def _report_cleared(record: Record, side: Side, cleared: Cleared) -> ReportCleared:
    moment = _at(record, cleared.media_ms)
    return ReportCleared(at=moment, call=record.call, side=side, kind=cleared.kind, media_ms=cleared.media_ms)


def _at(record: Record, media_ms: int) -> Any:
    assert record.started is not None
    return record.started.at + timedelta(milliseconds=media_ms)


def _neighbours(facts: Sequence[Recorded[Any]], side: Side, media_ms: int) -> tuple[int, int]:
    """Positions between which a report of this moment must stand: a worker reports in order of media time.

    A freeze or a release is told a little after the picture it names, so it says only what comes before it.
    """
    told = [(fact, ms) for fact in facts if (ms := _told_ms(fact.event, side)) is not None]
    started = next((fact.position for fact in facts if isinstance(fact.event, CallStarted)), 0)
    at_once = [f.position for f, ms in told if ms < media_ms and not isinstance(f.event, _TOLD_LATE)]
    after = min((f.position for f, ms in told if ms > media_ms), default=facts[-1].position + 1)
    return max([started, *at_once]), after


_TOLD_LATE = (StreamFrozen, StreamReleased)


def _told_ms(event: Any, side: Side) -> int | None:
    """Up to which moment of the side's pictures the worker had come when it told this."""
    untimed = (CallPaused, ShadowDetectionObserved)  # told by another, or in its own time
    if getattr(event, "side", None) is not side or isinstance(event, untimed):
        return None
    found: int | None = getattr(event, "to_ms", getattr(event, "media_ms", None))
    return found
