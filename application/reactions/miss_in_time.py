"""A call that did not start is noted as missed when its time is over."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.waiting_room.commands import MissCall
from domain.waiting_room.events import WaitingRoomOpened

NAME = "miss_in_time"
EVENTS = (WaitingRoomOpened,)


async def react(recorded: Recorded[WaitingRoomOpened], _: EventStore) -> Sequence[Reaction]:
    """Look again when the wait is over."""
    opened = recorded.event
    miss = MissCall(at=opened.missed_at, call=opened.call, prison=opened.prison)
    return [Reaction(miss, due_at=opened.missed_at)]
