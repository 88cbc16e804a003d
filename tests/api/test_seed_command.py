"""`kinline seed` and `kinline simulate-policy`, as somebody types them, on a database of their own."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.commands.seed import seed_in
from application.seeding import Scale
from infrastructure import seeding
from infrastructure.settings import Settings

pytestmark = pytest.mark.postgres

SEED = ["seed", "--prisons", "1", "--months", "1", "--prisoners", "8", "--seed", "5", "--json"]


@pytest.fixture
def kinline(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line over a data folder and an external database."""
    monkeypatch.setenv("KINLINE_DATABASE_URL", database)

    def typed(*words: str) -> Any:
        return CliRunner().invoke(app, [*words, "--data", str(tmp_path)])

    return typed


def test_a_seed_says_what_it_did_and_the_second_time_that_nothing_was_added(
    kinline: Any, tmp_path: Path
) -> None:
    first = json.loads(kinline(*SEED).stdout)
    assert first["prisons"] == ["S01"]
    assert 0 < first["commands"] <= first["events"]
    again = kinline(*SEED)
    assert (again.exit_code, json.loads(again.stdout)["commands"]) == (0, 0)
    assert "Nothing was added" in kinline(*SEED[:-1]).stdout
    other = kinline(*SEED, "--seed", "6")
    assert (other.exit_code, other.stdout) == (2, "")
    assert "A seed belongs in a data folder of its own." in other.stderr


def test_a_demonstration_in_a_seeded_folder_has_links_into_the_seed(kinline: Any, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert seed_in(settings) is None
    kinline(*SEED)
    scale = seed_in(settings)
    assert scale == Scale(1, 1, 8, 5)
    links = seeding.links(Scale(1, 1, 8, 5), 1, lambda: "t" * 32)
    assert {link.prison for link in links} == {"S01"}
    assert {link.role for link in links} == set(seeding.ROLES)


def test_a_change_of_policy_is_tried_on_a_seed(kinline: Any, tmp_path: Path) -> None:
    kinline(*SEED)
    changes = tmp_path / "changes.json"
    changes.write_text(json.dumps({"booking": {"call_minutes_max": 15, "block_minutes": 15}}))
    answer = kinline("simulate-policy", "S01", "--policy", str(changes), "--json")
    tried = json.loads(answer.stdout)
    refused = [item for item in tried["items"] if item["answer"] == "would_be_refused"]
    assert tried["summary"]["requests"] == len(refused) > 0
    assert {rule for item in refused for rule in item["rules"]} == {"call_length"}
    assert "call_length" in kinline("simulate-policy", "S01", "--policy", str(changes)).stdout


def test_nothing_to_try_is_said_in_one_line(kinline: Any) -> None:
    answer = kinline("simulate-policy", "S01")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr == "There is nothing to try: name a file with changes by --policy.\n"
