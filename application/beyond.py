"""What a call would take if it went on after its time, looked up for the decision, which checks it again."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from application.affected import policy_of
from application.booking import Lookup
from application.ports import EventStore
from domain.booking.events import BookingChanged, CallBooked, PlacedCall
from domain.calendar import local_day
from domain.call.commands import Beyond
from domain.decider import about
from domain.timetable.events import SessionOpened, SessionTemplatePublished, SessionTemplateRetired
from domain.timetable.slot import Slot, slot_on, slot_opened


async def beyond(store: EventStore, call: str, until: datetime) -> Beyond | None:
    """The call's people, its device and the times for calls that begin after it; None where nobody booked it."""
    facts, _ = await store.read((about(f"call:{call}", CallBooked, BookingChanged),))
    if not facts:
        return None
    placed: PlacedCall = facts[-1].event
    zone = (await policy_of(store, placed.prison, placed.starts_at)).time_zone
    days = sorted({local_day(moment, zone) for moment in (placed.starts_at, until)})
    slots = await _slots(store, placed.prison, days, zone)
    return Beyond(
        prison=placed.prison,
        zone=zone,
        session=placed.session,
        records=await Lookup(store, None).records(placed.prisoner),
        visitors=placed.visitors,
        device=placed.device,
        sessions=tuple(sorted(slot.session for slot in slots if placed.starts_at < slot.starts_at < until)),
        until=until,
    )


async def _slots(store: EventStore, prison: str, days: Sequence[date], zone: str) -> list[Slot]:
    sources = (
        about(f"timetable:{prison}", SessionTemplatePublished, SessionTemplateRetired),
        *(about(f"timetable_day:{prison}/{day}", SessionOpened) for day in days),
    )
    facts, _ = await store.read(sources)
    return list(_given([fact.event for fact in facts], days, zone))


def _given(events: Sequence[Any], days: Sequence[date], zone: str) -> Iterator[Slot]:
    retired = {event.template: event for event in events if isinstance(event, SessionTemplateRetired)}
    for event in events:
        match event:
            case SessionOpened():
                yield slot_opened(event)
            case SessionTemplatePublished(template=template):
                found = (slot_on(event, retired.get(template), day, zone) for day in days)
                yield from (slot for slot in found if slot is not None)
