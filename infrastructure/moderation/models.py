"""The model store: finds published weights in installed packages, checks them, builds networks once.

No package of models is imported: their files are located, read and compared with the SHA-256 written here.
What was built is kept in a cache folder under the hash of what it was built from; a record beside it says the
result's own hash, and a file that does not match it is built again.
"""

import contextlib
import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import onnxruntime

from infrastructure.moderation import convert

BUILDER = "1"  # raised whenever `convert` builds something else from the same weights


class ModelRefused(Exception):
    """A model file is missing, or is not the one we know. Moderation cannot start."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights as its makers published it."""

    name: str
    package: str  # the installed package that carries it
    path: str  # inside the package
    sha256: str
    licence: str


DETECTOR = Weights(
    "dlib mmod_human_face_detector",
    "face_recognition_models",
    "models/mmod_human_face_detector.dat",
    "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
    "CC0-1.0",
)
EMBEDDER = Weights(
    "dlib face_recognition_resnet_model_v1",
    "face_recognition_models",
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    "CC0-1.0",
)
LANDMARKS = Weights(
    "dlib shape_predictor_5_face_landmarks",
    "face_recognition_models",
    "models/shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    "CC0-1.0",
)
NUDITY = Weights(
    "NudeNet 320n",
    "nudenet",
    "320n.onnx",
    "c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f",
    "AGPL-3.0",
)


BUILDERS: Mapping[str, Callable[[bytes], bytes]] = {
    DETECTOR.name: convert.build_detector,
    EMBEDDER.name: convert.build_embedder,
    NUDITY.name: convert.build_nudity,
}
"""What makes a network of weights; dlib opens its landmarks by itself."""


def is_installed(weights: Weights) -> bool:
    """Is the package that carries these weights installed?"""
    return importlib.util.find_spec(weights.package) is not None


def locate(weights: Weights) -> Path:
    """The file in the installed package, without importing the package. Raises `ModelRefused`."""
    spec = importlib.util.find_spec(weights.package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / weights.path
        if path.is_file():
            return path
    raise ModelRefused(f"The model {weights.name} is not installed.")


def read(weights: Weights) -> bytes:
    """The file's bytes, checked. Raises `ModelRefused`."""
    content = locate(weights).read_bytes()
    if hashlib.sha256(content).hexdigest() != weights.sha256:
        raise ModelRefused(f"The file of {weights.name} is not the one we know: its hash differs.")
    return content


def verified(weights: Weights) -> Path:
    """The path of a file that another library opens itself, checked. Raises `ModelRefused`."""
    read(weights)
    return locate(weights)


@dataclass(frozen=True, slots=True)
class Network:
    """A network ready to run, and the hashes that say which."""

    session: Any  # onnxruntime.InferenceSession
    source_sha256: str
    sha256: str


class ModelStore:
    """Builds each network once and hands out sessions. `folder` is a cache: it may be deleted at any time."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or default_folder()

    def detector(self) -> Network:
        """The face detector, also used to confirm single boxes."""
        return self._network(DETECTOR)

    def embedder(self) -> Network:
        """The face embedder."""
        return self._network(EMBEDDER)

    def nudity(self) -> Network:
        """NudeNet's network, only when its package is installed."""
        return self._network(NUDITY)

    def landmarks(self) -> tuple[Path, str]:
        """The file of the five landmarks and its hash, for dlib to open."""
        return verified(LANDMARKS), LANDMARKS.sha256

    def kept(self, weights: Weights) -> bytes | None:
        """The network that was built of these weights before."""
        return _kept(self._path(weights))

    def verify(self, weights: Weights) -> str:
        """Hash the published file again, build its network again, and compare it with the one that is kept.

        Tells what held. Raises `ModelRefused`.
        """
        content, build = read(weights), BUILDERS.get(weights.name)
        if build is None:
            return f"published file {weights.sha256[:12]}"
        built, kept = build(content), self.kept(weights)
        if kept is not None and kept != built:
            raise ModelRefused(
                f"The network kept of {weights.name} is not the one its weights give: delete {self._folder}."
            )
        state = "kept as built" if kept is not None else "not built before"
        return (
            f"published file {weights.sha256[:12]}, network {hashlib.sha256(built).hexdigest()[:12]}, {state}"
        )

    def _path(self, weights: Weights) -> Path:
        return self._folder / f"{weights.sha256[:16]}-{BUILDER}.onnx"

    def _network(self, weights: Weights) -> Network:
        path = self._path(weights)
        content = _kept(path)
        if content is None:
            content = BUILDERS[weights.name](read(weights))
            with contextlib.suppress(
                OSError
            ):  # only a cache: without it the next start takes a moment longer
                _keep(path, content)
        return Network(session(content), weights.sha256, hashlib.sha256(content).hexdigest())


def session(model: bytes) -> Any:
    """One session for all threads: each run uses one core and does not spin while it waits."""
    cv2.setNumThreads(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def default_folder() -> Path:
    """Where built networks are kept: under the data folder, else in the user's cache."""
    data = os.environ.get("KINLINE_DATA")
    if data:
        return Path(data) / "models"
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "kinline" / "models"


def _kept(path: Path) -> bytes | None:
    """The network built before, or None when there is none or it is not what was built."""
    record = path.with_suffix(".sha256")
    if not path.is_file() or not record.is_file():
        return None
    content = path.read_bytes()
    return content if hashlib.sha256(content).hexdigest() == record.read_text().strip() else None


def _keep(path: Path, content: bytes) -> None:
    """Written beside and renamed, so that nobody ever reads half a network."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for target, data in (
        (path, content),
        (path.with_suffix(".sha256"), hashlib.sha256(content).hexdigest().encode()),
    ):
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(target)
