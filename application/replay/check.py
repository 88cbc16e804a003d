"""Recorded decisions against the same decisions made again. Pure.

What followed from a verdict is on record with the numbers it rested on; made again it must be the same to the
byte. What was decided and is not on record is a difference too, unless the call's own rules left it out: the
same thing was on record and open already, or the call was over.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from application.replay.again import SideAgain
from application.replay.checked import Checked, Outcome
from application.replay.missing import missing
from application.replay.record import Record
from application.replay.release import may_leave
from application.replay.trial import trial_difference
from domain.clearance import Side
from domain.moderation.block import Judgement
from domain.moderation.evidence import ADDED, as_recorded
from domain.moderation.kind import Action
from domain.moderation.verdict import Raised
from domain.stream import (
    CoachingShown,
    DetectionObserved,
    ShadowDetectionObserved,
    StreamFrozen,
    StreamReleased,
)
from domain.violation import ViolationCleared, ViolationRaised


def check(record: Record, sides: Mapping[Side, SideAgain], tried: Mapping[Side, SideAgain]) -> list[Checked]:
    """Every decision on record about what was seen, and every one that should be; by media time.

    `tried`: the same sides under the policy on trial, where one was.
    """
    checked = [
        Checked(fact.position, type(fact.event).__name__, fact.event.side, *found)
        for fact in record.facts
        if isinstance(fact.event, _CHECKED)
        and fact.event.side not in record.unjudged
        and not _by_eye(fact.event)
        for again in [tried if isinstance(fact.event, ShadowDetectionObserved) else sides]
        for found in [_checked(record, again.get(fact.event.side, _NOTHING), fact.event)]
    ]
    absent = [one for side, again in sides.items() for one in missing(record, side, again)]
    return sorted([*checked, *absent], key=lambda one: (one.media_ms, one.position or 0))


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


def _by_eye(event: Any) -> bool:
    """Whether an officer let these pictures go while no rule could: there is no judgement to make again."""
    return isinstance(event, StreamReleased) and event.by_eye


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
