"""What a policy on trial would have done, told to whoever proposes policies: in numbers, and on record."""

import asyncio
import json

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from domain.access import RecordViewed, Viewed
from domain.lifecycle import CallStarted
from domain.policy import Policy, PolicyPublished
from domain.stream import EngineTried, ShadowDetectionObserved, TrialDetectionObserved
from infrastructure.migrations import Databases
from tests.facts import PRISON, fact
from tests.house import House
from tests.neighbour import real_now
from tests.scripted_call import held, visit

pytestmark = pytest.mark.postgres

SHADOW = f"/v1/prisons/{PRISON}/policy/shadow"
BLIND = {"matching": {"accept": 9_000, "accept_poor": 9_000, "reject": 9_500, "reject_poor": 9_500}}
DAYS = {"first": "2026-11-23", "last": "2026-11-23"}


async def _held(house: House) -> None:
    policy = Policy().merged({"moderation": {"shadow": BLIND}})
    async with held(house.store, policy, house.services.vault) as on:
        await visit(on)


async def test_an_analyst_compares_before_anybody_enables_it(house: House) -> None:
    await _held(house)
    analyst = await house.client("PA")
    answer = (await analyst.get(SHADOW, params=DAYS)).json()
    assert (answer["calls"], answer["changes"]) == (1, [BLIND])
    stranger = {"kind": "unapproved_face", "action": "pause", "both": 0, "only_live": 1, "only_shadow": 0}
    assert stranger in answer["kinds"]
    assert [view.what for view in await house.events(RecordViewed)] == [Viewed.USAGE]
    other = (await analyst.get(SHADOW, params={"first": "2026-11-24", "last": "2026-11-24"})).json()
    assert (other["calls"], other["kinds"]) == (0, [])
    wrong = await analyst.get(SHADOW, params={"first": "2026-11-24", "last": "2026-11-23"})
    assert (wrong.status_code, wrong.json()["errorCode"]) == (409, "days_reversed")
    assert (await (await house.client("LM")).get(SHADOW, params=DAYS)).status_code == 403


async def test_the_command_counts_the_same(
    house: House, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Policy().merged({"moderation": {"shadow": BLIND}}).document()
    today = {"at": real_now()}
    await house.given(
        fact(PolicyPublished, document=document),
        fact(CallStarted, policy_version=f"{PRISON}/1", **today),
        fact(ShadowDetectionObserved, **today),
    )
    monkeypatch.setenv("KINLINE_DATABASE_URL", databases.owner)

    async def kinline(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["shadow", PRISON, *words])

    counted = json.loads((await kinline("--json")).stdout)
    assert (counted["calls"], counted["changes"]) == (1, [BLIND])
    assert counted["tallies"] == {"new_face, freeze": {"both": 0, "only_live": 0, "only_shadow": 1}}
    told = (await kinline("--days", "1")).stdout
    assert "1 calls with a policy on trial" in told
    assert told.splitlines()[-1].split() == ["new_face,", "freeze", "0", "0", "1"]


async def test_an_engine_on_trial_is_told_the_same_way(
    house: House, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.given(
        fact(PolicyPublished), fact(CallStarted), fact(TrialDetectionObserved), fact(EngineTried)
    )
    analyst = await house.client("PA")
    answer = (await analyst.get(f"/v1/prisons/{PRISON}/engine-trial", params=DAYS)).json()
    assert answer["changes"] == [{"engine": "permissive:aa+bb@fp32", "samples": 40}]
    one = {"kind": "new_face", "action": "freeze", "both": 0, "only_live": 0, "only_shadow": 1}
    assert (answer["calls"], answer["kinds"]) == (1, [one])
    assert [view.viewed.partition(":")[0] for view in await house.events(RecordViewed)] == ["engine-trial"]
    monkeypatch.setenv("KINLINE_DATABASE_URL", databases.owner)
    words = ["shadow", PRISON, "--engine", "--days", "3660"]
    told = (await asyncio.to_thread(CliRunner().invoke, app, words)).stdout
    assert "1 calls with an engine on trial" in told
