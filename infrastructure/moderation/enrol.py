"""From a photograph to a template: one face, seen well enough, as numbers."""

from pathlib import Path

import cv2
import numpy as np

from application.moderation import Found, Picture, Setup
from infrastructure.moderation.setups import photograph_detector

_LONG_SIDE_MAX = 1280  # px: larger photographs are scaled down
_SHORT_SIDE_MIN = 240  # px: smaller ones get a border, or a close face would touch every edge
_PHOTOGRAPH_BYTES_MAX = 32 * 1024 * 1024


class PhotographRefused(Exception):
    """No template can be made of this photograph; the sentence says why."""


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
    return template_and_side(content, setup)[0]


def template_and_side(content: bytes, setup: Setup) -> tuple[tuple[float, ...], int]:
    """The template, and the side of the face in pixels of the photograph. Raises `PhotographRefused`."""
    picture, scale = _decoded(content)
    confirmer = setup.eyes().confirmer
    found = photograph_detector(setup).detect(picture)
    faces = [face for face in found if confirmer.confirm(picture, face).score >= 0]
    if not faces:
        raise PhotographRefused("There is no face in this photograph.")
    if len(faces) > 1:
        raise PhotographRefused(f"There are {len(faces)} faces in this photograph: one is needed.")
    _, _, width, height = faces[0].box
    return _vector(picture, faces[0], setup), round((width * height) ** 0.5 / scale)


def _vector(picture: Picture, face: Found, setup: Setup) -> tuple[float, ...]:
    embedder = setup.eyes().embedder
    return tuple(float(number) for number in embedder.embed(embedder.chip(picture, face)))


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
