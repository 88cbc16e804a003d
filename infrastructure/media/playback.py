"""The pieces of a recording as one file that any player plays. Nothing is decoded or encoded again."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from domain.event import Refused
from infrastructure.media.frame import SOUND_RATE, EncodedFrame, EncodedSound
from infrastructure.media.recording import Recording
from infrastructure.media.segment import Mark, Picture, Segment, Sound

_JITTER_MS = 500  # sound keeps its own pace; so far off its arrival it has begun anew


@dataclass(frozen=True)
class Played:
    """What is in the file."""

    pictures: int
    sounds: int
    marks: tuple[Mark, ...]
    whole: bool  # False: pieces are missing between those that are there


def play_back(segments: Sequence[Segment], path: Path) -> Played:
    """Write the file. Media time 0 is its beginning. Raises `Refused` where no file can hold it."""
    codecs = {segment.head.codec for segment in segments}
    if len(codecs) != 1:
        raise Refused("Its pictures are encoded in two ways: no one file holds them.", "recording_mixed")
    recording = Recording(path, 0.0, codecs.pop())
    try:
        return _written(segments, recording)
    finally:
        recording.close()


def _written(segments: Sequence[Segment], recording: Recording) -> Played:
    pictures, sounds, marks = 0, 0, list[Mark]()
    clock = _SoundClock()
    for entry in (entry for segment in segments for entry in segment.entries):
        match entry:
            case Picture(media_ms, key, data):
                recording.picture(EncodedFrame(data, 0, media_ms, key, media_ms / 1000))
                pictures += 1
            case Sound(media_ms, ticks, data):
                recording.sound(EncodedSound(data, ticks, clock.media_ms(media_ms, ticks) / 1000))
                sounds += 1
            case Mark():
                marks.append(entry)
    return Played(pictures, sounds, tuple(marks), _follow(segments))


def _follow(segments: Sequence[Segment]) -> bool:
    """Whether no piece is missing. A recording that was begun anew counts from 0 again."""
    numbers = [segment.head.number for segment in segments]
    return numbers[0] == 0 and all(after in (before + 1, 0) for before, after in pairwise(numbers))


class _SoundClock:
    """Dates sound by its own ticks, so that it does not stutter as the network did."""

    def __init__(self) -> None:
        self._anchor_ms: float | None = None  # media time at tick 0

    def media_ms(self, arrived_ms: int, ticks: int) -> float:
        own_ms = ticks * 1000 / SOUND_RATE
        if self._anchor_ms is None or abs(self._anchor_ms + own_ms - arrived_ms) > _JITTER_MS:
            self._anchor_ms = arrived_ms - own_ms
        return self._anchor_ms + own_ms
