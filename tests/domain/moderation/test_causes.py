"""What can be wrong in one picture, row by row, with the numbers behind it and exactly from when on."""

from dataclasses import replace
from typing import Any

import pytest

from domain.moderation import causes
from domain.moderation.causes import Exposure, HeadCount, Timers
from domain.moderation.concern import Finding
from domain.moderation.kind import Action, Kind, Severity
from domain.moderation.ladder import Rung
from domain.moderation.track import Cast, Phase, Track, Vote
from domain.moderation.verdict import Evidence
from tests.domain.moderation.pictures import COUNTED, GOOD, POLICY, POOR, PRISON, Stream, picture

VISITOR = Stream().terms


def cast(media_ms: int, vote: Vote = Vote.NO, distance: int | None = 7_000, **changes: Any) -> Cast:
    usual: dict[str, Any] = {"runner_up": 8_000, "nearest": 0, "well_seen": True, "quality": GOOD}
    return Cast(media_ms, vote, distance, **{**usual, **changes})


def track(number: int = 3, **changes: Any) -> Track:
    """A confirmed face that was born at 500 ms and became unproved at 600."""
    box = (100, 100, 120, 120)
    return replace(Track(number, box, box, 500, 2_000, 600, confirmed=True), **changes)


# Strangers


def test_a_stranger_pauses_at_once_with_the_votes_behind_it() -> None:
    votes = (
        cast(1_000, distance=6_500),
        cast(1_200, Vote.YES, 4_000),
        cast(1_300, Vote.UNSURE),
        cast(2_000, runner_up=9_000),
    )
    found = list(causes.strangers([track(), track(4, phase=Phase.STRANGER, votes=votes)], POLICY, VISITOR))
    evidence = Evidence((6_500, 7_000), POLICY.matching.reject, 9_000, 4, 2, 3, GOOD)
    pause = (Rung(0, Action.PAUSE, Severity.HIGH),)
    assert found == [Finding(Kind.UNAPPROVED_FACE, 600, pause, evidence)]


def test_who_was_proved_before_is_a_swap_even_without_a_vote_left() -> None:
    (found,) = causes.strangers([track(phase=Phase.STRANGER, ever_proved=True)], POLICY, VISITOR)
    assert found.kind is Kind.IDENTITY_SWAP
    assert found.evidence == Evidence((), POLICY.matching.reject, None, 3, 0, 0, None)


def test_where_bystanders_only_freeze_there_is_no_stranger() -> None:
    assert list(causes.strangers([track(phase=Phase.STRANGER)], POLICY, PRISON)) == []


# Faces that stay uncertain

LASTED = POLICY.uncertain.proved_ms


@pytest.mark.parametrize("media_ms", [999 + LASTED, 1_000 + LASTED, 1_001 + LASTED])
def test_a_proved_face_that_cannot_be_matched_for_long_is_coached(media_ms: int) -> None:
    newest = cast(900, Vote.UNSURE, 5_500, quality=POOR)
    face = track(phase=Phase.PROVED, unsure_ms=1_000, votes=(cast(800), newest))
    evidence = Evidence((5_500,), POLICY.matching.accept, 8_000, 3, 0, 2, POOR)
    finding = Finding(Kind.FACE_UNCERTAIN, 1_000, (Rung(0, Action.COACH, Severity.LOW),), evidence)
    assert list(causes.uncertain([face], media_ms, POLICY)) == (
        [finding] if media_ms >= 1_000 + LASTED else []
    )


@pytest.mark.parametrize(
    "media_ms", [999 + POLICY.uncertain.unproved_ms, 1_000 + POLICY.uncertain.unproved_ms]
)
def test_an_unproved_face_that_is_badly_seen_for_long_is_coached(media_ms: int) -> None:
    face = track(phase=Phase.NEW, unsure_ms=1_000, votes=(cast(900, Vote.UNSURE, None, well_seen=False),))
    evidence = Evidence((), POLICY.matching.accept, 8_000, 3, 0, 1, GOOD)
    finding = Finding(Kind.FACE_UNCLEAR, 1_000, (Rung(0, Action.COACH, Severity.INFO),), evidence)
    due = media_ms >= 1_000 + POLICY.uncertain.unproved_ms
    assert list(causes.uncertain([face], media_ms, POLICY)) == ([finding] if due else [])


@pytest.mark.parametrize(
    "face",
    [
        track(phase=Phase.PROVED),
        track(phase=Phase.PROVED, unsure_ms=1_000, confirmed=False),
        track(phase=Phase.NEW, unsure_ms=1_000, votes=(cast(900, Vote.UNSURE),)),
        track(phase=Phase.NEW, unsure_ms=1_000),
        track(phase=Phase.THING, unsure_ms=1_000),
    ],
    ids=["sure", "perhaps no face", "well seen", "never voted on", "a thing"],
)
def test_nobody_else_is_coached_and_the_next_face_is_looked_at(face: Track) -> None:
    uncertain = track(9, phase=Phase.PROVED, unsure_ms=1_000)
    found = list(causes.uncertain([face, uncertain], 10_000, POLICY))
    assert found == [
        Finding(
            Kind.FACE_UNCERTAIN,
            1_000,
            (Rung(0, Action.COACH, Severity.LOW),),
            Evidence(threshold=POLICY.matching.accept, track=9),
        )
    ]


# Too many people


def counts(*people: int, every_ms: int = 500, admitted: int = 2) -> list[HeadCount]:
    return [HeadCount(1_000 + number * every_ms, seen, seen > admitted) for number, seen in enumerate(people)]


def test_too_many_people_for_long_enough_pause() -> None:
    evidence = Evidence((3, 4, 3), votes_for=3, votes=4)
    pause = (Rung(0, Action.PAUSE, Severity.HIGH),)
    assert list(causes.too_many(counts(3, 4, 2, 3), POLICY)) == [
        Finding(Kind.HEAD_COUNT_ABOVE, 1_000, pause, evidence)
    ]


@pytest.mark.parametrize(
    ("seen", "every_ms", "told"),
    [
        ((3, 3, 3), 500, True),
        ((3, 3, 3), 499, False),
        ((3, 3, 2, 3), 500, True),
        ((3, 3, 2, 2, 3), 500, False),
        ((2, 2, 2), 500, False),
        ((), 500, False),
    ],
    ids=["a second apart", "less than a second", "three of four", "three of five", "nobody", "nothing"],
)
def test_too_many_people_are_told_of_in_most_pictures_of_a_second(
    seen: tuple[int, ...], every_ms: int, told: bool
) -> None:
    assert bool(list(causes.too_many(counts(*seen, every_ms=every_ms), POLICY))) is told


# Exposed body parts


@pytest.mark.parametrize(
    ("scores", "grave", "actions"),
    [
        ((POLICY.nudity.alert_score,), 0, [Action.ALERT]),
        ((POLICY.nudity.score, POLICY.nudity.score - 1), 1, [Action.ALERT]),
        ((POLICY.nudity.score, POLICY.nudity.score), 2, [Action.ALERT, Action.PAUSE]),
        ((4_500, 6_000, 9_000), 2, [Action.ALERT, Action.PAUSE]),
    ],
)
def test_staff_are_told_and_enough_grave_pictures_pause(
    scores: tuple[int, ...], grave: int, actions: list[Action]
) -> None:
    exposures = [Exposure(700 + number, score) for number, score in enumerate(scores)]
    rungs = tuple(Rung(0, action, Severity.CRITICAL) for action in actions)
    evidence = Evidence(scores, POLICY.nudity.score, votes_for=grave, votes=len(scores))
    assert list(causes.exposed(exposures, POLICY)) == [Finding(Kind.EXPLICIT_NUDITY, 700, rungs, evidence)]


def test_nothing_exposed_is_nothing_to_tell() -> None:
    assert list(causes.exposed([], POLICY)) == []


# What is wrong only when it lasts


def test_what_lasts_is_told_with_its_steps() -> None:
    actions = POLICY.actions
    everything = Timers(covered_ms=1, absent_ms=2, identical_ms=3)
    assert list(causes.lasting(everything, POLICY)) == [
        Finding(Kind.CAMERA_COVERED, 1, actions.camera_covered),
        Finding(Kind.FACE_ABSENT, 2, actions.face_absent),
        Finding(Kind.FROZEN_PICTURE, 3, actions.frozen_picture),
    ]
    assert list(causes.lasting(Timers(frozen_ms=1), POLICY)) == []


@pytest.mark.parametrize(
    ("terms", "pause_ms"),
    [
        (VISITOR, 10_000),
        (PRISON, POLICY.freeze.bystander_pause_ms),
        (replace(COUNTED, side=PRISON.side), 10_000),
    ],
    ids=["visitors", "prison", "counted"],
)
def test_a_freeze_that_does_not_resolve_coaches_and_pauses(terms: Any, pause_ms: int) -> None:
    rungs = (
        Rung(5_000, Action.COACH, Severity.LOW),
        Rung(pause_ms, Action.PAUSE, Severity.MEDIUM),
    )
    assert list(causes.unresolved(Timers(frozen_ms=400), POLICY, terms)) == [
        Finding(Kind.COULD_NOT_CHECK, 400, rungs)
    ]
    assert list(causes.unresolved(Timers(covered_ms=400), POLICY, terms)) == []


@pytest.mark.parametrize(
    ("mean", "deviation", "covered"),
    [
        (39, 7, True),
        (40, 7, False),
        (39, 8, False),
        (225, 7, False),
        (226, 7, True),
        (226, 8, False),
        (120, 2, True),
        (120, 3, False),
        (12, 60, False),
    ],
)
def test_a_camera_is_covered_when_it_shows_hardly_any_contrast(
    mean: int, deviation: int, covered: bool
) -> None:
    seen = picture(0, luma_mean=mean, luma_deviation=deviation)
    assert causes.is_covered(seen, POLICY.cover) is covered
