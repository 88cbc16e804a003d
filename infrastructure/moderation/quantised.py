"""Networks that compute in whole numbers (int8): about twice as fast, and not quite the same answers.

They are made here, from the checked networks and from pictures of the operator's own, and lie in the data folder:

    data/int8/NAME.onnx        one for the embedder, one for NudeNet
    data/int8/made.json        of each: its hash, what it was made of, and what it makes of the drawn picture
    data/int8/accepted.json    the evaluation that somebody looked at before real calls were judged by them
    data/int8/SHA256.json      that evaluation

The thresholds were measured with floats. So real calls are judged in int8 only where an evaluation of exactly
these networks was accepted.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx

from application.moderation import Picture, Setup
from infrastructure.moderation import golden, models
from infrastructure.moderation.engines.nudenet import NudeNet
from infrastructure.moderation.models import ModelRefused, Network, Weights, session

FILES: Mapping[str, str] = {models.EMBEDDER.name: "embedder.onnx", models.NUDITY.name: "nudity.onnx"}
"""The networks that take most of the time. The detector gains little."""

INPUTS_MIN, INPUTS_MAX = 16, 64  # pictures that ranges are measured on
_MADE, _ACCEPTED = "made.json", "accepted.json"


class Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One network in int8."""

    sha256: str
    source_sha256: str  # of the weights
    answer: tuple[float, ...]  # to the drawn picture, on the day it was made


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An evaluation that somebody took responsibility for."""

    engine: str
    evaluation_sha256: str


def make(setup: Setup, pictures: Sequence[Picture], folder: Path) -> tuple[str, ...]:
    """Quantise the networks of a set-up that computes in floats; the names of those made. Raises `ModelRefused`."""
    if folder.exists():
        raise ModelRefused(f"There are int8 networks already: delete {folder} to make others.")
    shown = inputs(pictures, setup)
    wanted = [w for w in (models.EMBEDDER, models.NUDITY) if w is models.EMBEDDER or shown[w.name]]
    if len(shown[models.EMBEDDER.name]) < INPUTS_MIN:
        raise ModelRefused(
            f"There are {len(shown[models.EMBEDDER.name])} faces in these pictures: {INPUTS_MIN} are needed."
        )
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    try:
        new = {w.name: _made(w, shown[w.name], fresh / FILES[w.name]) for w in wanted}
        (fresh / _MADE).write_bytes(msgspec.json.format(msgspec.json.encode(new), indent=1))
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return tuple(new)


def made(folder: Path) -> dict[str, Made]:
    """What was made, by the network's name; nothing where nothing was. Raises `ModelRefused`."""
    found: dict[str, Made] = _read(folder / _MADE, dict[str, Made]) if folder.exists() else {}
    return found


def load(weights: Weights, folder: Path) -> Network:
    """The network in int8, checked against what is on record of it. Raises `ModelRefused`."""
    known = made(folder).get(weights.name)
    path = folder / FILES[weights.name]
    if known is None or known.source_sha256 != weights.sha256 or not path.is_file():
        raise ModelRefused(f"There is no int8 network of {weights.name}: `kinline models quantise` makes it.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != known.sha256:
        raise ModelRefused(f"The int8 network of {weights.name} is not the one that was made.")
    network = Network(session(content), weights.sha256, known.sha256)
    golden.compare(weights.name, golden.answer(weights.name, network.session), known.answer)
    return network


def accept(evaluation: Path, engine: str, folder: Path) -> Accepted:
    """Put on record that somebody read the evaluation of this engine: a report whose `engine` names it.

    Raises `ModelRefused`.
    """
    try:
        content = evaluation.read_bytes()
        judged = json.loads(content)["engine"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelRefused(f"{evaluation} is no evaluation that names its engine.") from error
    if judged != engine:
        raise ModelRefused(f"{evaluation} is about {judged}, and the networks here are {engine}.")
    accepted = Accepted(engine, hashlib.sha256(content).hexdigest())
    (folder / f"{accepted.evaluation_sha256}.json").write_bytes(content)
    (folder / _ACCEPTED).write_bytes(msgspec.json.encode(accepted))
    return accepted


def require_accepted(engine: str, folder: Path) -> None:
    """Raises `ModelRefused` unless an evaluation of exactly this engine was accepted, and is still there."""
    accepted = _read(folder / _ACCEPTED, Accepted) if (folder / _ACCEPTED).exists() else None
    if accepted is None or accepted.engine != engine:
        raise ModelRefused(
            "No evaluation of these int8 networks was accepted: they may not judge real calls "
            "(`kinline models accept`)."
        )
    kept = folder / f"{accepted.evaluation_sha256}.json"
    if not kept.is_file() or hashlib.sha256(kept.read_bytes()).hexdigest() != accepted.evaluation_sha256:
        raise ModelRefused("The evaluation that was accepted for the int8 networks is gone or was changed.")


def inputs(pictures: Sequence[Picture], setup: Setup) -> dict[str, list[Picture]]:
    """What the networks are shown of these pictures: the faces cut out, and each picture as NudeNet takes it."""
    eyes = setup.eyes()
    faces = [
        eyes.embedder.chip(picture, confirmed.found).picture
        for picture in pictures
        for confirmed in (eyes.confirmer.confirm(picture, found) for found in eyes.detector.detect(picture))
        if confirmed.score >= 0
    ]
    whole = [eyes.detector.squared(p) for p in pictures] if isinstance(eyes.detector, NudeNet) else []
    return {models.EMBEDDER.name: faces, models.NUDITY.name: whole}


def default_folder() -> Path:
    """Under the data folder: unlike what is built of weights alone, they cannot be made again."""
    return Path(os.environ.get("KINLINE_DATA") or "data").absolute() / "int8"


def _made(weights: Weights, shown: Sequence[Picture], path: Path) -> Made:
    network = models.BUILDERS[weights.name](models.read(weights))
    _quantise(network, shown, path, _ONLY.get(weights.name))
    content = path.read_bytes()
    answer = golden.answer(weights.name, session(content))
    return Made(hashlib.sha256(content).hexdigest(), weights.sha256, tuple(answer))


# NudeNet's boxes and scores end in one tensor, in which its scores would drown: convolutions alone.
_ONLY: Mapping[str, list[str]] = {models.NUDITY.name: ["Conv"]}


def _quantise(network: bytes, shown: Sequence[Picture], path: Path, only: list[str] | None) -> None:
    from onnxruntime import quantization as quant

    model = onnx.load_model_from_string(network)
    with contextlib.redirect_stdout(sys.stderr), _quiet():
        quant.quantize_static(
            model,
            str(path),
            _reader(quant.CalibrationDataReader, model.graph.input[0].name, shown[:INPUTS_MAX]),
            quant_format=quant.QuantFormat.QDQ,
            op_types_to_quantize=only,
            per_channel=True,
            activation_type=quant.QuantType.QUInt8,
            weight_type=quant.QuantType.QInt8,
            calibrate_method=quant.CalibrationMethod.Percentile,
        )


def _reader(base: type[Any], name: str, shown: Sequence[Picture]) -> Any:
    waiting = iter([{name: np.ascontiguousarray(each[None])} for each in shown])

    class Reader(base):  # type: ignore[misc]  # the library asks for a subclass of its own
        def get_next(self) -> dict[str, Picture] | None:
            return next(waiting, None)

    return Reader()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Its advice is about networks of other shapes."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _read(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelRefused(
            f"{path} cannot be read: `kinline models quantise` makes int8 networks."
        ) from error
