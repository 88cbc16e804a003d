"""Causes over time: what is wrong is raised once per action, and clears when it has been gone long enough."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import takewhile

from domain.moderation.kind import Action, Kind
from domain.moderation.ladder import Rung, milder, pauses
from domain.moderation.policy import ModerationPolicy
from domain.moderation.verdict import NO_EVIDENCE, Cleared, Evidence, Raised


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong in this picture."""

    kind: Kind
    since_ms: int  # the first judged picture that shows it
    rungs: tuple[Rung, ...]  # in order of time
    evidence: Evidence = NO_EVIDENCE

    @property
    def pauses(self) -> bool:
        """Does the call pause for it, now or when it lasts?"""
        return pauses(self.rungs)

    @property
    def key(self) -> tuple[Kind, int | None]:
        """The same cause in the next picture has the same key."""
        return self.kind, self.evidence.track


@dataclass(frozen=True, slots=True)
class Concern:
    """A cause that is or was shortly before present."""

    kind: Kind
    track: int | None
    since_ms: int
    seen_ms: int
    climbed: int = 0  # rungs taken
    pausing: bool = False  # one of them was a pause

    @property
    def key(self) -> tuple[Kind, int | None]:
        """What it is about."""
        return self.kind, self.track


def update(
    concerns: Iterable[Concern], findings: Iterable[Finding], media_ms: int, policy: ModerationPolicy
) -> tuple[tuple[Concern, ...], tuple[Raised, ...], tuple[Cleared, ...]]:
    """The concerns after one picture, what was raised by it and what cleared."""
    known = {concern.key: concern for concern in concerns}
    kept: list[Concern] = []
    raised: list[Raised] = []
    cleared: list[Cleared] = []
    for finding in findings:
        concern = known.pop(finding.key, None) or Concern(*finding.key, finding.since_ms, media_ms)
        if concern.pausing and finding.since_ms > concern.seen_ms:
            concern = _again(concern, finding)
        climbed, new = _climb(replace(concern, seen_ms=media_ms), finding, media_ms)
        kept.append(climbed)
        raised += new
    for concern in known.values():
        if not concern.climbed and not concern.pausing:
            continue  # never raised, and the cause must be continuous
        if media_ms - concern.seen_ms < policy.clear_after_ms:
            kept.append(concern)
        else:
            cleared.append(Cleared(*concern.key, concern.since_ms, concern.seen_ms, media_ms))
    return tuple(kept), tuple(raised), tuple(cleared)


def _again(concern: Concern, finding: Finding) -> Concern:
    """The cause that paused was gone for a moment and came back: its time counts anew, and it can pause once more.

    Somebody may have let the call go on meanwhile. What a person is told on their own screen is not told again.
    """
    return replace(
        concern, since_ms=finding.since_ms, climbed=min(concern.climbed, len(milder(finding.rungs)))
    )


def _climb(concern: Concern, finding: Finding, media_ms: int) -> tuple[Concern, list[Raised]]:
    """Takes every rung whose time has come."""
    lasted_ms = media_ms - concern.since_ms
    due = list(takewhile(lambda rung: _is_due(rung, lasted_ms), finding.rungs))
    raised = [
        Raised(finding.kind, rung.severity, rung.action, concern.since_ms, media_ms, finding.evidence)
        for rung in due[concern.climbed :]
    ]
    pausing = concern.pausing or any(rung.action is Action.PAUSE for rung in due)
    return replace(concern, climbed=max(concern.climbed, len(due)), pausing=pausing), raised


def _is_due(rung: Rung, lasted_ms: int) -> bool:
    """Whatever the policy says, a single picture never pauses a call: a second one must show the cause too."""
    return lasted_ms >= rung.after_ms and (lasted_ms > 0 or rung.action is not Action.PAUSE)
