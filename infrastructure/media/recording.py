"""Encoded media with its times, written to a file that any player plays: nothing is decoded or encoded again."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from infrastructure.media.frame import SOUND_RATE, Codec, EncodedFrame, EncodedSound
from infrastructure.media.slate import HEIGHT, WIDTH

_MILLISECONDS = Fraction(1, 1000)
_FORMATS = {Codec.VP8: ("webm", "libvpx"), Codec.H264: ("matroska", "libx264")}


class Recording:
    """A .webm file, or .mkv for H.264. Times are seconds since `zero`; media from before it is left out."""

    def __init__(self, path: Path, zero: float, codec: Codec = Codec.VP8) -> None:
        self._zero = zero  # of the clock by which `arrived` counts
        file_format, encoder = _FORMATS[codec]
        self._container = av.open(path, "w", format=file_format)
        picture: Any = self._container.add_stream(encoder, rate=30)
        self._picture = picture
        self._picture.width, self._picture.height, self._picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        self._picture.time_base = _MILLISECONDS
        self._sound: Any = self._container.add_stream("libopus", rate=SOUND_RATE)
        self._last = {"video": -1, "audio": -1}
        self._container.start_encoding()

    def picture(self, frame: EncodedFrame) -> None:
        """Write a picture at the time it came."""
        self._write("video", self._picture, frame.data, frame.arrived, key=frame.key)

    def sound(self, sound: EncodedSound) -> None:
        """Write sound at the time it came."""
        self._write("audio", self._sound, sound.data, sound.arrived, key=True)

    def close(self) -> None:
        """Finish the file."""
        self._container.close()

    def _write(self, kind: str, stream: Any, data: bytes, arrived: float, *, key: bool) -> None:
        if arrived < self._zero:
            return
        packet = av.Packet(data)
        packet.stream = stream
        packet.time_base = _MILLISECONDS
        packet.pts = packet.dts = max(round((arrived - self._zero) * 1000), self._last[kind] + 1)
        packet.is_keyframe = key
        self._last[kind] = packet.pts
        self._container.mux(packet)
