import base64
import hashlib
import json
import socket
from pathlib import Path
from typing import NoReturn

import cv2
import msgspec
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from application.moderation import Picture, Setup, Vector
from domain.clearance import ClearanceMode, Side
from domain.moderation.step import initial, step
from domain.moderation.verdict import StreamTerms
from infrastructure.moderation import packs, setups
from infrastructure.moderation.analyser import StreamAnalyser
from infrastructure.moderation.models import ModelRefused
from infrastructure.moderation.pack_lock import LockedFile, PackLock
from infrastructure.settings import Settings
from tests.infrastructure.moderation import generated_pack, generated_yunet
from tests.infrastructure.moderation.films import analyse

pytestmark = pytest.mark.models


@pytest.fixture
def pack(tmp_path: Path) -> tuple[Path, PackLock]:
    folder = tmp_path / "pack"
    return folder, generated_pack.make(folder)


@pytest.fixture
def open_pack(tmp_path: Path) -> tuple[Path, PackLock]:
    """For OpenCV's classes, under an open licence."""
    folder = tmp_path / "open"
    return folder, generated_yunet.make(folder)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("A pack must never be fetched.")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_pack_judges_a_stream_with_its_own_thresholds(pack: tuple[Path, PackLock]) -> None:
    setup = packs.load(*pack, operational=False)
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
        packs.load(folder, lock, operational=False)


def test_a_changed_model_is_refused_although_the_manifest_was_changed_with_it(
    pack: tuple[Path, PackLock],
) -> None:
    folder, lock = pack
    (folder / "manifest.json").unlink()
    with pytest.raises(ModelRefused, match=r"manifest\.json of the face pack is missing"):
        packs.load(folder, lock, operational=False)


def test_a_model_beside_the_locked_ones_is_refused(pack: tuple[Path, PackLock]) -> None:
    folder, lock = pack
    (folder / "other.onnx").write_bytes(b"")
    with pytest.raises(ModelRefused, match="not in its lock"):
        packs.load(folder, lock, operational=False)


def test_a_link_in_a_pack_is_refused(pack: tuple[Path, PackLock], tmp_path: Path) -> None:
    folder, lock = pack
    (folder / "det.onnx").rename(tmp_path / "elsewhere.onnx")
    (folder / "det.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(ModelRefused, match="is a link"):
        packs.load(folder, lock, operational=False)


def test_a_manifest_the_library_would_ignore_is_refused(pack: tuple[Path, PackLock]) -> None:
    folder, lock = pack
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "manifest_version": 3}))
    with pytest.raises(ModelRefused, match="manifest"):
        packs.load(folder, _locked_as_it_is(folder, lock), operational=False)


def test_a_pack_without_signed_commercial_licence_judges_no_real_call(pack: tuple[Path, PackLock]) -> None:
    with pytest.raises(ModelRefused, match="no verified commercial licence"):
        packs.load(*pack, operational=True)


@pytest.mark.parametrize(
    ("grant", "until", "status"),
    [
        ("commercial", "2999-01-01T00:00:00Z", None),
        ("commercial", "2001-01-01T00:00:00Z", "expired"),
        ("non-commercial", "2999-01-01T00:00:00Z", "verified_non_commercial"),
    ],
)
def test_a_signed_licence_says_whether_a_pack_judges_real_calls(
    pack: tuple[Path, PackLock], monkeypatch: pytest.MonkeyPatch, grant: str, until: str, status: str | None
) -> None:
    folder, lock = pack
    _sign(folder, monkeypatch, grant=grant, valid_until=until)
    lock = _locked_as_it_is(folder, lock)
    if status is None:
        assert packs.load(folder, lock, operational=True).engine.startswith("pack:generated:")
    else:
        with pytest.raises(ModelRefused, match=rf"\({status}\)"):
            packs.load(folder, lock, operational=True)


def test_a_licence_with_another_signature_is_none(
    pack: tuple[Path, PackLock], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, lock = pack
    _sign(folder, monkeypatch, grant="non-commercial", valid_until="2999-01-01T00:00:00Z")
    licence = folder / "MODEL.LICENSE"
    licence.write_text(licence.read_text().replace("non-commercial", "commercial"))
    with pytest.raises(ModelRefused, match=r"\(invalid\)"):
        packs.load(folder, _locked_as_it_is(folder, lock), operational=True)


def test_a_pack_under_an_open_licence_judges_real_calls(open_pack: tuple[Path, PackLock]) -> None:
    assert packs.load(*open_pack, operational=True).engine.startswith("pack:generated:")


@pytest.mark.parametrize(
    ("licence", "reason"),
    [
        ("MIT AND Apache-2.0", "the text of Apache-2.0 is not in the pack"),
        ("research only", "no licence we know to permit every use"),
        ("", "no name is no licence"),
    ],
)
def test_an_open_licence_counts_when_its_text_lies_in_the_pack(
    open_pack: tuple[Path, PackLock], licence: str, reason: str
) -> None:
    folder, lock = open_pack
    with pytest.raises(ModelRefused, match=reason):
        packs.load(folder, msgspec.structs.replace(lock, licence=licence), operational=True)


def test_a_changed_file_of_an_open_pack_is_refused(open_pack: tuple[Path, PackLock]) -> None:
    folder, lock = open_pack
    (folder / "sface.onnx").write_bytes((folder / "sface.onnx").read_bytes() + b"\0")
    with pytest.raises(ModelRefused, match=r"sface\.onnx of the face pack is not the file"):
        packs.load(folder, lock, operational=False)


def test_an_open_pack_says_which_file_is_which(open_pack: tuple[Path, PackLock]) -> None:
    folder, lock = open_pack
    with pytest.raises(ModelRefused, match="must name its files for detection and recognition"):
        packs.load(folder, msgspec.structs.replace(lock, tasks={}), operational=False)
    elsewhere = {**lock.tasks, "recognition": "other.onnx"}
    with pytest.raises(ModelRefused, match=r"other\.onnx of the face pack is named in its lock"):
        packs.load(folder, msgspec.structs.replace(lock, tasks=elsewhere), operational=False)


def test_an_open_pack_whose_networks_nobody_can_run_is_refused(open_pack: tuple[Path, PackLock]) -> None:
    folder, lock = open_pack
    (folder / "yunet.onnx").write_bytes(b"no network")
    with pytest.raises(ModelRefused, match="cannot read the pack's detector"):
        packs.load(folder, _locked_as_it_is(folder, lock), operational=False)


@pytest.fixture
def live_pack(pack: tuple[Path, PackLock]) -> tuple[Path, PackLock]:
    """A pack that can tell a photograph."""
    folder, lock = pack
    return folder, generated_pack.add_liveness(folder, lock)


def test_a_photograph_of_an_approved_person_pauses_the_stream(live_pack: tuple[Path, PackLock]) -> None:
    setup = packs.load(*live_pack, operational=False)
    eyes, person = setup.eyes(), generated_pack.scene((1, 80, 144))
    (face,) = (f for f in eyes.detector.detect(person) if eyes.confirmer.confirm(person, f).score >= 0)
    vector = eyes.embedder.embed(eyes.embedder.chip(person, face))
    photograph = generated_pack.scene()
    generated_pack.draw(photograph, 1, 80, 144, alive=False)
    assert _raised(setup, vector, person) == []
    assert _raised(setup, vector, photograph) == [("liveness_failed", "pause")]


def _raised(setup: Setup, vector: Vector, picture: Picture) -> list[tuple[str, str]]:
    """What three seconds of the very same picture raise."""
    analyser = StreamAnalyser(setup, setup.policy, ClearanceMode.MATCH, [[float(v) for v in vector]])
    state, terms, calm = initial, StreamTerms(Side.VISITOR, ClearanceMode.MATCH, 1, 1), False
    raised: list[tuple[str, str]] = []
    for media_ms in range(0, 3_001, 250):
        seen = analyse(analyser, media_ms, picture, calm=calm)
        state, verdict = step(state, seen, setup.policy, terms)
        calm = verdict.calm
        raised += [(each.kind, each.action) for each in verdict.raised]
    return raised


def test_where_nobody_is_compared_nobody_is_asked_whether_they_are_alive(
    live_pack: tuple[Path, PackLock],
) -> None:
    setup, picture = packs.load(*live_pack, operational=False), generated_pack.scene((1, 80, 144))
    for mode, asked in ((ClearanceMode.MATCH, True), (ClearanceMode.COUNT, False)):
        seen = analyse(StreamAnalyser(setup, setup.policy, mode, []), 0, picture)
        sure = [each for each in seen.faces if each.confirmed >= 0]
        assert [each.liveness is not None for each in sure] == [asked]


def test_the_threshold_of_liveness_is_the_packs_own(live_pack: tuple[Path, PackLock]) -> None:
    folder, lock = live_pack
    assert lock.liveness is not None
    other = msgspec.structs.replace(lock, liveness=msgspec.structs.replace(lock.liveness, threshold=6_500))
    assert packs.load(folder, other, operational=False).policy.liveness.score == 6_500


def test_a_liveness_network_that_says_something_else_than_it_did_is_refused(
    live_pack: tuple[Path, PackLock],
) -> None:
    folder, lock = live_pack
    assert lock.liveness is not None
    other = msgspec.structs.replace(lock, liveness=msgspec.structs.replace(lock.liveness, golden=5_000))
    with pytest.raises(ModelRefused, match="says something else of the golden picture"):
        packs.load(folder, other, operational=False)


def test_a_network_of_another_shape_is_no_liveness_network(live_pack: tuple[Path, PackLock]) -> None:
    folder, lock = live_pack
    (folder / "liveness.onnx").write_bytes((folder / "rec.onnx").read_bytes())
    with pytest.raises(ModelRefused, match="liveness network cannot be used"):
        packs.load(folder, _locked_as_it_is(folder, lock), operational=False)


@pytest.mark.parametrize(("licence", "judges"), [("MIT", True), ("research only", False)])
def test_a_liveness_network_needs_a_licence_of_its_own(
    pack: tuple[Path, PackLock], monkeypatch: pytest.MonkeyPatch, licence: str, judges: bool
) -> None:
    """The signed licence of a pack is for the pack's model: an add-on is somebody else's to give."""
    folder, lock = pack
    _sign(folder, monkeypatch, grant="commercial", valid_until="2999-01-01T00:00:00Z")
    (folder / "LICENSE").write_text(generated_yunet.MIT)
    with_text = msgspec.structs.replace(lock, licence_texts=("LICENSE",))
    lock = generated_pack.add_liveness(folder, with_text, licence)
    if judges:
        packs.load(folder, lock, operational=True)
    else:
        with pytest.raises(ModelRefused, match="liveness: research only is no licence"):
            packs.load(folder, lock, operational=True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"accept": 6_500}, "must rise"),
        ({"pack": "../elsewhere"}, "name must be"),
        ({"files": {"../det.onnx": {"sha256": "", "size": 1}}}, "no plain file name"),
        ({"colour": "red"}, "unknown field"),
    ],
)
def test_a_lock_that_cannot_have_been_meant_is_refused(
    open_pack: tuple[Path, PackLock], tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    path = tmp_path / "lock.json"
    path.write_text(json.dumps({**json.loads(msgspec.json.encode(open_pack[1])), **changes}))
    with pytest.raises(ModelRefused, match=sentence):
        PackLock.read(path)


def test_a_pack_that_makes_another_vector_than_it_was_calibrated_with_is_refused(
    pack: tuple[Path, PackLock],
) -> None:
    folder, lock = pack
    golden = msgspec.structs.replace(lock.golden, vector=tuple(reversed(lock.golden.vector)))
    with pytest.raises(ModelRefused, match="another vector"):
        packs.load(folder, msgspec.structs.replace(lock, golden=golden), operational=False)
    shorter = msgspec.structs.replace(lock.golden, vector=lock.golden.vector[:-1])
    with pytest.raises(ModelRefused, match="another length"):
        packs.load(folder, msgspec.structs.replace(lock, golden=shorter), operational=False)


def test_a_pack_that_does_not_find_its_golden_face_is_refused(pack: tuple[Path, PackLock]) -> None:
    folder, lock = pack
    cv2.imwrite(str(folder / "golden.png"), np.full((480, 640, 3), 128, np.uint8))
    with pytest.raises(ModelRefused, match="finds 0 faces"):
        packs.load(folder, _locked_as_it_is(folder, lock), operational=False)


def test_a_pack_is_chosen_by_environment(
    pack: tuple[Path, PackLock], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, lock = pack
    (tmp_path / "lock.json").write_bytes(msgspec.json.encode(lock))
    monkeypatch.setenv("KINLINE_PACK", str(folder))
    with pytest.raises(ModelRefused, match="KINLINE_PACK_LOCK"):
        setups.load("pack")
    monkeypatch.setenv("KINLINE_PACK_LOCK", str(tmp_path / "lock.json"))
    with pytest.raises(ModelRefused, match="no verified commercial licence"):
        setups.load("pack")
    monkeypatch.setenv("KINLINE_PROFILE", "development")
    assert setups.load("pack").engine.startswith("pack:generated:")
    assert setups.default_policy("pack").matching.accept == lock.accept
    assert Settings(setup="pack").setup == "pack"


def _sign(folder: Path, monkeypatch: pytest.MonkeyPatch, *, grant: str, valid_until: str) -> None:
    """A licence for the pack, signed by a key that the library trusts for this test."""
    from insightface.model_zoo import model_license

    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    monkeypatch.setattr(model_license, "_trusted_keys", lambda: (key.public_key(),))
    document = {
        "license_version": 1,
        "license_id": "test-1",
        "issuer": "InsightFace",
        "model_id": generated_pack.MODEL,
        "grant": grant,
        "customer": "a test",
        "valid_from": "2000-01-01T00:00:00Z",
        "valid_until": valid_until,
    }
    signature = key.sign(model_license.canonical_license_bytes(document))
    document["signature"] = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    (folder / "MODEL.LICENSE").write_text(json.dumps(document))


def _locked_as_it_is(folder: Path, lock: PackLock) -> PackLock:
    """The lock somebody would write who trusts what lies there."""
    files = {
        path.name: LockedFile(hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        for path in folder.iterdir()
    }
    return msgspec.structs.replace(lock, files=files)
