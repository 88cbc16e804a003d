import json
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from infrastructure import clips
from infrastructure.clips import Clip
from tests.infrastructure.moderation.conftest import APPROVED, STRANGER, Films

pytestmark = pytest.mark.models


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(clips.photograph(APPROVED))
    return path


@pytest.fixture
def film(films: Films) -> Path:
    stranger = clips.appears(STRANGER, 2, size=125, x=510)
    return films.of("stranger", Clip((clips.sitter(APPROVED, 1, size=130, x=200), stranger), 4.5))


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["moderate", *map(str, arguments)])


def test_moderate_tells_as_json_what_it_found(film: Path, photo: Path) -> None:
    result = _run(film, "--photo", photo, "--setup", "full", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert set(report) == {
        "violations", "freezes", "tracks", "setup", "frames_judged", "frames_skipped", "seconds", "speed",
    }  # fmt: skip
    (violation,) = report["violations"]
    assert set(violation) == {"kind", "since_s", "media_s", "until_s", "action"}
    assert violation["kind"] == "unapproved_face"
    assert set(report["freezes"][-1]) == {"cause", "from_s", "to_s"}
    assert set(report["tracks"][0]) == {"id", "first_s", "last_s", "photo", "distance_min", "verdict"}
    assert [track["photo"] for track in report["tracks"]] == [0, None]
    assert report["setup"] == "full"
    assert report["speed"] > 1


def test_moderate_tells_people_the_same(film: Path, photo: Path) -> None:
    result = _run(film, "--photo", photo, "--setup", "permissive")
    assert result.exit_code == 0
    assert "unapproved_face: pause" in result.stdout
    assert "Set-up: permissive." in result.stderr


def test_a_policy_file_changes_what_is_found(film: Path, photo: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"moderation": {"bystanders": {"visitor": "freeze"}}}))
    result = _run(film, "--photo", photo, "--setup", "full", "--policy", policy, "--json")
    report = json.loads(result.stdout)
    assert report["violations"] == []
    assert report["freezes"]


def _sound_only(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _said(result: Result) -> str:
    """The one line it ended with."""
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if not line.startswith("Set-up:")]
    assert len(lines) == 1
    return lines[0]


def test_what_cannot_be_used_is_told_in_one_line(film: Path, photo: Path, tmp_path: Path) -> None:
    nobody, two, policy = tmp_path / "nobody.png", tmp_path / "two.png", tmp_path / "policy.json"
    wall = next(clips.pictures(Clip((), 0.04)))
    both = next(
        clips.pictures(Clip((clips.appears(APPROVED, 0, x=160), clips.appears(STRANGER, 0, x=480)), 0.04))
    )
    for path, picture in ((nobody, wall), (two, both)):
        _write(path, picture)
    policy.write_text('{"moderation": {"speed": 1}}')
    assert "There is no video" in _said(_run(tmp_path / "none.webm", "--photo", photo))
    assert "no pictures" in _said(_run(_sound_only(tmp_path / "sound.webm"), "--photo", photo))
    assert "There is no photograph" in _said(_run(film, "--photo", tmp_path / "none.png"))
    assert "There is no face" in _said(_run(film, "--photo", nobody))
    assert "There are 2 faces" in _said(_run(film, "--photo", two))
    assert "no key named moderation.speed" in _said(_run(film, "--photo", photo, "--policy", policy))
    assert "no set-up named best" in _said(_run(film, "--photo", photo, "--setup", "best"))


def _write(path: Path, picture: clips.Image) -> None:
    import cv2

    cv2.imwrite(str(path), np.ascontiguousarray(picture[:, :, ::-1]))
