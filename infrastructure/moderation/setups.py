"""The named set-ups: which networks judge the pictures of a call."""

import os
from dataclasses import dataclass
from pathlib import Path

from application.moderation import Eyes, FaceConfirmer, FaceDetector, FaceEmbedder, Setup
from domain.moderation.kind import ASSESSED_BY_FACES, Kind
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation import models, packs
from infrastructure.moderation.models import ModelRefused, ModelStore, Network
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


def _pack() -> Setup:
    """The face pack in the folder `KINLINE_PACK`, checked by the lock `KINLINE_PACK_LOCK`."""
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
    folder, lock = os.environ.get("KINLINE_PACK"), os.environ.get("KINLINE_PACK_LOCK")
    if not folder or not lock:
        raise ModelRefused("The set-up pack needs KINLINE_PACK and KINLINE_PACK_LOCK.")
    return Path(folder), PackLock.read(Path(lock))


def photograph_detector(setup: Setup) -> FaceDetector:
    """The detector for enrolment photographs: finer than the one for streams, for nobody waits for it."""
    if isinstance(setup, DlibSetup):
        from infrastructure.moderation.engines.dlib_onnx import FINE_SWEEP, MmodDetector

        return MmodDetector(setup.faces, FINE_SWEEP, floor=0.0)
    return setup.eyes().detector


__all__ = ["NAMES", "ModelRefused", "chosen_name", "default_policy", "load", "photograph_detector"]
