"""A fact that changed under a running call pauses it, where the policy says so; whoever lets it go on has decided."""

from collections.abc import Sequence
from typing import assert_never

from application.handle import replay
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain import flag
from domain.call.commands import PauseFlagged
from domain.call.events import CallResumed
from domain.flag.decisions import UnflagBooking
from domain.flag.events import BookingFlagged, ClearedBecause

NAME = "pause_flagged"
EVENTS = (BookingFlagged, CallResumed)


async def react(recorded: Recorded[BookingFlagged | CallResumed], store: EventStore) -> Sequence[Reaction]:
    """Pause it at once; after an officer let it go on, the flags they saw are decided."""
    event = recorded.event
    match event:
        case BookingFlagged(during_call=True, kind=kind):
            return [Reaction(PauseFlagged(at=event.at, call=event.call, kind=kind))]
        case BookingFlagged():
            return []  # the call does not start before somebody has decided
        case CallResumed(officer=None):
            return []
        case CallResumed():
            clear = UnflagBooking(
                at=event.at,
                call=event.call,
                flag="",
                because=ClearedBecause.DECIDED_IN_CALL,
                cleared_by=None,
            )
            open_flags = (await replay(store, flag, clear)).open
            return [Reaction(clear.model_copy(update={"flag": one})) for one in sorted(open_flags)]
        case _:
            assert_never(event)
