"""A call starts when everybody was admitted, a monitor is there if one is required, and its time has come."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.timetable.events import Starts
from domain.waiting_room.commands import StartCall
from domain.waiting_room.events import MonitorJoined, ParticipantAdmitted, WaitingRoomOpened

NAME = "start_call"
EVENTS = (WaitingRoomOpened, ParticipantAdmitted, MonitorJoined)


async def react(
    recorded: Recorded[WaitingRoomOpened | ParticipantAdmitted | MonitorJoined], _: EventStore
) -> Sequence[Reaction]:
    """Try now after each change, and once at the call's time."""
    event = recorded.event
    if isinstance(event, WaitingRoomOpened):
        if event.starts is Starts.WHEN_ADMITTED:
            return []
        return [Reaction(StartCall(at=event.starts_at, call=event.call), due_at=event.starts_at)]
    return [Reaction(StartCall(at=event.at, call=event.call))]
