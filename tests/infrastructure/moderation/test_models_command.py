import json
from pathlib import Path
from typing import Any

import msgspec
import onnx
import pytest
from onnx import numpy_helper
from typer.testing import CliRunner, Result

from api.cli import app
from infrastructure.moderation import models, setups
from infrastructure.moderation.convert import build_embedder
from infrastructure.moderation.models import ModelRefused, ModelStore
from infrastructure.moderation.pack_lock import PackKind, PackLock
from tests.infrastructure.moderation import generated_pack, generated_yunet

pytestmark = pytest.mark.models


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINLINE_DATA", str(tmp_path / "data"))
    for name in ("KINLINE_SETUP", "KINLINE_PACK", "KINLINE_PACK_LOCK", "KINLINE_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pack(tmp_path: Path) -> tuple[Path, Path]:
    """A pack for OpenCV's classes and its lock."""
    lock = generated_yunet.make(tmp_path / "pack")
    return tmp_path / "pack", _write(tmp_path / "lock.json", lock)


def _write(path: Path, lock: PackLock) -> Path:
    path.write_bytes(msgspec.json.encode(lock))
    return path


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


def _json(*arguments: str | Path) -> Any:
    result = _run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def _install(pack: tuple[Path, Path]) -> Result:
    folder, lock = pack
    return _run("install", folder, "--lock", lock)


def _said(result: Result) -> str:
    """The one line it ended with."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def test_list_tells_each_set_up_with_its_networks_and_what_it_cannot_assess() -> None:
    ModelStore().detector()
    full, permissive = _json("list")
    assert [full["name"], full["not_assessed"]] == ["full", ["liveness_failed"]]
    assert permissive["not_assessed"] == ["explicit_nudity", "liveness_failed"]
    detector, embedder, landmarks, nudity = full["networks"]
    assert detector["published_sha256"] == models.DETECTOR.sha256
    assert detector["running_sha256"] == ModelStore().detector().sha256
    assert [n["precision"] for n in full["networks"]] == ["fp32", None, "as published", None]
    assert [embedder["licence"], landmarks["licence"], nudity["licence"]] == [
        "CC0-1.0",
        "CC0-1.0",
        "AGPL-3.0",
    ]
    assert full["operational"]


def test_a_pack_is_installed_listed_verified_and_judges(
    pack: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = _install(pack)
    assert told.exit_code == 0, told.stderr
    assert "pack generated: may judge real calls; licence: MIT, by the text in the pack" in told.stdout
    assert [entry["name"] for entry in _json("list") if entry["pack"]] == ["generated"]
    assert {check["name"]: check["well"] for check in _json("verify")}["generated"]
    monkeypatch.setenv("KINLINE_PACK", "generated")
    setup = setups.load("pack")
    assert setup.engine.startswith("pack:generated:")
    assert setups.default_policy("pack").matching.accept == 4_000
    files = tmp_path / "data" / "packs" / "generated" / "files"
    assert setups.pack_in_full("pack") == {"pack": str(files), "pack_lock": str(files.parent / "lock.json")}


def test_an_installed_pack_has_the_locked_files_alone_and_nothing_half_made_beside_it(
    pack: tuple[Path, Path], tmp_path: Path
) -> None:
    (pack[0] / "notes.txt").write_text("not in the lock")
    _install((pack[0], _write(tmp_path / "lock.json", _without(pack[1], "notes.txt"))))
    packs = tmp_path / "data" / "packs"
    assert [path.name for path in packs.iterdir()] == ["generated"]
    files = packs / "generated" / "files"
    assert {path.name for path in files.iterdir()} == {"LICENSE", "golden.png", "sface.onnx", "yunet.onnx"}
    assert {path.stat().st_mode & 0o777 for path in files.iterdir()} == {0o400}


def _without(lock: Path, name: str) -> PackLock:
    read = PackLock.read(lock)
    return msgspec.structs.replace(read, files={k: v for k, v in read.files.items() if k != name})


def test_a_pack_that_is_not_as_its_lock_says_is_not_installed(
    pack: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, lock = pack
    whole = (folder / "sface.onnx").read_bytes()
    (folder / "sface.onnx").write_bytes(whole[:-1])
    assert "sface.onnx of the face pack is not the file in its lock" in _said(_install(pack))
    (folder / "sface.onnx").write_bytes(whole)
    (folder / "extra.onnx").write_bytes(whole)
    assert "extra.onnx in the face pack is not in its lock" in _said(_install(pack))
    (folder / "extra.onnx").unlink()
    (folder / "golden.png").rename(tmp_path / "golden.png")
    (folder / "golden.png").symlink_to(tmp_path / "golden.png")
    assert "golden.png in the face pack is a link" in _said(_install(pack))
    assert "must be given in full and exist" in _said(_install((tmp_path / "nowhere", lock)))
    assert "cannot be read" in _said(_install((folder, tmp_path / "no.json")))
    assert not list((tmp_path / "data").rglob("*.onnx"))


def test_a_pack_whose_self_test_fails_leaves_nothing_behind(pack: tuple[Path, Path], tmp_path: Path) -> None:
    read = PackLock.read(pack[1])
    golden = msgspec.structs.replace(read.golden, vector=tuple(reversed(read.golden.vector)))
    lock = _write(tmp_path / "lock.json", msgspec.structs.replace(read, golden=golden))
    assert "another vector" in _said(_install((pack[0], lock)))
    assert list((tmp_path / "data" / "packs").iterdir()) == []


def test_a_lock_inside_the_pack_is_refused(pack: tuple[Path, Path]) -> None:
    inside = pack[1].rename(pack[0] / "lock.json")
    assert "keep it apart" in _said(_install((pack[0], inside)))


def test_a_name_is_given_once(pack: tuple[Path, Path]) -> None:
    _install(pack)
    assert "There is a pack named generated already" in _said(_install(pack))


def test_verify_ends_with_one_when_an_installed_file_differs(pack: tuple[Path, Path], tmp_path: Path) -> None:
    _install(pack)
    changed = tmp_path / "data" / "packs" / "generated" / "files" / "LICENSE"
    changed.chmod(0o600)
    changed.write_text("do as you like")
    result = _run("verify")
    assert result.exit_code == 1
    assert "DIFFERS generated: LICENSE of the face pack is not the file in its lock." in result.stdout
    (entry,) = (entry for entry in _json("list") if entry["pack"])
    assert not entry["operational"]


def test_verify_builds_each_network_again_and_does_not_believe_the_record_beside_it(tmp_path: Path) -> None:
    """Who can change a kept network can change its record with it: at the start that is not noticed."""
    store = ModelStore()
    store.embedder()
    other = models.BUILDERS[models.DETECTOR.name](models.read(models.DETECTOR))
    kept = next((tmp_path / "data" / "models").glob("*.onnx"))
    models._keep(kept, other)
    result = _run("verify")
    assert result.exit_code == 1
    assert f"DIFFERS {models.EMBEDDER.name}: The network kept" in result.stdout


def test_a_set_up_whose_network_computes_other_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models.BUILDERS, models.EMBEDDER.name, _halved)
    with pytest.raises(ModelRefused, match="computes other numbers here"):
        setups.load("permissive", ModelStore())


def _halved(content: bytes) -> bytes:
    """The embedder with its last weights halved."""
    model = onnx.load_model_from_string(build_embedder(content))
    last = model.graph.initializer[-1]
    last.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(last) / 2, last.name))
    return bytes(model.SerializeToString())


def test_the_licences_are_the_texts_that_came_with_the_networks(pack: tuple[Path, Path]) -> None:
    _install(pack)
    told = {text["network"]: text["says"] for text in _json("licences")}
    assert "CC0 1.0 Universal" in told[models.EMBEDDER.name]
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in told[models.NUDITY.name]
    assert told["pack generated"] == generated_yunet.MIT
    assert "=== pack generated: MIT" in _run("licences").stdout


def test_a_lock_is_made_of_a_draft_and_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    expected = generated_pack.make(folder)
    draft = _write(tmp_path / "draft.json", generated_pack.draft(folder, PackKind.INSIGHTFACE))
    result = _run("lock", folder, "--draft", draft)
    assert result.exit_code == 0, result.stderr
    assert msgspec.json.decode(result.stdout, type=PackLock) == expected
    assert "cannot be read" in _said(_run("lock", folder, "--draft", tmp_path / "none.json"))


def test_a_pack_without_a_verified_licence_is_installed_and_told_not_to_judge_real_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = _write(tmp_path / "lock.json", generated_pack.make(tmp_path / "pack"))
    told = _install((tmp_path / "pack", lock))
    assert "may NOT judge real calls; licence: default_non_commercial" in told.stdout
    monkeypatch.setenv("KINLINE_PACK", "generated")
    with pytest.raises(ModelRefused, match="no verified commercial licence"):
        setups.load("pack")
    monkeypatch.setenv("KINLINE_PROFILE", "development")
    assert setups.load("pack").engine.startswith("pack:generated:")


def test_a_profile_that_does_not_exist_lifts_no_rule(
    pack: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(pack)
    monkeypatch.setenv("KINLINE_PACK", "generated")
    monkeypatch.setenv("KINLINE_PROFILE", "Operational")
    with pytest.raises(ModelRefused, match="no profile named Operational"):
        setups.load("pack")
    assert _said(_run("list")).startswith("Input should be 'operational' or 'development'")


def test_a_pack_that_is_not_installed_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("other", ".."):
        monkeypatch.setenv("KINLINE_PACK", name)
        with pytest.raises(ModelRefused, match="There is no pack named"):
            setups.load("pack")
