"""The lock of a pack: what an operator says a pack is, file by file.

A pack's own manifest proves nothing: whoever changes a model can change the manifest beside it. So the operator
keeps a lock apart from the models, and a pack is refused unless every file is the one the lock names.

Lock file, JSON:
    {"kind": "insightface", "pack": "name", "licence": "...", "calibrated_on": "...", "accept": 6000,
     "accept_poor": 5000, "reject": 7000, "reject_poor": 7500, "sure": 5000,
     "files": {"det.onnx": {"sha256": "...", "size": 123}, ...},
     "golden": {"picture": "golden.png", "vector": [...], "distance_max": 100},
     "tasks": {"detection": "...", "recognition": "..."}, "licence_texts": ["LICENSE", ...],
     "liveness": {"file": "liveness.onnx", "licence": "...", "threshold": 8000, "golden": 9900}}
`accept` to `reject_poor` are cosine distances in 1/10,000, as calibrated for this pack, and `sure` is the
detector's score from which it is a face. `golden` is a picture among the files and the vector of the one face in
it, made when the pack was calibrated: a runtime that computes another vector is refused, for its thresholds
would mean nothing. `tasks` says which file is which where the pack has no manifest (`yunet_sface`), and
`licence_texts` where its licences stand. `liveness` is left out by a pack that cannot tell: `threshold` is the
probability from which a face is alive, `golden` that of the golden picture, in 1/10,000.
"""

import hashlib
import re
from enum import StrEnum
from pathlib import Path

import msgspec

from domain.moderation.kind import ASSESSED_BY_FACES, Kind
from domain.moderation.policy import LivenessPolicy, MatchingPolicy, ModerationPolicy
from infrastructure.moderation.models import ModelRefused

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class PackKind(StrEnum):
    """Whose code runs the networks."""

    INSIGHTFACE = "insightface"  # SCRFD and ArcFace
    YUNET_SFACE = "yunet_sface"  # by OpenCV's own classes


class LockedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a pack as it must be."""

    sha256: str
    size: int


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One face, and what the pack must make of it."""

    picture: str
    vector: tuple[float, ...]
    distance_max: int  # 1/10,000


class LivenessLock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The network that tells a person from a picture of one."""

    file: str
    licence: str  # its own: it is not the pack's makers' to give
    threshold: int  # 1/10,000
    golden: int  # 1/10,000, what it says of the golden picture


class PackLock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
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
    kind: PackKind = PackKind.INSIGHTFACE
    sure: int = 5_000  # 1/10,000, the detector's score from which it is a face
    tasks: dict[str, str] = {}
    licence_texts: tuple[str, ...] = ()
    liveness: LivenessLock | None = None

    def __post_init__(self) -> None:
        """A lock that could not have been meant is no lock."""
        if not _NAME.fullmatch(self.pack):
            raise ValueError("the pack's name must be letters, digits, dots, dashes and underscores")
        odd = [name for name in self.files if not _NAME.fullmatch(name)]
        if odd:
            raise ValueError(f"{odd[0]!r} is no plain file name")
        if not self.accept_poor <= self.accept < self.reject <= self.reject_poor:
            raise ValueError("accept_poor, accept, reject and reject_poor must rise")
        if self.liveness is not None and not 0 < self.liveness.threshold <= 10_000:
            raise ValueError("the threshold of liveness is a probability in 1/10,000")

    @property
    def needed(self) -> frozenset[str]:
        """The files the lock itself speaks of."""
        liveness = () if self.liveness is None else (self.liveness.file,)
        return frozenset({self.golden.picture, *self.tasks.values(), *self.licence_texts, *liveness})

    @property
    def digest(self) -> str:
        """Which pack this is, on record: files, thresholds and all."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()

    @property
    def assessed(self) -> tuple[Kind, ...]:
        """The kinds that its networks can tell."""
        return ASSESSED_BY_FACES if self.liveness is None else (*ASSESSED_BY_FACES, Kind.LIVENESS_FAILED)

    def policy(self) -> ModerationPolicy:
        """The default policy with this pack's own thresholds."""
        matching = MatchingPolicy(
            accept=self.accept,
            accept_poor=self.accept_poor,
            reject=self.reject,
            reject_poor=self.reject_poor,
        )
        liveness = (
            LivenessPolicy() if self.liveness is None else LivenessPolicy(score=self.liveness.threshold)
        )
        return ModerationPolicy.full().model_copy(update={"matching": matching, "liveness": liveness})

    @classmethod
    def read(cls, path: Path) -> "PackLock":
        """Raises `ModelRefused` when there is no such lock or it says something else."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError) as error:
            raise ModelRefused(f"The lock {path} of a face pack cannot be read: {error}") from error


def check(folder: Path, lock: PackLock) -> None:
    """Every file the lock names is there and is the one; no other model lies beside them."""
    if not folder.is_absolute() or not folder.is_dir():
        raise ModelRefused("The folder of a face pack must be given in full and exist.")
    for path in folder.iterdir():
        if path.is_symlink():
            raise ModelRefused(f"{path.name} in the face pack is a link: a pack consists of files.")
        if path.suffix == ".onnx" and path.name not in lock.files:
            raise ModelRefused(f"{path.name} in the face pack is not in its lock.")
    for name in sorted(lock.needed - set(lock.files)):
        raise ModelRefused(f"{name} of the face pack is named in its lock, and not among its files.")
    for name, locked in lock.files.items():
        _check_file(folder / name, locked)


def _check_file(path: Path, locked: LockedFile) -> None:
    if not path.is_file():
        raise ModelRefused(f"{path.name} of the face pack is missing.")
    content = path.read_bytes()
    if len(content) != locked.size or hashlib.sha256(content).hexdigest() != locked.sha256:
        raise ModelRefused(f"{path.name} of the face pack is not the file in its lock.")
