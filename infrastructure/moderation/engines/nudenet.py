"""NudeNet's network: exposed body parts, and a quick proposer of faces. Its package is never imported.

The network's own split of faces by sex is worthless; both classes are merged and the split is never kept.
"""

import cv2
import numpy as np
import numpy.typing as npt

from application.moderation import Found, Picture
from domain.moderation.observation import Proposer
from infrastructure.moderation.models import Network

LONG_SIDE = 320  # px: the network was trained at this size
STRIDE = 32  # px: sides must be divisible by it
FACES = (1, 12)
EXPLICIT = (2, 3, 4, 6, 14)  # exposed genitals, anus, buttocks, female breast
OVERLAP_MAX = 0.45

Map = npt.NDArray[np.float32]


class NudeNet:
    """One stream's view of the network. One run answers both questions about a picture.

    The buffer belongs to one stream and one picture shape: a part of another stream's picture left beside
    this one would be searched for faces too.
    """

    def __init__(self, network: Network, floor: float = 0.10) -> None:
        self._session, self._floor = network.session, floor
        self._buffer = np.zeros((1, 0, 0, 3), np.uint8)
        self._shape: tuple[int, ...] = ()
        self._seen: Picture | None = None
        self._map: Map = np.zeros((22, 0), np.float32)

    def detect(self, picture: Picture) -> list[Found]:
        rows = self._look(picture)
        scores = np.maximum(*(rows[4 + face] for face in FACES))
        likely = scores >= self._floor
        if not likely.any():
            return []
        across, down, width, height = rows[:4, likely] / self._scale
        boxes = np.stack([across - width / 2, down - height / 2, width, height], axis=1)
        scores = scores[likely]
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), self._floor, OVERLAP_MAX)
        return [_found(boxes[i], float(scores[i])) for i in np.asarray(kept).ravel()]

    def exposed(self, picture: Picture) -> float:
        rows = self._look(picture)
        return float(rows[[4 + part for part in EXPLICIT]].max(initial=0.0))

    def squared(self, picture: Picture) -> Picture:
        """The picture as the network takes it, in a square: where pictures of many shapes are measured as one."""
        self._fill(picture)
        self._seen = None
        square = np.zeros((LONG_SIDE, LONG_SIDE, 3), np.uint8)
        _, height, width, _ = self._buffer.shape
        square[:height, :width] = self._buffer[0]
        return square

    def _look(self, picture: Picture) -> Map:
        """The network's answer for this picture; asked twice for the same one, it runs once."""
        if picture is not self._seen:
            self._fill(picture)
            self._map = self._session.run(None, {"picture": self._buffer})[0][0]
            self._seen = picture
        return self._map

    def _fill(self, picture: Picture) -> None:
        height, width = picture.shape[:2]
        if picture.shape != self._shape:
            self._shape = picture.shape
            self._scale = LONG_SIDE / max(height, width)
            sides = (_up_to_stride(height * self._scale), _up_to_stride(width * self._scale))
            self._buffer = np.zeros((1, *sides, 3), np.uint8)
        rows, columns = (max(1, int(side * self._scale)) for side in (height, width))
        self._buffer[0, :rows, :columns] = cv2.resize(
            picture, (columns, rows), interpolation=cv2.INTER_LINEAR
        )


def _up_to_stride(side: float) -> int:
    return -(-max(1, int(side)) // STRIDE) * STRIDE


def _found(box: npt.NDArray[np.float32], score: float) -> Found:
    x, y, width, height = (float(v) for v in box)
    return Found((x, y, width, height), score, Proposer.NUDENET)
