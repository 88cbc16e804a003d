"""The liveness add-on of insightface: tells a person from a picture of a person, from five landmarks around.

One session for all threads; nothing is kept between calls.
"""

from pathlib import Path

import numpy as np

from application.moderation import Found, Picture
from infrastructure.moderation.models import ModelRefused, session

_LANDMARKS = 5
_APART_MIN = 1.0  # px between the eyes; nearer ones are no landmarks


class PackLiveness:
    """The library's own cutting out and checking around a checked network."""

    def __init__(self, model: bytes) -> None:
        from insightface.addons.liveness import Liveness

        try:
            self._liveness = Liveness("liveness", session=session(model))
        except Exception as error:  # the runtime's own errors have no common ancestor but this one
            raise ModelRefused(f"The pack's liveness network cannot be used: {error}") from error

    def live(self, picture: Picture, found: Found) -> float | None:
        points = np.array(found.points, np.float32)
        if len(points) != _LANDMARKS or float(np.linalg.norm(points[1] - points[0])) < _APART_MIN:
            return None
        answer = self._liveness.predict(np.ascontiguousarray(picture[:, :, ::-1]), points)
        return None if answer["live_score"] is None else float(answer["live_score"])


def opened(path: Path) -> PackLiveness:
    """The network in a checked file, which may go away afterwards. Raises `ModelRefused`."""
    return PackLiveness(path.read_bytes())
