"""The record of a call is closed when the call is over, every violation reviewed and every concern closed."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.closing import CloseCall
from domain.concern import ConcernClosed
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.violation import ViolationReviewed

NAME = "close_record"
EVENTS = (CallCompleted, CallTerminated, CallMissed, ViolationReviewed, ConcernClosed)


async def react(
    recorded: Recorded[CallCompleted | CallTerminated | CallMissed | ViolationReviewed | ConcernClosed],
    _: EventStore,
) -> Sequence[Reaction]:
    """Try after the end, after each review and after each concern that was closed."""
    return [Reaction(CloseCall(at=recorded.event.at, call=recorded.event.call))]
