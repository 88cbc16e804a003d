"""docs/lifecycle.md is what the deciders answer, and leaves out no command, no event and no state."""

from typing import get_args

import pytest

from domain.call.commands import CallCommand
from domain.call.events import CallHappened
from domain.call.state import Status
from domain.waiting_room.commands import WaitingCommand
from domain.waiting_room.events import WaitingEvent
from scripts.lifecycle_asked import ASKED, MEANINGS, MOVING
from scripts.lifecycle_doc import PAGE, page, search

pytestmark = pytest.mark.long  # every command is put to every state


def test_the_page_is_what_the_deciders_answer() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run scripts/lifecycle_doc.py --write"


def test_every_command_about_a_call_is_put_to_every_state() -> None:
    assert {asked.kind for asked in ASKED} >= {*get_args(CallCommand), *get_args(WaitingCommand)}


def test_every_event_of_a_call_was_recorded_somewhere() -> None:
    recorded = {name for step in search().steps for name in step.events}
    assert recorded >= {kind.__name__ for kind in (*get_args(CallHappened), *get_args(WaitingEvent))}
    assert recorded >= set(MOVING)


def test_every_state_was_reached_and_no_more_are_explained() -> None:
    assert set(search().states) == set(MEANINGS)
    assert {status.value.capitalize() for status in Status} - {"Not_started", "Paused", "Ended"} <= set(
        MEANINGS
    )


def test_no_state_but_the_closed_one_and_the_cancelled_one_is_without_a_way_on() -> None:
    moved = {step.state for step in search().steps if step.then != step.state}
    assert set(MEANINGS) - moved == {"Closed", "Cancelled"}
