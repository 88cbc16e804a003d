"""The named set-ups: which networks judge the pictures of a call."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from application.moderation import Eyes, FaceConfirmer, FaceDetector, FaceEmbedder, Setup
from domain.moderation.kind import ASSESSED_BY_FACES, Kind
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation import golden, installed, models, packs, quantised
from infrastructure.moderation.models import ModelRefused, ModelStore, Network, Weights
from infrastructure.moderation.pack_lock import PackLock

NAMES = ("full", "permissive", "scripted", "pack")
PROFILES = ("operational", "development")
PRECISIONS = ("fp32", "int8")
TRIED = ("full", "permissive")  # set-ups with one network for vectors


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


def load(
    name: str,
    store: ModelStore | None = None,
    precision: str | None = None,
    operational: bool | None = None,
) -> Setup:
    """Load the set-up's networks. Raises `ModelRefused` when a model is missing or is not the one we know.

    Without being told, precision and profile are those of the environment.
    """
    if name == "scripted":
        from infrastructure.moderation.engines.scripted import ScriptedSetup

        return ScriptedSetup()
    if name == "pack":
        return _pack(operational=is_operational() if operational is None else operational)
    precise = precision or chosen_precision()
    setup = _dlib(name, store or ModelStore(), precise)
    if precise != "fp32" and (is_operational() if operational is None else operational):
        quantised.require_accepted(setup.engine, quantised.default_folder())
    return setup


def on_trial(live: Setup, wanted: str | None = None) -> Setup | None:
    """The set-up that is tried beside the live one, as asked or as `KINLINE_TRIAL` says. None: nothing is.

    `wanted`: a name, perhaps with a precision, as in `full@int8`.
    It compares faces with the very templates that people are enrolled with, so both need the same network for
    vectors. What it would do is never done. Raises `ModelRefused`.
    """
    wanted = wanted or os.environ.get("KINLINE_TRIAL") or ""
    if not wanted:
        return None
    name, _, precision = wanted.partition("@")
    if name not in TRIED or precision not in ("", *PRECISIONS) or not isinstance(live, DlibSetup):
        raise ModelRefused(
            f"{wanted} cannot be tried in calls beside {live.name}: that takes {' or '.join(TRIED)}, each perhaps with "
            "@int8. Others are compared by `kinline evaluate`."
        )
    setup = load(name, precision=precision or "fp32", operational=False)
    if setup.engine == live.engine:
        raise ModelRefused(f"{wanted} judges already: there is nothing to try.")
    return setup


def chosen_precision() -> str:
    """In what numbers the built-in networks compute: `KINLINE_PRECISION`. Raises `ModelRefused`."""
    precision = os.environ.get("KINLINE_PRECISION") or "fp32"
    if precision not in PRECISIONS:
        raise ModelRefused(f"There is no precision named {precision}: choose {' or '.join(PRECISIONS)}.")
    return precision


def _dlib(name: str, store: ModelStore, precision: str) -> DlibSetup:
    from infrastructure.moderation.engines.dlib_onnx import DlibEmbedder, MmodConfirmer

    faces, (landmarks, landmarks_sha256) = store.detector(), store.landmarks()
    reduced = precision == "int8"
    vectors = _reduced(models.EMBEDDER) if reduced else store.embedder()
    nudity = None
    if name == "full":
        nudity = _reduced(models.NUDITY) if reduced else store.nudity()
    floats = {models.DETECTOR: faces} | (
        {} if reduced else {models.EMBEDDER: vectors, models.NUDITY: nudity}
    )  # those in whole numbers are compared with what they said when they were made
    _recall(floats, landmarks)
    digests = [faces.sha256, vectors.sha256, landmarks_sha256] + ([nudity.sha256] if nudity else [])
    return DlibSetup(
        name=name,
        engine=f"{name}:" + "+".join(digest[:12] for digest in digests) + f"@{precision}",
        faces=faces,
        nudity=nudity,
        confirmer=MmodConfirmer(faces),
        embedder=DlibEmbedder(vectors, landmarks),
        policy=default_policy(name),
    )


def _reduced(weights: Weights) -> Network:
    return quantised.load(weights, quantised.default_folder())


def _recall(networks: Mapping[Weights, Network | None], landmarks: Path) -> None:
    """The self-test of what was loaded. Raises `ModelRefused`."""
    for weights, network in networks.items():
        if network is not None:
            golden.recall(weights.name, golden.answer(weights.name, network.session))
    golden.recall(models.LANDMARKS.name, golden.landmarks(landmarks))


def _pack(*, operational: bool) -> Setup:
    """The face pack that the operator chose. It computes as its files do."""
    folder, lock = _pack_lock()
    return packs.load(folder, lock, operational=operational)


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
