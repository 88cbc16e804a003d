"""Whatever is asked, in whatever form: no fault, and no answer that the description does not know."""

import asyncio
import os
import sys

import pytest

from tests.api.fuzz import Fuzz
from tests.house import House

EXAMPLES = int(os.environ.get("KINLINE_FUZZ_EXAMPLES", "12"))  # requests to each route
CALLS_MIN = 5_000 if "KINLINE_FUZZ_EXAMPLES" in os.environ else 500  # by hand: scripts/fuzz


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.timeout(3600)
async def test_no_request_is_answered_with_a_fault_or_otherwise_than_described(
    unlimited_house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    fuzz = await Fuzz.begin(unlimited_house)
    tally = await asyncio.to_thread(fuzz.run, EXAMPLES)
    with capsys.disabled():
        sys.stdout.write(f"\n{tally}\n")
    assert not tally.wrong, str(tally)
    assert tally.calls >= CALLS_MIN
