"""What can be wrong in one picture: the rows of the policy's table, each a function that gives findings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from domain.clearance import ClearanceMode
from domain.moderation import geometry
from domain.moderation.concern import Finding
from domain.moderation.kind import FreezeCause, Kind
from domain.moderation.ladder import milder, pausing_after, telling
from domain.moderation.observation import Observation
from domain.moderation.policy import (
    BarredPolicy,
    Bystanders,
    CoverPolicy,
    LivenessPolicy,
    ModerationPolicy,
)
from domain.moderation.track import SAID, UNPROVED, Likeness, Look, Phase, Track, Vote
from domain.moderation.verdict import NO_EVIDENCE, Evidence, StreamTerms


@dataclass(frozen=True, slots=True)
class HeadCount:
    """How many people one picture showed."""

    media_ms: int
    people: int
    above: bool


@dataclass(frozen=True, slots=True)
class Exposure:
    """The nudity score of one picture that was high enough to count."""

    media_ms: int
    score: int


@dataclass(frozen=True, slots=True)
class Timers:
    """Since when something that is wrong only when it lasts has lasted. None: it does not."""

    frozen_ms: int | None = None
    covered_ms: int | None = None
    absent_ms: int | None = None
    identical_ms: int | None = None
    replayed_ms: int | None = None


NO_TIMERS = Timers()


def strangers(tracks: Sequence[Track], policy: ModerationPolicy, terms: StreamTerms) -> Iterator[Finding]:
    """Faces that are nobody's who was approved. Where bystanders only freeze they are no violation.

    Networks know children worse than adults: with a child in the stream a face alone pauses nothing. It is not
    shown, staff are told, and a picture that stays withheld is theirs to decide on.
    """
    if policy.bystanders.on(terms.side) is Bystanders.FREEZE:
        return
    for track in tracks:
        if track.phase is Phase.STRANGER:
            kind = Kind.IDENTITY_SWAP if track.ever_proved else Kind.UNAPPROVED_FACE
            ladder = policy.actions.of(kind)
            rungs = telling(ladder) if terms.with_child else ladder
            yield Finding(kind, track.unproved_ms, rungs, _against(track, policy))


def uncertain(seen: Sequence[Track], media_ms: int, policy: ModerationPolicy) -> Iterator[Finding]:
    """Faces that stay neither matched nor strangers: proved ones uncertain, unproved ones badly seen."""
    for track in seen:
        if track.unsure_ms is None or not track.confirmed:
            continue
        lasted = media_ms - track.unsure_ms
        if track.phase is Phase.PROVED and lasted >= policy.uncertain.proved_ms:
            rungs = policy.actions.face_uncertain
            yield Finding(Kind.FACE_UNCERTAIN, track.unsure_ms, rungs, _newest(track, policy.matching.accept))
        elif track.phase in UNPROVED and _badly_seen(track) and lasted >= policy.uncertain.unproved_ms:
            rungs = policy.actions.face_unclear
            yield Finding(Kind.FACE_UNCLEAR, track.unsure_ms, rungs, _newest(track, policy.matching.accept))


def too_many(counts: Sequence[HeadCount], policy: ModerationPolicy) -> Iterator[Finding]:
    """More people than were admitted, in most pictures of the window and long enough apart."""
    above = [count for count in counts if count.above]
    if not above or above[-1].media_ms - above[0].media_ms < policy.count.span_ms:
        return
    if len(above) * geometry.ONE < policy.count.share * len(counts):
        return
    evidence = Evidence(tuple(count.people for count in above), votes_for=len(above), votes=len(counts))
    rungs = policy.actions.head_count_above
    yield Finding(Kind.HEAD_COUNT_ABOVE, above[0].media_ms, rungs, evidence)


def exposed(exposures: Sequence[Exposure], policy: ModerationPolicy) -> Iterator[Finding]:
    """Exposed body parts: staff are told from the lower score on; only enough samples at the higher one pause."""
    if not exposures:
        return
    grave = [e for e in exposures if e.score >= policy.nudity.score]
    rungs = policy.actions.explicit_nudity
    if len(grave) < policy.nudity.samples:
        rungs = milder(rungs)
    scores = tuple(e.score for e in exposures)
    evidence = Evidence(scores, policy.nudity.score, votes_for=len(grave), votes=len(exposures))
    yield Finding(Kind.EXPLICIT_NUDITY, exposures[0].media_ms, rungs, evidence)


def not_live(seen: Sequence[Track], policy: ModerationPolicy) -> Iterator[Finding]:
    """Faces that look like a picture of a face, in most looks of the window and long enough apart."""
    liveness = policy.liveness
    for track in seen:
        against = [look for look in track.looks if look.score < liveness.score]
        if not _enough(against, len(track.looks), liveness):
            continue
        evidence = Evidence(
            scores=tuple(look.score for look in against),
            threshold=liveness.score,
            track=track.id,
            votes_for=len(against),
            votes=len(track.looks),
            quality=track.last.quality if track.last else None,
        )
        yield Finding(Kind.LIVENESS_FAILED, against[0].media_ms, policy.actions.liveness_failed, evidence)


def barred(seen: Sequence[Track], policy: ModerationPolicy) -> Iterator[Finding]:
    """Faces that are near to one that is barred, in most well seen looks and long enough apart."""
    rule = policy.barred
    for track in seen:
        near = [one for one in track.likenesses if one.near]
        if not _enough(near, len(track.likenesses), rule):
            continue
        evidence = Evidence(
            scores=tuple(one.distance for one in near),
            threshold=rule.accept,
            runner_up=track.last.distance if track.last else None,
            track=track.id,
            votes_for=len(near),
            votes=len(track.likenesses),
            quality=track.last.quality if track.last else None,
            entry=near[-1].entry,
        )
        yield Finding(Kind.BARRED_PERSON, near[0].media_ms, policy.actions.barred_person, evidence)


def _enough(
    found: Sequence[Look] | Sequence[Likeness], looks: int, rule: LivenessPolicy | BarredPolicy
) -> bool:
    """Do enough looks say so, a large enough share of all, and far enough apart?"""
    if len(found) < rule.samples or len(found) * geometry.ONE < rule.share * looks:
        return False
    return found[-1].media_ms - found[0].media_ms >= rule.span_ms


def lasting(timers: Timers, policy: ModerationPolicy) -> Iterator[Finding]:
    """A covered camera, nobody there, somebody in whom nothing moves at all, moving pictures that were there before."""
    since = {
        Kind.CAMERA_COVERED: timers.covered_ms,
        Kind.FACE_ABSENT: timers.absent_ms,
        Kind.FROZEN_PICTURE: timers.identical_ms,
        Kind.REPLAYED_PICTURE: timers.replayed_ms,
    }
    for kind, since_ms in since.items():
        if since_ms is not None:
            yield Finding(kind, since_ms, policy.actions.of(kind))


def unresolved(timers: Timers, policy: ModerationPolicy, terms: StreamTerms) -> Iterator[Finding]:
    """A freeze that neither resolves nor becomes anything else."""
    if timers.frozen_ms is None:
        return
    freezes_only = policy.bystanders.on(terms.side) is Bystanders.FREEZE and terms.mode is ClearanceMode.MATCH
    rungs = policy.actions.could_not_check
    if freezes_only:
        rungs = pausing_after(rungs, policy.freeze.bystander_pause_ms)
    yield Finding(Kind.COULD_NOT_CHECK, timers.frozen_ms, rungs)


def freezing(
    cause: FreezeCause | None,
    withheld: Sequence[Track],
    counts: Sequence[HeadCount],
    exposures: Sequence[Exposure],
    policy: ModerationPolicy,
) -> Evidence:
    """The numbers behind a picture that may not be shown. `withheld`: the faces it is withheld for."""
    match cause:
        case None:
            return NO_EVIDENCE
        case FreezeCause.NUDITY:
            grave = tuple(e.score for e in exposures if e.score >= policy.nudity.score)
            return Evidence(grave, policy.nudity.score, votes_for=len(grave), votes=len(exposures))
        case FreezeCause.HEAD_COUNT:
            above = tuple(count.people for count in counts if count.above)
            return Evidence(above, votes_for=len(above), votes=len(counts))
        case FreezeCause.STRANGER:
            return _against(withheld[0], policy)
        case FreezeCause.MISMATCH:
            return _newest(withheld[0], policy.matching.reject)
        case FreezeCause.NEW_FACE | FreezeCause.RETURNED_FACE:
            return _newest(withheld[0], policy.matching.accept)
        case _:
            assert_never(cause)


def is_covered(observation: Observation, policy: CoverPolicy) -> bool:
    """Dark or bright without any contrast, or without contrast at all."""
    mean, deviation = observation.luma_mean, observation.luma_deviation
    dark_or_bright = mean < policy.dark_max or mean > policy.bright_min
    return deviation < policy.flat_max or (deviation < policy.deviation_max and dark_or_bright)


def _against(track: Track, policy: ModerationPolicy) -> Evidence:
    """Why a track is a stranger's."""
    said = [v for v in track.votes if v.vote in SAID]
    against = [v for v in said if v.vote is Vote.NO]
    last = against[-1] if against else None
    return Evidence(
        scores=tuple(v.distance for v in against if v.distance is not None),
        threshold=policy.matching.reject,
        runner_up=last.runner_up if last else None,
        track=track.id,
        votes_for=len(against),
        votes=len(said),
        quality=last.quality if last else None,
    )


def _newest(track: Track, threshold: int) -> Evidence:
    """The newest sighting of a track."""
    last = track.last
    if last is None:
        return Evidence(threshold=threshold, track=track.id)
    scores = () if last.distance is None else (last.distance,)
    return Evidence(scores, threshold, last.runner_up, track.id, 0, len(track.votes), last.quality)


def _badly_seen(track: Track) -> bool:
    return track.last is not None and not track.last.well_seen
