"""Real models and short films, made once for all tests here and deleted with the run."""

from pathlib import Path

import pytest

from application.moderation import Setup
from infrastructure import clips
from infrastructure.clips import Clip
from infrastructure.moderation import setups
from infrastructure.moderation.enrol import template
from infrastructure.moderation.models import ModelStore

APPROVED, STRANGER = "astronaut", "group-2"


class Films:
    """Writes each film once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, name: str, clip: Clip) -> Path:
        path = self._folder / f"{name}.webm"
        return path if path.exists() else clips.write(clip, path)


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="session", params=["full", "permissive"])
def setup(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """Both set-ups, one after the other."""
    return setups.load(request.param, ModelStore(tmp_path_factory.getbasetemp() / "networks"))


@pytest.fixture(scope="session")
def templates(setup: Setup) -> list[tuple[float, ...]]:
    """The template of the one approved person."""
    return [template(clips.photograph(APPROVED), setup)]
