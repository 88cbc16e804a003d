"""A call as its own people may ask for it now: its receipt, and its entry for a calendar."""

from dataclasses import dataclass

from application.notifications.entry import Entry, Standing
from application.notifications.receipt import receipt
from application.notifications.rendering import Addresses
from application.notifications.telling import ENTERED, OF_CALL
from application.notifications.texts import NEWEST
from application.ports import EventStore
from domain.attendance import Attendance, attendance
from domain.booking.events import (
    BookingChanged,
    CallBooked,
    CallRequested,
    CallReserved,
    PlacedCall,
)
from domain.clearance import Side
from domain.decider import about
from domain.event import Event, Refused
from domain.policy import Policy, PolicyPublished, in_effect
from domain.texts import Language


@dataclass(frozen=True)
class Receipt:
    """Who was there when. `absent`: the sides that never came to a call that was missed."""

    call: str
    prison: str
    zone: str  # the prison's time zone, in which the sentences tell times
    place: PlacedCall
    you: Side
    attendance: Attendance
    absent: tuple[Side, ...]
    sentences: tuple[str, ...]


async def receipt_of(store: EventStore, call: str, reader: Side, language: Language) -> Receipt:
    """The receipt as far as the call has come. Raises `Refused` when there is no such call."""
    facts, place = await _call(store, call)
    policies, _ = await store.read((about(f"policy:{place.prison}", PolicyPublished),))
    held = in_effect([fact.event for fact in policies], place.at)
    zone = (Policy() if held is None else Policy.model_validate(held.document)).time_zone
    attended = attendance(facts)
    sentences = receipt(attended, reader, zone, language, NEWEST)
    return Receipt(call, place.prison, zone, place, reader, attended, attended.absent, tuple(sentences))


async def entry_of(store: EventStore, call: str, language: Language, addresses: Addresses) -> Entry:
    """The entry as the call stands now. Raises `Refused` when there is no such call."""
    facts, place = await _call(store, call)
    changes = sum(isinstance(fact, ENTERED) for fact in facts)
    return Entry(
        call=call,
        standing=_standing(place),
        starts_at=place.starts_at,
        minutes=place.minutes,
        prison=place.prison,
        changes=max(changes - 1, 0),
        made_at=place.at,
        language=language,
        version=NEWEST,
        link=addresses.calls(),
        organizer=addresses.sender,
    )


async def _call(store: EventStore, call: str) -> tuple[list[Event], PlacedCall]:
    facts, _ = await store.read((about(f"call:{call}", *OF_CALL),))
    events = [fact.event for fact in facts]
    placed = [event for event in events if isinstance(event, PlacedCall)]
    if not placed or isinstance(placed[-1], CallReserved):
        raise Refused("There is no such call.", "call_unknown")
    return events, placed[-1]


def _standing(place: PlacedCall) -> Standing:
    match place:
        case CallBooked() | BookingChanged(booked=True):
            return Standing.BOOKED
        case CallRequested() | BookingChanged():
            return Standing.UNDECIDED
        case _:
            return Standing.CANCELLED
