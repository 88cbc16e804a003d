"""A call that somebody has to watch stands still when nobody watches it any more."""

from collections.abc import Sequence

from application.handle import replay
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain import call as call_decider
from domain.call.commands import CompleteCall, HoldForMonitor
from domain.call.state import Status
from domain.waiting_room.events import MonitorLeft

NAME = "hold_for_monitor"
EVENTS = (MonitorLeft,)


async def react(recorded: Recorded[MonitorLeft], store: EventStore) -> Sequence[Reaction]:
    """Hold it at once, if it runs."""
    event = recorded.event
    call = await replay(store, call_decider, CompleteCall(at=event.at, call=event.call))
    if call.status is not Status.LIVE or not call.unwatched:
        return []
    return [Reaction(HoldForMonitor(at=event.at, call=event.call))]
