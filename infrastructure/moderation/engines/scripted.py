"""The scripted engine: people are drawn as coloured blocks, and the colour is who they are.

For tests and rehearsals of everything around the models: it needs no model, and the same picture always gives
the same answer.

A block is a square of one strong colour with two dark eyes and a mouth (`draw`). It survives a video codec.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from application.moderation import Chip, Confirmed, Eyes, FloatBox, Found, Picture, Vector
from domain.moderation.kind import ASSESSED_BY_FACES, Kind
from domain.moderation.observation import Proposer
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation.engines.quality import crop

EXPOSED_HUE = 300  # degrees: a block of this colour is an exposed body part and no face
HUES = (0, 60, 120, 180, 240)  # people: their vectors are at least 1.0 apart

_SIDE_MIN = 20  # px
_SATURATION_MIN, _VALUE_MIN = 110, 70
_TEMPLATE = 128  # a template has as many numbers as the real embedder's


def draw(picture: Picture, hue: int, x: int, y: int, side: int) -> None:
    """Draw one scripted person into an RGB picture. `hue` in degrees, `side` in pixels."""
    colour = cv2.cvtColor(np.array([[[hue // 2, 230, 220]]], np.uint8), cv2.COLOR_HSV2RGB)[0, 0]
    cv2.rectangle(picture, (x, y), (x + side - 1, y + side - 1), [int(c) for c in colour], -1)
    for left, top, right, bottom in ((0.2, 0.25, 0.4, 0.4), (0.6, 0.25, 0.8, 0.4), (0.3, 0.65, 0.7, 0.75)):
        corners = (x + int(left * side), y + int(top * side)), (x + int(right * side), y + int(bottom * side))
        cv2.rectangle(picture, *corners, (20, 20, 20), -1)


class ScriptedEyes:
    """Finds, confirms, compares: all from the colour."""

    def detect(self, picture: Picture) -> list[Found]:
        return [found for found, hue in _blocks(picture) if hue != EXPOSED_HUE]

    def exposed(self, picture: Picture) -> float:
        return 0.9 if any(hue == EXPOSED_HUE for _, hue in _blocks(picture)) else 0.0

    def confirm(self, picture: Picture, found: Found) -> Confirmed:
        seen = any(other.box == found.box for other in self.detect(picture))
        return Confirmed(1.0 if seen else -1.0, found)

    def chip(self, picture: Picture, found: Found) -> Chip:
        return Chip(crop(picture, found.box, 0.0, 150), turn=0.0)

    def embed(self, chip: Chip) -> Vector:
        hues = _hue_and_mask(chip.picture)
        strong = hues[0][hues[1]]
        angle = np.deg2rad(float(np.median(strong))) if strong.size else 0.0
        vector = np.zeros(_TEMPLATE, np.float32)
        vector[:2] = np.cos(angle), np.sin(angle)
        return vector

    def distances(self, vector: Vector, templates: Sequence[Vector]) -> list[float]:
        return [float(np.linalg.norm(vector - template)) for template in templates]


@dataclass(frozen=True, slots=True)
class ScriptedSetup:
    """The set-up `scripted`."""

    name: str = "scripted"
    engine: str = "scripted"
    assessed: tuple[Kind, ...] = (*ASSESSED_BY_FACES, Kind.EXPLICIT_NUDITY)
    policy: ModerationPolicy = field(default_factory=ModerationPolicy.full)

    def eyes(self) -> Eyes:
        looking = ScriptedEyes()
        return Eyes(looking, looking, looking, nudity=looking)


def _hue_and_mask(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Hue in degrees of every pixel, and where the colour is strong."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    strong = (hsv[..., 1] >= _SATURATION_MIN) & (hsv[..., 2] >= _VALUE_MIN)
    return hsv[..., 0].astype(np.int32) * 2, strong


def _blocks(picture: Picture) -> list[tuple[Found, int]]:
    """Every block with its colour, from left to right."""
    hues, strong = _hue_and_mask(picture)
    blocks: list[tuple[Found, int]] = []
    for hue in (*HUES, EXPOSED_HUE):
        near = np.abs((hues - hue + 180) % 360 - 180) <= 25
        _, _, stats, _ = cv2.connectedComponentsWithStats((near & strong).astype(np.uint8))
        for x, y, width, height, pixels in stats[1:]:
            if min(width, height) >= _SIDE_MIN and pixels >= 0.5 * width * height:
                box: FloatBox = (float(x), float(y), float(width), float(height))
                blocks.append((Found(box, 0.9, Proposer.SCRIPTED), hue))
    return sorted(blocks, key=lambda block: block[0].box)
