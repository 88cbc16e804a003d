"""Which calls of a prison are under way: in their waiting room, or running, also past their booked end.

Nothing is searched: the times of a prison's day lead to the calls placed in them, and those to what
happened to them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from application.affected import policy_of
from application.ports import EventStore
from domain.booking.events import PLACES, BookingCancelled
from domain.calendar import local_day
from domain.decider import about
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.timetable.events import SessionOpened, SessionTemplatePublished
from domain.timetable.slot import session_id
from domain.waiting_room.events import WaitingRoomOpened


@dataclass(frozen=True)
class UnderWay:
    """Ids of calls, in order."""

    waiting: tuple[str, ...]
    running: tuple[str, ...]


async def under_way(store: EventStore, prison: str, at: datetime) -> UnderWay:
    """The calls of today, and those of yesterday that midnight did not end."""
    today = local_day(at, (await policy_of(store, prison, at)).time_zone)
    days = (today - timedelta(days=1), today)
    placed = [about(f"session:{session}", *PLACES) for session in await _sessions(store, prison, days)]
    facts, _ = await store.read(tuple(placed)) if placed else ((), 0)
    return await _standing(store, sorted({fact.event.call for fact in facts}))


async def _sessions(store: EventStore, prison: str, days: Iterable[date]) -> list[str]:
    opened = [about(f"timetable_day:{prison}/{day}", SessionOpened) for day in days]
    facts, _ = await store.read((about(f"timetable:{prison}", SessionTemplatePublished), *opened))
    events = [fact.event for fact in facts]
    by_template = {
        session_id(event.template, day)
        for event in events
        if isinstance(event, SessionTemplatePublished)
        for day in days
    }
    return sorted(by_template | {event.session for event in events if isinstance(event, SessionOpened)})


async def _standing(store: EventStore, calls: list[str]) -> UnderWay:
    ends = (CallCompleted, CallTerminated, CallMissed, BookingCancelled)
    asked = tuple(about(f"call:{call}", WaitingRoomOpened, CallStarted, *ends) for call in calls)
    facts, _ = await store.read(asked) if asked else ((), 0)
    waiting, running = set[str](), set[str]()
    for event in (fact.event for fact in facts):
        match event:
            case WaitingRoomOpened():
                waiting.add(event.call)
            case CallStarted():
                waiting.discard(event.call)
                running.add(event.call)
            case _:
                waiting.discard(event.call)
                running.discard(event.call)
    return UnderWay(tuple(sorted(waiting)), tuple(sorted(running)))
