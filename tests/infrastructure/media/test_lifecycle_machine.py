"""Whole lives of a call, in any order: nothing leaves the media worker that the log forbids, and both agree.

By hand, and at length: `scripts/lifecycle_machine --runs 5000`.
"""

from unittest.mock import patch

import pytest

from infrastructure.media.direction import Direction
from tests.machine.running import whole_lives


def test_nothing_leaves_that_the_log_forbids_and_the_media_worker_is_in_the_state_of_the_log() -> None:
    hits = whole_lives(60)
    assert hits["walks"] >= 60
    for met in (
        "left: video",
        "left: audio",
        "CallPaused",
        "CallResumed",
        "CallInterrupted",
        "ViolationRaised",
    ):
        assert hits[met] > 5, f"of {met} this proves nothing"


def test_a_direction_that_does_not_close_is_found() -> None:
    with patch.object(Direction, "close", lambda _: None), pytest.raises(AssertionError):
        whole_lives(60, shrink=False)
