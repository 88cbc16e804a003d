"""Nobody judges by eye who no longer watches over the call, nor in a call that lost its worker or is over."""

from collections.abc import Sequence
from typing import assert_never

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.call.events import CallInterrupted
from domain.lifecycle import CallCompleted, CallTerminated
from domain.takeover import WORKER_LOST, GiveBackJudging, GivenBack
from domain.waiting_room.events import MonitorLeft

NAME = "give_back_judging"
EVENTS = (MonitorLeft, CallInterrupted, CallCompleted, CallTerminated)


async def react(
    recorded: Recorded[MonitorLeft | CallInterrupted | CallCompleted | CallTerminated], _: EventStore
) -> Sequence[Reaction]:
    """Give it back; where nobody took it over, nothing comes of it."""
    event = recorded.event
    match event:
        case MonitorLeft(at=at, call=call, officer=officer):
            return [Reaction(GiveBackJudging(at=at, call=call, cause=GivenBack.OFFICER, officer=officer))]
        case CallInterrupted(at=at, call=call, cause=cause) if cause == WORKER_LOST:
            return [Reaction(GiveBackJudging(at=at, call=call, cause=GivenBack.OUT_OF_REACH))]
        case CallInterrupted():
            return []
        case CallCompleted(at=at, call=call) | CallTerminated(at=at, call=call):
            return [Reaction(GiveBackJudging(at=at, call=call, cause=GivenBack.CALL_OVER))]
        case _:
            assert_never(event)
