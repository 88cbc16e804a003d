"""Films for the simulation of the gate: who is before a camera, moment by moment, and what is true of it.

A film is made of acts. Everything is drawn from one seed, so a film can be played again. What the simulation
assumes of the eyes is said here and nowhere else: a face of the promised size is found wherever it shows, a
stranger is never nearer than `accept`, and a stranger who comes and goes changes the picture more than anything else
that changes it at that moment, unless the film is `crowded`.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from domain.clearance import ClearanceMode, Side
from domain.moderation.observation import Box

PICTURE_MS = 100  # between two pictures
PLACES: tuple[Box, ...] = ((60, 150, 80, 80), (280, 150, 80, 80), (500, 150, 80, 80))
"""Where people sit, far enough apart that nobody's movement explains anybody else's."""
BESIDE: Box = (350, 150, 80, 80)
"""Where the movement of somebody in the middle explains a change, and only as long as they are there."""
TEMPLATES = 2
STAYED_MS = (400, 900, 2_500, 6_000, 15_000, 30_000)
SWAPPED_MS = (PICTURE_MS, 160, 330, 500, 800, 2_000, 5_000)
PATIENCE_MS = (2_000, 15_000)  # between two acts


class Who(Enum):
    """What stands at a place."""

    FIRST = 0  # the number of the template
    SECOND = 1
    STRANGER = auto()
    DOOR = auto()  # something that moves and is no face
    CUP = auto()  # something that the detector takes for a face, weakly


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing in the picture, as long as it stays as it is."""

    who: Who
    box: Box
    well: bool = True  # seen well enough for a mismatch to mean something
    person: int = 0  # which stranger

    @property
    def has_face(self) -> bool:
        """Is it a person?"""
        return self.who not in (Who.DOOR, Who.CUP)

    @property
    def cells(self) -> int:
        """Cells of the picture that change when it comes or goes."""
        return max(1, self.box[2] * self.box[3] // 64)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is before the camera from one moment on."""

    from_ms: int
    figures: frozenset[Figure]
    covered: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a film: `number` is also what its encoded form carries."""

    number: int
    media_ms: int
    scene: Scene


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody or something is there for a while."""

    from_ms: int
    to_ms: int
    figure: Figure | None  # None: a hand on the lens


@dataclass(frozen=True, slots=True)
class Cast:
    """Under which terms the film is seen."""

    side: Side
    mode: ClearanceMode
    crowded: bool = False


def scenes(seed: int, length_ms: int, cast: Cast) -> list[Scene]:
    """The film, cut where anything changes."""
    acts = [*_sitters(length_ms, cast), *_visits(random.Random(seed), length_ms, cast)]
    cuts = sorted({0, *(a.from_ms for a in acts), *(a.to_ms for a in acts)})
    return [_scene(cut, acts) for cut in cuts if cut < length_ms]


def _scene(at_ms: int, acts: list[Act]) -> Scene:
    """Whoever comes later takes the place: nobody sits where somebody sits."""
    now = [act for act in acts if act.from_ms <= at_ms < act.to_ms]
    places = {act.figure.box: act.figure for act in now if act.figure is not None}
    return Scene(at_ms, frozenset(places.values()), covered=any(act.figure is None for act in now))


def _sitters(length_ms: int, cast: Cast) -> Iterator[Act]:
    yield Act(0, length_ms, Figure(Who.FIRST, PLACES[0]))
    if cast.mode is ClearanceMode.COUNT:
        yield Act(0, length_ms, Figure(Who.SECOND, PLACES[1]))


def _visits(chance: random.Random, length_ms: int, cast: Cast) -> Iterator[Act]:
    """One act after another, now and then two at once."""
    now = chance.randint(1_000, 8_000)
    while now < length_ms:
        for act in _act(chance, now, cast):
            yield act
            now = max(now, act.to_ms)
        now += chance.randint(*PATIENCE_MS)


def _act(chance: random.Random, at_ms: int, cast: Cast) -> Iterator[Act]:
    match chance.choices(
        ("flash", "visit", "swap", "partner", "left", "door", "cup", "cover", "turn", "stranger turns"),
        (4, 3, 3, 2, 2, 2, 1, 1, 2, 1),
    )[0]:
        case "flash":
            yield from _flashes(chance, at_ms)
        case "visit":
            yield from _stranger(chance, at_ms, chance.choice(STAYED_MS), PLACES[2])
        case "swap" if cast.mode is ClearanceMode.MATCH:
            yield from _stranger(chance, at_ms, chance.choice(SWAPPED_MS), PLACES[0])
        case "partner" if cast.mode is ClearanceMode.MATCH:
            yield Act(at_ms, at_ms + chance.randint(2_000, 20_000), Figure(Who.SECOND, PLACES[1]))
        case "left" if cast.mode is ClearanceMode.MATCH:
            gone_ms = at_ms + chance.randint(1_500, 4_000)
            yield Act(at_ms, gone_ms, Figure(Who.SECOND, PLACES[1]))
            flash_ms = gone_ms + chance.randint(PICTURE_MS, 1_500)
            where = chance.choice((PLACES[1], BESIDE))
            yield from _stranger(chance, flash_ms, chance.choice((PICTURE_MS, 160)), where)
        case "door":
            yield from _door(chance, at_ms, cast)
        case "cup":
            yield Act(at_ms, at_ms + chance.randint(3_000, 9_000), Figure(Who.CUP, PLACES[2]))
        case "cover":
            yield Act(at_ms, at_ms + chance.choice((1_000, 4_000, 9_000)), None)
        case "turn":
            yield Act(at_ms, at_ms + chance.randint(300, 2_500), Figure(Who.FIRST, PLACES[0], well=False))
        case "stranger turns":
            badly = chance.randint(200, 1_500)
            yield from _stranger(chance, at_ms, badly, PLACES[2], well=False)
            yield from _stranger(chance, at_ms + badly, chance.randint(500, 3_000), PLACES[2])
        case _:
            return


def _flashes(chance: random.Random, at_ms: int) -> Iterator[Act]:
    """Held into the picture for a picture or two, sometimes again at once."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        shown_ms = chance.choice((PICTURE_MS, 2 * PICTURE_MS, 3 * PICTURE_MS))
        yield from _stranger(chance, at_ms, shown_ms, PLACES[2])
        at_ms += shown_ms + chance.choice((PICTURE_MS, 160, 400, 1_100))


def _stranger(
    chance: random.Random, at_ms: int, shown_ms: int, box: Box, *, well: bool = True
) -> Iterator[Act]:
    yield Act(at_ms, at_ms + shown_ms, Figure(Who.STRANGER, box, well, chance.randint(1, 5)))


def _door(chance: random.Random, at_ms: int, cast: Cast) -> Iterator[Act]:
    """Moves for a moment; in a crowded film far more of the picture than the face that passes with it."""
    side = 200 if cast.crowded else chance.choice((24, 40, 64))
    for _ in range(chance.randint(1, 4)):
        moved_ms = chance.randint(PICTURE_MS, 900)
        yield Act(at_ms, at_ms + moved_ms, Figure(Who.DOOR, (560, 400, side, side)))
        if cast.crowded:
            yield from _stranger(chance, at_ms + PICTURE_MS, PICTURE_MS, PLACES[2])
        at_ms += moved_ms + chance.randint(PICTURE_MS, 700)
