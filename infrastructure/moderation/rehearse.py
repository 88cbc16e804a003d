"""The pictures of a dress rehearsal under the networks of a call. Nothing of them outlives the answer."""

from collections.abc import Sequence

import cv2
import numpy as np

from application.moderation import Setup
from domain.clearance import ClearanceMode
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation.analyser import Planes, Sample, StreamAnalyser
from infrastructure.moderation.enrol import PhotographRefused

PICTURES_MAX = 8
INTERVAL_MS = 500  # between the pictures, as the page takes them
_SIDES = (64, 1280)  # px: smaller is no picture of a person, larger is not what a call sends
_BYTES_MAX = 2 * 1024 * 1024


def observed(
    pictures: Sequence[bytes],
    setup: Setup,
    policy: ModerationPolicy,
    mode: ClearanceMode,
    templates: Sequence[Sequence[float]],
) -> list[Observation]:
    """What each picture shows, as a stream's analyser sees it. Raises `PhotographRefused`."""
    if not 1 <= len(pictures) <= PICTURES_MAX:
        raise PhotographRefused(f"Please send 1 to {PICTURES_MAX} pictures.")
    planes = [_planes(picture) for picture in pictures]
    analyser = StreamAnalyser(setup, policy, mode, templates if mode is ClearanceMode.MATCH else ())
    return [
        analyser.analyse(Sample(number * INTERVAL_MS, picture)) for number, picture in enumerate(planes, 1)
    ]


def _planes(content: bytes) -> Planes:
    """A picture as the codec of a call would give it."""
    small = 0 < len(content) <= _BYTES_MAX
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if small else None
    if decoded is None or not all(_SIDES[0] <= side <= _SIDES[1] for side in decoded.shape[:2]):
        raise PhotographRefused("This is no picture we can read.")
    height, width = (side // 2 * 2 for side in decoded.shape[:2])
    flat = cv2.cvtColor(np.ascontiguousarray(decoded[:height, :width]), cv2.COLOR_BGR2YUV_I420)
    luma, chroma = flat[:height], flat[height:].reshape(2, height // 2, width // 2)
    return Planes(*(np.ascontiguousarray(plane).astype(np.uint8, copy=False) for plane in (luma, *chroma)))
