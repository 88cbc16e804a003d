"""The self-test of the built-in networks: one drawn picture, and what each network made of it when we tried it.

The thresholds of a set-up were measured on these networks as they compute here. Weights that are the right ones
can still be run wrongly, by another runtime or a broken processor; then the numbers differ, and the network is
refused. `scripts/golden_networks.py --write` writes the numbers down anew.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dlib
import numpy as np

from application.moderation import Picture
from infrastructure.moderation.models import DETECTOR, EMBEDDER, LANDMARKS, NUDITY, ModelRefused

PAGE = Path(__file__).parent / "golden.json"
_DECIMALS = 5
_CLASSES = slice(4, None)  # the rows of NudeNet's map that are scores
_LINES = {DETECTOR.name: 160, EMBEDDER.name: 150, NUDITY.name: 320}


def answer(name: str, session: Any) -> list[float]:
    """What a network makes of the drawn picture."""
    (source,) = session.get_inputs()
    found = session.run(None, {source.name: pattern(_LINES[name])[None]})[0][0]
    # NudeNet's scores are next to nothing here, so their order of magnitude is compared.
    numbers = np.log(found[_CLASSES].max(axis=1)) if name == NUDITY.name else found.ravel()
    return [round(float(number), _DECIMALS) for number in numbers]


def landmarks(path: Path) -> list[float]:
    """Where dlib sees the five landmarks in the drawn picture."""
    shape = dlib.shape_predictor(str(path))(pattern(150), dlib.rectangle(30, 30, 120, 120))
    return [float(number) for point in shape.parts() for number in (point.x, point.y)]


def recall(name: str, numbers: Sequence[float]) -> None:
    """Raises `ModelRefused` unless the numbers are those we know, as near as processors agree."""
    compare(name, numbers, _golden()[name]["numbers"])


def compare(name: str, numbers: Sequence[float], expected: Sequence[float]) -> None:
    """Raises `ModelRefused` unless both are the same, as near as processors agree."""
    near = len(numbers) == len(expected) and np.allclose(
        numbers, expected, rtol=0, atol=_golden()[name]["tolerance"]
    )
    if not near:
        raise ModelRefused(f"{name} computes other numbers here than the ones we know: its self-test fails.")


def pattern(side: int) -> Picture:
    """A head as a child draws it, by whole numbers alone, so that it is the same everywhere."""
    down, across = np.mgrid[0:side, 0:side]
    picture = np.stack(
        [across * 200 // side + 30, down * 160 // side + 60, (across + down) * 90 // side + 40], 2
    )
    for x, y, radius, colour in _DISCS:
        inside = (across * 100 // side - x) ** 2 + (down * 100 // side - y) ** 2 < radius**2
        picture[inside] = colour
    return picture.astype(np.uint8)


_DISCS = (
    (50, 50, 38, (222, 178, 150)),
    (36, 42, 6, (40, 30, 28)),
    (64, 42, 6, (40, 30, 28)),
    (50, 56, 5, (196, 140, 118)),
    (50, 72, 9, (150, 62, 60)),
)  # in hundredths of the side: face, eyes, nose, mouth


@cache
def _golden() -> dict[str, Any]:
    golden: dict[str, Any] = json.loads(PAGE.read_text(encoding="utf-8"))
    return golden


def written(numbers: Mapping[str, Sequence[float]]) -> str:
    """The page of numbers, a line for each network, with how far a processor may be off."""
    off = {LANDMARKS.name: 1.0, NUDITY.name: 0.2}
    lines = (
        f'"{name}": ' + json.dumps({"tolerance": off.get(name, 0.01), "numbers": list(numbers[name])})
        for name in sorted(numbers)
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
