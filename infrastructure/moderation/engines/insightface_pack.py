"""insightface packs: SCRFD finds faces, ArcFace compares them, by the library's own loader.

Without a manifest the library loads whatever lies in the folder, by shape; with one of a version it does not
know it does the same. So a manifest of the one version whose hashes it checks is demanded, beside our own lock.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from application.moderation import Chip, Confirmed, Eyes, Found, Picture, Vector
from domain.moderation.observation import Proposer
from infrastructure.moderation.engines.quality import turn_of
from infrastructure.moderation.models import ModelRefused
from infrastructure.moderation.pack_lock import PackLock

DETECTION_SIDE = 640  # px: one pass over the picture; the library's default would make two
TASKS = frozenset({"detection", "recognition"})
_MANIFEST = 2  # the only version whose hashes the library checks
_FLOOR = 0.1  # weaker boxes are not even proposed


def opened(folder: Path, lock: PackLock) -> Callable[[], Eyes]:
    """The networks of a checked folder, which may go away afterwards. Raises `ModelRefused`."""
    faces = PackEyes(_analysis(folder), lock.sure / 10_000)
    return lambda: Eyes(faces, faces, faces)


class PackEyes:
    """SCRFD finds and confirms, ArcFace compares. Distance is one minus the cosine. Nothing is kept between calls."""

    def __init__(self, analysis: Any, sure: float) -> None:
        self._detector = analysis.det_model
        self._embedder = analysis.models["recognition"]
        self._sure = sure

    def detect(self, picture: Picture) -> list[Found]:
        if DETECTION_SIDE * min(picture.shape[:2]) < max(picture.shape[:2]):
            return []  # a line, not a picture: nothing would be left of it at the network's size
        boxes, points = self._detector.detect(np.ascontiguousarray(picture[:, :, ::-1]))
        return [_found(box, points[i]) for i, box in enumerate(boxes)]

    def confirm(self, picture: Picture, found: Found) -> Confirmed:
        """The detector looked at full size already: from a score on it is sure."""
        return Confirmed(found.score - self._sure, found)

    def chip(self, picture: Picture, found: Found) -> Chip:
        from insightface.utils import face_align

        points = np.array(found.points, np.float32)
        side = self._embedder.input_size[0]
        upright: Picture = face_align.norm_crop(picture, landmark=points, image_size=side)
        return Chip(upright, turn_of(*found.points[:3]))

    def embed(self, chip: Chip) -> Vector:
        vector = self._embedder.get_feat(np.ascontiguousarray(chip.picture[:, :, ::-1])).flatten()
        unit: Vector = (vector / (np.linalg.norm(vector) + 1e-12)).astype(np.float32)
        return unit

    def distances(self, vector: Vector, templates: Sequence[Vector]) -> list[float]:
        return [1.0 - float(np.dot(vector, template)) for template in templates]


def _analysis(folder: Path) -> Any:
    """The library's own loader, told exactly what to load: it never downloads and never guesses."""
    from insightface.app import FaceAnalysis
    from insightface.model_zoo.package_manifest import load_model_package

    try:
        package = load_model_package(str(folder))
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        raise ModelRefused(f"The face pack has no manifest we can use: {error}") from error
    if package is None or package.manifest_version != _MANIFEST or set(package.tasks) != TASKS:
        raise ModelRefused("The face pack must have a manifest of version 2 with detection and recognition.")
    try:
        analysis = FaceAnalysis(name=package, providers=["CPUExecutionProvider"], sess_options=_one_thread())
    except Exception as error:  # the runtime's own errors have no common ancestor but this one
        raise ModelRefused(f"The networks of the face pack cannot be loaded: {error}") from error
    if set(analysis.models) != TASKS:
        raise ModelRefused("The face pack loads other models than its manifest says.")
    analysis.prepare(ctx_id=-1, det_thresh=_FLOOR, det_size=(DETECTION_SIDE, DETECTION_SIDE))
    # The detector reads its file at its first picture: that is to be the copy we checked, which goes away.
    analysis.det_model.detect(np.zeros((DETECTION_SIDE, DETECTION_SIDE, 3), np.uint8))
    return analysis


def _one_thread() -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _found(box: Any, points: Any) -> Found:
    left, top, right, bottom, score = (float(number) for number in box)
    landmarks = tuple((float(x), float(y)) for x, y in points)
    return Found((left, top, right - left, bottom - top), score, Proposer.SCRFD, landmarks)
