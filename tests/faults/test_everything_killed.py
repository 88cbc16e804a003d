"""A power cut in a call: nothing acknowledged is lost; the call is on record as interrupted, once, and can go on."""

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from application.ports import ActorKind
from domain.call.events import CallInterrupted, CallResumed, ParticipantLeft
from domain.clearance import Side
from domain.event import milliseconds
from domain.events import EVENTS
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallOutcome, CallStarted
from domain.stream import StreamFrozen
from infrastructure.envelope import Envelopes
from infrastructure.event_store import PostgresEventStore
from infrastructure.fsck import fsck
from infrastructure.gateway import Gateway
from infrastructure.projector import PROJECTIONS
from infrastructure.vault import FolderKeys, PostgresKeys
from tests.faults.conftest import Tell
from tests.faults.held import Log
from tests.faults.installation import Installation, Story, a_call, until

pytestmark = [pytest.mark.slow, pytest.mark.models, pytest.mark.timeout(240)]


async def test_kill_9_of_everything_loses_no_acknowledged_event(tmp_path: Path, tell: Tell) -> None:
    async with a_call(tmp_path) as story:
        kinline, call, log = story.kinline, story.call, story.log
        stored = await bytes_of(kinline)
        last = max(stored)
        frozen_at = await freeze_that_only_the_journal_knows(story)
        acknowledged = {r.position: r for r in log.all}
        kinline.kill_everything()
        killed_at = datetime.now(UTC)
        await until(lambda: kinline.postgres() == [], 10, "the end of PostgreSQL")

        began = time.monotonic()
        await kinline.start()
        up_s = time.monotonic() - began
        after = await bytes_of(kinline)
        assert {position: after.get(position) for position in stored} == stored
        assert set(acknowledged) <= set(after)
        interrupted = await log.until(CallInterrupted, cause="worker_lost", after=last, seconds=60)
        journalled = await log.until(StreamFrozen, after=last, side=Side.VISITOR)
        assert frozen_at < journalled.event.at < killed_at
        assert journalled.position < interrupted.position
        assert journalled.event.at <= interrupted.event.at < killed_at < interrupted.recorded_at
        assert interrupted.actor.kind is ActorKind.SERVICE
        assert {r.event.side for r in log.of_call(ParticipantLeft, after=last)} == set(Side)
        for side in Side:
            await call.rejoin(side)
        resumed = await log.until(CallResumed, after=interrupted.position)
        await call.flows()
        await call.end("Enough was seen")
        credited = await log.until(CallMinutesCredited, after=interrupted.position)
        assert log.names.count("CallInterrupted") == 1
        assert credited.event.seconds == round((resumed.event.at - interrupted.event.at).total_seconds())
        await until_read_models_have_caught_up(kinline, log)
        assert await findings_of(kinline) == []
        tell(
            f"everything killed: up again in {up_s:.1f} s, {len(stored)} events before, none lost, fsck clean"
        )


async def test_a_call_cut_off_by_a_power_cut_does_not_end_as_if_people_had_talked(tmp_path: Path) -> None:
    async with a_call(tmp_path, {"call": {"interruption_grace_s": 3}}) as story:
        kinline, log = story.kinline, story.log
        killed_at = datetime.now(UTC)
        kinline.kill_everything()
        await kinline.start()
        interrupted = await log.until(CallInterrupted, cause="worker_lost")
        completed = await log.until(CallCompleted, after=interrupted.position)
        assert completed.event.outcome is CallOutcome.TECHNICAL_FAILURE_SERVICE
        assert completed.event.at >= interrupted.event.rejoin_until > killed_at
        started = log.of_call(CallStarted)[0].event.at
        talked = milliseconds(interrupted.event.at, started)
        assert abs(completed.event.talk_ms - talked) <= 1, (
            "what was talked, but for the rounding of both spans"
        )
        assert [log.names.count(name) for name in ("CallInterrupted", "CallCompleted")] == [1, 1]


async def freeze_that_only_the_journal_knows(story: Story) -> datetime:
    """PostgreSQL stands still, so what the worker reports stays in its journal. When that began."""
    story.kinline.stop_postgres()
    began, at = time.monotonic(), datetime.now(UTC)
    journals = story.kinline.data / "journals"
    before = size_of(journals)
    story.call.footage[Side.VISITOR].flash()
    await until(lambda: size_of(journals) > before, 20, "something in the journal")
    prisoner = story.call.cameras[Side.PRISONER]
    seen = prisoner.received.frames
    assert time.monotonic() - began < 20
    await prisoner.until_pictures(seen + 25, 20)
    return at


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.journal"))


async def bytes_of(kinline: Installation) -> dict[int, bytes]:
    """Every event's position and the digest of its bytes."""
    connection = await asyncpg.connect(kinline.databases.projector)
    try:
        rows = await connection.fetch("SELECT id, data FROM dcb_events_tt_main ORDER BY id")
    finally:
        await connection.close()
    return {row["id"]: hashlib.sha256(row["data"]).digest() for row in rows}


async def until_read_models_have_caught_up(kinline: Installation, log: Log) -> None:
    connection = await asyncpg.connect(kinline.databases.projector)
    try:
        end = time.monotonic() + 30
        head = log.head
        while time.monotonic() < end:
            behind = await connection.fetchval("SELECT min(position) FROM projections WHERE status = 'live'")
            if behind >= head:
                return
        raise AssertionError("a read model does not catch up")
    finally:
        await connection.close()


async def findings_of(kinline: Installation) -> list[object]:
    """What `fsck` says of the installation's log and read models."""
    databases = kinline.databases
    async with Gateway(databases.vault) as vault:
        keys = PostgresKeys(vault, FolderKeys.open(kinline.data / "keys"))
        async with PostgresEventStore(databases.projector, Envelopes(EVENTS), keys) as log:
            return list(await fsck(databases.projector, log, Envelopes(EVENTS), PROJECTIONS))
