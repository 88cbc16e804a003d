"""The named set-ups: which networks judge the pictures of a call."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from application.moderation import Eyes, FaceConfirmer, FaceDetector, FaceEmbedder, Setup
from domain.moderation.kind import ASSESSED_BY_FACES, Kind
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation import golden, installed, models, packs
from infrastructure.moderation.models import ModelRefused, ModelStore, Network, Weights
from infrastructure.moderation.pack_lock import PackLock

NAMES = ("full", "permissive", "scripted", "pack")
PROFILES = ("operational", "development")


@dataclass(frozen=True, slots=True)
class DlibSetup:
    """The mmod detector or NudeNet in front, dlib's networks behind. Sessions are shared, buffers are not."""

    name: str
    engine: str
    faces: Network
    nudity: Network | None
    confirmer: FaceConfirmer
    embedder: FaceEmbedder
    policy: ModerationPolicy

    @property
    def assessed(self) -> tuple[Kind, ...]:
        return (*ASSESSED_BY_FACES, Kind.EXPLICIT_NUDITY) if self.nudity else ASSESSED_BY_FACES

    def eyes(self) -> Eyes:
        from infrastructure.moderation.engines.dlib_onnx import MmodDetector
        from infrastructure.moderation.engines.nudenet import NudeNet

        if self.nudity is None:
            return Eyes(MmodDetector(self.faces), self.confirmer, self.embedder)
        proposer = NudeNet(self.nudity)
        return Eyes(proposer, self.confirmer, self.embedder, nudity=proposer)


def chosen_name(wanted: str | None = None) -> str:
    """The set-up that runs: as asked, else `KINLINE_SETUP`, else `full` where the extra is installed.

    Raises ValueError for a name that does not exist.
    """
    name = wanted or os.environ.get("KINLINE_SETUP") or ""
    if not name:
        return "full" if models.is_installed(models.NUDITY) else "permissive"
    if name not in NAMES:
        raise ValueError(f"There is no set-up named {name}: choose {', '.join(NAMES)}.")
    return name


def default_policy(name: str) -> ModerationPolicy:
    """The policy a set-up starts with. Raises `ModelRefused` where a pack's lock does not say it."""
    if name == "pack":
        return _pack_lock()[1].policy()
    return ModerationPolicy.permissive() if name == "permissive" else ModerationPolicy.full()


def load(name: str, store: ModelStore | None = None) -> Setup:
    """Load the set-up's networks. Raises `ModelRefused` when a model is missing or is not the one we know."""
    if name == "scripted":
        from infrastructure.moderation.engines.scripted import ScriptedSetup

        return ScriptedSetup()
    if name == "pack":
        return _pack()
    return _dlib(name, store or ModelStore())


def _dlib(name: str, store: ModelStore) -> DlibSetup:
    from infrastructure.moderation.engines.dlib_onnx import DlibEmbedder, MmodConfirmer

    faces, vectors, (landmarks, landmarks_sha256) = store.detector(), store.embedder(), store.landmarks()
    nudity = store.nudity() if name == "full" else None
    _recall({models.DETECTOR: faces, models.EMBEDDER: vectors, models.NUDITY: nudity}, landmarks)
    digests = [faces.sha256, vectors.sha256, landmarks_sha256] + ([nudity.sha256] if nudity else [])
    return DlibSetup(
        name=name,
        engine=f"{name}:fp32:" + "+".join(digest[:12] for digest in digests),
        faces=faces,
        nudity=nudity,
        confirmer=MmodConfirmer(faces),
        embedder=DlibEmbedder(vectors, landmarks),
        policy=default_policy(name),
    )


def _recall(networks: Mapping[Weights, Network | None], landmarks: Path) -> None:
    """The self-test of what was loaded. Raises `ModelRefused`."""
    for weights, network in networks.items():
        if network is not None:
            golden.recall(weights.name, golden.answer(weights.name, network.session))
    golden.recall(models.LANDMARKS.name, golden.landmarks(landmarks))


def _pack() -> Setup:
    """The face pack that the operator chose."""
    folder, lock = _pack_lock()
    return packs.load(folder, lock, operational=is_operational())


def is_operational() -> bool:
    """Do real calls depend on this installation? They do unless KINLINE_PROFILE says otherwise.

    Raises `ModelRefused` for a profile that does not exist: a slip of the pen must not lift a rule.
    """
    profile = os.environ.get("KINLINE_PROFILE") or "operational"
    if profile not in PROFILES:
        raise ModelRefused(f"There is no profile named {profile}: choose {' or '.join(PROFILES)}.")
    return profile == "operational"


def _pack_lock() -> tuple[Path, PackLock]:
    folder, lock = _pack_place()
    return folder, PackLock.read(lock)


def _pack_place() -> tuple[Path, Path]:
    """`KINLINE_PACK` names an installed pack, or a folder that `KINLINE_PACK_LOCK` is the lock of.

    A lock that is given counts before the one an installed pack was checked by: it may be kept elsewhere.
    """
    pack, lock = os.environ.get("KINLINE_PACK"), os.environ.get("KINLINE_PACK_LOCK")
    if not pack:
        raise ModelRefused("The set-up pack needs KINLINE_PACK: the name of an installed pack, or a folder.")
    if "/" not in pack:
        found = installed.named(pack, installed.default_folder())
        return found.folder, Path(lock) if lock else found.lock_path
    if not lock:
        raise ModelRefused("A pack in a folder of yours needs KINLINE_PACK_LOCK.")
    return Path(pack), Path(lock)


def pack_in_full(name: str) -> dict[str, str]:
    """Settings that say where the pack lies, for an installation with another data folder than ours."""
    if name != "pack":
        return {}
    folder, lock = _pack_place()
    return {"pack": str(folder), "pack_lock": str(lock)}


def photograph_detector(setup: Setup) -> FaceDetector:
    """The detector for enrolment photographs: finer than the one for streams, for nobody waits for it."""
    if isinstance(setup, DlibSetup):
        from infrastructure.moderation.engines.dlib_onnx import FINE_SWEEP, MmodDetector

        return MmodDetector(setup.faces, FINE_SWEEP, floor=0.0)
    return setup.eyes().detector


__all__ = [
    "NAMES",
    "ModelRefused",
    "chosen_name",
    "default_policy",
    "load",
    "pack_in_full",
    "photograph_detector",
]
