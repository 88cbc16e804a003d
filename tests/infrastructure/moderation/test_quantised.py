"""Networks in int8: made of the operator's own pictures, and kept from real calls until somebody evaluated them."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from application.moderation import Setup
from domain.clearance import ClearanceMode
from infrastructure import clips
from infrastructure.clips import Clip
from infrastructure.moderation import models, quantised, setups
from infrastructure.moderation.analyser import StreamAnalyser
from infrastructure.moderation.enrol import template
from infrastructure.moderation.models import ModelRefused
from tests.infrastructure.moderation.conftest import APPROVED, STRANGER
from tests.infrastructure.moderation.films import analyse

pytestmark = pytest.mark.models

PEOPLE = ("actor", "group-0", "group-1", "group-3")  # other people than those who are compared below


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with int8 networks that were made by the command, and the photographs they were made from."""
    data = tmp_path_factory.mktemp("data")
    pictures = data / "pictures"
    pictures.mkdir()
    for person in PEOPLE:
        film = Clip((clips.sitter(person, 1, size=130, x=300),), 4.0)
        for number, landscape in enumerate(clips.pictures(film, every=25)):
            picture = landscape if number % 2 else landscape[:, 120:480]  # photographs have many shapes
            cv2.imwrite(str(pictures / f"{person}-{number}.png"), np.ascontiguousarray(picture[:, :, ::-1]))
    with pytest.MonkeyPatch.context() as environment:
        _choose(environment, data)
        result = _run("quantise", pictures)
    assert result.exit_code == 0, result.stderr
    assert f"Made: {models.EMBEDDER.name}." in result.stdout
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, chosen by the environment."""
    shutil.copytree(made, tmp_path / "data")
    _choose(monkeypatch, tmp_path / "data")
    return tmp_path / "data"


def _choose(environment: pytest.MonkeyPatch, data: Path, setup: str = "permissive") -> None:
    """NudeNet takes longest to be made, so most tests do without."""
    environment.setenv("KINLINE_DATA", str(data))
    environment.setenv("KINLINE_SETUP", setup)
    for name in ("KINLINE_PROFILE", "KINLINE_PRECISION"):
        environment.delenv(name, raising=False)


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


def _said(result: Result) -> str:
    """The one line it ended with."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def _evaluated(folder: Path, engine: str) -> Path:
    path = folder / "evaluation.json"
    path.write_text(json.dumps({"engine": engine, "clips": 1}))
    return path


def _distances(setup: Setup) -> list[int]:
    """Of an approved person and of a stranger, to the approved person's template."""
    known = template(clips.photograph(APPROVED), setup)
    distances = []
    for person in (APPROVED, STRANGER):
        picture = next(clips.pictures(Clip((clips.appears(person, 0, size=130, x=300),), 0.04)))
        analyser = StreamAnalyser(setup, setup.policy, ClearanceMode.MATCH, [known])
        (distance,) = (f.distances[0] for f in analyse(analyser, 0, picture).faces if f.confirmed >= 0)
        distances.append(distance)
    return distances


def test_real_calls_are_not_judged_by_them_before_an_evaluation_was_accepted(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINLINE_PRECISION", "int8")
    with pytest.raises(ModelRefused, match="No evaluation of these int8 networks was accepted"):
        setups.load("permissive")
    engine = setups.load("permissive", operational=False).engine
    assert engine.endswith("@int8")
    accepted = _run("accept", _evaluated(data, engine))
    assert accepted.exit_code == 0, accepted.stderr
    assert setups.load("permissive").engine == engine


def test_without_being_chosen_they_are_not_used(data: Path) -> None:
    assert setups.load("permissive").engine.endswith("@fp32")


def test_a_precision_that_does_not_exist_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINLINE_PRECISION", "int4")
    with pytest.raises(ModelRefused, match="no precision named int4"):
        setups.load("permissive")


def test_an_evaluation_of_another_engine_is_not_accepted(data: Path) -> None:
    assert "is about permissive:other@int8" in _said(
        _run("accept", _evaluated(data, "permissive:other@int8"))
    )
    assert "is no evaluation" in _said(_run("accept", data / "none.json"))
    (data / "list.json").write_text("[]")
    assert "is no evaluation" in _said(_run("accept", data / "list.json"))


def test_an_evaluation_of_what_was_made_before_is_none_of_what_is_made_now(data: Path) -> None:
    engine = setups.load("permissive", precision="int8", operational=False).engine
    _run("accept", _evaluated(data, engine))
    accepted = data / "int8" / "accepted.json"
    accepted.write_text(accepted.read_text().replace(engine, "permissive:earlier@int8"))
    with pytest.raises(ModelRefused, match="No evaluation"):
        setups.load("permissive", precision="int8")


def test_an_evaluation_that_was_changed_afterwards_counts_no_more(data: Path) -> None:
    engine = setups.load("permissive", precision="int8", operational=False).engine
    _run("accept", _evaluated(data, engine))
    (kept,) = (path for path in (data / "int8").glob("*.json") if len(path.stem) == 64)
    kept.write_text(json.dumps({"engine": engine, "clips": 1_000}))
    with pytest.raises(ModelRefused, match="gone or was changed"):
        setups.load("permissive", precision="int8")


def test_a_network_that_is_not_the_one_that_was_made_is_refused(data: Path) -> None:
    changed = data / "int8" / "embedder.onnx"
    changed.write_bytes(changed.read_bytes() + b"\0")
    with pytest.raises(ModelRefused, match="is not the one that was made"):
        setups.load("permissive", precision="int8", operational=False)
    result = _run("verify")
    assert result.exit_code == 1
    assert "DIFFERS permissive in int8" in result.stdout


def test_verify_says_whether_they_may_judge_real_calls(data: Path) -> None:
    told = _run("verify")
    assert told.exit_code == 0
    assert "permissive in int8: permissive:" in told.stdout
    assert "full in int8" not in told.stdout  # it was not made
    assert "@int8; no evaluation was accepted" in told.stdout
    _run("accept", _evaluated(data, setups.load("permissive", precision="int8", operational=False).engine))
    assert "@int8; an evaluation was accepted" in _run("verify").stdout


def test_list_tells_them_beside_the_networks_they_were_made_of(data: Path) -> None:
    full, permissive = json.loads(_run("list", "--json").stdout)
    assert [n["name"] for n in permissive["networks"] if n["precision"] == "int8"] == [
        f"{models.EMBEDDER.name} in int8"
    ]
    assert not [n for n in full["networks"] if n["precision"] == "int8"]


def test_a_record_that_cannot_be_read_is_told_and_stops_neither_list_nor_verify(data: Path) -> None:
    (data / "int8" / "made.json").write_text("{")
    assert "made.json cannot be read" in _run("list").stdout
    told = _run("verify")
    assert told.exit_code == 1
    assert "DIFFERS permissive in int8" in told.stdout
    assert "well   permissive" in told.stdout


def test_they_are_made_once_and_of_enough_faces(data: Path, tmp_path: Path) -> None:
    assert "There are int8 networks already" in _said(_run("quantise", data / "pictures"))
    shutil.rmtree(data / "int8")
    few = tmp_path / "few"
    few.mkdir()
    for path in sorted((data / "pictures").iterdir())[:3]:
        shutil.copy(path, few)
    assert f"There are 3 faces in these pictures: {quantised.INPUTS_MIN} are needed." in _said(
        _run("quantise", few)
    )
    (few / "no.png").write_text("no picture")
    assert "cannot be used" in _said(_run("quantise", few))
    assert "No such file" in _said(_run("quantise", tmp_path / "nowhere"))
    assert not (data / "int8").exists()


def test_without_them_int8_cannot_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _choose(monkeypatch, tmp_path)
    with pytest.raises(ModelRefused, match="kinline models quantise"):
        setups.load("permissive", precision="int8", operational=False)


def test_they_answer_nearly_as_the_networks_they_were_made_of(data: Path) -> None:
    floats, whole = setups.load("permissive"), setups.load("permissive", precision="int8", operational=False)
    exact, near = _distances(floats), _distances(whole)
    assert exact != near
    assert near == pytest.approx(exact, abs=600)
    matching = whole.policy.matching
    assert near[0] <= matching.accept
    assert near[1] >= matching.reject


@pytest.mark.slow
def test_nudenet_finds_faces_in_int8_too(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelRefused, match=f"There is no int8 network of {models.NUDITY.name}"):
        setups.load("full", precision="int8", operational=False)
    shutil.rmtree(data / "int8")
    _choose(monkeypatch, data, "full")
    assert (
        f"Made: {models.EMBEDDER.name}, {models.NUDITY.name}." in _run("quantise", data / "pictures").stdout
    )
    known, strange = _distances(setups.load("full", precision="int8", operational=False))
    assert known < strange
