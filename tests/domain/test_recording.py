"""Which calls are recorded: those of a type for which the policy says so, and never a legal one."""

import pytest

from domain import waiting_room
from domain.booking.events import CallBooked
from domain.clearance import Side
from domain.policy import Policy, PolicyPublished, loosened
from domain.recording import (
    RecordingEvent,
    RecordingFailed,
    RecordingSealed,
    RecordingStarted,
    RecordingStopped,
    recorded_now,
)
from domain.timetable.events import CallType, SessionOpened
from domain.waiting_room.commands import OpenWaitingRoom
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

ON = Policy().merged({"call_types": {"social": {"recorded": True}}})
STARTED = fact(RecordingStarted)


def _opened(policy: Policy, call_type: CallType = CallType.SOCIAL) -> bool:
    published = fact(PolicyPublished, -99_000, document=policy.document())
    booked = fact(CallBooked, -86_400, call_type=call_type)
    (opened,) = (
        given(waiting_room, published, fact(SessionOpened, -98_000), booked)
        .when(ask(OpenWaitingRoom, -900))
        .outcome()
    )
    assert isinstance(opened, WaitingRoomOpened)
    return opened.recorded


def test_nothing_is_recorded_where_no_policy_says_so() -> None:
    assert not any(_opened(Policy(), call_type) for call_type in CallType)


def test_the_policy_says_it_for_one_type_of_call() -> None:
    assert [call_type for call_type in CallType if _opened(ON, call_type)] == [CallType.SOCIAL]


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
