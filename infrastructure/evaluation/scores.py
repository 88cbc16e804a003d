"""How much each picture looks like what is looked for, beside what its label says. Pure."""

from collections.abc import Iterator, Sequence

from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from infrastructure.evaluation.curves import Score
from infrastructure.evaluation.manifest import Clip, Interval, Label
from infrastructure.moderation.footage import Shot


def of_strangers(clip: Clip, shown: Sequence[Shot], policy: ModerationPolicy) -> Iterator[Score]:
    """The distance of the face that is farthest from everybody admitted, where every labelled face was found."""
    for one in _seen(shown):
        ms, faces = one.observation.media_ms, _compared(one.observation, policy)
        strangers, approved = labelled(ms, clip.strangers), labelled(ms, clip.approved)
        if not faces or len(faces) < len(strangers) + len(approved) or not (strangers or approved):
            continue
        who = (strangers or approved)[0].person or ""
        yield Score(who, bool(strangers), max(faces))


def of_faces(clip: Clip, shown: Sequence[Shot]) -> Iterator[Score]:
    """The detector's best score, where a face is labelled or its absence is."""
    empty = [one for one in clip.intervals if one.kind in (Label.FACE_ABSENT, Label.CAMERA_COVERED)]
    for one in _seen(shown):
        ms = one.observation.media_ms
        there = labelled(ms, (*clip.strangers, *clip.approved))
        if not there and not labelled(ms, empty):
            continue
        best = max((face.score for face in one.observation.faces), default=0)
        yield Score((there[0].person if there else None) or clip.admitted[0], bool(there), best)


def of_nudity(clip: Clip, shown: Sequence[Shot]) -> Iterator[Score]:
    """The score of the worst exposed part, in films that are labelled and were assessed for it."""
    nude = [one for one in clip.intervals if one.kind is Label.EXPLICIT_NUDITY]
    for one in _seen(shown):
        if one.observation.nudity is not None and clip.intervals:
            ms = one.observation.media_ms
            yield Score(clip.admitted[0], bool(labelled(ms, nude)), one.observation.nudity)


def _seen(shown: Sequence[Shot]) -> Iterator[Shot]:
    """Pictures that the networks saw: a repeated one says nothing new."""
    return (one for one in shown if not one.observation.repeated)


def _compared(observation: Observation, policy: ModerationPolicy) -> list[int]:
    """Of each confirmed face, how far it is from the nearest person admitted."""
    sure = policy.detection.confirmed_score
    return [min(face.distances) for face in observation.faces if face.distances and face.confirmed >= sure]


def labelled(media_ms: int, intervals: Sequence[Interval]) -> list[Interval]:
    """The intervals that hold this moment."""
    return [one for one in intervals if one.from_ms <= media_ms < one.to_ms]
