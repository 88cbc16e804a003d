"""The database is away in a call: what stops a call works, what opens one waits, and afterwards nothing is lost."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.call.events import CallInterrupted, CallPaused, CallResumed
from domain.clearance import Side
from domain.lifecycle import CallMinutesCredited
from domain.stream import StreamFrozen, StreamReleased
from infrastructure.rehearsal.door import DoorClosed
from tests.faults.conftest import Tell
from tests.faults.installation import Story, a_call, until

pytestmark = [pytest.mark.slow, pytest.mark.models, pytest.mark.timeout(240)]

AWAY_S = 20.0
Step = Callable[[], Awaitable[None]]
PAUSE_REASON = "The officer wants to see this from nearer"


async def test_a_call_goes_on_while_postgresql_stands_still_for_20_s(tmp_path: Path, tell: Tell) -> None:
    async with a_call(tmp_path) as story:

        async def away() -> None:
            story.kinline.stop_postgres()

        async def back() -> None:
            story.kinline.wake_postgres()

        await through_an_absence(story, away, back, tell)


async def test_a_call_goes_on_while_postgresql_is_killed_and_held_back_for_20_s(
    tmp_path: Path, tell: Tell
) -> None:
    async with a_call(tmp_path, environment={"KINLINE_POSTGRES_RESTART_S": str(AWAY_S)}) as story:

        async def away() -> None:
            story.kinline.kill_postgres()

        async def back() -> None:
            await until(lambda: bool(story.kinline.postgres()), 30, "PostgreSQL")

        await through_an_absence(story, away, back, tell)


async def through_an_absence(story: Story, away: Step, back: Step, tell: Tell) -> None:
    """Freeze, refuse, pause while the log is away; then look at what is on record, and go on."""
    call, log, before = story.call, story.log, story.log.head
    await away()
    began, gone_at = time.monotonic(), datetime.now(UTC)
    await call.flows()
    call.footage[Side.VISITOR].flash()
    flashed_at = datetime.now(UTC)
    for refused in (call.read_the_record, lambda: call.resume("It may go on")):
        with pytest.raises(DoorClosed, match="503") as closed:
            await refused()
        assert "on record" in " ".join(map(str, closed.value.args))
    await call.flows()
    asked, asked_at = time.monotonic(), datetime.now(UTC)
    await call.pause(PAUSE_REASON)
    await until(lambda: all(call.slates(side, asked) for side in Side), 5, "the slate")
    dark_s = time.monotonic() - asked
    assert story.log.head == before
    await asyncio.sleep(max(0.0, AWAY_S - (time.monotonic() - began)))
    await back()
    gone_s = time.monotonic() - began

    frozen = await log.until(StreamFrozen, after=before, side=Side.VISITOR, seconds=60)
    released = await log.until(StreamReleased, after=frozen.position, side=Side.VISITOR)
    paused = await log.until(CallPaused, after=before)
    caught_up_s = time.monotonic() - began - gone_s
    assert gone_at < flashed_at < frozen.event.at < released.event.at < asked_at < paused.event.at
    assert (paused.event.at - asked_at).total_seconds() < dark_s + 0.5
    assert (paused.recorded_at - paused.event.at).total_seconds() > 1
    assert log.of_call(CallInterrupted, after=before) == []
    assert story.kinline.restarted() == []
    at = [recorded.event.at for recorded in log.of_call(after=before)]
    assert at == sorted(at)
    await call.resume("Nothing was wrong")
    await log.until(CallResumed, after=paused.position)
    await call.flows()
    tell(
        f"postgresql away {gone_s:.1f} s: dark {dark_s:.1f} s after the officer asked,"
        f" {len(at)} events appended {caught_up_s:.1f} s after it was back"
    )


async def test_past_the_journals_limit_the_call_is_interrupted_and_credited(
    tmp_path: Path, tell: Tell
) -> None:
    async with a_call(tmp_path, {"call": {"journal_s": 3}}) as story:
        call, log, before = story.call, story.log, story.log.head
        story.kinline.stop_postgres()
        began, gone_at = time.monotonic(), datetime.now(UTC)
        call.footage[Side.VISITOR].flash()  # something to report
        await until(lambda: all(call.slates(side, began) for side in Side), 30, "the slate")
        dark = time.monotonic()
        await until(lambda: len(call.slates(Side.VISITOR, dark)) >= 4, 10, "two more seconds of slate")
        story.kinline.wake_postgres()
        interrupted = await log.until(CallInterrupted, after=before, cause="log_away", seconds=60)
        resumed = await log.until(CallResumed, after=interrupted.position)
        await call.flows()
        await call.end("Enough was seen")
        credited = await log.until(CallMinutesCredited, after=interrupted.position)
        assert 3 <= (interrupted.event.at - gone_at).total_seconds() <= dark - began + 1
        away_s = (resumed.event.at - interrupted.event.at).total_seconds()
        assert credited.event.seconds == round(away_s)
        tell(f"journal limit 3 s: dark {dark - began:.1f} s after the log was gone, credited {away_s:.1f} s")
