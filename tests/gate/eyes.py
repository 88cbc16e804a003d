"""What the networks would say of a picture of a film, and how much of it changed: numbers in place of pixels."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from domain.clearance import ClearanceMode
from domain.moderation.geometry import ONE, overlap
from domain.moderation.kind import ASSESSED_BY_FACES
from domain.moderation.observation import Box, Face, Observation, Quality
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation.change import Shape
from infrastructure.moderation.steady import COLUMNS, ROWS
from tests.gate.film import TEMPLATES, Figure, Picture, Scene, Who

CELLS = COLUMNS * ROWS
MISTAKEN = 0.003  # share of looks at an approved face in which it is like nobody
_WELL = Quality(side=80, sharpness=300, brightness=120, turn=500, inside=10_000, edge=40, stir=1_000)
_BADLY = replace(_WELL, turn=4_000)
_STILL = replace(_WELL, stir=0)


class Change:
    """What changed between two scenes, as the grid would show it."""

    def unexplained(self, now: Any, judged: Any, people: Sequence[Box], _: Shape) -> int:
        """See `infrastructure.moderation.schedule.Change`."""
        if now is judged:
            return 0
        if now.covered != judged.covered:
            return CELLS
        known = tuple(people)
        new = (figure for figure in now.figures ^ judged.figures)
        return sum(f.cells for f in new if not any(_explains(one, f.box) for one in known))

    def cut(self, now: Any, before: Any, people: Sequence[Box], _: Shape) -> int:
        """Cells of faces in whose place another face is since the picture before."""
        if now is before:
            return 0
        known = tuple(people)
        came = (f for f in now.figures - before.figures if any(_same_place(f.box, one) for one in known))
        return sum(f.cells for f in came if not _turned(f, before))


def _same_place(box: Box, person: Box) -> bool:
    return overlap(box, person) >= ONE // 2


def _turned(figure: Figure, before: Scene) -> bool:
    """Was the same person there before? Whoever turns their head changes less of the picture."""
    return any((f.who, f.person, f.box) == (figure.who, figure.person, figure.box) for f in before.figures)


def _explains(person: Box, box: Box) -> bool:
    """Is the middle of the box where this person and what they carry may move?"""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    left, top, width, height = person
    return left - 1.1 * width <= x <= left + 2.1 * width and y >= top - 0.9 * height


class Eyes:
    """Looks at one stream: a detector, an embedder and the gate before them."""

    def __init__(self, seed: int, policy: ModerationPolicy, mode: ClearanceMode) -> None:
        self._chance, self._policy, self._mode = random.Random(seed), policy.sampling, mode
        self._analysed: tuple[Scene, Observation] | None = None
        self.accepted: list[int] = []  # strangers an officer let stay, in the order of their templates

    def look(self, picture: Picture, most_unexplained: int, *, calm: bool) -> Observation:
        """The observation; a calm picture in which nothing changed repeats the last one."""
        if calm and self._analysed is not None:
            scene, last = self._analysed
            young = picture.media_ms - last.media_ms < self._policy.heartbeat_ms
            if scene is picture.scene and young:
                return replace(
                    last, media_ms=picture.media_ms, repeated=True, changed=0, unexplained=most_unexplained
                )
        seen = () if picture.scene.covered else tuple(sorted(picture.scene.figures, key=lambda f: f.box))
        observation = Observation(
            media_ms=picture.media_ms,
            faces=tuple(self._face(f) for f in seen if f.who is not Who.DOOR),
            luma_mean=10 if picture.scene.covered else 120,
            luma_deviation=2 if picture.scene.covered else 50,
            nudity=0,
            changed=100,
            unexplained=most_unexplained,
            identical=False,
            repeated=False,
            engine="simulated",
            assessed=ASSESSED_BY_FACES,
        )
        self._analysed = picture.scene, observation
        return observation

    def _face(self, figure: Figure) -> Face:
        if figure.who is Who.CUP:
            return Face(figure.box, 3_000, -5_000, self._far(figure), _STILL)
        quality = _WELL if figure.well else _BADLY
        return Face(figure.box, 8_000, 6_000, self._distances(figure), quality)

    def _distances(self, figure: Figure) -> tuple[int, ...]:
        """To each template, then to each accepted stranger, with the noise of a living picture."""
        far = self._far(figure)
        if not far:
            return ()
        near = self._chance.randint(2_400, 4_400) if figure.well else self._chance.randint(3_900, 5_800)
        if figure.who is Who.STRANGER:
            return (*far[:TEMPLATES], *(near if p == figure.person else d for p, d in self._accepted(far)))
        own = figure.who.value
        if self._chance.random() < MISTAKEN:
            return far
        return tuple(near if index == own else d for index, d in enumerate(far))

    def _accepted(self, far: Sequence[int]) -> Iterable[tuple[int, int]]:
        return zip(self.accepted, far[TEMPLATES:], strict=True)

    def _far(self, figure: Figure) -> tuple[int, ...]:
        if self._mode is not ClearanceMode.MATCH:
            return ()
        least = 6_050 if figure.well else 5_300
        return tuple(self._chance.randint(least, 9_000) for _ in range(TEMPLATES + len(self.accepted)))
