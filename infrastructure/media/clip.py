"""What a rehearsed camera shows and its microphone hears: a video file, or pictures made at run time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av
from av.audio.resampler import AudioResampler
from av.video.frame import PictureType

from infrastructure.media.frame import SOUND_RATE

PICTURES_PER_S_MAX = 30
WIDTH_MAX, HEIGHT_MAX = 640, 480
SOUND_SAMPLES = SOUND_RATE // 50  # 20 ms, as browsers send


class ClipUnusable(Exception):
    """The file cannot be a camera. The message is one sentence."""


class Footage(Protocol):
    """Something a camera can play. Times are in seconds from its first picture."""

    @property
    def seconds(self) -> float:
        """How long it is."""

    def pictures(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Its pictures with their times, from the first."""

    def sounds(self) -> Iterator[av.AudioFrame]:
        """Its sound in pieces of 20 ms, 48 kHz stereo, from the first picture's time; may be empty."""


@dataclass(frozen=True)
class Clip:
    """A video file as a camera."""

    path: Path
    seconds: float
    _has_sound: bool

    @classmethod
    def open(cls, path: Path) -> "Clip":
        """Look into the file. Raises `ClipUnusable` when it is missing or holds no picture."""
        if not path.is_file():
            raise ClipUnusable(f"There is no file {path}.")
        try:
            with av.open(path) as container:
                if not container.streams.video or next(container.decode(video=0), None) is None:
                    raise ClipUnusable(f"{path} holds no pictures.")
                seconds = (container.duration or 0) / 1_000_000
                return cls(path, seconds or _last_time(path), bool(container.streams.audio))
        except av.FFmpegError as error:
            raise ClipUnusable(f"{path} is no video this machine can read.") from error

    def pictures(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """See `Footage`. At most thirty a second, scaled to fit 640x480."""
        with av.open(self.path) as container:
            origin: float | None = None
            last = -1.0
            for frame in container.decode(video=0):
                origin = float(frame.time or 0) if origin is None else origin
                at = float(frame.time or 0) - origin
                if at - last < 0.95 / PICTURES_PER_S_MAX and last >= 0:
                    continue
                last = at
                yield at, _fitted(frame)

    def sounds(self) -> Iterator[av.AudioFrame]:
        """See `Footage`."""
        if not self._has_sound:
            return
        resampler = AudioResampler(format="s16", layout="stereo", rate=SOUND_RATE, frame_size=SOUND_SAMPLES)
        with av.open(self.path) as container:
            for frame in container.decode(audio=0):
                yield from resampler.resample(frame)


@dataclass(frozen=True)
class Drawn:
    """Pictures made as they are needed, without sound. `draw` takes seconds."""

    seconds: float
    draw: Callable[[float], av.VideoFrame]
    per_s: int = 25

    def pictures(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """See `Footage`."""
        for number in range(round(self.seconds * self.per_s)):
            yield number / self.per_s, self.draw(number / self.per_s)

    def sounds(self) -> Iterator[av.AudioFrame]:
        """None."""
        return iter(())


def _fitted(frame: av.VideoFrame) -> av.VideoFrame:
    """The picture as planar 4:2:0, no larger than a call's, with even sides."""
    scale = min(1.0, WIDTH_MAX / frame.width, HEIGHT_MAX / frame.height)
    width, height = (max(2, round(side * scale) // 2 * 2) for side in (frame.width, frame.height))
    fitted = frame.reformat(width=width, height=height, format="yuv420p")
    fitted.pict_type = PictureType.NONE
    return fitted


def _last_time(path: Path) -> float:
    with av.open(path) as container:
        times = [
            float(packet.pts * packet.time_base)
            for packet in container.demux(video=0)
            if packet.pts is not None
        ]
    return max(times, default=0.0)
