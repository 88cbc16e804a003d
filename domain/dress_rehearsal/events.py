"""What comes of a dress rehearsal."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from domain.clearance import ClearanceMode, Side
from domain.event import CallEvent


class RehearsalResult(StrEnum):
    """What it came to, for a side or for one of its people."""

    MATCHED = "matched"
    UNCERTAIN = "uncertain"
    NOT_MATCHED = "not_matched"
    COUNTED = "counted"  # faces are only counted on this side, and there are not too many


class RehearsalProblem(StrEnum):
    """What the side can change."""

    NO_FACE = "no_face"
    MORE_PEOPLE = "more_people"
    FEWER_PEOPLE = "fewer_people"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TOO_FAR = "too_far"
    TURNED = "turned"
    AT_THE_EDGE = "at_the_edge"
    BLURRED = "blurred"


class PersonRehearsed(BaseModel):
    """Whether one person who is expected was recognised."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person: str
    result: RehearsalResult


class Rehearsed(BaseModel):
    """What the pictures came to: words and rounded numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    result: RehearsalResult
    persons: tuple[PersonRehearsed, ...]  # none where faces are only counted
    people: int  # seen at once
    light: int  # mean luma of the faces, in steps of 16
    problems: tuple[RehearsalProblem, ...]
    engine: str


class RehearsalHeld(CallEvent):
    """A side tried out whether it will be recognised. Nothing else of it is kept."""

    side: Side
    person: str  # who asked
    mode: ClearanceMode
    result: RehearsalResult
    persons: tuple[PersonRehearsed, ...]
    people: int
    light: int
    problems: tuple[RehearsalProblem, ...]
    engine: str
