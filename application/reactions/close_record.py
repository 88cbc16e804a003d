"""The record of a call is closed when the call is over and every violation was reviewed."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.closing import CloseCall
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.violation import ViolationReviewed

NAME = "close_record"
EVENTS = (CallCompleted, CallTerminated, CallMissed, ViolationReviewed)


async def react(
    recorded: Recorded[CallCompleted | CallTerminated | CallMissed | ViolationReviewed], _: EventStore
) -> Sequence[Reaction]:
    """Try after the end and after each review."""
    return [Reaction(CloseCall(at=recorded.event.at, call=recorded.event.call))]
