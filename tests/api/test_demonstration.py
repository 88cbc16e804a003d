"""The people of a demonstration."""

from pathlib import Path

import pytest

from api.commands import demo
from infrastructure.settings import Settings


def test_the_people_of_the_demonstration_are_the_same_as_long_as_their_folder_is(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    assert demo.cast(settings) == demo.cast(settings)
    assert demo.cast(Settings(data=tmp_path / "other")) != demo.cast(settings)
    (tmp_path / "data" / "demonstration.json").write_text("{}")
    with pytest.raises(ValueError, match=r"demonstration\.json cannot be read"):
        demo.cast(settings)
