"""More time for a call, and a booking into the time after it, at the same moment: one of them finds the place free."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from application.handle import handle
from application.ports import BoundaryMoved, Context, EventStore
from application.reactions import complete_in_time
from domain import booking
from domain.booking.commands import BookCall
from domain.booking.events import AskedAs, CallBooked
from domain.call import ending
from domain.call.commands import CompleteCall
from domain.call.events import CallPaused, CallResumed
from domain.decider import Boundary
from domain.event import Event, Refused
from domain.lifecycle import CallCompleted, CallExtended, CallMinutesCredited, CallStarted
from domain.person import PersonRegistered
from domain.policy import PolicyPublished
from domain.prisoner.events import PrisonerReceived
from domain.relationship import RelationshipApproved
from domain.timetable.events import SessionOpened
from infrastructure.event_store import PostgresEventStore
from tests.application.history import everything, put
from tests.asked import ask
from tests.facts import NOON, fact, recorded
from tests.stores import context

END = NOON + timedelta(minutes=30)
ROUNDS = 24


class Meeting:
    """A log on which nobody appends before everybody has read: they all decide on the same facts."""

    def __init__(self, store: EventStore, people: int) -> None:
        self._store, self._barrier = store, asyncio.Barrier(people)
        self._met: set[asyncio.Task[Any] | None] = set()
        self.moved = 0

    async def read(self, boundary: Boundary) -> Any:
        found = await self._store.read(boundary)
        if asyncio.current_task() not in self._met:
            self._met.add(asyncio.current_task())
            await self._barrier.wait()
        return found

    async def append(self, events: Sequence[Event], boundary: Boundary, after: int, context: Context) -> int:
        try:
            return await self._store.append(events, boundary, after, context)
        except BoundaryMoved:
            self.moved += 1
            raise

    async def head(self) -> int:
        return await self._store.head()

    async def after(self, position: int, **limits: Any) -> Any:
        return await self._store.after(position, **limits)


def names(number: int) -> dict[str, str]:
    """The ids of one pair: a call, its time, the time after it, and another call's people."""
    known = ("call", "session", "after", "prisoner", "visitor", "other", "others", "wish", "prison")
    return {name: f"{name}-{number}" for name in known}


def day_before(number: int) -> list[Event]:
    """A prison with a call that lost 20 seconds, and with people who could have the only place after it."""
    its = names(number)
    place = {
        "session": its["session"],
        "prisoner": its["prisoner"],
        "visitors": (its["visitor"],),
        "prisoner_month": f"{its['prisoner']}/2026-11",
        "visitor_day": (f"{its['visitor']}/2026-11-23",),
    }
    day = {"minutes": 30, "timetable_day": (f"{its['prison']}/2026-11-23",)}
    here, call = {"prison": its["prison"]}, {"prison": its["prison"], "call": its["call"]}
    return [
        fact(PolicyPublished, -100_000, **here),
        fact(SessionOpened, -99_000, **here, **day, session=its["session"]),
        fact(SessionOpened, -99_000, **here, **day, session=its["after"], starts_at=END, stations=1),
        fact(PersonRegistered, -98_000, **here, person=its["other"]),
        fact(PrisonerReceived, -98_000, **here, person=its["other"]),
        fact(RelationshipApproved, -97_000, **here, prisoner=its["other"], visitor=its["others"]),
        fact(CallBooked, -86_400, **call, **place),
        fact(CallStarted, 0, **call, ends_at=END),
        fact(CallPaused, 10, **call),
        fact(CallResumed, 30, **call),
    ]


def wish(number: int) -> BookCall:
    """Somebody of the staff books the last place after the call, as it is about to end."""
    its = names(number)
    return ask(
        BookCall,
        30 * 60 - 60,
        call=its["wish"],
        prison=its["prison"],
        session=its["after"],
        starts_at=END,
        prisoner=its["other"],
        visitors=(its["others"],),
        asked_as=AskedAs.STAFF,
        ages={its["others"]: 40},
    )


async def look(store: EventStore, number: int) -> CompleteCall:
    """What the deadline sends shortly before the end."""
    found, _ = await store.read(ending.boundary(ask(CompleteCall, call=names(number)["call"])))
    started = next(one for one in found if isinstance(one.event, CallStarted))
    first, _ = await complete_in_time.react(recorded(started.position, started.event), store)
    assert isinstance(first.command, CompleteCall)
    return first.command


async def given_time(store: EventStore, command: CompleteCall) -> bool:
    handled = await handle(store, ending, command, context())
    return any(isinstance(event, CallExtended) for event in handled.events)


async def booked(store: EventStore, number: int) -> bool:
    try:
        await handle(store, booking, wish(number), context())
    except Refused as refused:
        if refused.rules != ("session_full",):
            raise
        return False
    return True


async def test_who_comes_first_has_the_place(store: EventStore) -> None:
    await put(store, *day_before(1), *day_before(2))
    assert await given_time(store, await look(store, 1))
    assert not await booked(store, 1)
    assert await booked(store, 2)
    assert not await given_time(store, await look(store, 2))


async def test_a_call_that_was_given_no_time_is_credited_at_its_end(store: EventStore) -> None:
    await put(store, *day_before(1))
    assert await booked(store, 1)
    command = (await look(store, 1)).model_copy(update={"at": END})
    assert not await given_time(store, command)
    ends = [one.event for one in await everything(store)][-2:]
    assert isinstance(ends[0], CallCompleted)
    assert isinstance(ends[1], CallMinutesCredited)


@pytest.mark.postgres
async def test_of_more_time_and_a_booking_at_the_same_moment_one_finds_the_place_free(
    log: PostgresEventStore,
) -> None:
    outcomes, moved = Counter[tuple[bool, bool]](), 0
    for number in range(ROUNDS):
        await put(log, *day_before(number))
        command, meeting = await look(log, number), Meeting(log, 2)
        both = [given_time(meeting, command), booked(meeting, number)]
        results = await asyncio.gather(*(both if number % 2 else reversed(both)))
        longer, place = results if number % 2 else reversed(results)
        outcomes[longer, place] += 1
        moved += meeting.moved
    assert set(outcomes) == {(True, False), (False, True)}
    assert moved == ROUNDS, "in every round the second one is told that it is late"
