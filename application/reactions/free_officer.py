"""A call that gets another time or is cancelled leaves its officer free; an officer who is away leaves their calls."""

from collections.abc import Sequence
from typing import assert_never

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.allocation.decisions import DeallocateCall, days_of
from domain.allocation.events import CallAllocated, DeallocatedBecause, OfficerUnavailable
from domain.allocation.state import ends_at
from domain.booking.events import BookingCancelled, BookingChanged
from domain.decider import about

NAME = "free_officer"
EVENTS = (BookingChanged, BookingCancelled, OfficerUnavailable)


async def react(
    recorded: Recorded[BookingChanged | BookingCancelled | OfficerUnavailable], store: EventStore
) -> Sequence[Reaction]:
    """Take the call, or every call of that time, from whoever has it."""
    event = recorded.event
    match event:
        case BookingChanged(call=call) | BookingCancelled(call=call):
            changed = DeallocateCall(at=event.at, call=call, because=DeallocatedBecause.CALL_CHANGED)
            return [Reaction(changed)]
        case OfficerUnavailable():
            days = days_of(event.officer, event.since, event.until)
            facts, _ = await store.read(tuple(about(f"officer_day:{day}", CallAllocated) for day in days))
            calls = {fact.event.call: fact.event for fact in facts}  # the newest of each
            because = DeallocatedBecause.OFFICER_UNAVAILABLE
            return [
                Reaction(DeallocateCall(at=event.at, call=call, because=because, officer=event.officer))
                for call, one in calls.items()
                if one.starts_at < event.until and event.since < ends_at(one)
            ]
        case _:
            assert_never(event)
