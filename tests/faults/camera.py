"""What the cameras of a story show: somebody who sits and talks, and a stranger when the story says so."""

from collections.abc import Iterator
from functools import cache

import av

from infrastructure.clips import FPS, Clip, flashes, photograph, pictures, sitter

PRISONER, VISITOR, STRANGER = "actor", "astronaut", "group-3"
LOOP_S = 4.0  # played forwards and backwards, so that nothing ever jumps
FLASH_PICTURES = 10  # 0.4 s

__all__ = ["PRISONER", "VISITOR", "LiveCamera", "photograph"]


class LiveCamera:
    """Footage without end. Fulfils `infrastructure.media.clip.Footage`."""

    def __init__(self, person: str) -> None:
        self._person = person
        self._strange = 0  # pictures left in which the stranger is seen

    @property
    def seconds(self) -> float:
        """For ever."""
        return float("inf")

    def flash(self) -> None:
        """The stranger is held into the picture for a moment, from the next picture on."""
        self._strange = FLASH_PICTURES

    def pictures(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Each picture with its time."""
        alone, together = _loop(self._person, with_stranger=False), None
        number = 0
        while True:
            if self._strange:
                self._strange -= 1
                together = together or _loop(self._person, with_stranger=True)
            shown = together if together is not None and self._strange else alone
            place = number % (2 * len(shown))
            yield number / FPS, shown[place if place < len(shown) else 2 * len(shown) - 1 - place]
            number += 1

    def sounds(self) -> Iterator[av.AudioFrame]:
        """Silence, which is sent like any sound."""
        return iter(())


@cache
def _loop(person: str, *, with_stranger: bool) -> tuple[av.VideoFrame, ...]:
    seated = sitter(person, 3, x=240)
    beside = (flashes(STRANGER, [0.0], milliseconds=round(LOOP_S * 1000)),) if with_stranger else ()
    clip = Clip((*beside, seated), LOOP_S, tone_hz=None)
    return tuple(
        av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        for picture in pictures(clip)
    )
