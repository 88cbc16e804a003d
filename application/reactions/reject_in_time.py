"""A request nobody decided on is rejected when its time is up; so is one that can no longer be kept."""

from collections.abc import Sequence
from typing import assert_never

from application import affected
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.booking.commands import AutoRejectCall
from domain.booking.events import AutoRejectedBecause, BookingChanged, CallRequested
from domain.prisoner.events import PrisonerReleased, PrisonerTransferred

NAME = "reject_in_time"
EVENTS = (CallRequested, BookingChanged, PrisonerReleased, PrisonerTransferred)


async def react(
    recorded: Recorded[CallRequested | BookingChanged | PrisonerReleased | PrisonerTransferred],
    store: EventStore,
) -> Sequence[Reaction]:
    """Look again when staff should have decided; at once when the person is no longer in the prison."""
    event = recorded.event
    match event:
        case CallRequested(decide_by=decide_by) | BookingChanged(decide_by=decide_by):
            if decide_by is None:
                return []
            because = AutoRejectedBecause.MINIMUM_NOTICE
            return [
                Reaction(AutoRejectCall(at=decide_by, call=event.call, because=because), due_at=decide_by)
            ]
        case PrisonerReleased():
            because = AutoRejectedBecause.RELEASED
        case PrisonerTransferred():
            because = AutoRejectedBecause.TRANSFERRED
        case _:
            assert_never(event)
    calls = await affected.calls_of_prisoner(store, event.person, event.at)
    return [
        Reaction(AutoRejectCall(at=event.at, call=call.call, because=because))
        for call in calls
        if call.prison == event.prison
    ]
