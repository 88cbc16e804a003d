"""A made film as a camera: its pictures are drawn as they are needed, and nothing of it is kept on disk."""

from collections.abc import Iterator
from dataclasses import dataclass

import av
from av.audio.resampler import AudioResampler

from infrastructure.clips import FPS, Clip, pictures, tone
from infrastructure.media.clip import SOUND_SAMPLES
from infrastructure.media.frame import SOUND_RATE


@dataclass(frozen=True)
class Film:
    """Fulfils `infrastructure.media.clip.Footage`."""

    clip: Clip
    every: int = 1  # draw only every so many pictures: half of them are enough for a demonstration

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.clip.seconds

    def pictures(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Each picture with its time, drawn now."""
        for number, picture in enumerate(pictures(self.clip, every=self.every)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            yield number * self.every / FPS, frame.reformat(format="yuv420p")

    def sounds(self) -> Iterator[av.AudioFrame]:
        """The film's beep in pieces of 20 ms."""
        if self.clip.tone_hz is None:
            return
        resampler = AudioResampler(format="s16", layout="stereo", rate=SOUND_RATE, frame_size=SOUND_SAMPLES)
        for frame in tone(self.clip):
            yield from resampler.resample(frame)
