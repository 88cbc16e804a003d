"""Waiting rooms as they open under a policy."""

from domain import waiting_room
from domain.booking.events import CallBooked
from domain.policy import Policy, PolicyPublished
from domain.timetable.events import CallType, SessionOpened
from domain.waiting_room.commands import OpenWaitingRoom
from domain.waiting_room.events import WaitingRoomOpened
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given


def opened_under(policy: Policy, call_type: CallType) -> WaitingRoomOpened:
    """The waiting room of a call of this type."""
    published = fact(PolicyPublished, -99_000, document=policy.document())
    booked = fact(CallBooked, -86_400, call_type=call_type)
    (opened,) = (
        given(waiting_room, published, fact(SessionOpened, -98_000), booked)
        .when(ask(OpenWaitingRoom, -900))
        .outcome()
    )
    assert isinstance(opened, WaitingRoomOpened)
    return opened
