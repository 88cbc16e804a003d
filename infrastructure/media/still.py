"""Stills for the wall: the newest judged sample of a side, small; blurred where staff must ask to see it."""

import cv2

from application.ports import Still
from domain.moderation.kind import FreezeCause, Standing
from infrastructure.media.judge import Judged

WIDTH = 320
_QUALITY = 70
_BLUR = 61  # px of the still; nothing can be made out


def still_of(judged: Judged, *, bare: bool = False) -> Still:
    """One judged sample as JPEG, with where its faces are. Takes some milliseconds: call it in a thread.

    `bare`: as it is, for the one officer whose request to see it is on record.
    """
    picture = judged.seen.picture
    scale = WIDTH / picture.width
    height = round(picture.height * scale) // 2 * 2
    small = picture.to_ndarray(width=WIDTH, height=height, format="bgr24")
    sensitive = judged.verdict.cause is FreezeCause.NUDITY and not bare
    shown = cv2.blur(small, (_BLUR, _BLUR)) if sensitive else small
    _, content = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    faces = tuple(
        (round(x * scale), round(y * scale), round(width * scale), round(tall * scale))
        for x, y, width, tall in (f.box for f in judged.verdict.faces if f.standing is not Standing.THING)
    )
    return Still(content.tobytes(), WIDTH, height, faces, judged.verdict.media_ms)
