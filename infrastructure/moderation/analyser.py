"""One stream under the networks: from a picture's planes to an observation.

Cover statistics, the gate, detection, a second look at each face, quality, a vector of every face at every
sample (MATCH; none in COUNT), distances to the templates. Vectors never leave this module: an observation
holds distances only. The vector of a face an officer accepted is kept here, in memory, until the call ends.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from application.moderation import Chip, Confirmed, Found, Picture, Setup, Vector
from domain.clearance import ClearanceMode
from domain.moderation.observation import Box, Face, Observation
from domain.moderation.policy import ModerationPolicy
from domain.moderation.track import nearness
from infrastructure.moderation.change import change_grid, changed_cells, stir
from infrastructure.moderation.engines import quality
from infrastructure.moderation.engines.quality import to_units
from infrastructure.moderation.steady import Grid

Plane = npt.NDArray[np.uint8]

_REMEMBERED = 16  # pictures whose vectors are kept, so that an officer's word finds its face: 2 to 4 seconds
_AVERAGED = 5  # sightings whose vectors make the template of an accepted face
_STATISTICS_STEP = 8  # every so many pixels, for mean and deviation of luma


@dataclass(frozen=True, slots=True)
class Planes:
    """A decoded picture as the codec gives it (YUV 4:2:0). U and V have half the width and height."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.y.shape[0], self.y.shape[1]

    def rgb(self) -> Picture:
        """The picture as the networks see it; odd sides lose their last line."""
        height, width = (side // 2 * 2 for side in self.shape)
        luma = self.y[:height, :width]
        chroma = (plane[: height // 2, : width // 2] for plane in (self.u, self.v))
        flat = np.concatenate([luma.ravel(), *(plane.ravel() for plane in chroma)])
        picture: Picture = cv2.cvtColor(flat.reshape(height * 3 // 2, width), cv2.COLOR_YUV2RGB_I420).astype(
            np.uint8, copy=False
        )
        return picture


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture to be judged, with what the step knows of the stream."""

    media_ms: int
    planes: Planes
    known: tuple[Box, ...] = ()  # where faces are or were: they are followed at a lower score
    calm: bool = False  # nothing is open: an unchanged picture may repeat the last observation
    unexplained: int = 0  # cells, as the schedule found them
    repeats_ms: int | None = None  # the newest pictures are those of so long before


@dataclass(frozen=True, slots=True)
class _Compared:
    """A face beside everybody it is compared with; distances are empty where faces are only counted."""

    chip: Chip
    distances: tuple[int, ...] = ()
    barred: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sighting:
    box: Box
    vector: Vector


class StreamAnalyser:
    """The networks on one stream. Not thread-safe: one picture at a time."""

    def __init__(
        self,
        setup: Setup,
        policy: ModerationPolicy,
        mode: ClearanceMode,
        templates: Sequence[Sequence[float]],
        barred: Sequence[Sequence[float]] = (),
    ) -> None:
        self._setup, self._policy, self._mode = setup, policy, mode
        self._eyes = setup.eyes()
        self._templates: list[Vector] = [np.asarray(t, np.float32) for t in templates]
        self._barred: list[Vector] = [np.asarray(t, np.float32) for t in barred]
        self._analysed: tuple[Grid, Observation, tuple[int, int]] | None = None
        self._before: Grid | None = None  # of the picture before, whatever was done with it
        self._remembered: deque[list[_Sighting]] = deque(maxlen=_REMEMBERED)
        self.embeddings = 0  # vectors computed in this stream since it was opened
        self.analysed = 0  # pictures the networks saw; the gate repeated the others

    def analyse(self, sample: Sample) -> Observation:
        """What this picture shows."""
        grid = change_grid(sample.planes.y)
        changed = self._changed(grid, sample.planes.shape)
        identical = self._is_the_same(grid)
        self._before = grid
        if self._may_repeat(sample, changed):
            return self._repeated(sample, changed, identical=identical)
        return self._look(sample, grid, changed, identical=identical)

    def accept(self, box: Box) -> int:
        """Keep the vector of the face at this place: its distance stands at the returned index from now on.

        Raises LookupError when no face was seen there of late.
        """
        vectors: list[Vector] = []
        for sightings in reversed(self._remembered):
            near = max(sightings, key=lambda s: nearness(box, s.box, self._policy.tracking), default=None)
            if near is None or not nearness(box, near.box, self._policy.tracking):
                continue
            box = near.box
            vectors.append(near.vector)
            if len(vectors) == _AVERAGED:
                break
        if not vectors:
            raise LookupError("No face was seen there in the last pictures.")
        self._templates.append(np.mean(vectors, axis=0).astype(np.float32))
        self._analysed = None
        return len(self._templates) - 1

    def _changed(self, grid: Grid, shape: tuple[int, int]) -> int:
        """Changed cells since the last analysed picture; all of them when there is none to compare with."""
        if self._analysed is None or self._analysed[2] != shape:
            return grid.size
        return changed_cells(grid, self._analysed[0], self._policy.sampling.gate_level)

    def _is_the_same(self, grid: Grid) -> bool:
        """Did nothing change since the picture before but what encoding does to a picture that stands still?

        Measured: of a camera that is stuck no cell changes by more than one level from half a second on; of
        somebody who sits still and talks, 260 of 4,800 and more.
        """
        if self._before is None or self._before.shape != grid.shape:
            return False
        return changed_cells(grid, self._before, self._policy.sampling.still_level) == 0

    def _may_repeat(self, sample: Sample, changed: int) -> bool:
        """Compared with the last ANALYSED picture, or slow drift would never be seen."""
        if not sample.calm or self._analysed is None:
            return False
        age_ms = sample.media_ms - self._analysed[1].media_ms
        return changed < self._policy.sampling.gate_cells and age_ms < self._policy.sampling.heartbeat_ms

    def _repeated(self, sample: Sample, changed: int, *, identical: bool) -> Observation:
        assert self._analysed is not None
        return replace(
            self._analysed[1],
            media_ms=sample.media_ms,
            changed=changed,
            unexplained=sample.unexplained,
            identical=identical,
            repeated=True,
            repeats_ms=sample.repeats_ms,
        )

    def _look(self, sample: Sample, grid: Grid, changed: int, *, identical: bool) -> Observation:
        picture = sample.planes.rgb()
        reference = self._analysed[0] if self._analysed and self._analysed[2] == sample.planes.shape else None
        found = [f for f in self._eyes.detector.detect(picture) if self._counts(f, sample.known)]
        sightings: list[_Sighting] = []
        faces = tuple(self._face(f, picture, grid, reference, sightings) for f in found)
        mean, deviation = quality.mean_and_deviation(sample.planes.y[::_STATISTICS_STEP, ::_STATISTICS_STEP])
        observation = Observation(
            media_ms=sample.media_ms,
            faces=faces,
            luma_mean=round(mean),
            luma_deviation=round(deviation),
            nudity=None if self._eyes.nudity is None else to_units(self._eyes.nudity.exposed(picture)),
            changed=changed,
            unexplained=sample.unexplained,
            identical=identical,
            repeated=False,
            engine=self._setup.engine,
            assessed=self._setup.assessed,
            repeats_ms=sample.repeats_ms,
        )
        self._remembered.append(sightings)
        self._analysed = (grid, observation, sample.planes.shape)
        self.analysed += 1
        return observation

    def _counts(self, found: Found, known: Sequence[Box]) -> bool:
        """Strong enough for a new face, or for one that is followed."""
        score, detection = to_units(found.score), self._policy.detection
        if score >= detection.new_face_score:
            return True
        box = _whole(found)
        followed = any(nearness(place, box, self._policy.tracking) for place in known)
        return score >= detection.known_face_score and followed

    def _face(
        self,
        found: Found,
        picture: Picture,
        grid: Grid,
        reference: Grid | None,
        sightings: list[_Sighting],
    ) -> Face:
        box, shape = _whole(found), (picture.shape[0], picture.shape[1])
        confirmed = self._eyes.confirmer.confirm(picture, found)
        compared = self._compared(confirmed.found, picture, box, sightings)
        stirred = stir(grid, reference, found.box, shape, self._policy.sampling.gate_level)
        assessed = quality.assess(compared.chip, found.box, shape, stirred)
        return Face(
            box,
            to_units(found.score),
            to_units(confirmed.score),
            compared.distances,
            assessed,
            found.proposer,
            self._live(picture, confirmed),
            compared.barred,
        )

    def _live(self, picture: Picture, confirmed: Confirmed) -> int | None:
        """How surely this face is a living person's, where a network can tell and somebody is compared."""
        if self._eyes.liveness is None or self._mode is not ClearanceMode.MATCH:
            return None
        if to_units(confirmed.score) < self._policy.detection.confirmed_score:
            return None  # what is no face is not alive
        live = self._eyes.liveness.live(picture, confirmed.found)
        return None if live is None else to_units(live)

    def _compared(self, found: Found, picture: Picture, box: Box, sightings: list[_Sighting]) -> _Compared:
        """The chip and the distances. Where faces are only counted, no landmark and no vector is computed."""
        if self._mode is not ClearanceMode.MATCH:
            return _Compared(quality.plain_chip(picture, found.box))
        chip = self._eyes.embedder.chip(picture, found)
        vector = self._eyes.embedder.embed(chip)
        self.embeddings += 1
        sightings.append(_Sighting(box, vector))
        return _Compared(chip, self._from(vector, self._templates), self._from(vector, self._barred))

    def _from(self, vector: Vector, templates: list[Vector]) -> tuple[int, ...]:
        """How far a face is from each of these."""
        if not templates:
            return ()
        return tuple(to_units(distance) for distance in self._eyes.embedder.distances(vector, templates))


def _whole(found: Found) -> Box:
    """The box in whole pixels, at least one wide and high."""
    x, y, width, height = found.box
    return round(x), round(y), max(1, round(width)), max(1, round(height))
