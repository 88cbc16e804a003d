"""Which calls are recorded: those of a type for which the policy says so, and never a legal one."""

import pytest

from domain.clearance import Side
from domain.policy import Policy, loosened
from domain.recording import (
    RecordingEvent,
    RecordingFailed,
    RecordingSealed,
    RecordingStarted,
    RecordingStopped,
    recorded_now,
)
from domain.timetable.events import CallType
from tests.domain.rooms import opened_under
from tests.facts import fact

ON = Policy().merged({"call_types": {"social": {"recorded": True}}})
STARTED = fact(RecordingStarted)


def test_nothing_is_recorded_where_no_policy_says_so() -> None:
    assert not any(opened_under(Policy(), call_type).recorded for call_type in CallType)


def test_the_policy_says_it_for_one_type_of_call() -> None:
    assert [call_type for call_type in CallType if opened_under(ON, call_type).recorded] == [CallType.SOCIAL]


def test_no_policy_can_say_it_of_legal_calls() -> None:
    with pytest.raises(ValueError, match=r"legal\.recorded cannot be so"):
        Policy().merged({"call_types": {"legal": {"recorded": True}}})


def test_a_governor_may_end_it_at_once_and_not_begin_it() -> None:
    off, on = Policy().document(), ON.document()
    assert loosened(on, off) == ()
    assert loosened(off, on) == ("call_types.social.recorded",)


@pytest.mark.parametrize(
    ("facts", "sides"),
    [
        ([], set()),
        ([STARTED, fact(RecordingSealed)], {Side.VISITOR}),
        ([STARTED, fact(RecordingStarted, side=Side.PRISONER)], set(Side)),
        ([STARTED, fact(RecordingStopped)], set()),
        ([STARTED, fact(RecordingFailed)], set()),
        ([STARTED, fact(RecordingFailed), STARTED], {Side.VISITOR}),
    ],
)
def test_a_side_is_recorded_from_a_start_to_its_end_or_failure(
    facts: list[RecordingEvent], sides: set[Side]
) -> None:
    assert recorded_now(facts) == sides
