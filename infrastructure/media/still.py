"""One judged sample as a picture: small for the wall, blurred where staff must ask to see it; whole as evidence."""

from collections.abc import Iterator
from typing import Any

import cv2

from application.ports import Still
from domain.moderation.kind import FreezeCause, Standing
from domain.moderation.verdict import ShownFace
from infrastructure.media.judge import Judged

WIDTH = 320
WIDTH_WHOLE = 1280  # at most; nothing is made larger
_QUALITY, _QUALITY_WHOLE = 70, 90
_BLUR = 61  # px of the still; nothing can be made out


def still_of(judged: Judged, *, bare: bool = False) -> Still:
    """One judged sample as JPEG, with where its faces are. Takes some milliseconds: call it in a thread.

    `bare`: as it is, for the one officer whose request to see it is on record.
    """
    sensitive = judged.verdict.cause is FreezeCause.NUDITY and not bare
    return _drawn(judged, WIDTH, _QUALITY, blur=sensitive)


def whole(judged: Judged) -> Still:
    """The same as it was judged, in its own size. Call it in a thread."""
    return _drawn(judged, min(judged.seen.picture.width, WIDTH_WHOLE), _QUALITY_WHOLE)


def faces_of(judged: Judged) -> Iterator[ShownFace]:
    """The faces of a still, in the order in which it names them."""
    return (face for face in judged.verdict.faces if face.standing is not Standing.THING)


def _drawn(judged: Judged, width: int, quality: int, *, blur: bool = False) -> Still:
    picture = judged.seen.picture
    scale = width / picture.width
    height = round(picture.height * scale) // 2 * 2
    drawn: Any = picture.to_ndarray(width=width, height=height, format="bgr24")
    if blur:
        drawn = cv2.blur(drawn, (_BLUR, _BLUR))
    _, content = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, quality])
    faces = tuple(_scaled(face, scale) for face in faces_of(judged))
    return Still(content.tobytes(), width, height, faces, judged.verdict.media_ms)


def _scaled(face: ShownFace, scale: float) -> tuple[int, int, int, int]:
    x, y, width, height = (round(value * scale) for value in face.box)
    return x, y, width, height
