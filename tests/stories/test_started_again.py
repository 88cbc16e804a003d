"""`make run`, ended and started again on the same folder: the demonstration goes on with the same people."""

from pathlib import Path

import pytest

from tests.faults.installation import Installation, until

pytestmark = [pytest.mark.long, pytest.mark.models]

BEGINS = "A demonstration call begins"


async def test_a_demonstration_that_is_started_again_holds_its_next_call(tmp_path: Path) -> None:
    kinline = Installation(tmp_path, demo=True)
    begun = 0

    def another_call() -> bool:
        return kinline.said().count(BEGINS) > begun

    for ended_by in (kinline.stop, kinline.die, kinline.stop):
        begun = kinline.said().count(BEGINS)
        await kinline.start()
        await until(another_call, 60, BEGINS)
        await ended_by()
    assert "Traceback" not in kinline.said()
