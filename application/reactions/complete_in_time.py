"""A call ends when its time is up, and when nobody came back after an interruption."""

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never

from application.handle import replay
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain import call as call_decider
from domain.call.commands import CompleteCall
from domain.call.events import CallInterrupted, CallPaused, CallResumed
from domain.call.state import credit_ms
from domain.lifecycle import CallMinutesCredited, CallStarted
from domain.violation import ViolationReviewed

NAME = "complete_in_time"
EVENTS = (CallStarted, CallMinutesCredited, CallPaused, CallResumed, CallInterrupted, ViolationReviewed)

Moves = CallStarted | CallMinutesCredited | CallPaused | CallResumed | CallInterrupted | ViolationReviewed


async def react(recorded: Recorded[Moves], store: EventStore) -> Sequence[Reaction]:
    """Look again at the end of the call, of the credited time, of the grace; after a pause too."""
    event = recorded.event
    match event:
        case CallStarted(ends_at=ends_at):
            due_at = ends_at
        case CallInterrupted(rejoin_until=until):
            due_at = until
        case CallMinutesCredited() | CallPaused() | CallResumed() | ViolationReviewed():
            call = await replay(store, call_decider, CompleteCall(at=event.at, call=event.call))
            if call.ends_at is None:
                return []
            due_at = max(call.ends_at + timedelta(milliseconds=credit_ms(call, event.at)), event.at)
        case _:
            assert_never(event)
    return [Reaction(CompleteCall(at=due_at, call=event.call), due_at=due_at)]
