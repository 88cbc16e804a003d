"""A call ends when its time is up, and when nobody came back after an interruption."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.call.commands import CompleteCall
from domain.call.events import CallInterrupted, CallMinutesCredited, CallResumed
from domain.decider import about
from domain.lifecycle import CallStarted

NAME = "complete_in_time"
EVENTS = (CallStarted, CallMinutesCredited, CallResumed, CallInterrupted)


async def react(
    recorded: Recorded[CallStarted | CallMinutesCredited | CallResumed | CallInterrupted], store: EventStore
) -> Sequence[Reaction]:
    """Look again at the end of the call, of the credited time, of the grace; after a pause too."""
    event = recorded.event
    match event:
        case CallStarted(ends_at=ends_at):
            due_at = ends_at
        case CallInterrupted(rejoin_until=until):
            due_at = until
        case CallMinutesCredited(call=call) | CallResumed(call=call):
            due_at = max(await _ends_at(call, store), event.at)
        case _:
            assert_never(event)
    return [Reaction(CompleteCall(at=due_at, call=event.call), due_at=due_at)]


async def _ends_at(call: str, store: EventStore) -> datetime:
    """The end with everything that was credited so far."""
    facts, _ = await store.read((about(f"call:{call}", CallStarted, CallMinutesCredited),))
    started = next(fact.event for fact in facts if isinstance(fact.event, CallStarted))
    credited = sum(fact.event.seconds for fact in facts if isinstance(fact.event, CallMinutesCredited))
    ends_at: datetime = started.ends_at
    return ends_at + timedelta(seconds=credited)
