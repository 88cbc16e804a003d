from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from infrastructure.moderation import models, setups
from infrastructure.moderation.models import ModelRefused, ModelStore

pytestmark = pytest.mark.models


def test_weights_that_are_not_the_ones_we_know_are_refused() -> None:
    with pytest.raises(ModelRefused, match="its hash differs"):
        models.read(replace(models.DETECTOR, sha256="0" * 64))


def test_weights_that_are_not_installed_are_refused() -> None:
    with pytest.raises(ModelRefused, match="is not installed"):
        models.locate(replace(models.DETECTOR, package="no_such_package"))
    with pytest.raises(ModelRefused, match="is not installed"):
        models.locate(replace(models.DETECTOR, path="models/other.dat"))


def test_a_built_network_that_was_changed_in_the_cache_is_built_again(tmp_path: Path) -> None:
    built = ModelStore(tmp_path).detector()
    kept = next(tmp_path.glob("*.onnx"))
    right = kept.read_bytes()
    kept.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    assert ModelStore(tmp_path).detector().sha256 == built.sha256
    assert kept.read_bytes() == right


def test_the_same_weights_always_give_the_same_network(tmp_path: Path) -> None:
    first, second = ModelStore(tmp_path / "a").detector(), ModelStore(tmp_path / "b").detector()
    assert first.sha256 == second.sha256


def test_the_built_embedder_agrees_with_its_makers_own_code(tmp_path: Path) -> None:
    import dlib

    chip = np.random.default_rng(1).integers(0, 255, (150, 150, 3), np.uint8)
    theirs = dlib.face_recognition_model_v1(str(models.verified(models.EMBEDDER)))
    ours = ModelStore(tmp_path).embedder().session.run(None, {"face": chip[None]})[0][0]
    assert np.abs(np.array(theirs.compute_face_descriptor(chip)) - ours).max() < 1e-5


def test_the_set_up_is_what_was_asked_for_else_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KINLINE_SETUP", raising=False)
    assert setups.chosen_name() == "full"
    assert setups.chosen_name("permissive") == "permissive"
    monkeypatch.setenv("KINLINE_SETUP", "permissive")
    assert setups.chosen_name() == "permissive"
    with pytest.raises(ValueError, match="no set-up named best"):
        setups.chosen_name("best")


def test_what_a_set_up_cannot_assess_it_does_not_claim(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    full, permissive = setups.load("full", store), setups.load("permissive", store)
    assert set(full.assessed) - set(permissive.assessed) == {"explicit_nudity"}
    assert permissive.eyes().nudity is None
    assert full.eyes().liveness is None
    assert full.engine != permissive.engine
