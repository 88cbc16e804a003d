"""The process that carries a call dies: both sides are dark at once, and both may come back into a new one."""

import time
from pathlib import Path

import pytest

from application.ports import ActorKind
from domain.call.events import (
    CallInterrupted,
    CallResumed,
    ParticipantLeft,
    ParticipantRejoined,
)
from domain.clearance import Side
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallOutcome
from tests.faults.conftest import Tell
from tests.faults.installation import a_call, until

pytestmark = [pytest.mark.slow, pytest.mark.models]


async def test_a_call_goes_on_in_a_new_worker_when_both_sides_come_back(tmp_path: Path, tell: Tell) -> None:
    async with a_call(tmp_path) as story:
        call, log, before = story.call, story.log, story.log.head
        killed, pid = time.monotonic(), story.kinline.kill("media")
        interrupted = await log.until(CallInterrupted, after=before, cause="worker_lost", seconds=3)
        on_record_s = time.monotonic() - killed
        assert {r.event.side for r in log.of_call(ParticipantLeft, after=before)} == set(Side)
        assert [p for side in Side for p in call.pictures(side, killed + 0.2)] == []
        await until(lambda: story.kinline.pid("media") not in (None, pid), 30, "a new media worker")
        for side in Side:
            await call.rejoin(side)
        back = [await log.until(ParticipantRejoined, after=before, side=side) for side in Side]
        resumed = await log.until(CallResumed, after=before)
        await call.flows()
        gone_s = time.monotonic() - killed
        await call.end("Enough was seen")
        credited = await log.until(CallMinutesCredited, after=before)
        away_s = (resumed.event.at - interrupted.event.at).total_seconds()
        assert (resumed.actor.kind, resumed.event.cause) == (ActorKind.SYSTEM, "rejoined")
        assert resumed.event.officer is None
        assert [event.event.at <= resumed.event.at for event in back] == [True, True]
        assert credited.event.seconds == round(away_s)
        assert log.names.count("CallInterrupted") == 1
        tell(f"media worker killed: on record {on_record_s:.2f} s later, seen again after {gone_s:.1f} s")


async def test_a_call_to_which_nobody_comes_back_is_over_after_the_grace(tmp_path: Path, tell: Tell) -> None:
    async with a_call(tmp_path, {"call": {"interruption_grace_s": 3}}) as story:
        log, before = story.log, story.log.head
        story.kinline.kill("media")
        interrupted = await log.until(CallInterrupted, after=before)
        completed = await log.until(CallCompleted, after=before)
        assert completed.event.outcome is CallOutcome.TECHNICAL_FAILURE_SERVICE
        assert completed.event.at >= interrupted.event.rejoin_until
        assert (await log.until(CallMinutesCredited, after=before)).event.seconds >= 3
