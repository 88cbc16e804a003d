"""YuNet and SFace packs: found and compared by OpenCV's own `FaceDetectorYN` and `FaceRecognizerSF`.

Both are made from the bytes that were checked: no path is opened a second time. Neither may be used by two
threads at once. A detector keeps the size of the last picture, so each stream has its own; a recogniser is large
and keeps nothing, so each thread has one.
"""

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from application.moderation import Chip, Confirmed, Eyes, Found, Picture, Vector
from domain.moderation.observation import Proposer
from infrastructure.moderation.engines.quality import turn_of
from infrastructure.moderation.models import ModelRefused
from infrastructure.moderation.pack_lock import PackLock

LONG_SIDE = 640  # px: larger pictures are scaled down before faces are looked for
TASKS = frozenset({"detection", "recognition"})
_FLOOR = 0.1  # weaker boxes are not even proposed
_OVERLAP_MAX = 0.3
_PROPOSED_MAX = 100

Row = npt.NDArray[np.float32]
"""A face as OpenCV tells it: x, y, width, height, five points, score."""


def opened(folder: Path, lock: PackLock) -> Callable[[], Eyes]:
    """The networks of a checked folder, which may go away afterwards. Raises `ModelRefused`."""
    if set(lock.tasks) != TASKS:
        raise ModelRefused(
            "The lock of a YuNet and SFace pack must name its files for detection and recognition."
        )
    detection, recognition = ((folder / lock.tasks[task]).read_bytes() for task in sorted(TASKS))
    cv2.setNumThreads(1)  # streams share the cores by threads of our own
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of a target nobody asked for
    sface = Sface(recognition)
    sure = lock.sure / 10_000

    def eyes() -> Eyes:
        yunet = Yunet(detection, sure)
        return Eyes(yunet, yunet, sface)

    return eyes


class Yunet:
    """One stream's detector. It confirms by its score: it looked at full size already."""

    def __init__(self, model: bytes, sure: float) -> None:
        self._model, self._sure = model, sure
        self._size = (0, 0)

    def detect(self, picture: Picture) -> list[Found]:
        looked_at, scale = _fitted(picture)
        size = looked_at.shape[1], looked_at.shape[0]
        if size != self._size:
            self._detector.setInputSize(size)
            self._size = size
        _, rows = self._detector.detect(np.ascontiguousarray(looked_at[:, :, ::-1]))
        return [] if rows is None else [_found(row, scale) for row in rows]

    def confirm(self, picture: Picture, found: Found) -> Confirmed:
        return Confirmed(found.score - self._sure, found)

    @cached_property
    def _detector(self) -> Any:
        """Made at the first picture: who only compares faces needs none."""
        try:
            return cv2.FaceDetectorYN.create(
                "onnx",
                _buffer(self._model),
                _NOTHING,
                (LONG_SIDE, LONG_SIDE),
                _FLOOR,
                _OVERLAP_MAX,
                _PROPOSED_MAX,
            )
        except cv2.error as error:
            raise ModelRefused("OpenCV cannot read the pack's detector.") from error


class Sface:
    """The recogniser of the process. Distance is one minus the cosine."""

    def __init__(self, model: bytes) -> None:
        self._model = model
        self._of_thread = threading.local()

    def chip(self, picture: Picture, found: Found) -> Chip:
        aligned = self._recogniser.alignCrop(np.ascontiguousarray(picture[:, :, ::-1]), _row(found))
        upright: Picture = np.ascontiguousarray(aligned[:, :, ::-1])
        return Chip(upright, turn_of(*found.points[:3]))

    def embed(self, chip: Chip) -> Vector:
        vector = self._recogniser.feature(np.ascontiguousarray(chip.picture[:, :, ::-1])).flatten()
        unit: Vector = (vector / (np.linalg.norm(vector) + 1e-12)).astype(np.float32)
        return unit

    def distances(self, vector: Vector, templates: Sequence[Vector]) -> list[float]:
        return [1.0 - float(np.dot(vector, template)) for template in templates]

    @property
    def _recogniser(self) -> Any:
        made = getattr(self._of_thread, "recogniser", None)
        if made is None:
            try:
                made = cv2.FaceRecognizerSF.create("onnx", _buffer(self._model), _NOTHING)
            except cv2.error as error:
                raise ModelRefused("OpenCV cannot read the pack's recogniser.") from error
            self._of_thread.recogniser = made
        return made


_NOTHING = np.zeros(0, np.uint8)  # OpenCV also takes a configuration, which ONNX files do not have


def _buffer(model: bytes) -> Picture:
    return np.frombuffer(model, np.uint8)


def _fitted(picture: Picture) -> tuple[Picture, float]:
    """The picture no larger than the network likes, and its scale."""
    height, width = picture.shape[:2]
    scale = min(1.0, LONG_SIDE / max(height, width))
    if scale == 1:
        return picture, scale
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False), scale


def _found(row: Row, scale: float) -> Found:
    x, y, width, height, *points = (float(number) / scale for number in row[:14])
    pairs = tuple(zip(points[::2], points[1::2], strict=True))
    return Found((x, y, width, height), float(row[14]), Proposer.YUNET, pairs)


def _row(found: Found) -> Row:
    points = [number for point in found.points for number in point]
    return np.array([[*found.box, *points, found.score]], np.float32)
