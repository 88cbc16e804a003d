"""Did a stranger's face get through? An independent look at what the other side really received.

The check shares no decision with the live system: no tracker, no gate, no proposer. The public-domain face
detector sweeps every picture that arrived, at finer scales than it ever runs live, and each face it finds is
compared with the stranger's own photograph.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from application.moderation import Picture
from infrastructure.moderation import footage, setups
from infrastructure.moderation.analyser import Planes
from infrastructure.moderation.engines.dlib_onnx import FINE_SWEEP, MmodDetector
from infrastructure.moderation.enrol import template
from infrastructure.moderation.setups import DlibSetup

LEAKED_BELOW = 0.60  # distance to the stranger's photograph
SLACK = 0.98  # the window of the finest scale is 59 px: it stands for faces of 60


@dataclass(frozen=True, slots=True)
class Leaks:
    """What a sweep over one recording found."""

    pictures: int  # swept; a picture equal to the one before is swept once
    faces: int  # found in them, of at least the promised size
    leaked: int  # of these, the stranger's
    nearest: float  # smallest distance of any of them to the stranger; 2.0 without a face

    def __add__(self, other: "Leaks") -> "Leaks":
        return Leaks(
            self.pictures + other.pictures,
            self.faces + other.faces,
            self.leaked + other.leaked,
            min(self.nearest, other.nearest),
        )


NONE = Leaks(0, 0, 0, 2.0)


class Checker:
    """Sweeps recordings. Loads its networks once."""

    def __init__(self) -> None:
        setup = setups.load("permissive")
        assert isinstance(setup, DlibSetup)
        self._setup = setup
        self._detector = MmodDetector(setup.faces, FINE_SWEEP, floor=0.0)
        self._embedder = setup.eyes().embedder

    def sweep(self, recording: Path, photograph: bytes, side_px: int, from_s: float = 0.0) -> Leaks:
        """Faces of at least `side_px` in the recording, from a second on, against the stranger's photograph."""
        stranger = np.asarray(template(photograph, self._setup), np.float32)
        found = NONE
        for picture in _different(recording, from_s):
            found += self._look(picture, stranger, side_px)
        return found

    def _look(self, picture: Picture, stranger: np.ndarray, side_px: int) -> Leaks:
        distances = []
        for face in self._detector.detect(picture):
            if (face.box[2] * face.box[3]) ** 0.5 < SLACK * side_px:
                continue
            vector = self._embedder.embed(self._embedder.chip(picture, face))
            distances.append(float(np.linalg.norm(vector - stranger)))
        leaked = sum(distance < LEAKED_BELOW for distance in distances)
        return Leaks(1, len(distances), leaked, min(distances, default=NONE.nearest))


def _different(recording: Path, from_s: float) -> Iterator[Picture]:
    """Every picture that is not the very same as the one before it."""
    before = None
    for media_ms, planes, _ in footage.decoded(recording):
        if media_ms < from_s * 1000:
            continue
        now = _checksum(planes)
        if now != before:
            yield planes.rgb()
        before = now


def _checksum(planes: Planes) -> int:
    return zlib.crc32(np.ascontiguousarray(planes.y).tobytes())
