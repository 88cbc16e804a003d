"""A place came free: it is kept for whoever has waited longest and may have it."""

from collections.abc import Sequence

from application.booking import Lookup, Wish
from application.handle import replay
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain import standby
from domain.booking.commands import ReserveCall
from domain.booking.events import (
    BookingCancelled,
    CallRequestAutoRejected,
    CallRequestRejected,
    CallRequestWithdrawn,
    ReservationReleased,
)
from domain.event import Refused
from domain.standby import LeaveStandby, LeftBecause, StandbyJoined, StandbyLeft, StandbyList

NAME = "offer_released"
EVENTS = (
    BookingCancelled,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    ReservationReleased,
    StandbyLeft,
)

ASKED_MAX = 10  # so many of those who wait are asked for one place

Freed = (
    BookingCancelled
    | CallRequestRejected
    | CallRequestAutoRejected
    | CallRequestWithdrawn
    | ReservationReleased
    | StandbyLeft
)


async def react(recorded: Recorded[Freed], store: EventStore) -> Sequence[Reaction]:
    """Offer the place to those who wait, in order: the first who may have it takes it from the others."""
    event = recorded.event
    if isinstance(event, StandbyLeft) and event.because is not LeftBecause.LAPSED:
        return []
    session = event.standby_session if isinstance(event, StandbyLeft) else event.session
    asked = LeaveStandby(at=event.at, standby="", session=session, because=LeftBecause.LEFT)
    waiting: StandbyList = await replay(store, standby, asked)
    free = [one for one in waiting.waiting.values() if one.standby not in waiting.offered]
    offers = [await _offer(store, event, one) for one in free[:ASKED_MAX]]
    return [Reaction(offer) for offer in offers if offer is not None]


async def _offer(store: EventStore, event: Freed, one: StandbyJoined) -> ReserveCall | None:
    wish = Wish(
        call=one.call,
        prison=one.prison,
        session=one.standby_session,
        minutes=one.minutes,
        prisoner=one.prisoner,
        visitors=one.visitors,
        call_type=one.call_type,
    )
    try:
        fields = await Lookup(store, None).fields(wish, event.at)
    except Refused:
        return None  # its time is no more
    return ReserveCall(at=event.at, **fields, reserved_by=one.person, standby=one.standby)
