"""Packs: somebody's own detector and embedder, from a folder, checked by a lock (`pack_lock`).

The files are copied to a private folder first, checked there, and loaded from there: what was checked is what
runs. Then the pack is shown its golden picture. Whatever is not as the lock says, the pack is refused.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import msgspec
import numpy as np

from application.moderation import Eyes, Found, Picture, Vector
from domain.moderation.kind import Kind
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation import pack_licences
from infrastructure.moderation.engines.quality import to_units
from infrastructure.moderation.models import ModelRefused
from infrastructure.moderation.pack_lock import Golden, LockedFile, PackKind, PackLock, check
from infrastructure.moderation.precision import precision_of

_LIVENESS_OFF_MAX = 100  # 1/10,000: as near as processors agree


@dataclass(frozen=True, slots=True)
class PackSetup:
    """The set-up `pack`: somebody's networks behind our ports."""

    lock: PackLock
    precision: str
    eyes_of_stream: Callable[[], Eyes]

    @property
    def name(self) -> str:
        return "pack"

    @property
    def engine(self) -> str:
        return f"pack:{self.lock.pack}:{self.lock.digest[:12]}@{self.precision}"

    @property
    def assessed(self) -> tuple[Kind, ...]:
        return self.lock.assessed

    @property
    def policy(self) -> ModerationPolicy:
        return self.lock.policy()

    def eyes(self) -> Eyes:
        return self.eyes_of_stream()


def load(folder: Path, lock: PackLock, *, operational: bool) -> PackSetup:
    """Check a pack file by file, copy it, load the copy. Raises `ModelRefused` with the reason.

    `operational`: real calls depend on it, so its licence must be a verified commercial one.
    """
    check(folder, lock)
    with _private_copy(folder, lock) as private:
        check(private, lock)  # the copy is what runs, so the copy is what must be right
        licence = pack_licences.of(private, lock)
        if operational and not licence.commercial:
            raise ModelRefused(
                f"The face pack has no verified commercial licence ({licence.says}): it may not judge real calls."
            )
        eyes_of_stream = _opened(private, lock)
        _recall(eyes_of_stream(), private, lock)
        return PackSetup(lock, _precision_of_pack(private, lock), eyes_of_stream)


def complete(folder: Path, draft: PackLock) -> PackLock:
    """The draft with the files as they are, and what the pack makes of its golden picture today.

    For the day on which a pack was calibrated; whoever does it says that these files are the right ones.
    """
    files = {path.name: _locked(path) for path in sorted(folder.iterdir()) if path.is_file()}
    lock = msgspec.structs.replace(draft, files=files)
    check(folder, lock)
    eyes = _opened(folder, lock)()
    picture = _golden_picture(folder, lock.golden)
    vector = _vector(eyes, picture, _golden_face(eyes, picture))
    golden = msgspec.structs.replace(lock.golden, vector=tuple(float(number) for number in vector))
    liveness = lock.liveness
    if liveness is not None:
        liveness = msgspec.structs.replace(liveness, golden=_live(eyes, picture))
    return msgspec.structs.replace(lock, golden=golden, liveness=liveness)


def _precision_of_pack(folder: Path, lock: PackLock) -> str:
    """The coarsest numbers any of its networks computes in."""
    found = {precision_of((folder / name).read_bytes()) for name in lock.files if name.endswith(".onnx")}
    return min(found, default="fp32", key=("int8", "fp16", "fp32").index)


def _golden_face(eyes: Eyes, picture: Picture) -> Found:
    """The one face in a golden picture. Raises `ModelRefused` where there is none, or another."""
    faces = [
        found for found in eyes.detector.detect(picture) if eyes.confirmer.confirm(picture, found).score >= 0
    ]
    if len(faces) != 1:
        raise ModelRefused(
            f"The face pack finds {len(faces)} faces in its golden picture, where there is one."
        )
    return faces[0]


def _golden_picture(folder: Path, golden: Golden) -> Picture:
    """The picture, RGB. Raises `ModelRefused`."""
    picture = cv2.imread(str(folder / golden.picture))
    if picture is None:
        raise ModelRefused("The golden picture of the face pack cannot be read.")
    return np.ascontiguousarray(picture[:, :, ::-1]).astype(np.uint8, copy=False)


def _vector(eyes: Eyes, picture: Picture, face: Found) -> Vector:
    return eyes.embedder.embed(eyes.embedder.chip(picture, face))


def _locked(path: Path) -> LockedFile:
    content = path.read_bytes()
    return LockedFile(hashlib.sha256(content).hexdigest(), len(content))


@contextmanager
def _private_copy(folder: Path, lock: PackLock) -> Iterator[Path]:
    """The locked files where nobody else can change them, until they are loaded."""
    private = Path(tempfile.mkdtemp(prefix="kinline-pack-"))
    try:
        for name in lock.files:
            shutil.copyfile(folder / name, private / name)
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _opened(folder: Path, lock: PackLock) -> Callable[[], Eyes]:
    from infrastructure.moderation.engines import insightface_pack, liveness, yunet_sface

    openers = {PackKind.INSIGHTFACE: insightface_pack.opened, PackKind.YUNET_SFACE: yunet_sface.opened}
    eyes_of_stream = openers[lock.kind](folder, lock)
    if lock.liveness is None:
        return eyes_of_stream
    assessor = liveness.opened(folder / lock.liveness.file)
    return lambda: replace(eyes_of_stream(), liveness=assessor)


def _recall(eyes: Eyes, folder: Path, lock: PackLock) -> None:
    """The self-test: the pack finds the one face and makes the vector it made when it was calibrated."""
    golden, picture = lock.golden, _golden_picture(folder, lock.golden)
    vector = _vector(eyes, picture, _golden_face(eyes, picture))
    if len(vector) != len(golden.vector):
        raise ModelRefused("The vector of the golden picture in the lock has another length than the pack's.")
    (distance,) = eyes.embedder.distances(vector, [np.asarray(golden.vector, np.float32)])
    if not distance * 10_000 <= golden.distance_max:
        raise ModelRefused(
            "The face pack makes another vector of its golden picture than it was calibrated with."
        )
    if lock.liveness is not None and abs(_live(eyes, picture) - lock.liveness.golden) > _LIVENESS_OFF_MAX:
        raise ModelRefused(
            "The pack's liveness network says something else of the golden picture than it did."
        )


def _live(eyes: Eyes, picture: Picture) -> int:
    """What the liveness network says of the golden face, 1/10,000. Raises `ModelRefused`."""
    assert eyes.liveness is not None
    live = eyes.liveness.live(picture, _golden_face(eyes, picture))
    if live is None:
        raise ModelRefused("The golden picture shows too little around the face to tell whether it is alive.")
    return to_units(live)
