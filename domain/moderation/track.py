"""One face through time: what each sighting says of it, and what is held of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from domain.moderation import geometry
from domain.moderation.observation import Box, Face, Quality
from domain.moderation.policy import (
    DetectionPolicy,
    EvidencePolicy,
    ModerationPolicy,
    QualityPolicy,
    ThingPolicy,
    TrackingPolicy,
)
from domain.moderation.verdict import StreamTerms


class Phase(StrEnum):
    """What is held of a track."""

    NEW = "new"
    PROVED = "proved"
    RETURNED = "returned"  # was proved, was lost for too long
    DOUBTED = "doubted"  # was proved, then matched nobody, or somebody else
    STRANGER = "stranger"
    THING = "thing"
    COUNTED = "counted"  # nobody is compared in this stream


UNPROVED = frozenset({Phase.NEW, Phase.RETURNED, Phase.DOUBTED, Phase.STRANGER})


class Vote(Enum):
    """What one sighting says: is it somebody who may be shown?"""

    YES = "yes"
    NO = "no"
    UNLIKE = "unlike"  # badly seen, and yet far from everybody: withholds, and is no evidence against anybody
    UNSURE = "unsure"


SAID = frozenset({Vote.YES, Vote.NO})
"""Votes that are evidence."""


@dataclass(frozen=True, slots=True)
class Cast:
    """One sighting's vote with its numbers."""

    media_ms: int
    vote: Vote
    distance: int | None
    runner_up: int | None
    nearest: int | None
    well_seen: bool
    quality: Quality


@dataclass(frozen=True, slots=True)
class Look:
    """How surely one sighting is a living person's."""

    media_ms: int
    score: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near one well seen sighting is to the nearest face that is barred from the call."""

    media_ms: int
    distance: int
    entry: int
    near: bool  # near enough, and nearer than to anybody approved


@dataclass(frozen=True, slots=True)
class Track:
    """One face, followed."""

    id: int
    box: Box
    first_box: Box
    born_ms: int
    seen_ms: int
    unproved_ms: int  # since when it is unproved; meaningless while it is proved
    phase: Phase = Phase.NEW
    ever_proved: bool = False
    votes: tuple[Cast, ...] = ()  # within the evidence window, oldest first
    nearest: int | None = None  # whom it was last proved to be
    unsure_ms: int | None = None  # since when no sighting said yes or no
    sightings: int = 0
    confirmed: bool = False
    best_score: int = 0
    stir: int = 0
    looks: tuple[Look, ...] = ()  # within the window of liveness, oldest first
    likenesses: tuple[Likeness, ...] = ()  # within the window of barred faces, oldest first
    vouched: bool = (
        False  # an officer looked at it: until it is lost, nothing says it is not alive, or barred
    )

    @property
    def last(self) -> Cast | None:
        """The newest vote."""
        return self.votes[-1] if self.votes else None


def well_seen(face: Face, policy: QualityPolicy) -> bool:
    """Is it seen well enough that a mismatch means something?"""
    q = face.quality
    return (
        q.side >= policy.side_px
        and q.sharpness >= policy.sharpness_min
        and abs(q.turn) <= policy.turn_max
        and q.inside >= policy.inside_min
        and q.edge >= policy.edge_px
        and face.confirmed >= policy.confirmer_min
        and policy.brightness_min <= q.brightness <= policy.brightness_max
    )


def cast(face: Face, media_ms: int, policy: ModerationPolicy, terms: StreamTerms) -> Cast:
    """What this sighting says."""
    good = well_seen(face, policy.quality)
    ranked = sorted((d, i) for i, d in enumerate(face.distances) if terms.approves(i))
    if not ranked:
        return Cast(media_ms, Vote.UNSURE, None, None, None, good, face.quality)
    distance, nearest = ranked[0]
    runner_up = ranked[1][0] if len(ranked) > 1 else None
    vote = _vote(face, distance, policy, good=good)
    return Cast(media_ms, vote, distance, runner_up, nearest, good, face.quality)


def _vote(face: Face, distance: int, policy: ModerationPolicy, *, good: bool) -> Vote:
    matching = policy.matching
    if distance <= (matching.accept if good else matching.accept_poor):
        return Vote.YES
    if good:
        return Vote.NO if distance >= matching.reject else Vote.UNSURE
    surely = face.confirmed >= policy.quality.confirmer_min and face.quality.side >= policy.quality.side_px
    return Vote.UNLIKE if surely and distance >= matching.reject_poor else Vote.UNSURE


def born(track_id: int, face: Face, media_ms: int) -> Track:
    """A new track, before its first sighting is taken in."""
    return Track(track_id, face.box, face.box, media_ms, media_ms, media_ms)


def seen(track: Track, face: Face, media_ms: int, policy: ModerationPolicy, terms: StreamTerms) -> Track:
    """The track after one compared sighting (MATCH)."""
    new = cast(face, media_ms, policy, terms)
    votes = tuple(v for v in (*track.votes, new) if media_ms - v.media_ms <= policy.evidence.window_ms)
    after_gap = _after_gap(track, media_ms, policy)
    vouched = track.vouched and after_gap is not Phase.RETURNED
    followed = replace(
        _followed(track, face, media_ms, policy.detection),
        phase=after_gap,
        votes=votes,
        looks=() if vouched else _looks(track, face, media_ms, policy),
        likenesses=() if vouched else _likenesses(track, face, new, policy),
        vouched=vouched,
    )
    phase = _phase(followed, new, policy)
    proved_now = phase is Phase.PROVED
    became_unproved = track.phase not in UNPROVED and phase in UNPROVED
    return replace(
        followed,
        phase=phase,
        ever_proved=track.ever_proved or proved_now,
        nearest=new.nearest if new.vote is Vote.YES else track.nearest,
        unproved_ms=media_ms if became_unproved else track.unproved_ms,
        unsure_ms=None if new.vote in SAID else _first(track.unsure_ms, media_ms),
    )


def counted(track: Track, face: Face, media_ms: int, policy: ModerationPolicy) -> Track:
    """The track after one sighting in a stream where nobody is compared (COUNT)."""
    followed = _followed(track, face, media_ms, policy.detection)
    return replace(followed, phase=Phase.THING if _is_thing(followed, policy.things) else Phase.COUNTED)


def seen_again(track: Track, media_ms: int) -> Track:
    """The track after a picture in which nothing changed: no new evidence, only not lost."""
    return replace(track, seen_ms=media_ms)


def is_stranger(track: Track, policy: EvidencePolicy) -> bool:
    """Enough well seen mismatches, a large enough share of all votes, far enough apart."""
    said = [v for v in track.votes if v.vote in SAID]
    against = [v for v in said if v.vote is Vote.NO]
    return (
        len(against) >= policy.mismatches
        and against[-1].media_ms - against[0].media_ms >= policy.span_ms
        and len(against) * geometry.ONE >= policy.share * len(said)
    )


def plausible(faces: Sequence[Face], policy: DetectionPolicy) -> list[Face]:
    """The boxes that may be faces. An unconfirmed one around a confirmed face is none."""
    sure = [f for f in faces if f.confirmed >= policy.confirmed_score]
    return [f for f in faces if f in sure or not any(_holds(f, g, policy) for g in sure)]


def associate(
    tracks: Sequence[Track], faces: Sequence[Face], policy: ModerationPolicy
) -> tuple[list[tuple[Face, Track | None]], list[Track]]:
    """Faces with their tracks (None: a new one), and the tracks not seen.

    Those that overlap are paired first, among them those of tracks seen last, and of these the nearest: of two
    tracks at one place the one that is followed goes on, in place of both by turns.
    """
    near = [
        (score >= geometry.ONE, track.seen_ms, score, i, j)
        for i, face in enumerate(faces)
        for j, track in enumerate(tracks)
        if (score := nearness(track.box, face.box, policy.tracking))
    ]
    pairs: dict[int, int] = {}
    for *_, i, j in sorted(near, reverse=True):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    found: list[tuple[Face, Track | None]] = [(faces[i], tracks[j]) for i, j in pairs.items()]
    found += [
        (face, None)
        for i, face in enumerate(faces)
        if i not in pairs and face.score >= policy.detection.new_face_score
    ]
    return found, [track for j, track in enumerate(tracks) if j not in pairs.values()]


def nearness(known: Box, box: Box, policy: TrackingPolicy) -> int:
    """0 when by its place it is another face; else the larger the nearer."""
    overlap = geometry.overlap(known, box)
    if overlap >= policy.overlap:
        return geometry.ONE + overlap
    way = geometry.way(known, box)
    if way <= policy.reach and geometry.size_ratio(known, box) <= policy.size_ratio:
        return max(1, geometry.ONE - way)
    return 0


def _followed(track: Track, face: Face, media_ms: int, policy: DetectionPolicy) -> Track:
    return replace(
        track,
        box=face.box,
        seen_ms=media_ms,
        sightings=track.sightings + 1,
        confirmed=track.confirmed or face.confirmed >= policy.confirmed_score,
        best_score=max(track.best_score, face.score),
        stir=max(track.stir, face.quality.stir) if track.sightings else 0,
    )


def _looks(track: Track, face: Face, media_ms: int, policy: ModerationPolicy) -> tuple[Look, ...]:
    liveness = policy.liveness
    recent = tuple(look for look in track.looks if media_ms - look.media_ms <= liveness.window_ms)
    is_face = face.confirmed >= policy.detection.confirmed_score and face.quality.side >= liveness.side_px
    if face.liveness is None or not is_face:
        return recent
    return (*recent, Look(media_ms, face.liveness))


def _likenesses(track: Track, face: Face, new: Cast, policy: ModerationPolicy) -> tuple[Likeness, ...]:
    barred = policy.barred
    recent = tuple(one for one in track.likenesses if new.media_ms - one.media_ms <= barred.window_ms)
    if not face.barred or not new.well_seen:
        return recent
    distance, entry = min((distance, entry) for entry, distance in enumerate(face.barred))
    nearer = new.distance is None or distance < new.distance
    return (*recent, Likeness(new.media_ms, distance, entry, distance <= barred.accept and nearer))


def _after_gap(track: Track, media_ms: int, policy: ModerationPolicy) -> Phase:
    lost = media_ms - track.seen_ms > policy.tracking.gap_ms
    return Phase.RETURNED if lost and track.phase is Phase.PROVED else track.phase


def _phase(track: Track, new: Cast, policy: ModerationPolicy) -> Phase:
    """What is held of the track after its newest vote."""
    phase = track.phase
    if phase is Phase.PROVED and _is_somebody_else(track, new, policy):
        phase = Phase.DOUBTED
    proofs = _proofs(track.votes)
    if new.vote is Vote.YES and phase is not Phase.PROVED:
        needed = policy.evidence.pardon_proofs if phase is Phase.STRANGER else policy.evidence.proofs
        phase = Phase.PROVED if proofs >= needed else phase
    elif new.vote in (Vote.NO, Vote.UNLIKE) and phase is Phase.PROVED:
        phase = Phase.DOUBTED
    if phase is not Phase.PROVED and is_stranger(track, policy.evidence):
        return Phase.STRANGER
    if phase in (Phase.NEW, Phase.THING):
        return Phase.THING if _is_thing(track, policy.things) else Phase.NEW
    return phase


def _is_somebody_else(track: Track, new: Cast, policy: ModerationPolicy) -> bool:
    """Did a proved face become another approved person? Then it is proved again."""
    sure = policy.matching.accept - policy.matching.change_margin
    return new.vote is Vote.YES and new.nearest != track.nearest and (new.distance or 0) < sure


def _proofs(votes: Sequence[Cast]) -> int:
    """Matches since the last mismatch."""
    proofs = 0
    for vote in reversed(votes):
        if vote.vote is Vote.NO:
            break
        proofs += vote.vote is Vote.YES
    return proofs


def _is_thing(track: Track, policy: ThingPolicy) -> bool:
    return (
        not track.confirmed
        and track.stir <= policy.stir_max
        and track.best_score < policy.score_max
        and track.sightings >= policy.samples
        and track.seen_ms - track.born_ms >= policy.span_ms
        and geometry.overlap(track.first_box, track.box) >= policy.overlap
    )


def _holds(outer: Face, inner: Face, policy: DetectionPolicy) -> bool:
    large = geometry.area(outer.box) * geometry.ONE >= policy.nested_ratio * geometry.area(inner.box)
    return large and geometry.share_inside(inner.box, outer.box) >= policy.nested_inside


def _first(known: int | None, now: int) -> int:
    return now if known is None else known
