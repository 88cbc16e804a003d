"""A film that is played again and again is told by its movement; whoever is before a camera is not taken for one."""

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from domain.moderation.policy import ModerationPolicy, RepetitionPolicy
from infrastructure.moderation.repetition import Repetition
from infrastructure.moderation.schedule import Schedule
from infrastructure.moderation.steady import View

FPS = 25
Moves = Callable[[float], tuple[float, float]]
"""Where somebody is at a moment, in cells."""


def _wanders(seed: int) -> Moves:
    """Somebody who sways as people do: never twice the same way."""
    chance = np.random.default_rng(seed)
    parts = [(chance.uniform(0.3, 4), chance.uniform(0, 6), chance.uniform(2, 6)) for _ in range(12)]

    def at(t: float) -> tuple[float, float]:
        ways = [far * math.sin(fast * t + phase) for fast, phase, far in parts]
        return sum(ways[:6]), sum(ways[6:])

    return at


def _views(moves: Moves, seconds: float, noise: int = 2) -> Iterator[View]:
    """Pictures of a bright head before a wall, with the noise of an encoder that is new every time."""
    chance = np.random.default_rng(1)
    wall = np.tile(np.linspace(90, 140, 160), (120, 1))
    for number in range(round(seconds * FPS)):
        across, down = moves(number / FPS)
        place = np.array([[1, 0, across], [0, 1, down]], np.float32)
        head = cv2.ellipse(np.zeros((120, 160), np.float32), (80, 60), (22, 30), 0, 0, 360, 90, -1)
        picture = wall + cv2.warpAffine(head, place, (160, 120))
        picture += chance.integers(-noise, noise + 1, picture.shape)
        yield View(np.clip(picture, 0, 255).astype(np.uint8))


def _told(views: Iterator[View], policy: RepetitionPolicy | None = None, every: int = 1) -> list[int | None]:
    """What is told of a stream, once a second."""
    repetition = Repetition(policy or RepetitionPolicy())
    told = [
        repetition.seen(view, number * 1000 // FPS)
        for number, view in enumerate(views)
        if number % every == 0
    ]
    return told[FPS - 1 :: FPS]


def _again(moves: Moves, seconds: float) -> Moves:
    return lambda t: moves(t % seconds)


@pytest.mark.parametrize("seconds", [4, 7, 25])
def test_a_film_that_begins_anew_is_told_with_its_length(seconds: int) -> None:
    told = _told(_views(_again(_wanders(1), seconds), 2 * seconds + 6))
    assert set(told[: seconds + 2]) == {None}, "the first time it is like any other"
    assert set(told[seconds + 5 :]) == {seconds * 1000}


def test_a_long_film_is_told_also_when_the_room_for_what_was_seen_was_full() -> None:
    told = _told(_views(_again(_wanders(5), 55), 130))
    assert set(told[60:]) == {55_000}


def test_it_is_told_although_pictures_are_missing() -> None:
    told = _told((view for n, view in enumerate(_views(_again(_wanders(2), 5), 20)) if n % 6))
    assert [lag for lag in told if lag is not None]


def test_it_is_over_when_the_camera_is_back() -> None:
    moves = _wanders(3)
    told = _told(_views(lambda t: moves(t % 6 if t < 18 else t), 30))
    assert 6_000 in told[8:18]
    assert set(told[22:]) == {None}


@pytest.mark.parametrize("seed", range(4))
def test_whoever_moves_as_people_do_is_never_told(seed: int) -> None:
    assert set(_told(_views(_wanders(seed), 70))) == {None}


def test_whoever_rocks_to_and_fro_is_no_film() -> None:
    assert set(_told(_views(lambda t: (12 * math.sin(2 * math.pi * t / 1.6), 0), 40))) == {None}


def test_an_empty_room_and_somebody_who_hardly_moves_are_no_film() -> None:
    assert set(_told(_views(lambda _: (0, 0), 20))) == {None}
    assert set(_told(_views(lambda t: (0.15 * math.sin(t), 0), 20))) == {None}


def test_what_lies_further_back_than_the_policy_says_is_not_remembered() -> None:
    film = _again(_wanders(1), 9)
    assert set(_told(_views(film, 30), RepetitionPolicy(memory_ms=8_000))) == {None}
    assert set(_told(_views(film, 30), RepetitionPolicy(memory_ms=0))) == {None}
    assert 9_000 in _told(_views(film, 30), RepetitionPolicy(memory_ms=10_000))


def test_a_stream_of_an_hour_takes_no_more_memory_than_one_of_two_minutes() -> None:
    repetition, view = Repetition(RepetitionPolicy()), next(_views(_wanders(1), 1))
    room = repetition._thumbnails.nbytes
    for media_ms in range(0, 3_600_000, 3_600):
        repetition.seen(view, media_ms)
    for media_ms in range(3_600_000, 3_640_000, 25):
        repetition.seen(view, media_ms)
    assert repetition._thumbnails.nbytes == room < 1_000_000


def test_the_picture_that_is_judged_says_so() -> None:
    schedule: Schedule[int] = Schedule(ModerationPolicy(), 1)
    view = next(_views(_wanders(1), 1))
    chosen = [schedule.offer(n, n * 40, view, (480, 640), repeats_ms=6_000) for n in range(10)]
    assert {due.repeats_ms for due in chosen if due is not None} == {6_000}
