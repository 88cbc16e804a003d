"""Scripted pictures for tests, and the loop that judges them as the media plane does."""

from collections.abc import Sequence

import cv2
import numpy as np

from application.moderation import Picture
from domain.moderation.observation import Box, Observation
from infrastructure.moderation.analyser import Planes, Sample, StreamAnalyser
from infrastructure.moderation.engines.scripted import draw

HEIGHT, WIDTH = 480, 640
PERSON, STRANGER = 0, 120  # hues


def scene(*people: tuple[int, int], noise: int = 0, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> Picture:
    """A grey wall with scripted people: hue and x of each. `noise` seeds the camera's grain; 0: none."""
    picture = np.full((*shape, 3), 128, np.uint8)
    for hue, x in people:
        draw(picture, hue, x, 150, 120)
    if noise:
        grain = np.random.default_rng(noise).integers(0, 4, (*shape, 1), np.uint8)
        picture = cv2.add(picture, np.repeat(grain, 3, 2)).astype(np.uint8)
    return picture


def photograph(hue: int) -> bytes:
    """A PNG with one scripted person."""
    return png(scene((hue, 260)))


def png(picture: Picture) -> bytes:
    """The picture as a file."""
    ok, encoded = cv2.imencode(".png", np.ascontiguousarray(picture[:, :, ::-1]))
    assert ok
    return encoded.tobytes()


def planes(picture: Picture) -> Planes:
    """The picture as a codec gives it."""
    height, width = picture.shape[:2]
    flat = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420).astype(np.uint8).ravel()
    luma, chroma = height * width, height * width // 4
    half = height // 2, width // 2
    return Planes(
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma :].reshape(half),
    )


def analyse(
    analyser: StreamAnalyser,
    media_ms: int,
    picture: Picture,
    known: Sequence[Box] = (),
    *,
    calm: bool = False,
) -> Observation:
    """What the analyser sees in this picture."""
    return analyser.analyse(Sample(media_ms, planes(picture), tuple(known), calm))
