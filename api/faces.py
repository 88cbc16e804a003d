"""Stills as they may be shown: faces covered in a demonstration, all blurred where a kind is sensitive."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from application.ports import Still

Picture = NDArray[np.uint8]

GROWN = 1.5  # the drawn head is so much larger than the face, so that hair and a late box show nothing
BLUR = 24  # the picture is made so many times smaller and larger again
JPEG_QUALITY = 80

SKIN, LINE, HAIR = (160, 200, 235), (60, 60, 60), (70, 90, 120)


def covered(still: Still) -> bytes:
    """The still with a drawn head over every face. Where no face was found the picture is blurred instead."""
    picture = _decoded(still.jpeg)
    if not still.faces:
        return _encoded(_blurred(picture))
    for box in still.faces:
        _draw_head(picture, box)
    return _encoded(picture)


def blurred(jpeg: bytes) -> bytes:
    """The picture so coarse that nothing in it can be told."""
    return _encoded(_blurred(_decoded(jpeg)))


def _blurred(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (max(1, width // BLUR), max(1, height // BLUR)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _draw_head(picture: Picture, box: tuple[int, int, int, int]) -> None:
    x, y, width, height = box
    centre = (round(x + width / 2), round(y + height * 0.46))
    axes = (max(4, math.ceil(width * GROWN / 2)), max(5, math.ceil(height * GROWN / 2 * 1.1)))
    line = max(1, axes[0] // 25)
    cv2.ellipse(picture, centre, axes, 0, 0, 360, SKIN, -1, cv2.LINE_AA)
    cv2.ellipse(picture, centre, axes, 0, 190, 350, HAIR, max(3, axes[1] // 5), cv2.LINE_AA)
    cv2.ellipse(picture, centre, axes, 0, 0, 360, LINE, line, cv2.LINE_AA)
    for sign in (-1, 1):
        eye = (centre[0] + sign * round(axes[0] * 0.38), centre[1] - round(axes[1] * 0.1))
        cv2.circle(picture, eye, max(1, axes[0] // 10), LINE, -1, cv2.LINE_AA)
    mouth = (centre[0], centre[1] + round(axes[1] * 0.3))
    cv2.ellipse(picture, mouth, (axes[0] // 3, max(1, axes[1] // 6)), 0, 20, 160, LINE, line, cv2.LINE_AA)


def _decoded(jpeg: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("a still that is no JPEG")
    return np.asarray(picture, dtype=np.uint8)


def _encoded(picture: Picture) -> bytes:
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done
    return jpeg.tobytes()
