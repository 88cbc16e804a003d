"""A barred face whose time is over is noted as lapsed, so that its template is destroyed. No rule waits for that."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.barring.commands import LapseBarred
from domain.barring.events import BarredFaceApproved

NAME = "lapse_barred"
EVENTS = (BarredFaceApproved,)


async def react(recorded: Recorded[BarredFaceApproved], _: EventStore) -> Sequence[Reaction]:
    """Look again when its time is over."""
    approved = recorded.event
    return [Reaction(LapseBarred(at=approved.until, barred=approved.barred), due_at=approved.until)]
