"""What was decided and is not on record. Pure.

A report that the call took in silence is none of these: the same thing was on record and open already, or the
call was over. Whether it took it so is asked of the call's own rules, as it stood when the report must have come.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, get_args

from application.ports import Recorded
from application.replay.again import SideAgain
from application.replay.checked import Checked, Outcome
from application.replay.record import Record
from domain.call import decisions, state
from domain.call.commands import ReportCleared, ReportViolation
from domain.call.events import CallFact, CallPaused
from domain.clearance import Side
from domain.event import Refused
from domain.lifecycle import CallStarted
from domain.moderation.verdict import Cleared, Raised
from domain.stream import ShadowDetectionObserved, StreamFrozen, StreamReleased, TrialDetectionObserved
from domain.violation import ViolationCleared, ViolationRaised


def missing(record: Record, side: Side, again: SideAgain) -> Iterator[Checked]:
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


def _at(record: Record, media_ms: int) -> datetime:
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
_UNTIMED = (CallPaused, ShadowDetectionObserved, TrialDetectionObserved)
"""Told by another than the worker, or in its own time."""


def _told_ms(event: Any, side: Side) -> int | None:
    """Up to which moment of the side's pictures the worker had come when it told this."""
    if getattr(event, "side", None) is not side or isinstance(event, _UNTIMED):
        return None
    found: int | None = getattr(event, "to_ms", getattr(event, "media_ms", None))
    return found
