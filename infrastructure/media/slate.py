"""The slate: one encoded picture with a pause sign.

Its words are the page's business: they are shown in the viewer's own language.
"""

from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from infrastructure.media.frame import Codec

WIDTH, HEIGHT = 640, 480
_DARK, _LIGHT, _NEUTRAL = 30, 220, 128  # luma of ground and sign; chroma


@cache
def slate(codec: Codec) -> bytes:
    """The slate as one key frame."""
    picture = av.VideoFrame.from_ndarray(_draw(), format="yuv420p")
    picture.pts, picture.time_base = 0, Fraction(1, 30)
    encoder = _encoder(codec)
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])


def _draw() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Planar 4:2:0, HEIGHT * 3 / 2 rows of WIDTH."""
    planes = np.full((HEIGHT * 3 // 2, WIDTH), _NEUTRAL, np.uint8)
    planes[:HEIGHT] = _DARK
    middle, centre = HEIGHT // 2, WIDTH // 2
    for left in (centre - 60, centre + 20):
        planes[middle - 60 : middle + 60, left : left + 40] = _LIGHT
    return planes


def _encoder(codec: Codec) -> VideoCodecContext:
    name, options = {
        Codec.VP8: ("libvpx", {"lag-in-frames": "0", "deadline": "realtime"}),
        Codec.H264: ("libx264", {"tune": "zerolatency", "level": "31"}),
    }[codec]
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.bit_rate, encoder.options = 300_000, options
    encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30, 1)
    if codec is Codec.H264:
        encoder.profile = "Baseline"
    return encoder
