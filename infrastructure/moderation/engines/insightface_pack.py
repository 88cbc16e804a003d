"""Face packs for insightface (SCRFD and ArcFace) from any folder, checked by a lock file of our own.

A pack's own manifest proves nothing: whoever changes a model can change the manifest, and without one the
library loads whatever lies there. So the operator keeps a lock apart from the models, and a pack is refused
unless every file is the one the lock names. The files are copied to a private folder first, and loaded there.

Lock file, JSON:
    {"pack": "name", "licence": "...", "calibrated_on": "...", "accept": 6000, "accept_poor": 5000,
     "reject": 7000, "reject_poor": 7500, "files": {"det.onnx": {"sha256": "...", "size": 123}, ...},
     "golden": {"picture": "golden.png", "vector": [...], "distance_max": 100}}
`accept` to `reject_poor` are cosine distances in 1/10,000, as calibrated for this pack. `golden` is a
picture among the files and the vector of the one face in it, made when the pack was calibrated: a runtime that
computes another vector is refused, for its thresholds would mean nothing.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import onnxruntime

from application.moderation import Chip, Confirmed, Eyes, Found, Picture, Vector
from domain.moderation.kind import ASSESSED_BY_FACES, Kind
from domain.moderation.observation import Proposer
from domain.moderation.policy import MatchingPolicy, ModerationPolicy
from infrastructure.moderation.models import ModelRefused

DETECTION_SIDE = 640  # px: one pass over the picture; the library's default would make two
TASKS = frozenset({"detection", "recognition"})
_MANIFEST = 2  # the only version whose hashes the library checks


class LockedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a pack as it must be."""

    sha256: str
    size: int


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One face, and what the pack must make of it."""

    picture: str
    vector: tuple[float, ...]
    distance_max: int  # 1/10,000


class PackLock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator says a pack is. Kept apart from the pack."""

    pack: str
    licence: str
    calibrated_on: str
    accept: int
    accept_poor: int
    reject: int
    reject_poor: int
    files: dict[str, LockedFile]
    golden: Golden

    def policy(self) -> ModerationPolicy:
        """The default policy with this pack's own thresholds."""
        matching = MatchingPolicy(
            accept=self.accept,
            accept_poor=self.accept_poor,
            reject=self.reject,
            reject_poor=self.reject_poor,
        )
        return ModerationPolicy.full().model_copy(update={"matching": matching})

    @classmethod
    def read(cls, path: Path) -> "PackLock":
        """Raises `ModelRefused` when there is no such lock or it says something else."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError) as error:
            raise ModelRefused(f"The lock {path} of a face pack cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class PackSetup:
    """The set-up `pack`: somebody's detector and embedder behind our ports."""

    analysis: Any  # insightface.app.FaceAnalysis
    lock: PackLock
    digest: str

    @property
    def name(self) -> str:
        return "pack"

    @property
    def engine(self) -> str:
        return f"pack:{self.lock.pack}:{self.digest[:12]}"

    @property
    def assessed(self) -> tuple[Kind, ...]:
        return ASSESSED_BY_FACES

    @property
    def policy(self) -> ModerationPolicy:
        return self.lock.policy()

    def eyes(self) -> Eyes:
        pack = PackEyes(self.analysis)
        return Eyes(pack, pack, pack)


class PackEyes:
    """SCRFD finds and confirms, ArcFace compares. Distance is one minus the cosine."""

    def __init__(self, analysis: Any) -> None:
        self._detector = analysis.det_model
        self._embedder = analysis.models["recognition"]

    def detect(self, picture: Picture) -> list[Found]:
        boxes, points = self._detector.detect(np.ascontiguousarray(picture[:, :, ::-1]))
        return [_found(box, points[i]) for i, box in enumerate(boxes)]

    def confirm(self, picture: Picture, found: Found) -> Confirmed:
        """The detector looked at full size; above one half it is sure."""
        return Confirmed(found.score - 0.5, found)

    def chip(self, picture: Picture, found: Found) -> Chip:
        from insightface.utils import face_align

        points = np.array(found.points, np.float32)
        side = self._embedder.input_size[0]
        upright: Picture = face_align.norm_crop(picture, landmark=points, image_size=side)
        left, right, nose = points[:3].astype(np.float64)
        apart = float(np.linalg.norm(right - left)) + 1e-6
        turn = float(np.dot(nose - (left + right) / 2, (right - left) / apart) / apart)
        return Chip(upright, turn)

    def embed(self, chip: Chip) -> Vector:
        vector = self._embedder.get_feat(np.ascontiguousarray(chip.picture[:, :, ::-1])).flatten()
        unit: Vector = (vector / (np.linalg.norm(vector) + 1e-12)).astype(np.float32)
        return unit

    def distances(self, vector: Vector, templates: Sequence[Vector]) -> list[float]:
        return [1.0 - float(np.dot(vector, template)) for template in templates]


def load(folder: Path, lock: PackLock, *, operational: bool) -> PackSetup:
    """Check a pack file by file, copy it, load the copy. Raises `ModelRefused` with the reason.

    `operational`: real calls depend on it, so its licence must be a signed commercial one.
    """
    _check(folder, lock)
    private = Path(tempfile.mkdtemp(prefix="kinline-pack-"))
    try:
        for name in lock.files:
            shutil.copyfile(folder / name, private / name)
        _check(private, lock)  # the copy is what runs, so the copy is what must be right
        analysis = _analysis(private, operational=operational)
        _recall(analysis, private, lock.golden)
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return PackSetup(analysis, lock, hashlib.sha256(msgspec.json.encode(lock)).hexdigest())


def _check(folder: Path, lock: PackLock) -> None:
    """Every file the lock names is there and is the one; no other model lies beside them."""
    if not folder.is_absolute() or not folder.is_dir():
        raise ModelRefused("The folder of a face pack must be given in full and exist.")
    for path in folder.iterdir():
        if path.is_symlink():
            raise ModelRefused(f"{path.name} in the face pack is a link: a pack consists of files.")
        if path.suffix == ".onnx" and path.name not in lock.files:
            raise ModelRefused(f"{path.name} in the face pack is not in its lock.")
    for name, locked in lock.files.items():
        _check_file(folder, name, locked)


def _check_file(folder: Path, name: str, locked: LockedFile) -> None:
    path = folder / name
    if Path(name).name != name or not path.is_file():
        raise ModelRefused(f"{name} of the face pack is missing.")
    content = path.read_bytes()
    if len(content) != locked.size or hashlib.sha256(content).hexdigest() != locked.sha256:
        raise ModelRefused(f"{name} of the face pack is not the file in its lock.")


def _analysis(folder: Path, *, operational: bool) -> Any:
    """The library's own loader, told exactly what to load: it never downloads and never guesses."""
    from insightface.app import FaceAnalysis
    from insightface.model_zoo.model_license import inspect_model_package_license
    from insightface.model_zoo.package_manifest import load_model_package

    try:
        package = load_model_package(str(folder))
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        raise ModelRefused(f"The face pack has no manifest we can use: {error}") from error
    if package is None or package.manifest_version != _MANIFEST or set(package.tasks) != TASKS:
        raise ModelRefused("The face pack must have a manifest of version 2 with detection and recognition.")
    licence = inspect_model_package_license(folder)
    if operational and licence.status != "verified_commercial":
        raise ModelRefused("The face pack has no signed commercial licence: it may not judge real calls.")
    analysis = FaceAnalysis(name=package, providers=["CPUExecutionProvider"], sess_options=_one_thread())
    if set(analysis.models) != TASKS:
        raise ModelRefused("The face pack loads other models than its manifest says.")
    analysis.prepare(ctx_id=-1, det_thresh=0.1, det_size=(DETECTION_SIDE, DETECTION_SIDE))
    # The detector reads its file at its first picture: that is to be the copy we checked, which goes away.
    analysis.det_model.detect(np.zeros((DETECTION_SIDE, DETECTION_SIDE, 3), np.uint8))
    return analysis


def _recall(analysis: Any, folder: Path, golden: Golden) -> None:
    """The self-test: the pack finds the one face and makes the vector it made when it was calibrated."""
    picture = cv2.imread(str(folder / golden.picture))
    if picture is None:
        raise ModelRefused("The golden picture of the face pack cannot be read.")
    rgb = np.ascontiguousarray(picture[:, :, ::-1]).astype(np.uint8, copy=False)
    eyes = PackEyes(analysis)
    faces = [found for found in eyes.detect(rgb) if eyes.confirm(rgb, found).score >= 0]
    if len(faces) != 1:
        raise ModelRefused(
            f"The face pack finds {len(faces)} faces in its golden picture, where there is one."
        )
    vector = eyes.embed(eyes.chip(rgb, faces[0]))
    if len(vector) != len(golden.vector):
        raise ModelRefused("The vector of the golden picture in the lock has another length than the pack's.")
    (distance,) = eyes.distances(vector, [np.asarray(golden.vector, np.float32)])
    if not distance * 10_000 <= golden.distance_max:
        raise ModelRefused(
            "The face pack makes another vector of its golden picture than it was calibrated with."
        )


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
