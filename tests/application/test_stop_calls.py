"""All calls of a prison are stopped: which are under way is found, and each is ended by a command of its own."""

from collections.abc import Sequence

from application.commands import decider_of
from application.handle import handle
from application.ports import EventStore
from application.reactions import Reaction, start_call, stop_calls
from application.under_way import UnderWay, under_way
from domain import waiting_room
from domain.booking.events import CallBooked
from domain.call.commands import StopCall
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import CallCompleted, CallMissed, CallOutcome, CallStarted, CallTerminated, CallUnlocked
from domain.standstill import CallsBlocked, CallsUnblocked
from domain.timetable.events import SessionOpened, SessionTemplatePublished
from domain.timetable.slot import session_id
from domain.waiting_room.commands import StartCall
from domain.waiting_room.events import ParticipantAdmitted, WaitingRoomOpened
from tests.application.history import everything, put
from tests.facts import NOON, PRISON, TEMPLATE, fact, recorded
from tests.stores import context

DAY = (fact(SessionOpened, -90_000, timetable_day=(f"{PRISON}/2026-11-23",)),)


def held(call: str, *then: Event) -> list[Event]:
    """A call of the usual session, and what happened to it."""
    return [
        fact(CallBooked, -80_000, call=call),
        *(event.model_copy(update={"call": call}) for event in then),
    ]


async def _follows(store: EventStore, event: CallsBlocked | CallsUnblocked) -> Sequence[Reaction]:
    position = await put(store, event)
    return await stop_calls.react(recorded(position, event), store)


async def test_every_call_that_runs_is_found_and_none_that_is_over(store: EventStore) -> None:
    opened, started = fact(WaitingRoomOpened, -900), fact(CallStarted)
    await put(
        store,
        *DAY,
        *held("booked"),
        *held("waits", opened),
        *held("missed", opened, fact(CallMissed, 600)),
        *held("runs", opened, started),
        *held("completed", opened, started, fact(CallCompleted, 300)),
        *held("ended", opened, started, fact(CallTerminated, 300)),
    )

    assert await under_way(store, PRISON, NOON) == UnderWay(("waits",), ("runs",))
    assert await under_way(store, "LEI", NOON) == UnderWay((), ())


async def test_a_call_of_a_weekly_time_is_found_and_one_that_midnight_did_not_end(store: EventStore) -> None:
    weekly = session_id(TEMPLATE, NOON.date())
    booked = fact(CallBooked, -80_000, session=weekly)
    await put(store, fact(SessionTemplatePublished, -90_000), booked, fact(CallStarted))

    assert (await under_way(store, PRISON, NOON)).running == (booked.call,)
    tomorrow = fact(CallsBlocked, 13 * 3600).at
    assert (await under_way(store, PRISON, tomorrow)).running == (booked.call,)
    assert (await under_way(store, PRISON, fact(CallsBlocked, 48 * 3600).at)).running == ()


async def test_each_call_that_runs_is_stopped_and_ends_with_its_time_given_back(store: EventStore) -> None:
    runs = [held(call, fact(WaitingRoomOpened, -900), fact(CallStarted)) for call in ("call-1", "call-2")]
    await put(store, *DAY, *runs[0], *runs[1])

    follows = await _follows(store, fact(CallsBlocked, 600))

    assert [reaction.command for reaction in follows] == [
        StopCall(at=fact(CallsBlocked, 600).at, call=call) for call in ("call-1", "call-2")
    ]
    for reaction in follows:
        await handle(store, decider_of(reaction.command), reaction.command, context())
    ends = [found.event for found in await everything(store) if isinstance(found.event, CallCompleted)]
    assert [(end.call, end.outcome) for end in ends] == [
        ("call-1", CallOutcome.ESTABLISHMENT_ENDED),
        ("call-2", CallOutcome.ESTABLISHMENT_ENDED),
    ]


async def test_whoever_waits_may_begin_when_that_is_lifted(store: EventStore) -> None:
    admitted = [fact(ParticipantAdmitted, -90, side=side) for side in Side]
    await put(store, *DAY, *held("call-1", fact(WaitingRoomOpened, -900), *admitted), fact(CallsBlocked, -60))
    early = StartCall(at=NOON, call="call-1", prison=PRISON)
    assert not (await handle(store, waiting_room, early, context())).events

    (follows,) = await _follows(store, fact(CallsUnblocked, 30))

    started = await handle(store, decider_of(follows.command), follows.command, context())
    assert [type(event) for event in started.events] == [CallStarted]


async def test_a_call_that_is_unlocked_is_tried_to_start(store: EventStore) -> None:
    unlocked = fact(CallUnlocked, 30)

    (follows,) = await start_call.react(recorded(1, unlocked), store)

    assert follows.command == StartCall(at=unlocked.at, call=unlocked.call, prison=PRISON)
