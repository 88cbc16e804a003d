"""From the judged pictures of a rehearsal to its result: the step of the call itself, and what to change.

Pure. Who is recognised is decided by `domain.moderation.step`, as in the call: a rehearsal that says yes and
a call that says no would help nobody.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median_low

from domain.clearance import ClearanceMode, Side
from domain.dress_rehearsal.events import PersonRehearsed, RehearsalProblem, RehearsalResult, Rehearsed
from domain.moderation.kind import Standing
from domain.moderation.observation import Face, Observation
from domain.moderation.step import initial, step
from domain.moderation.verdict import ShownFace, StreamTerms, Verdict
from domain.policy import Policy
from domain.waiting_room.events import Expected

LIGHT_STEP = 16  # luma levels: what goes on record is rounded


def judge(observations: Sequence[Observation], policy: Policy, side: Side, expected: Expected) -> Rehearsed:
    """What a few pictures, one after the other, come to."""
    faces = [_faces(observation, policy) for observation in observations]
    seen = max(faces, key=len)
    light = _mean([face.quality.brightness for face in seen]) if seen else observations[-1].luma_mean
    problems = (*_people_wrong(faces, expected), *_picture_wrong(seen, light, policy))
    result, persons = _counted(faces, expected), tuple[PersonRehearsed, ...]()
    if expected.mode is ClearanceMode.MATCH:
        verdicts = list(_verdicts(observations, policy, side, expected))
        result, persons = _matched(verdicts), tuple(_persons(verdicts, policy, expected))
    return Rehearsed(
        result=result,
        persons=persons,
        people=len(seen),
        light=light // LIGHT_STEP * LIGHT_STEP,
        problems=problems,
        engine=observations[-1].engine,
    )


def _verdicts(
    observations: Sequence[Observation], policy: Policy, side: Side, expected: Expected
) -> Iterator[Verdict]:
    terms = StreamTerms(side, expected.mode, len(expected.persons), len(expected.faces))
    state = initial
    for observation in observations:
        state, verdict = step(state, observation, policy.moderation, terms)
        yield verdict


def _matched(verdicts: Sequence[Verdict]) -> RehearsalResult:
    """As at admission: everybody proved in two pictures in a row."""
    if any(one.everyone_proved and next_.everyone_proved for one, next_ in pairwise(verdicts)):
        return RehearsalResult.MATCHED
    if any(face.standing is Standing.STRANGER for verdict in verdicts for face in verdict.faces):
        return RehearsalResult.NOT_MATCHED
    return RehearsalResult.UNCERTAIN


def _counted(faces: Sequence[Sequence[Face]], expected: Expected) -> RehearsalResult:
    seen = median_low([len(one) for one in faces])
    return RehearsalResult.COUNTED if 1 <= seen <= len(expected.persons) else RehearsalResult.UNCERTAIN


def _persons(verdicts: Sequence[Verdict], policy: Policy, expected: Expected) -> Iterator[PersonRehearsed]:
    reject = policy.moderation.matching.reject
    shown = [face for verdict in verdicts for face in verdict.faces]
    proved = {_owner(face, expected) for face in shown if face.standing is Standing.PROVED}
    near = {_owner(face, expected) for face in shown if face.distance is not None and face.distance < reject}
    for person in expected.persons:
        unsure = RehearsalResult.UNCERTAIN if person in near else RehearsalResult.NOT_MATCHED
        yield PersonRehearsed(person=person, result=RehearsalResult.MATCHED if person in proved else unsure)


def _owner(face: ShownFace, expected: Expected) -> str | None:
    """Whose template is nearest."""
    return None if face.nearest is None else expected.faces[face.nearest].person


def _faces(observation: Observation, policy: Policy) -> list[Face]:
    """What is a face for certain."""
    return [one for one in observation.faces if one.confirmed >= policy.moderation.detection.confirmed_score]


def _people_wrong(faces: Sequence[Sequence[Face]], expected: Expected) -> Iterator[RehearsalProblem]:
    seen = median_low([len(one) for one in faces])
    if seen == 0:
        yield RehearsalProblem.NO_FACE
    elif seen > len(expected.persons):
        yield RehearsalProblem.MORE_PEOPLE
    elif seen < len(expected.persons):
        yield RehearsalProblem.FEWER_PEOPLE


def _picture_wrong(seen: Sequence[Face], light: int, policy: Policy) -> Iterator[RehearsalProblem]:
    least, device = policy.moderation.quality, policy.device
    if light < device.light_min:
        yield RehearsalProblem.TOO_DARK
    if light > device.light_max:
        yield RehearsalProblem.TOO_BRIGHT
    if any(face.quality.side < least.side_px for face in seen):
        yield RehearsalProblem.TOO_FAR
    if any(face.quality.turn > least.turn_max for face in seen):
        yield RehearsalProblem.TURNED
    if any(face.quality.inside < least.inside_min for face in seen):
        yield RehearsalProblem.AT_THE_EDGE
    if any(face.quality.sharpness < least.sharpness_min for face in seen):
        yield RehearsalProblem.BLURRED


def _mean(numbers: Sequence[int]) -> int:
    return round(sum(numbers) / len(numbers))
