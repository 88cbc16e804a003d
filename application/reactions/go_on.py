"""A call that stood still goes on by itself, when whatever stopped it is over: somebody is back, or it was cleared."""

from collections.abc import Sequence
from typing import assert_never

from application.handle import replay
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain import call as call_decider
from domain.call.commands import CompleteCall, GoOn
from domain.call.events import InterruptionOver, ParticipantRejoined
from domain.call.state import Status
from domain.violation import ViolationCleared
from domain.waiting_room.events import MonitorJoined

NAME = "go_on"
EVENTS = (ParticipantRejoined, ViolationCleared, InterruptionOver, MonitorJoined)

Changed = ParticipantRejoined | ViolationCleared | InterruptionOver | MonitorJoined


async def react(recorded: Recorded[Changed], store: EventStore) -> Sequence[Reaction]:
    """Look at once whether it may go on, and say why it does."""
    event = recorded.event
    match event:
        case ParticipantRejoined():
            cause = "rejoined"
        case ViolationCleared():
            cause = "cleared"
        case InterruptionOver(cause=over):
            cause = over
        case MonitorJoined():
            call = await replay(store, call_decider, CompleteCall(at=event.at, call=event.call))
            if call.status is not Status.HELD:
                return []  # nobody had waited for them
            cause = "monitor_joined"
        case _:
            assert_never(event)
    return [Reaction(GoOn(at=event.at, call=event.call, cause=cause))]
