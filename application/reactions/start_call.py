"""A call starts when everybody was admitted, a monitor is there if one is required, and its time has come.

Where what is known may be out of date it is held; it is tried again until its wait is over.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.decider import about
from domain.flag.events import BookingUnflagged
from domain.lifecycle import CallUnlocked
from domain.timetable.events import Starts
from domain.waiting_room.commands import StartCall
from domain.waiting_room.events import (
    CallHeldForFacts,
    HeldBecause,
    MonitorJoined,
    ParticipantAdmitted,
    WaitingRoomOpened,
)

NAME = "start_call"
EVENTS = (
    WaitingRoomOpened,
    ParticipantAdmitted,
    MonitorJoined,
    CallHeldForFacts,
    BookingUnflagged,
    CallUnlocked,
)
AGAIN_S = 30  # how often a call that waits for newer facts is tried

Changed = (
    WaitingRoomOpened
    | ParticipantAdmitted
    | MonitorJoined
    | CallHeldForFacts
    | BookingUnflagged
    | CallUnlocked
)


async def react(recorded: Recorded[Changed], store: EventStore) -> Sequence[Reaction]:
    """Try now after each change, and once at the call's time."""
    event = recorded.event
    start = StartCall(at=event.at, call=event.call, prison=event.prison)
    match event:
        case WaitingRoomOpened(starts=Starts.AT_TIME):
            return [Reaction(start.model_copy(update={"at": event.starts_at}), due_at=event.starts_at)]
        case WaitingRoomOpened():
            return []
        case CallHeldForFacts(because=HeldBecause.FACTS_STALE):
            return await _again(start, store)
        case CallHeldForFacts():
            return []  # until somebody has cleared the flag
        case ParticipantAdmitted() | MonitorJoined() | BookingUnflagged() | CallUnlocked():
            return [Reaction(start)]
        case _:
            assert_never(event)


async def _again(start: StartCall, store: EventStore) -> Sequence[Reaction]:
    facts, _ = await store.read((about(f"call:{start.call}", WaitingRoomOpened),))
    wait_s = int((facts[0].event.missed_at - start.at).total_seconds())
    moments = (start.at + timedelta(seconds=s) for s in range(AGAIN_S, wait_s, AGAIN_S))
    return [Reaction(start.model_copy(update={"at": moment}), due_at=moment) for moment in moments]
