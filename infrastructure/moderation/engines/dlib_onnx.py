"""The out-of-the-box engine: dlib's public-domain networks, run by onnxruntime."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from application.moderation import Chip, Confirmed, FloatBox, Found, Picture, Vector
from domain.moderation.observation import Proposer
from infrastructure.moderation.engines.quality import Point, crop, turn_of
from infrastructure.moderation.models import Network

CELL = 8  # px of the picture per cell of the score map
CELL_CENTRE = 20  # px: centre of the first cell
WINDOW = 80  # px: side of the face the network looks for
LINES = 480  # the pyramid's scales are for pictures of this height
LONG_SIDE_MAX = 1280  # px at these scales: a strip of a picture would otherwise be blown up without end

SWEEP = tuple(0.75**n for n in range(1, 6))  # faces from 107 px of 480 lines on
FINE_SWEEP = (1.35, 1.0, 0.75, 0.56, 0.42, 0.32, 0.24)  # from 60 px on: for photographs and for checks

_MARGIN = 0.3  # of the box, on each side, at the second look
_FALL = 1.5  # below the highest score a neighbouring cell says nothing about where the face is

CHIP = 150  # px
CHIP_PADDING = 0.25  # of the face, around it


class MmodDetector:
    """Sweeps a picture at several scales, falling. Weak answers are given too: from `floor` on."""

    def __init__(self, network: Network, scales: Sequence[float] = SWEEP, floor: float = -0.5) -> None:
        self._session, self._scales, self._floor = network.session, scales, floor

    def detect(self, picture: Picture) -> list[Found]:
        boxes: list[FloatBox] = []
        scores: list[float] = []
        scaled, whole = picture, min(LINES / min(picture.shape[:2]), LONG_SIDE_MAX / max(picture.shape[:2]))
        for step in self._scales:  # each from the one before: far cheaper than from the whole picture
            scale = step * whole
            if scale * min(picture.shape[:2]) < WINDOW // 2:
                break
            scaled = _resized(scaled, picture, scale)
            self._look(scaled, scale, boxes, scores)
        if not boxes:
            return []
        # OpenCV's suppression refuses thresholds below zero: scores are shifted.
        kept = cv2.dnn.NMSBoxes(boxes, [score - self._floor for score in scores], 0.0, 0.3)
        return [Found(boxes[i], scores[i], Proposer.MMOD) for i in np.asarray(kept).ravel()]

    def _look(self, scaled: Picture, scale: float, boxes: list[FloatBox], scores: list[float]) -> None:
        found = self._session.run(None, {"picture": scaled[None]})[0][0, 0]
        for row, column in zip(*np.nonzero(found > self._floor), strict=True):
            left, top = (CELL * int(p) + CELL_CENTRE - WINDOW / 2 for p in (column, row))
            boxes.append((left / scale, top / scale, WINDOW / scale, WINDOW / scale))
            scores.append(float(found[row, column]))


def _resized(previous: Picture, picture: Picture, scale: float) -> Picture:
    """The picture at this scale, made from its previous size."""
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    if size == (previous.shape[1], previous.shape[0]):
        return previous
    resized: Picture = cv2.resize(previous, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    return resized


class MmodConfirmer:
    """Looks at one box again, enlarged, at two sizes.

    A proposer's box moves about a bare face by some pixels, and the landmarks with it: in 0.3 % of frontal
    sightings of an approved person the chip was so far off that it matched nobody. The mean of both looks does
    not (measured: distances beyond 0.5 in 0 of 1,505 sightings instead of 6).
    """

    def __init__(self, network: Network) -> None:
        self._session = network.session

    def confirm(self, picture: Picture, found: Found) -> Confirmed:
        cut = crop(picture, found.box, margin=_MARGIN, side=160)
        smaller: Picture = cv2.resize(cut, (128, 128), interpolation=cv2.INTER_LINEAR).astype(
            np.uint8, copy=False
        )
        score, box = max((self._look(look, found.box) for look in (cut, smaller)), key=lambda seen: seen[0])
        return Confirmed(score, found if score < 0 else _between(found, box))

    def _look(self, look: Picture, box: FloatBox) -> tuple[float, FloatBox]:
        """The best score, and the square of the face there, in pixels of the picture."""
        scores = self._session.run(None, {"picture": look[None]})[0][0, 0]
        highest, row, column = _peak(scores)
        x, y, width, height = box
        whole = max(width, height) * (1 + 2 * _MARGIN)
        pixel = whole / look.shape[0]
        left, top = (CELL * place + CELL_CENTRE - WINDOW / 2 for place in (column, row))
        corner = x + (width - whole) / 2, y + (height - whole) / 2
        square = corner[0] + left * pixel, corner[1] + top * pixel, WINDOW * pixel, WINDOW * pixel
        return highest, square


class DlibEmbedder:
    """Five landmarks, an upright chip, a vector of 128. Distance is Euclidean."""

    def __init__(self, network: Network, landmarks: Path) -> None:
        self._session = network.session
        self._landmarks: Any = dlib.shape_predictor(str(landmarks))

    def chip(self, picture: Picture, found: Found) -> Chip:
        picture = np.ascontiguousarray(picture)
        shape = self._landmarks(picture, _rectangle(found))
        one, inner_one, other, inner_other, nose = ((point.x, point.y) for point in shape.parts())
        turn = turn_of(_centre(one, inner_one), _centre(other, inner_other), nose)
        return Chip(dlib.get_face_chip(picture, shape, CHIP, CHIP_PADDING), turn)

    def embed(self, chip: Chip) -> Vector:
        vector: Vector = self._session.run(None, {"face": chip.picture[None]})[0][0]
        return vector

    def distances(self, vector: Vector, templates: Sequence[Vector]) -> list[float]:
        return [float(np.linalg.norm(vector - template)) for template in templates]


def _peak(scores: npt.NDArray[np.float32]) -> tuple[float, float, float]:
    """The highest score, with its row and column between the cells: weighted by how near its neighbours come."""
    row, column = divmod(int(scores.argmax()), scores.shape[1])
    top, left = max(0, row - 1), max(0, column - 1)
    near = scores[top : row + 2, left : column + 2].tolist()
    highest = float(scores[row, column])
    weights = [[max(0.0, score - highest + _FALL) for score in line] for line in near]
    rows, columns = [sum(line) for line in weights], [sum(line) for line in zip(*weights, strict=True)]
    return highest, top + _middle(rows), left + _middle(columns)


def _middle(weights: Sequence[float]) -> float:
    """The weighted mean of the places."""
    return sum(place * weight for place, weight in enumerate(weights)) / sum(weights)


def _between(found: Found, box: FloatBox) -> Found:
    """The face in the middle between what proposed it and the second look."""
    first = _square(found)
    x, y, width, height = ((a + b) / 2 for a, b in zip(first, box, strict=True))
    return Found((x, y, width, height), found.score, Proposer.MMOD)


def _rectangle(found: Found) -> Any:
    """The box as dlib's landmarks take it."""
    left, top, side, _ = _square(found)
    return dlib.rectangle(int(left), int(top), int(left + side), int(top + side))


def _centre(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _square(found: Found) -> FloatBox:
    """The box as dlib's detector would give it. NudeNet's boxes sit lower and are larger."""
    x, y, width, height = found.box
    side = (width * height) ** 0.5
    middle_x, middle_y = x + width / 2, y + height / 2
    if found.proposer is Proposer.NUDENET:
        middle_x, middle_y, side = middle_x - 0.02 * side, middle_y - 0.07 * side, 0.98 * side
    return middle_x - side / 2, middle_y - side / 2, side, side
