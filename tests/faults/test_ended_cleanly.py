"""Ctrl-C in a call: every process ends by itself, in order, what is to be reported is reported, nothing is left."""

from pathlib import Path

import pytest

from domain.call.events import CallInterrupted
from tests.faults.conftest import Tell
from tests.faults.installation import STOP_S, a_call

pytestmark = [pytest.mark.slow, pytest.mark.models]


async def test_sigterm_in_a_call_ends_every_process_within_15_s(tmp_path: Path, tell: Tell) -> None:
    async with a_call(tmp_path) as story:
        took = await story.kinline.stop()
        assert took < STOP_S
        assert story.kinline.postgres() == []
        assert story.kinline.restarted() == []
        assert list((story.kinline.data / "journals").rglob("*.journal")) == []
        assert list((story.kinline.data / "run").iterdir()) == []
        await story.kinline.start()
        ended = await story.log.until(CallInterrupted, cause="worker_lost")
        assert story.log.names.count("CallInterrupted") == 1
        assert (ended.recorded_at - ended.event.at).total_seconds() < 1  # told while it ended, not afterwards
        tell(f"SIGTERM in a call: everything ended after {took:.1f} s")
