"""What was labelled in one film against what was decided on it. Pure.

Time is media time. A pause lasts until its cause has cleared, or to the end: nothing leaves meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.moderation.kind import Action, Kind
from domain.moderation.policy import ModerationPolicy
from domain.moderation.release import Release
from infrastructure.evaluation import scores
from infrastructure.evaluation.curves import Score
from infrastructure.evaluation.manifest import Clip, Interval, Label
from infrastructure.evaluation.scores import labelled
from infrastructure.moderation.footage import Shot

STRANGERS = frozenset({Kind.UNAPPROVED_FACE, Kind.IDENTITY_SWAP})
_OTHERS = {
    Label.CAMERA_COVERED: Kind.CAMERA_COVERED,
    Label.FACE_ABSENT: Kind.FACE_ABSENT,
    Label.EXPLICIT_NUDITY: Kind.EXPLICIT_NUDITY,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one labelled interval."""

    kind: str  # stranger, or the label
    subject: str  # whose face it is, else who was admitted
    from_ms: int
    froze_after_ms: int | None
    paused_after_ms: int | None
    found: bool  # withheld, or raised


@dataclass(frozen=True, slots=True)
class Stop:
    """Pictures or a call stopped, from when to when."""

    kind: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Film:
    """What was decided on one film under one policy."""

    clip: Clip
    subject: str  # the first who was admitted
    length_ms: int
    judged: int
    outcomes: tuple[Outcome, ...]
    false_pauses: tuple[Stop, ...]
    false_freezes: tuple[Stop, ...]
    leaked: int  # pictures that left with a stranger's face in them
    stranger_pictures: int  # pictures with one at all
    scores: dict[str, list[Score]] = field(default_factory=dict)
    non_matches: tuple[int, int] = (0, 0)  # of so many pictures of approved people alone
    false_matches: tuple[int, int] = (0, 0)  # of so many pictures with a stranger


def assess(clip: Clip, shown: Sequence[Shot], times: Sequence[int], policy: ModerationPolicy) -> Film:
    """Everything about one film. `times`: of every picture in it, judged or not."""
    found = {
        "stranger": list(scores.of_strangers(clip, shown, policy)),
        "face": list(scores.of_faces(clip, shown)),
        "nudity": list(scores.of_nudity(clip, shown)),
    }
    paused = list(_pauses(shown, times))
    left = _left(shown, times, paused, policy)
    accept = policy.matching.accept
    approved = [one for one in found["stranger"] if not one.positive]
    strange = [one for one in found["stranger"] if one.positive]
    return Film(
        clip=clip,
        subject=clip.admitted[0],
        length_ms=times[-1] if times else 0,
        judged=len(shown),
        outcomes=tuple(_outcomes(clip, shown, policy)),
        false_pauses=tuple(_false_pauses(clip, shown, paused, policy)),
        false_freezes=tuple(_false_freezes(clip, shown, times, policy)),
        leaked=sum(_inside(ms, clip.strangers) for ms in left),
        stranger_pictures=sum(_inside(ms, clip.strangers) for ms in times),
        scores=found,
        non_matches=(sum(one.value > accept for one in approved), len(approved)),
        false_matches=(sum(one.value <= accept for one in strange), len(strange)),
    )


# What was labelled


def _outcomes(clip: Clip, shown: Sequence[Shot], policy: ModerationPolicy) -> Iterator[Outcome]:
    for interval in clip.strangers:
        froze = _first_frozen(interval, shown)
        kinds = {*STRANGERS, Kind.COULD_NOT_CHECK}
        paused = _first_raised(interval, shown, kinds, policy.evidence.window_ms, {Action.PAUSE})
        yield Outcome("stranger", interval.person or "", interval.from_ms, froze, paused, froze is not None)
    for interval in clip.intervals:
        kind = _OTHERS.get(interval.kind)
        if kind is None or interval.to_ms - interval.from_ms < _noticed_after_ms(interval.kind, policy):
            continue
        raised = _first_raised(interval, shown, {kind}, policy.clear_after_ms, set(Action))
        paused = _first_raised(interval, shown, {kind}, policy.clear_after_ms, {Action.PAUSE})
        found = raised is not None
        yield Outcome(interval.kind.value, clip.admitted[0], interval.from_ms, None, paused, found)


def _noticed_after_ms(label: Label, policy: ModerationPolicy) -> int:
    """So long something must last before the policy does anything about it, and one sample more."""
    ladder = {
        Label.CAMERA_COVERED: policy.actions.camera_covered,
        Label.FACE_ABSENT: policy.actions.face_absent,
    }.get(label, ())
    longest = ladder[0].after_ms if ladder else 0
    return longest + 1000 // policy.sampling.per_s


def _first_frozen(interval: Interval, shown: Sequence[Shot]) -> int | None:
    verdicts = (one.verdict for one in shown if _inside(one.verdict.media_ms, [interval]))
    return next((v.media_ms - interval.from_ms for v in verdicts if not v.clean), None)


def _first_raised(
    interval: Interval, shown: Sequence[Shot], kinds: set[Kind], after_ms: int, actions: set[Action]
) -> int | None:
    times = (
        raised.media_ms - interval.from_ms
        for one in shown
        for raised in one.verdict.raised
        if raised.kind in kinds and raised.action in actions
        if interval.from_ms <= raised.media_ms <= interval.to_ms + after_ms
    )
    return next(times, None)


# What was not


def _pauses(shown: Sequence[Shot], times: Sequence[int]) -> Iterator[Stop]:
    """Every pause with its end, whether a label explains it or not."""
    end = times[-1] if times else 0
    for at, one in enumerate(shown):
        for raised in one.verdict.raised:
            if raised.action is Action.PAUSE:
                later = (c for s in shown[at:] for c in s.verdict.cleared)
                cleared = (c.media_ms for c in later if c.kind is raised.kind)
                yield Stop(raised.kind.value, raised.media_ms, next(cleared, end))


def _false_pauses(
    clip: Clip, shown: Sequence[Shot], paused: Sequence[Stop], policy: ModerationPolicy
) -> Iterator[Stop]:
    since = {
        (raised.kind.value, raised.media_ms): raised.since_ms
        for one in shown
        for raised in one.verdict.raised
    }
    for pause in paused:
        begun = since[pause.kind, pause.from_ms] - policy.clear_after_ms
        if not _overlaps(begun, pause.from_ms, _explaining(clip, Kind(pause.kind))):
            yield pause


def _explaining(clip: Clip, kind: Kind) -> Sequence[Interval]:
    """The labels that make a pause for this right."""
    labels = {value: label for label, value in _OTHERS.items()}
    if kind in STRANGERS:
        return clip.strangers
    if kind in labels:
        return [one for one in clip.intervals if one.kind is labels[kind]]
    return [*clip.strangers, *(one for one in clip.intervals if one.kind in _OTHERS)]


def _false_freezes(
    clip: Clip, shown: Sequence[Shot], times: Sequence[int], policy: ModerationPolicy
) -> Iterator[Stop]:
    """Spans withheld while nobody but approved people was to be seen, and nobody had just been."""
    linger = max(policy.tracking.linger_ms, policy.nudity.hold_ms, policy.evidence.window_ms)
    nude = [one for one in clip.intervals if one.kind is Label.EXPLICIT_NUDITY]
    for freeze in _freezes(shown, times):
        if not _overlaps(freeze.from_ms - linger, freeze.to_ms, [*clip.strangers, *nude]):
            yield freeze


def _freezes(shown: Sequence[Shot], times: Sequence[int]) -> Iterator[Stop]:
    begun: tuple[str, int] | None = None
    for one in shown:
        verdict = one.verdict
        if verdict.cause is not None:
            begun = begun or (verdict.cause.value, verdict.media_ms)
        elif begun is not None:
            yield Stop(*begun, verdict.media_ms)
            begun = None
    if begun is not None:
        yield Stop(*begun, times[-1])


def _left(
    shown: Sequence[Shot], times: Sequence[int], paused: Sequence[Stop], policy: ModerationPolicy
) -> list[int]:
    """The pictures that would have left: in a span that the rule of release opened, outside every pause."""
    release, left, at = Release(policy.release), [], 0
    for one in shown:
        verdict = one.verdict
        release, opening = release.judged(
            verdict.media_ms,
            clean=verdict.clean,
            explained=verdict.explained,
            unexplained_change=one.unexplained_change,
        )
        for span in opening.spans:
            while at < len(times) and times[at] <= span.after_ms:
                at += 1
            while at < len(times) and times[at] <= span.until_ms:
                left.append(times[at])
                at += 1
    return [ms for ms in left if not any(p.from_ms <= ms <= p.to_ms for p in paused)]


# Times


def _inside(media_ms: int, intervals: Sequence[Interval]) -> bool:
    return bool(labelled(media_ms, intervals))


def _overlaps(from_ms: int, to_ms: int, intervals: Sequence[Interval]) -> bool:
    return any(one.from_ms <= to_ms and from_ms < one.to_ms for one in intervals)
