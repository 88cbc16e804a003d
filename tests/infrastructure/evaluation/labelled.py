"""Labelled films for tests of evaluations: people of the scripted engine, drawn and written as webm."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.infrastructure.moderation.films import PERSON, STRANGER, photograph, scene

PER_S = 25
LEFT, RIGHT = 120, 420

People = Callable[[float], Sequence[tuple[int, int]] | None]
"""Who is to be seen at a second: hue and place of each; None: a hand covers the camera."""


def write(path: Path, seconds: float, people: People) -> Path:
    """A film of these people."""
    with av.open(str(path), "w", format="webm") as container:
        video = container.add_stream("libvpx", rate=PER_S)
        video.width, video.height, video.bit_rate = 640, 480, 1_500_000
        video.options = {"deadline": "realtime", "cpu-used": "8"}
        video.codec_context.thread_count = 1
        for number in range(round(seconds * PER_S)):
            seen = people(number / PER_S)
            dark = np.full((480, 640, 3), 5, np.uint8)
            picture = dark if seen is None else scene(*seen, noise=1 + number % 5)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
    return path


def folder_of(folder: Path) -> Path:
    """A manifest of two films: a stranger beside a visitor, and a hand on a visitor's camera; the path of it."""
    (folder / "p1.png").write_bytes(photograph(PERSON))
    (folder / "p2.png").write_bytes(photograph(240))
    write(
        folder / "stranger.webm",
        8,
        lambda at: [(PERSON, LEFT), *([(STRANGER, RIGHT)] if 3 <= at < 6 else [])],
    )
    write(folder / "covered.webm", 8, lambda at: None if 2 <= at < 6 else [(240, LEFT)])
    return manifest_in(
        folder,
        {
            "people": {
                "p1": {"photograph": "p1.png", "group": "a"},
                "p2": {"photograph": "p2.png", "group": "b"},
                "s1": {"group": "a"},
            },
            "clips": [
                {
                    "path": "stranger.webm",
                    "admitted": ["p1"],
                    "conditions": ["two people"],
                    "intervals": [
                        {"from_s": 0, "to_s": 8, "kind": "face", "person": "p1"},
                        {"from_s": 3, "to_s": 6, "kind": "face", "person": "s1"},
                    ],
                },
                {
                    "path": "covered.webm",
                    "admitted": ["p2"],
                    "intervals": [
                        {"from_s": 0, "to_s": 2, "kind": "face", "person": "p2"},
                        {"from_s": 2, "to_s": 6, "kind": "camera_covered"},
                        {"from_s": 6, "to_s": 8, "kind": "face", "person": "p2"},
                    ],
                },
            ],
        },
    )


def manifest_in(folder: Path, document: Any) -> Path:
    """The manifest written beside its films."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(document))
    return path
