"""From a photograph to a template: one face, seen well enough, as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from application.moderation import Found, Picture, Setup
from domain.enrolment.events import PhotographQuality
from infrastructure.moderation.engines.quality import assess, to_units
from infrastructure.moderation.setups import photograph_detector

_LONG_SIDE_MAX = 1280  # px: larger photographs are scaled down
_SHORT_SIDE_MIN = 240  # px: smaller ones get a border, or a close face would touch every edge
_PHOTOGRAPHS = frozenset({".jpg", ".jpeg", ".png"})
_PHOTOGRAPH_BYTES_MAX = 32 * 1024 * 1024


class PhotographRefused(Exception):
    """No template can be made of this photograph; the sentence says why."""


def read_pictures(folder: Path) -> list[Picture]:
    """Every photograph in a folder. Raises OSError without a folder, ValueError for a file that is no picture."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _PHOTOGRAPHS]
    try:
        return [_decoded(path.read_bytes())[0] for path in paths]
    except PhotographRefused as refused:
        raise ValueError(f"There is a file in {folder} that cannot be used: {refused}") from refused


def template_from_file(path: Path, setup: Setup) -> tuple[float, ...]:
    """The template of the one face in the photograph. Raises `PhotographRefused`."""
    if not path.is_file():
        raise PhotographRefused(f"There is no photograph {path}.")
    try:
        return template(path.read_bytes(), setup)
    except PhotographRefused as refused:
        raise PhotographRefused(f"{path}: {refused}") from refused


def template(content: bytes, setup: Setup) -> tuple[float, ...]:
    """The template of the one face in an encoded photograph (JPEG, PNG). Raises `PhotographRefused`."""
    return enrolled(content, setup).vector


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A template, and how well the face is seen in the photograph it was made from."""

    vector: tuple[float, ...]
    side_px: int  # of the face, in pixels of the photograph
    quality: PhotographQuality


def enrolled(content: bytes, setup: Setup) -> Enrolled:
    """The template of the one face in an encoded photograph, with its quality. Raises `PhotographRefused`."""
    picture, scale = _decoded(content)
    confirmer = setup.eyes().confirmer
    found = photograph_detector(setup).detect(picture)
    faces = [face for face in found if confirmer.confirm(picture, face).score >= 0]
    if not faces:
        raise PhotographRefused("There is no face in this photograph.")
    if len(faces) > 1:
        raise PhotographRefused(f"There are {len(faces)} faces in this photograph: one is needed.")
    return _enrolled(picture, faces[0], setup, scale)


def distance(one: Sequence[float], other: Sequence[float], setup: Setup) -> int:
    """How far apart two templates are, 1/10,000, as the embedder of this set-up measures it."""
    vectors = [np.asarray(vector, np.float32) for vector in (one, other)]
    (apart,) = setup.eyes().embedder.distances(vectors[0], vectors[1:])
    return to_units(apart)


def _enrolled(picture: Picture, face: Found, setup: Setup, scale: float) -> Enrolled:
    embedder = setup.eyes().embedder
    chip = embedder.chip(picture, face)
    vector = tuple(float(number) for number in embedder.embed(chip))
    seen = assess(chip, face.box, picture.shape[:2], stir=0.0)
    quality = PhotographQuality(sharpness=seen.sharpness, brightness=seen.brightness, turn=seen.turn)
    return Enrolled(vector, round(seen.side / scale), quality)


def _decoded(content: bytes) -> tuple[Picture, float]:
    """The picture at a size the networks like, and its scale against the photograph."""
    if len(content) > _PHOTOGRAPH_BYTES_MAX:
        raise PhotographRefused("This photograph is larger than 32 MB.")
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if decoded is None:
        raise PhotographRefused("This file is no photograph we can read.")
    scale = min(1.0, _LONG_SIDE_MAX / max(decoded.shape[:2]))
    if scale < 1:
        decoded = cv2.resize(decoded, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    border = max(0, (_SHORT_SIDE_MIN - min(decoded.shape[:2])) // 2 + 1)
    if border > 1:
        decoded = cv2.copyMakeBorder(decoded, border, border, border, border, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(decoded[:, :, ::-1]).astype(np.uint8, copy=False), scale
