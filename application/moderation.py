"""What moderation asks of models, whoever made them. Adapters live in `infrastructure.moderation.engines`.

A picture is RGB, uint8, shape (height, width, 3). Boxes are x, y, width, height in its pixels, as floats.
Scores are the network's own; the policy says what they mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from domain.moderation.kind import Kind
from domain.moderation.observation import Proposer
from domain.moderation.policy import ModerationPolicy

Picture = npt.NDArray[np.uint8]
Vector = npt.NDArray[np.float32]
FloatBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """A box that may be a face."""

    box: FloatBox
    score: float
    proposer: Proposer
    points: tuple[tuple[float, float], ...] = ()  # landmarks, where the detector gives them: eyes first, nose


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a second look at one box says."""

    score: float  # from 0 on it is a face
    found: Found  # the box as the embedder should cut it out: where both looks together see the face


@dataclass(frozen=True, slots=True)
class Chip:
    """A face cut out upright, as its embedder wants it, and how far it is turned."""

    picture: Picture
    turn: float  # way of the nose from between the eyes, in eye distances: 0 frontal, beyond 0.5 a profile


class FaceDetector(Protocol):
    """Finds faces in a picture."""

    def detect(self, picture: Picture) -> Sequence[Found]:
        """Every box that may be a face, weak ones included."""


class FaceConfirmer(Protocol):
    """Looks again at one box: is it a face?"""

    def confirm(self, picture: Picture, found: Found) -> Confirmed:
        """How sure it is, and where the face lies more exactly."""


class FaceEmbedder(Protocol):
    """Turns a face into a vector; the distance of two vectors says how alike two faces are."""

    def chip(self, picture: Picture, found: Found) -> Chip:
        """The face, cut out upright."""

    def embed(self, chip: Chip) -> Vector:
        """The vector of one chip."""

    def distances(self, vector: Vector, templates: Sequence[Vector]) -> Sequence[float]:
        """To each template, 0 for the same picture."""


class NudityDetector(Protocol):
    """Finds exposed body parts."""

    def exposed(self, picture: Picture) -> float:
        """The score of the worst explicit part, 0 without any."""


class LivenessAssessor(Protocol):
    """Tells a person from a picture of a person. None is built in: the record says `not_assessed`."""

    def live(self, picture: Picture, found: Found) -> float | None:
        """Probability that a living person is before the camera; None: too little of the face is in the picture."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """The networks as one stream uses them; a detector keeps buffers of its own per stream."""

    detector: FaceDetector
    confirmer: FaceConfirmer
    embedder: FaceEmbedder
    nudity: NudityDetector | None = None
    liveness: LivenessAssessor | None = None


class Setup(Protocol):
    """A named combination of networks. Sessions are shared by all streams of the process."""

    @property
    def name(self) -> str:
        """`full`, `permissive`, `scripted` or the name of a pack."""

    @property
    def engine(self) -> str:
        """Name and digests of the networks: what goes on record."""

    @property
    def assessed(self) -> tuple[Kind, ...]:
        """The kinds these networks can tell."""

    @property
    def policy(self) -> ModerationPolicy:
        """The default policy for these networks."""

    def eyes(self) -> Eyes:
        """The networks for one more stream."""
