"""The manifest: which films, who was admitted, and what is to be seen from when to when."""

import json
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.clearance import Side
from infrastructure.moderation import footage
from infrastructure.moderation.footage import FootageRefused

SLACK_S = 0.2  # so far an interval may reach beyond the last picture


class ManifestRefused(Exception):
    """The manifest cannot be used; one line says why."""


class Label(StrEnum):
    """What an interval says is to be seen."""

    FACE = "face"  # a person's face; who was not admitted is a stranger
    CAMERA_COVERED = "camera_covered"
    FACE_ABSENT = "face_absent"
    EXPLICIT_NUDITY = "explicit_nudity"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Person(_Part):
    """Somebody in the films. Ids are the manifest's own; no name is needed."""

    photograph: Path | None = None  # needed of whoever is admitted
    group: str | None = None  # as the person describes themselves, with their consent


class Interval(_Part):
    """Something is to be seen, in seconds of the film."""

    from_s: float = Field(ge=0)
    to_s: float
    kind: Label
    person: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.to_s <= self.from_s:
            raise ValueError("it ends before it begins")
        if (self.kind is Label.FACE) != (self.person is not None):
            raise ValueError("a face has a person, and nothing else has one")
        return self

    @property
    def from_ms(self) -> int:
        """Milliseconds of the film."""
        return round(self.from_s * 1000)

    @property
    def to_ms(self) -> int:
        """Milliseconds of the film."""
        return round(self.to_s * 1000)


class Clip(_Part):
    """One film of one side of a call."""

    path: Path
    side: Side = Side.VISITOR
    admitted: tuple[str, ...] = Field(min_length=1)
    intervals: tuple[Interval, ...] = ()
    conditions: tuple[str, ...] = ()  # such as dim, handheld: reported apart

    @property
    def strangers(self) -> tuple[Interval, ...]:
        """When the face of somebody is to be seen who was not admitted."""
        return tuple(one for one in self._faces if one.person not in self.admitted)

    @property
    def approved(self) -> tuple[Interval, ...]:
        """When the face of somebody is to be seen who was admitted."""
        return tuple(one for one in self._faces if one.person in self.admitted)

    @property
    def _faces(self) -> Iterator[Interval]:
        return (one for one in self.intervals if one.kind is Label.FACE)


class Manifest(_Part):
    """Everything an evaluation is made of. Paths are beside the manifest unless they begin with `/`."""

    people: dict[str, Person]
    clips: tuple[Clip, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        for number, clip in enumerate(self.clips, 1):
            named = {*clip.admitted, *(one.person for one in clip.intervals if one.person)}
            if unknown := sorted(named - set(self.people)):
                raise ValueError(f"clip {number} names {unknown[0]}, who is not among the people")
            bare = [person for person in clip.admitted if self.people[person].photograph is None]
            if bare:
                raise ValueError(f"{bare[0]} is admitted in clip {number} and has no photograph")
        return self


def read(path: Path) -> Manifest:
    """The manifest in a JSON or TOML file, with whole paths; every film is there and as long as its labels say.

    Raises `ManifestRefused`.
    """
    try:
        manifest = Manifest.model_validate(_document(path))
    except ValidationError as error:
        raise ManifestRefused(f"{path}: {_first(error)}") from error
    whole = _beside(manifest, path.parent)
    for number, clip in enumerate(whole.clips, 1):
        _check(clip, number)
    for name, person in whole.people.items():
        if person.photograph is not None and not person.photograph.is_file():
            raise ManifestRefused(f"There is no photograph {person.photograph} of {name}.")
    return whole


def _document(path: Path) -> Any:
    try:
        content = path.read_text(encoding="utf-8")
        return tomllib.loads(content) if path.suffix == ".toml" else json.loads(content)
    except FileNotFoundError as error:
        raise ManifestRefused(f"There is no file {path}.") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestRefused(f"{path} is neither JSON nor TOML that can be read.") from error


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, and where."""
    wrong = error.errors(include_url=False)[0]
    parts = [str(part + 1) if isinstance(part, int) else part.rstrip("s") for part in wrong["loc"]]
    where = " ".join(parts)
    if wrong["type"] == "extra_forbidden":
        return f"{where} is a key nobody reads."
    says = wrong["msg"].removeprefix("Value error, ")
    return f"{where}: {says[:1].lower()}{says[1:]}." if where else f"{says}."


def _beside(manifest: Manifest, folder: Path) -> Manifest:
    people = {
        name: one.model_copy(update={"photograph": one.photograph and folder / one.photograph})
        for name, one in manifest.people.items()
    }
    clips = tuple(clip.model_copy(update={"path": folder / clip.path}) for clip in manifest.clips)
    return manifest.model_copy(update={"people": people, "clips": clips})


def _check(clip: Clip, number: int) -> None:
    try:
        length_ms = footage.length_ms(clip.path)
    except FootageRefused as error:
        raise ManifestRefused(f"Clip {number}: {error}") from error
    for interval in clip.intervals:
        if interval.to_s > length_ms / 1000 + SLACK_S:
            raise ManifestRefused(
                f"Clip {number}: the interval to {interval.to_s:g} s ends after the film, which has "
                f"{length_ms / 1000:.2f} s."
            )
