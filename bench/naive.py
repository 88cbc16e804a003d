"""What a first version of video moderation does to a sample: the published packages, as their examples use them.

NudeNet's own `NudeDetector.detect` on the picture, and for every face it found dlib's five landmarks and dlib's
own network for a vector. Both run in a process of their own: `python -m bench.naive` answers on standard output
with the processor time of one sample.
"""

import asyncio
import os
import sys
from typing import Any

import dlib
import numpy as np

from bench.servers import cpu_s
from infrastructure import clips
from infrastructure.clips import Clip
from infrastructure.moderation import models

SAMPLES = 16
EVERY = 6  # of 25 pictures a second


async def sample_ms(person: str) -> float:
    """Milliseconds of processor time for one sample."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.naive", person, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    return float(answer)


class _Naive:
    def __init__(self) -> None:
        from nudenet import NudeDetector  # the extra need not be installed

        self._detector = NudeDetector()
        self._landmarks: Any = dlib.shape_predictor(str(models.locate(models.LANDMARKS)))
        self._network: Any = dlib.face_recognition_model_v1(str(models.locate(models.EMBEDDER)))

    def judge(self, picture: clips.Image) -> int:
        """How many faces were embedded."""
        found = self._detector.detect(np.ascontiguousarray(picture[:, :, ::-1]))
        faces = [part["box"] for part in found if part["class"].startswith("FACE")]
        for x, y, width, height in faces:
            place = dlib.rectangle(int(x), int(y), int(x + width), int(y + height))
            self._network.compute_face_descriptor(picture, self._landmarks(picture, place))
        return len(faces)


def main(person: str) -> None:
    """Judge a short film of somebody."""
    naive = _Naive()
    film = Clip((clips.sitter(person, 5),), SAMPLES * EVERY / clips.FPS)
    pictures = list(clips.pictures(film, every=EVERY))
    naive.judge(pictures[0])
    before = cpu_s(os.getpid())
    faces = sum(naive.judge(picture) for picture in pictures)
    if faces < len(pictures):
        raise SystemExit("A face was not found, so nothing was measured.")
    print((cpu_s(os.getpid()) - before) * 1000 / len(pictures))


if __name__ == "__main__":
    main(sys.argv[1])
