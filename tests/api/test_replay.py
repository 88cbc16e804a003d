"""An auditor has the checks of a call run again: over the API, on a page, and beside the installation."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from domain.access import RecordViewed, Viewed
from infrastructure.gateway import Gateway
from infrastructure.migrations import Databases
from tests.facts import CALL
from tests.house import House
from tests.scripted_call import held, visit

pytestmark = pytest.mark.postgres

REPLAY = f"/v1/calls/{CALL}/replay"


async def _held(house: House) -> None:
    async with held(house.store, vault=house.services.vault) as on:
        await visit(on)


async def test_an_auditor_sees_that_the_record_is_what_the_rules_say(house: House) -> None:
    await _held(house)
    auditor = await house.client("AU")
    answer = (await auditor.get(REPLAY)).json()
    assert (answer["same"], answer["policy"], answer["differences"]) == (True, "MDI/1", [])
    assert answer["counts"]["same"] > 10
    assert [view.what for view in await house.events(RecordViewed)] == [Viewed.REPLAY]
    page = await auditor.get(f"/calls/{CALL}/replay")
    assert "is what the rules say again, to the byte" in page.text
    timeline = await auditor.get(f"/calls/{CALL}/timeline")
    assert f'href="/calls/{CALL}/replay"' in timeline.text
    for said in ("samples that say so:</b> 9 of 9", "0.8000", "(limit 0.6000)", "computed in fp32", "MDI/1"):
        assert said in timeline.text
    assert "whether a living person was there:</b> not assessed" in timeline.text


async def test_another_policy_is_tried_up_to_the_first_difference(house: House) -> None:
    await _held(house)
    governor = await house.client("GO")
    changes = {"moderation": {"evidence": {"span_ms": 500}}}
    answer = (await governor.post(REPLAY, json={"changes": changes})).json()
    assert answer["otherwise"]["first"]["would"] == "withheld for stranger, unapproved_face raised (pause)"
    wrong = await governor.post(REPLAY, json={"changes": {"moderation": {"evidence": {"span": 1}}}})
    assert (wrong.status_code, wrong.json()["errorCode"]) == (409, "policy_invalid")


async def test_a_block_that_was_altered_or_destroyed_is_said(house: House, databases: Databases) -> None:
    await _held(house)
    auditor = await house.client("AU")
    async with Gateway(databases.vault) as vault:
        await vault.execute("DELETE FROM objects WHERE reference = (SELECT max(reference) FROM objects)")
    gone = (await auditor.get(REPLAY)).json()
    assert (gone["same"], gone["differences"]) == (False, [])
    assert sum(len(side["gone"]) for side in gone["sides"].values()) == 1
    page = await auditor.get(f"/calls/{CALL}/replay")
    assert "not everything can be shown any more" in page.text
    await _altered(databases)
    refused = await auditor.get(REPLAY)
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "block_altered")


async def _altered(databases: Databases) -> None:
    """Somebody with the key of the vault's database writes other bytes."""
    db = await asyncpg.connect(databases.vault)
    await db.execute("UPDATE objects SET content = set_byte(content, 40, 255 - get_byte(content, 40))")
    await db.close()


async def test_nobody_else_runs_the_checks_again(house: House) -> None:
    await _held(house)
    for role in ("LM", "BO", "PA", "FA"):
        assert (await (await house.client(role)).get(REPLAY)).status_code == 403
    assert (await (await house.client("AU", prison="LEI")).get(REPLAY)).status_code == 403


async def test_the_command_says_the_same_and_puts_it_on_record(
    house: House, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _held(house)
    monkeypatch.setenv("KINLINE_DATABASE_URL", databases.owner)

    async def kinline(*words: str) -> Result:
        arguments = ["replay", *words, "--data", str(tmp_path)]
        return await asyncio.to_thread(CliRunner().invoke, app, arguments)

    told = await kinline(CALL, "--by", "auditor-7")
    assert (told.exit_code, told.stderr) == (0, "")
    assert "0 different" in told.stdout
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"moderation": {"evidence": {"span_ms": 500}}}))
    tried = await kinline(CALL, "--by", "auditor-7", "--policy", str(policy))
    assert "the first difference is at 2.62 s, visitor" in tried.stdout
    assert json.loads((await kinline(CALL, "--by", "auditor-7", "--json")).stdout)["same"] is True
    views = await house.events(RecordViewed)
    assert [(view.viewed_by, view.what) for view in views] == [("auditor-7", Viewed.REPLAY)] * 3
    unknown = await kinline("call-9", "--by", "auditor-7")
    assert (unknown.exit_code, unknown.stderr) == (
        2,
        "There is no such call, or nobody could enter it yet.\n",
    )
