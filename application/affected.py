"""Which calls a fact concerns: the ones that are still to be held, or run, among those near it.

Nothing is searched: every question goes to tags of which there are few. Calls are booked a bounded time
ahead, so looking as far as the furthest of them is enough.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from application.ports import EventStore
from domain.booking.events import PLACES, BookingChanged, CallBooked, CallRequested, PlacedCall
from domain.calendar import local_day, local_month
from domain.decider import about
from domain.policy import Policy, PolicyPublished, in_effect
from domain.timetable.events import SessionOpened, SessionTemplatePublished
from domain.timetable.slot import session_id

AHEAD = timedelta(days=62)  # no call is booked further ahead
LONGEST = timedelta(days=1)  # no call is longer


async def policy_of(store: EventStore, prison: str, at: datetime) -> Policy:
    """The prison's policy at a moment; the default where none was published."""
    facts, _ = await store.read((about(f"policy:{prison}", PolicyPublished),))
    held = in_effect([fact.event for fact in facts], at)
    return Policy() if held is None else Policy.model_validate(held.document)


async def calls_of_prisoner(store: EventStore, prisoner: str, at: datetime) -> list[PlacedCall]:
    """The calls of a person in prison, from now on. Months are asked for as every zone counts them."""
    days = range(-1, AHEAD.days + 2, 14)
    months = {local_month(at + timedelta(days=day), "UTC") for day in days}
    return await _standing(store, (f"prisoner_month:{prisoner}/{month}" for month in sorted(months)), at)


async def calls_of_visitor(store: EventStore, visitor: str, at: datetime) -> list[PlacedCall]:
    """The calls of a visitor, from now on."""
    return await _standing(store, (f"visitor_day:{visitor}/{day}" for day in days_ahead(at)), at)


async def calls_on_device(store: EventStore, device: str, at: datetime) -> list[PlacedCall]:
    """The calls that take a room or device, from now on."""
    return await _standing(store, (f"device_day:{device}/{day}" for day in days_ahead(at)), at)


async def calls_of_template(
    store: EventStore, template: str, days: Iterable[date], at: datetime, *, or_left: bool = False
) -> list[PlacedCall]:
    """The calls in a template's sessions on these days."""
    sessions = (f"session:{session_id(template, day)}" for day in days)
    return await _standing(store, sessions, at, or_left=or_left)


async def calls_of_day(
    store: EventStore, prison: str, day: date, at: datetime, *, or_left: bool = False
) -> list[PlacedCall]:
    """Every call of a prison on one of its days."""
    sources = (
        about(f"timetable:{prison}", SessionTemplatePublished),
        about(f"timetable_day:{prison}/{day}", SessionOpened),
    )
    facts, _ = await store.read(sources)
    sessions = {
        event.session if isinstance(event, SessionOpened) else session_id(event.template, day)
        for event in (fact.event for fact in facts)
    }
    return await _standing(store, (f"session:{session}" for session in sessions), at, or_left=or_left)


def days_ahead(at: datetime) -> Iterator[date]:
    """Every day, of any zone, on which a call that is not over may be."""
    first = at.date() - LONGEST - timedelta(days=1)
    return (first + timedelta(days=day) for day in range(AHEAD.days + 4))


async def _standing(
    store: EventStore, tags: Iterable[str], at: datetime, *, or_left: bool = False
) -> list[PlacedCall]:
    """The calls whose place has one of the tags now; `or_left`: or had it before they were changed."""
    wanted = frozenset(tags)
    facts, _ = await store.read(tuple(about(tag, *PLACES) for tag in sorted(wanted))) if wanted else ((), 0)
    places: Mapping[str, PlacedCall] = {}
    for fact in facts:
        places = {**places, fact.event.call: fact.event}
    return [
        place
        for place in places.values()
        if _is_to_be_held(place, at) and (or_left or wanted & PlacedCall.tags(place))
    ]


def _is_to_be_held(place: PlacedCall, at: datetime) -> bool:
    ends_at = place.starts_at + timedelta(minutes=place.minutes)
    return isinstance(place, CallRequested | CallBooked | BookingChanged) and ends_at > at


def overlap(call: PlacedCall, starts_at: datetime, minutes: int) -> bool:
    """Whether something from then on, so long, shares time with the call."""
    ends_at = call.starts_at + timedelta(minutes=call.minutes)
    return call.starts_at < starts_at + timedelta(minutes=minutes) and starts_at < ends_at


def on_one_day(some: Sequence[PlacedCall], others: Sequence[PlacedCall], zone: str) -> list[PlacedCall]:
    """Of two lists the calls that share a day with one of the other list, as a prison counts days."""

    def days(calls: Sequence[PlacedCall]) -> set[date]:
        return {local_day(call.starts_at, zone) for call in calls}

    shared = days(some) & days(others)
    return [call for call in (*some, *others) if local_day(call.starts_at, zone) in shared]
