"""What one judged picture showed, as numbers: no picture, no vector.

Whole numbers only, so that a recorded observation replays byte for byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

from domain.moderation.kind import Kind

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the picture as sent. May reach beyond the picture."""


class Proposer(IntEnum):
    """The network that proposed a face."""

    SCRIPTED = 0
    NUDENET = 1
    MMOD = 2
    SCRFD = 3
    YUNET = 4


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a face is seen."""

    side: int  # px, square root of the box's area
    sharpness: int  # 1/10,000, variance of the Laplacian over the variance of the chip
    brightness: int  # mean luma of the chip, 0 to 255
    turn: int  # 1/10,000 of the eye distance: 0 is frontal, beyond 5,000 a profile
    inside: int  # 1/10,000, share of the box inside the picture
    edge: int  # px from the box to the nearest edge of the picture; negative when beyond
    stir: int  # 1/10,000, share of the box's cells that changed since the last judged picture


_QUALITY = len(fields(Quality))


@dataclass(frozen=True, slots=True)
class Face:
    """One box that may be a face. `distances` is empty where faces are only counted."""

    box: Box
    score: int  # 1/10,000, the proposer's
    confirmed: int  # 1/10,000, the confirmer's; from 0 on it is a face
    distances: tuple[int, ...]  # 1/10,000 to each template, then to each face accepted in the call
    quality: Quality
    proposer: Proposer = Proposer.SCRIPTED
    liveness: int | None = (
        None  # 1/10,000, that it is alive; None: not assessed, or too little of it in the picture
    )
    barred: tuple[int, ...] = ()  # 1/10,000, to each face that is barred from this call

    def to_record(self) -> list[Any]:
        """The face as a flat list. Liveness and barred faces end it where there are: without, it is written as ever."""
        q = self.quality
        return [
            *self.box, self.score, self.confirmed, list(self.distances),
            q.side, q.sharpness, q.brightness, q.turn, q.inside, q.edge, q.stir, int(self.proposer),
            *([] if self.liveness is None else [self.liveness]),
            *([list(self.barred)] if self.barred else []),
        ]  # fmt: skip

    @classmethod
    def from_record(cls, record: Sequence[Any]) -> "Face":
        """The face that `to_record` wrote."""
        x, y, width, height, score, confirmed, distances, *numbers = record
        quality, (proposer, *rest) = Quality(*numbers[:_QUALITY]), numbers[_QUALITY:]
        box, known = (x, y, width, height), tuple(distances)
        barred = tuple(rest.pop()) if rest and isinstance(rest[-1], list) else ()
        liveness = rest[0] if rest else None
        return cls(box, score, confirmed, known, quality, Proposer(proposer), liveness, barred)


@dataclass(frozen=True, slots=True)
class Observation:
    """One judged picture of one stream."""

    media_ms: int  # of the stream; strictly rising
    faces: tuple[Face, ...]
    luma_mean: int  # 0 to 255
    luma_deviation: int  # standard deviation of luma, levels
    nudity: int | None  # 1/10,000, worst exposed part; None: not assessed
    changed: int  # cells of 80x60 that changed since the last analysed picture
    unexplained: int  # most changed cells outside proved people in any picture since the last judged one
    identical: bool  # not one byte of luma differs from the last judged picture
    repeated: bool  # the gate saw no change: faces are those of the last analysed picture
    engine: str  # set-up and digests of the networks that judged
    assessed: tuple[Kind, ...]  # what these networks can tell at all
    repeats_ms: int | None = None  # the pictures of the last seconds are those of so long before

    def to_record(self) -> list[Any]:
        """Nested lists of whole numbers, without `engine` and `assessed`: a block holds those once.

        That the stream repeats itself ends it where it does: without, it is written as ever.
        """
        return [
            self.media_ms, [face.to_record() for face in self.faces], self.luma_mean, self.luma_deviation,
            self.nudity, self.changed, self.unexplained, int(self.identical), int(self.repeated),
            *([] if self.repeats_ms is None else [self.repeats_ms]),
        ]  # fmt: skip

    @classmethod
    def from_record(cls, record: Sequence[Any], engine: str, assessed: tuple[Kind, ...]) -> "Observation":
        """The observation that `to_record` wrote."""
        media_ms, faces, mean, deviation, nudity, changed, unexplained, identical, repeated, *repeats = record
        return cls(
            media_ms=media_ms,
            faces=tuple(Face.from_record(face) for face in faces),
            luma_mean=mean,
            luma_deviation=deviation,
            nudity=nudity,
            changed=changed,
            unexplained=unexplained,
            identical=bool(identical),
            repeated=bool(repeated),
            engine=engine,
            assessed=assessed,
            repeats_ms=repeats[0] if repeats else None,
        )
