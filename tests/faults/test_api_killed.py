"""The API process dies in a call: media goes on, facts wait in the worker's journal and arrive with their own times."""

import signal
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from domain.call.events import CallInterrupted, CallPaused, CallResumed
from domain.clearance import Side
from domain.stream import StreamFrozen
from infrastructure.rehearsal.door import DoorClosed
from tests.faults.conftest import Tell
from tests.faults.installation import a_call, patiently, until

pytestmark = [pytest.mark.slow, pytest.mark.models]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_media_goes_on_without_the_api_and_facts_arrive_when_it_is_back(
    tmp_path: Path, tell: Tell, number: signal.Signals
) -> None:
    async with a_call(tmp_path) as story:
        call, log, before = story.call, story.log, story.log.head
        media, moderation = story.kinline.pid("media"), story.kinline.pid("moderation")
        killed, killed_at = time.monotonic(), datetime.now(UTC)
        pid = story.kinline.kill("api", number)
        call.footage[Side.VISITOR].flash()
        frozen = await log.until(StreamFrozen, after=before, side=Side.VISITOR)
        arrived_s = time.monotonic() - killed
        await until(lambda: story.kinline.pid("api") not in (None, pid), 10, "a new API process")
        assert killed_at < frozen.event.at < frozen.recorded_at
        gaps = [b.arrived - a.arrived for a, b in pairwise(call.pictures(Side.VISITOR, killed))]
        assert max(gaps) < 1.5  # the prisoner's pictures went on all the time
        await call.flows()
        await patiently(lambda: call.pause("To see that the new process has the call"), 20, DoorClosed)
        await log.until(CallPaused, after=before)
        await call.resume("It has")
        await log.until(CallResumed, after=before)
        await call.flows()
        assert log.of_call(CallInterrupted, after=before) == []
        assert (story.kinline.pid("media"), story.kinline.pid("moderation")) == (media, moderation)
        tell(f"{number.name} to the API: a freeze on record {arrived_s:.1f} s later, the call uninterrupted")
