"""When all calls of a prison are stopped, each that runs ends; when that is lifted, those who wait may begin."""

from collections.abc import Sequence
from typing import assert_never

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from application.under_way import under_way
from domain.call.commands import StopCall
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.waiting_room.commands import StartCall

NAME = "stop_calls"
EVENTS = (CallsBlocked, CallsUnblocked)


async def react(recorded: Recorded[CallsBlocked | CallsUnblocked], store: EventStore) -> Sequence[Reaction]:
    """A command for each call under way. None starts in between: a start rests on the same fact."""
    event = recorded.event
    calls = await under_way(store, event.prison, event.at)
    match event:
        case CallsBlocked():
            return [Reaction(StopCall(at=event.at, call=call)) for call in calls.running]
        case CallsUnblocked():
            return [
                Reaction(StartCall(at=event.at, call=call, prison=event.prison)) for call in calls.waiting
            ]
        case _:
            assert_never(event)
