"""From observations to verdicts. Pure: the same observations under the same policy give the same verdicts.

    (state, observation, policy, terms) -> (state, verdict)

MATCH: a face is shown only once it was proved; whatever is not proved withholds the picture at once, and
evidence over time makes a violation of it. COUNT: faces are counted and nobody is compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from domain.clearance import ClearanceMode
from domain.moderation import causes
from domain.moderation import track as tracking
from domain.moderation.causes import NO_TIMERS, Exposure, HeadCount, Timers
from domain.moderation.concern import Concern, Finding, update
from domain.moderation.kind import SELF_CLEARING, FaceWord, FreezeCause, Kind, Standing
from domain.moderation.observation import Box, Face, Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.track import UNPROVED, Phase, Track, Vote
from domain.moderation.verdict import NO_EVIDENCE, Basis, Evidence, ShownFace, StreamTerms, Verdict


@dataclass(frozen=True, slots=True)
class State:
    """What the next verdict needs to know of the pictures before."""

    media_ms: int = 0  # of the newest judged picture
    tracks: tuple[Track, ...] = ()
    next_track: int = 0
    timers: Timers = NO_TIMERS
    counts: tuple[HeadCount, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    concerns: tuple[Concern, ...] = ()
    stalled_by: frozenset[int] = frozenset()  # tracks that were unproved since the last clean picture
    inexplicable: bool = False  # something else than an unproved face was shown since then

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where faces are or were a moment ago: the detector follows them at a lower score."""
        return tuple(track.box for track in self.tracks)

    @property
    def people(self) -> tuple[Box, ...]:
        """Where the people are who may move without that being unexplained.

        Only those in the newest judged picture: where somebody was a moment ago, somebody else may be now.
        """
        here = (t for t in self.tracks if t.seen_ms == self.media_ms)
        return tuple(t.box for t in here if t.phase in (Phase.PROVED, Phase.COUNTED))


@dataclass(frozen=True, slots=True)
class Word:
    """What the officer said of one face when the call was resumed."""

    media_ms: int  # of the stream, when it took effect
    track: int
    word: FaceWord
    template: int | None = None  # MATCH: index of the distance to the accepted face from now on


initial = State()

_CAUSES = {
    Phase.STRANGER: FreezeCause.STRANGER,
    Phase.DOUBTED: FreezeCause.MISMATCH,
    Phase.RETURNED: FreezeCause.RETURNED_FACE,
    Phase.NEW: FreezeCause.NEW_FACE,
}  # the gravest first


def step(
    state: State, observation: Observation, policy: ModerationPolicy, terms: StreamTerms
) -> tuple[State, Verdict]:
    """The state and the verdict after one judged picture."""
    now = observation.media_ms
    seen, lost, next_track = _follow(state, observation, policy, terms)
    state = replace(
        state,
        media_ms=now,
        tracks=(*seen, *lost),
        next_track=next_track,
        counts=_counts(state, seen, now, policy, terms),
        exposures=_exposures(state, observation, policy),
    )
    cause = _freeze_cause(state, seen, lost, now, policy)
    why = _why(cause, state, seen, lost, now, policy)
    explained = _is_explained(state, seen) if cause is None else False
    state = replace(state, timers=_timers(state.timers, observation, seen, cause, policy))
    findings = _findings(state, seen, observation, policy, terms)
    concerns, raised, cleared = update(state.concerns, findings, now, policy)
    state = replace(_stalled(state, seen, cause), concerns=concerns)
    verdict = Verdict(
        media_ms=now,
        clean=cause is None,
        explained=explained,
        cause=cause,
        next_ms=_next_ms(policy, frozen=cause is not None),
        calm=cause is None and _is_calm(state, policy),
        everyone_proved=cause is None and _is_everyone_here(seen, terms),
        why=why,
        basis=_basis(observation, terms),
        faces=tuple(_shown(t) for t in seen),
        raised=raised,
        cleared=cleared,
    )
    return state, verdict


def anew(state: State) -> State:
    """The state when the stream begins anew: whoever is seen must be proved again.

    Faces get new numbers, for the old ones are on record; what was raised of the whole picture can still clear.
    """
    lasting = tuple(concern for concern in state.concerns if concern.track is None)
    return State(next_track=state.next_track, concerns=lasting)


def anew_beside(live: State, own: State) -> State:
    """The same under a policy on trial, which keeps what it raised itself. `live`: how the call's own goes on."""
    return initial if live == initial else anew(own)


def hear(state: State, terms: StreamTerms, word: Word) -> tuple[State, StreamTerms]:
    """The state and terms after the officer's word on one face."""
    concerns = tuple(c for c in state.concerns if c.track != word.track and not c.pausing)
    cleared = replace(state, concerns=concerns, counts=(), timers=replace(state.timers, frozen_ms=None))
    if word.word is FaceWord.GONE:
        return replace(cleared, tracks=tuple(t for t in state.tracks if t.id != word.track)), terms
    if terms.mode is ClearanceMode.COUNT:
        return cleared, replace(terms, admitted=terms.admitted + 1)
    tracks = tuple(_accepted(t, word) if t.id == word.track else t for t in state.tracks)
    accepting = terms if word.template is None else terms.accepting(word.template)
    return replace(cleared, tracks=tracks), accepting


def _accepted(track: Track, word: Word) -> Track:
    """Shown from now on, and known by the vector kept in memory for this call."""
    nearest = track.nearest if word.template is None else word.template
    return replace(
        track,
        phase=Phase.PROVED,
        ever_proved=True,
        votes=(),
        looks=(),
        likenesses=(),
        vouched=True,
        unsure_ms=None,
        nearest=nearest,
        seen_ms=word.media_ms,
    )


def _follow(
    state: State, observation: Observation, policy: ModerationPolicy, terms: StreamTerms
) -> tuple[list[Track], list[Track], int]:
    """The tracks seen in this picture, those lost a moment ago, and the next number."""
    now = observation.media_ms
    alive = [t for t in state.tracks if now - t.seen_ms <= policy.tracking.forget_ms]
    faces = tracking.plausible(observation.faces, policy.detection)
    pairs, lost = tracking.associate(alive, faces, policy)
    seen: list[Track] = []
    next_track = state.next_track
    for face, known in pairs:
        track = known or tracking.born(next_track, face, now)
        next_track += known is None
        seen.append(_sighted(track, face, observation, policy, terms))
    return seen, lost, next_track


def _sighted(
    track: Track, face: Face, observation: Observation, policy: ModerationPolicy, terms: StreamTerms
) -> Track:
    if observation.repeated and track.sightings:
        return tracking.seen_again(track, observation.media_ms)
    if terms.mode is ClearanceMode.COUNT:
        return tracking.counted(track, face, observation.media_ms, policy)
    return tracking.seen(track, face, observation.media_ms, policy, terms)


def _counts(
    state: State, seen: Sequence[Track], now: int, policy: ModerationPolicy, terms: StreamTerms
) -> tuple[HeadCount, ...]:
    if terms.mode is not ClearanceMode.COUNT:
        return ()
    people = sum(track.confirmed and track.phase is Phase.COUNTED for track in seen)
    count = HeadCount(now, people, people > terms.admitted)
    return tuple(c for c in (*state.counts, count) if now - c.media_ms <= policy.count.window_ms)


def _exposures(state: State, observation: Observation, policy: ModerationPolicy) -> tuple[Exposure, ...]:
    now = observation.media_ms
    recent = [e for e in state.exposures if now - e.media_ms <= policy.nudity.window_ms]
    if observation.nudity is not None and observation.nudity >= policy.nudity.alert_score:
        recent.append(Exposure(now, observation.nudity))
    return tuple(recent)


def _freeze_cause(
    state: State, seen: Sequence[Track], lost: Sequence[Track], now: int, policy: ModerationPolicy
) -> FreezeCause | None:
    """Why this picture may not be shown, the gravest reason; None: it may."""
    nudity = (e for e in state.exposures if e.score >= policy.nudity.score)
    if any(now - e.media_ms <= policy.nudity.hold_ms for e in nudity):
        return FreezeCause.NUDITY
    if any(count.above and now - count.media_ms <= policy.count.linger_ms for count in state.counts):
        return FreezeCause.HEAD_COUNT
    withheld = {t.phase for t in seen} | {t.phase for t in lost if _lingers(t, now, policy)}
    return next((cause for phase, cause in _CAUSES.items() if phase in withheld), None)


def _why(
    cause: FreezeCause | None,
    state: State,
    seen: Sequence[Track],
    lost: Sequence[Track],
    now: int,
    policy: ModerationPolicy,
) -> Evidence:
    """The numbers behind the cause."""
    if cause is None:
        return NO_EVIDENCE
    faces = (*seen, *(track for track in lost if _lingers(track, now, policy)))
    withheld = [track for track in faces if _CAUSES.get(track.phase) is cause]
    return causes.freezing(cause, withheld, state.counts, state.exposures, policy)


def _basis(observation: Observation, terms: StreamTerms) -> Basis:
    liveness = Kind.LIVENESS_FAILED in observation.assessed
    return Basis(observation.engine, terms.mode, liveness, observation.repeated)


def _lingers(track: Track, now: int, policy: ModerationPolicy) -> bool:
    """Does a face that is not in this picture still withhold it?"""
    if track.phase is Phase.STRANGER:
        return True
    likely = track.confirmed or track.best_score >= policy.things.score_max
    return track.phase in UNPROVED and likely and now - track.seen_ms <= policy.tracking.linger_ms


def _is_explained(state: State, seen: Sequence[Track]) -> bool:
    """Is every face that caused the stall in this picture, and proved by now (or no face)?"""
    settled = {t.id for t in seen if t.phase in (Phase.PROVED, Phase.THING)}
    return not state.inexplicable and state.stalled_by <= settled


def _stalled(state: State, seen: Sequence[Track], cause: FreezeCause | None) -> State:
    """Remembers during a stall what must be explained at its end.

    A face that was well seen and is nobody's who may be shown explains itself by nothing that comes after it:
    in its place somebody else may sit again in the next picture.
    """
    if cause is None:
        return replace(state, stalled_by=frozenset(), inexplicable=False)
    unproved = frozenset(t.id for t in state.tracks if t.phase in UNPROVED)
    other = cause in (FreezeCause.NUDITY, FreezeCause.HEAD_COUNT)
    other = other or any(t.last is not None and t.last.vote is Vote.NO for t in seen)
    return replace(state, stalled_by=state.stalled_by | unproved, inexplicable=state.inexplicable or other)


def _timers(
    timers: Timers,
    observation: Observation,
    seen: Sequence[Track],
    cause: FreezeCause | None,
    policy: ModerationPolicy,
) -> Timers:
    now = observation.media_ms
    covered = causes.is_covered(observation, policy.cover)
    somebody = any(track.phase is not Phase.THING for track in seen)
    return Timers(
        frozen_ms=_since(timers.frozen_ms, now, lasts=cause is not None),
        covered_ms=_since(timers.covered_ms, now, lasts=covered),
        absent_ms=_since(timers.absent_ms, now, lasts=not somebody and not covered),
        identical_ms=_since(
            timers.identical_ms, now, lasts=observation.identical and somebody and not covered
        ),
        replayed_ms=_since(timers.replayed_ms, now, lasts=observation.repeats_ms is not None),
    )


def _since(known: int | None, now: int, *, lasts: bool) -> int | None:
    if not lasts:
        return None
    return now if known is None else known


def _findings(
    state: State,
    seen: Sequence[Track],
    observation: Observation,
    policy: ModerationPolicy,
    terms: StreamTerms,
) -> list[Finding]:
    """Everything that is wrong in this picture and that the engine can tell."""
    found = list(
        chain(
            causes.strangers(state.tracks, policy, terms),
            causes.too_many(state.counts, policy),
            causes.exposed(state.exposures, policy),
            causes.not_live(seen, policy),
            causes.barred(seen, policy),
            causes.uncertain(seen, observation.media_ms, policy),
            causes.lasting(state.timers, policy),
        )
    )
    found += _unresolved(state, found, policy, terms)
    return [f for f in found if f.kind in observation.assessed or f.kind is Kind.COULD_NOT_CHECK]


def _unresolved(
    state: State, found: Sequence[Finding], policy: ModerationPolicy, terms: StreamTerms
) -> Iterator[Finding]:
    """A freeze of which nobody knows why.

    Where staff have to decide on its cause, no more is told of it than was before; where the call pauses for what
    ends by itself, nothing is told of one that began then.
    """
    known = next((c for c in state.concerns if c.kind is Kind.COULD_NOT_CHECK), None)
    others = [c.kind for c in state.concerns if c.pausing and c is not known]
    others += [f.kind for f in found if f.kind in _DECIDED_BY_STAFF and f.pauses]
    decided = not SELF_CLEARING.issuperset(others)
    for finding in causes.unresolved(state.timers, policy, terms):
        if decided and known is not None:
            yield replace(finding, rungs=finding.rungs[: known.climbed])
        elif known is not None or not others:
            yield finding


_DECIDED_BY_STAFF = frozenset(
    {
        Kind.UNAPPROVED_FACE,
        Kind.IDENTITY_SWAP,
        Kind.HEAD_COUNT_ABOVE,
        Kind.BARRED_PERSON,
        Kind.LIVENESS_FAILED,
    }
)


def _is_calm(state: State, policy: ModerationPolicy) -> bool:
    """Nothing pends: no concern, no timer, and every track is proved, counted or a thing.

    A photograph is held still: while a face may be one, an unchanged picture is judged again all the same.
    """
    alive = all(look.score >= policy.liveness.score for track in state.tracks for look in track.looks)
    settled = alive and all(t.phase not in UNPROVED and t.unsure_ms is None for t in state.tracks)
    nobody_waits = state.timers.covered_ms is None and state.timers.absent_ms is None
    return settled and nobody_waits and not state.concerns and not state.exposures


def _is_everyone_here(seen: Sequence[Track], terms: StreamTerms) -> bool:
    """Each person admitted is in this picture, and nobody else. COUNT: as many as were admitted."""
    people = [t for t in seen if t.phase in (Phase.PROVED, Phase.COUNTED)]
    if terms.mode is ClearanceMode.COUNT:
        return sum(t.confirmed for t in people) == terms.admitted
    return {t.nearest for t in people} >= set(range(terms.templates)) and terms.templates > 0


def _next_ms(policy: ModerationPolicy, *, frozen: bool) -> int:
    fast = frozen or policy.release.strict
    return 1000 // (policy.sampling.unproved_per_s if fast else policy.sampling.per_s)


def _shown(track: Track) -> ShownFace:
    standing = {
        Phase.PROVED: Standing.PROVED,
        Phase.STRANGER: Standing.STRANGER,
        Phase.THING: Standing.THING,
        Phase.COUNTED: Standing.COUNTED,
    }.get(track.phase, Standing.UNPROVED)
    last = track.last
    return ShownFace(
        track.id, track.box, standing, last.distance if last else None, last.nearest if last else None
    )
