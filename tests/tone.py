"""A camera with a known tone for a voice, and the ear that knows it again at the other end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
import numpy as np

from infrastructure.media.clip import SOUND_SAMPLES
from infrastructure.media.frame import SOUND_RATE, EncodedSound

PRISONER_HZ, VISITOR_HZ = 1337, 1789
WINDOW = 24  # bytes of an Opus packet that are looked for; a voice's packet has about 80
SIDE = 160
PIECE = 1 << 22  # bytes that are looked through at a time


@dataclass(frozen=True)
class Tone:
    """A grey picture and one tone, without end. Fulfils `infrastructure.media.clip.Footage`."""

    hz: int

    @property
    def seconds(self) -> float:
        """For ever."""
        return float("inf")

    def pictures(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """A grey that changes a little, as a camera's would."""
        number = 0
        while True:
            grey = np.full((SIDE * 3 // 2, SIDE), 100 + number % 40, np.uint8)
            yield number / 25, av.VideoFrame.from_ndarray(grey, format="yuv420p")
            number += 1

    def sounds(self) -> Iterator[av.AudioFrame]:
        """The tone in pieces of 20 ms, its loudness rising and falling so that no two pieces are alike."""
        at = 0
        while True:
            times = (at + np.arange(SOUND_SAMPLES)) / SOUND_RATE
            loud = 9_000 * (1 + 0.3 * np.sin(2 * np.pi * 0.7 * times))
            wave = (loud * np.sin(2 * np.pi * self.hz * times)).astype(np.int16)
            stereo = np.repeat(wave, 2).reshape(1, -1)
            yield av.AudioFrame.from_ndarray(stereo, format="s16", layout="stereo")
            at += SOUND_SAMPLES


def heard(sounds: Sequence[EncodedSound], hz: int) -> float:
    """How much of the power of what was received is this tone: Goertzel's filter over the decoded sound."""
    decoder = av.CodecContext.create("libopus", "r")
    pieces = [frame.to_ndarray() for one in sounds for frame in decoder.decode(av.Packet(one.data))]
    wave = np.concatenate([piece.reshape(-1) for piece in pieces]).astype(float)[::2]  # of two channels one
    return max(_share(wave[at : at + SOUND_RATE // 5], hz) for at in range(0, len(wave), SOUND_RATE // 5))


def _share(wave: "np.ndarray[tuple[int], np.dtype[np.float64]]", hz: int) -> float:
    """The share of one frequency in a fifth of a second, in which the tones here have whole periods."""
    power = float(np.sum(wave**2)) * len(wave) / 2
    if len(wave) < SOUND_RATE // 5 or power == 0:
        return 0.0
    turn = 2 * np.cos(2 * np.pi * hz / SOUND_RATE)
    before = now = 0.0
    for sample in wave:
        before, now = now, float(sample) + turn * now - before
    return float((now**2 + before**2 - turn * now * before) / power)


def windows(sounds: Sequence[EncodedSound]) -> list[bytes]:
    """A stretch out of the middle of each packet that is long enough to be known again anywhere."""
    middles = (
        one.data[len(one.data) // 2 - WINDOW // 2 :][:WINDOW] for one in sounds if len(one.data) > 2 * WINDOW
    )
    return list(dict.fromkeys(middle for middle in middles if len(set(middle)) > WINDOW // 2))


class Search:
    """Looks for many stretches at once: by the first three bytes of each, then by the whole."""

    def __init__(self, wanted: Sequence[bytes]) -> None:
        self._begins = np.zeros(1 << 24, bool)
        self._wanted = frozenset(wanted)
        for window in wanted:
            self._begins[int.from_bytes(window[:3], "little")] = True

    def found(self, content: bytes) -> set[bytes]:
        """The stretches that are somewhere in these bytes."""
        found: set[bytes] = set()
        for at in range(0, len(content), PIECE):
            piece = content[at : at + PIECE + WINDOW]
            found.update(piece[begin : begin + WINDOW] for begin in self._candidates(piece))
        return found & self._wanted

    def _candidates(self, piece: bytes) -> list[int]:
        if len(piece) < WINDOW or piece.count(0) == len(piece):
            return []
        octets = np.frombuffer(piece, np.uint8).astype(np.uint32)
        keys = octets[:-2] | octets[1:-1] << 8 | octets[2:] << 16
        begins: list[int] = np.flatnonzero(self._begins[keys]).tolist()
        return begins
