import hashlib
import json
import socket
from pathlib import Path
from typing import NoReturn

import cv2
import msgspec
import numpy as np
import pytest

from domain.clearance import ClearanceMode
from infrastructure.moderation import setups
from infrastructure.moderation.analyser import StreamAnalyser
from infrastructure.moderation.engines import insightface_pack
from infrastructure.moderation.engines.insightface_pack import LockedFile, PackLock
from infrastructure.moderation.models import ModelRefused
from infrastructure.settings import Settings
from tests.infrastructure.moderation import generated_pack
from tests.infrastructure.moderation.films import analyse

pytestmark = pytest.mark.models


@pytest.fixture
def pack(tmp_path: Path) -> tuple[Path, PackLock]:
    folder = tmp_path / "pack"
    return folder, generated_pack.make(folder)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("A pack must never be fetched.")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_checked_pack_finds_faces_and_tells_them_apart(pack: tuple[Path, PackLock]) -> None:
    setup = insightface_pack.load(*pack, operational=False)
    picture = np.full((480, 640, 3), 128, np.uint8)
    generated_pack.draw(picture, 1, 80, 144)
    generated_pack.draw(picture, 2, 400, 144)
    eyes = setup.eyes()
    sure = [
        found for found in eyes.detector.detect(picture) if eyes.confirmer.confirm(picture, found).score >= 0
    ]
    first, second = sorted(sure, key=lambda found: found.box)
    assert [round(edge) for edge in first.box] == [80, 144, 96, 96]
    one, other = (eyes.embedder.embed(eyes.embedder.chip(picture, found)) for found in (first, second))
    (same, different) = eyes.embedder.distances(one, [one, other])
    assert same == pytest.approx(0, abs=1e-4)
    assert different > 0.6


def test_a_pack_judges_a_stream_with_its_own_thresholds(pack: tuple[Path, PackLock]) -> None:
    setup = insightface_pack.load(*pack, operational=False)
    picture = np.full((480, 640, 3), 128, np.uint8)
    generated_pack.draw(picture, 1, 80, 144)
    eyes = setup.eyes()
    vector = eyes.embedder.embed(eyes.embedder.chip(picture, eyes.detector.detect(picture)[0]))
    analyser = StreamAnalyser(setup, setup.policy, ClearanceMode.MATCH, [[float(v) for v in vector]])
    seen = analyse(analyser, 0, picture)
    assert setup.policy.matching.accept == 4_000
    assert seen.faces[0].distances[0] <= setup.policy.matching.accept
    assert seen.faces[0].confirmed > 0


def test_a_changed_model_is_refused(pack: tuple[Path, PackLock]) -> None:
    folder, lock = pack
    (folder / "rec.onnx").write_bytes((folder / "rec.onnx").read_bytes() + b"\0")
    with pytest.raises(ModelRefused, match=r"rec\.onnx of the face pack is not the file"):
        insightface_pack.load(folder, lock, operational=False)


def test_a_changed_model_is_refused_although_the_manifest_was_changed_with_it(
    pack: tuple[Path, PackLock],
) -> None:
    folder, lock = pack
    (folder / "manifest.json").unlink()
    with pytest.raises(ModelRefused, match=r"manifest\.json of the face pack is missing"):
        insightface_pack.load(folder, lock, operational=False)


def test_a_model_beside_the_locked_ones_is_refused(pack: tuple[Path, PackLock]) -> None:
    folder, lock = pack
    (folder / "other.onnx").write_bytes(b"")
    with pytest.raises(ModelRefused, match="not in its lock"):
        insightface_pack.load(folder, lock, operational=False)


def test_a_link_in_a_pack_is_refused(pack: tuple[Path, PackLock], tmp_path: Path) -> None:
    folder, lock = pack
    (folder / "det.onnx").rename(tmp_path / "elsewhere.onnx")
    (folder / "det.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(ModelRefused, match="is a link"):
        insightface_pack.load(folder, lock, operational=False)


def test_a_manifest_the_library_would_ignore_is_refused(pack: tuple[Path, PackLock]) -> None:
    folder, lock = pack
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "manifest_version": 3}))
    with pytest.raises(ModelRefused, match="manifest"):
        insightface_pack.load(folder, _locked_as_it_is(folder, lock), operational=False)


def test_a_pack_without_signed_commercial_licence_judges_no_real_call(pack: tuple[Path, PackLock]) -> None:
    with pytest.raises(ModelRefused, match="no signed commercial licence"):
        insightface_pack.load(*pack, operational=True)


def test_a_pack_that_makes_another_vector_than_it_was_calibrated_with_is_refused(
    pack: tuple[Path, PackLock],
) -> None:
    folder, lock = pack
    golden = msgspec.structs.replace(lock.golden, vector=tuple(reversed(lock.golden.vector)))
    with pytest.raises(ModelRefused, match="another vector"):
        insightface_pack.load(folder, msgspec.structs.replace(lock, golden=golden), operational=False)
    shorter = msgspec.structs.replace(lock.golden, vector=lock.golden.vector[:-1])
    with pytest.raises(ModelRefused, match="another length"):
        insightface_pack.load(folder, msgspec.structs.replace(lock, golden=shorter), operational=False)


def test_a_pack_that_does_not_find_its_golden_face_is_refused(pack: tuple[Path, PackLock]) -> None:
    folder, lock = pack
    cv2.imwrite(str(folder / "golden.png"), np.full((480, 640, 3), 128, np.uint8))
    with pytest.raises(ModelRefused, match="finds 0 faces"):
        insightface_pack.load(folder, _locked_as_it_is(folder, lock), operational=False)


def test_a_pack_is_chosen_by_environment(
    pack: tuple[Path, PackLock], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, lock = pack
    (tmp_path / "lock.json").write_bytes(msgspec.json.encode(lock))
    monkeypatch.setenv("KINLINE_PACK", str(folder))
    with pytest.raises(ModelRefused, match="KINLINE_PACK_LOCK"):
        setups.load("pack")
    monkeypatch.setenv("KINLINE_PACK_LOCK", str(tmp_path / "lock.json"))
    with pytest.raises(ModelRefused, match="no signed commercial licence"):
        setups.load("pack")
    monkeypatch.setenv("KINLINE_PROFILE", "development")
    assert setups.load("pack").engine.startswith("pack:generated:")
    assert setups.default_policy("pack").matching.accept == lock.accept
    assert Settings(setup="pack").setup == "pack"


def _locked_as_it_is(folder: Path, lock: PackLock) -> PackLock:
    """The lock somebody would write who trusts what lies there."""
    files = {
        path.name: LockedFile(hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in folder.iterdir()
    }
    return msgspec.structs.replace(lock, files=files)
