"""`kinline evaluate`, as somebody types it, on films of scripted people: no network judges here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.infrastructure.evaluation.labelled import folder_of, manifest_in


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("labelled"))


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


@pytest.fixture(scope="module")
def trials(manifest: Path) -> list[dict[str, Any]]:
    """The report under two policies: as it is, and one by which the stranger is taken for an approved person."""
    blind = manifest.parent / "blind.json"
    widely = {"accept": 19_000, "accept_poor": 19_000, "reject": 19_500, "reject_poor": 19_500}
    blind.write_text(json.dumps({"moderation": {"matching": widely}}))
    usual = manifest.parent / "usual.json"
    usual.write_text("{}")
    drawn = manifest.parent / "curves"
    result = _run(
        manifest, "--setup", "scripted", "--policy", usual, "--policy", blind, "--json", "--figures", drawn
    )
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["trials"]
    return found


@pytest.mark.slow
def test_each_engine_and_policy_has_its_numbers(trials: list[dict[str, Any]]) -> None:
    assert [(one["setup"], one["policy"]) for one in trials] == [("scripted", "usual"), ("scripted", "blind")]
    usual = trials[0]
    assert (usual["clips"], usual["identities"], usual["hours"]) == (
        2,
        3,
        pytest.approx(15.92 / 3600, abs=1e-4),
    )
    assert usual["per_frame"]["stranger"]["auc"]["value"] == 1.0
    assert usual["per_frame"]["face"]["auc"]["value"] == 1.0


@pytest.mark.slow
def test_a_stranger_is_withheld_paused_and_never_leaves(trials: list[dict[str, Any]]) -> None:
    usual = trials[0]
    events = usual["events"]
    assert events["labelled"] == {
        "camera_covered": {"intervals": 1, "found": 1},
        "stranger": {"intervals": 1, "found": 1},
    }
    assert (events["missed_violations"], events["strangers_never_paused"]) == (0, 0)
    assert 0 <= events["time_to_freeze_ms"]["p50"] <= 250
    assert 1_000 <= events["time_to_pause_ms"]["p95"] <= 1_600
    assert usual["leaks"] == {"pictures": 0, "of": 75, "clips": 0}
    assert events["false_pauses_per_hour"]["value"] == 0
    assert events["false_pauses_per_hour"]["high"] > 100  # fifteen seconds prove next to nothing


@pytest.mark.slow
def test_a_policy_that_takes_the_stranger_for_an_approved_person_is_shown_to_leak(
    trials: list[dict[str, Any]],
) -> None:
    blind = trials[1]
    assert blind["false_match_rate"]["value"] == 1.0
    assert blind["events"]["missed_violations"] == 1
    assert blind["leaks"]["pictures"] > 60
    assert blind["leaks"]["clips"] == 1
    assert blind["conditions"]["two people"]["leaked_pictures"] == blind["leaks"]["pictures"]


@pytest.mark.slow
def test_a_group_of_few_is_not_reported(trials: list[dict[str, Any]]) -> None:
    assert trials[0]["groups"] == {
        "a": {"identities": None, "suppressed": True},
        "b": {"identities": None, "suppressed": True},
    }


@pytest.mark.slow
def test_curves_are_drawn_of_each_engine_and_policy(manifest: Path, trials: list[dict[str, Any]]) -> None:
    assert len(trials) == 2
    drawn = sorted((manifest.parent / "curves").iterdir())
    names = ["face-det.svg", "face-roc.svg", "stranger-det.svg", "stranger-roc.svg"]
    assert [path.name for path in drawn] == names
    for path in drawn:
        content = path.read_text()
        assert content.startswith("<svg ")
        assert content.count("<polyline ") == 2  # one for each policy


def _without(document: dict[str, Any]) -> None:
    document["clips"][0]["path"] = "gone.webm"


def _outside(document: dict[str, Any]) -> None:
    document["clips"][0]["intervals"][0]["to_s"] = 9


def _unknown_kind(document: dict[str, Any]) -> None:
    document["clips"][0]["intervals"][0]["kind"] = "hat"


def _stranger_to_all(document: dict[str, Any]) -> None:
    document["clips"][0]["intervals"][1]["person"] = "s9"


def _backwards(document: dict[str, Any]) -> None:
    document["clips"][0]["intervals"][0] |= {"from_s": 5, "to_s": 4}


def _nobodys_face(document: dict[str, Any]) -> None:
    del document["clips"][0]["intervals"][0]["person"]


def _bare(document: dict[str, Any]) -> None:
    del document["people"]["p1"]["photograph"]


def _odd(document: dict[str, Any]) -> None:
    document["clips"][1]["colour"] = "red"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_without, "Clip 1: There is no video"),
        (_outside, "Clip 1: the interval to 9 s ends after the film, which has 7.96 s."),
        (_unknown_kind, "clip 1 interval 1 kind: input should be 'face', 'camera_covered'"),
        (_stranger_to_all, "clip 1 names s9, who is not among the people."),
        (_backwards, "clip 1 interval 1: it ends before it begins."),
        (_nobodys_face, "clip 1 interval 1: a face has a person, and nothing else has one."),
        (_bare, "p1 is admitted in clip 1 and has no photograph."),
        (_odd, "clip 2 colour is a key nobody reads."),
    ],
)
def test_a_manifest_that_is_wrong_is_told_in_one_line(
    manifest: Path, spoil: Callable[[dict[str, Any]], None], says: str
) -> None:
    document = json.loads(manifest.read_text())
    spoil(document)
    spoilt = manifest.parent / "spoilt"
    spoilt.mkdir(exist_ok=True)
    for name in ("stranger.webm", "covered.webm", "p1.png", "p2.png"):
        (spoilt / name).write_bytes((manifest.parent / name).read_bytes())
    result = _run(manifest_in(spoilt, document), "--setup", "scripted")
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_what_is_no_manifest_is_said(tmp_path: Path) -> None:
    assert "There is no file" in _run(tmp_path / "none.json").stderr
    odd = tmp_path / "odd.toml"
    odd.write_text("= nothing")
    assert "is neither JSON nor TOML" in _run(odd).stderr


def test_a_manifest_may_be_toml_and_people_read_the_numbers(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        f"""[people.p2]
photograph = "{manifest.parent}/p2.png"
group = "b"
[[clips]]
path = "{manifest.parent}/covered.webm"
admitted = ["p2"]
"""
    )
    (tmp_path / "soon.json").write_text('{"moderation": {"cover": {"pause_ms": 3000}}}')
    result = _run(tmp_path / "m.toml", "--setup", "scripted", "--policy", tmp_path / "soon.json")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "1 films, 0.1 min, 1 people" in said
    assert "group b: fewer than five people, not reported" in said
    assert "false pauses an hour: 452.261 (too few people for an interval)" in said  # no label explains it
    assert "leaked pictures: 0 of 0 with a stranger, in 0 films" in said


def test_an_engine_or_policy_nobody_knows_is_said(manifest: Path, tmp_path: Path) -> None:
    assert "There is no set-up named wrong" in _run(manifest, "--setup", "wrong").stderr
    policy = tmp_path / "p.json"
    policy.write_text('{"moderation": {"mood": 1}}')
    assert _run(manifest, "--setup", "scripted", "--policy", policy).exit_code == 2
