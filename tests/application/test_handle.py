"""A command becomes events once, however often it is sent and whoever asks at the same time."""

import asyncio
from datetime import timedelta

import pytest

from application.handle import Seen, Stale, handle, replay
from application.ports import EventStore
from domain import booking
from domain import call as call_decider
from domain.booking.commands import BookCall
from domain.booking.events import CallBooked
from domain.call.commands import CompleteCall, ResumeCall
from domain.call.events import CallPaused, CallResumed
from domain.call.state import Status
from domain.event import Event, Refused
from domain.lifecycle import CallStarted
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.relationship import RelationshipApproved
from domain.stream import StreamFrozen
from domain.timetable.events import SessionOpened
from tests.application.history import command_id, everything, put
from tests.asked import ask
from tests.facts import CALL, PRISONER, VISITOR, fact
from tests.stores import context

STATIONS, ASKING = 3, 8
THREE_DAYS_BEFORE = -timedelta(days=3).total_seconds()
LONG_BEFORE = -timedelta(days=40).total_seconds()
AUTOMATIC = (
    Policy().merged({"booking": {"approval": "auto"}, "people": {"identity_required": False}}).document()
)


def _history() -> list[Event]:
    """A session with three stations, and eight prisoners who may each call one visitor."""
    return [
        fact(PolicyPublished, LONG_BEFORE, document=AUTOMATIC),
        *(fact(PersonRegistered, LONG_BEFORE, person=f"{PRISONER}-{n}", number=()) for n in range(ASKING)),
        fact(SessionOpened, stations=STATIONS),
        *(
            fact(RelationshipApproved, prisoner=f"{PRISONER}-{n}", visitor=f"{VISITOR}-{n}")
            for n in range(ASKING)
        ),
    ]


def _book(number: int) -> BookCall:
    return ask(
        BookCall,
        THREE_DAYS_BEFORE,
        call=f"{CALL}-{number}",
        prisoner=f"{PRISONER}-{number}",
        visitors=(f"{VISITOR}-{number}",),
    )


async def test_the_last_places_are_given_once_however_many_ask_in_the_same_instant(store: EventStore) -> None:
    await put(store, *_history())

    asked = (handle(store, booking, _book(number), context()) for number in range(ASKING))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    booked = [each for each in await everything(store) if isinstance(each.event, CallBooked)]
    assert len(booked) == STATIONS
    assert len(refused) == ASKING - STATIONS
    assert {refusal.rule for refusal in refused} == {"session_full"}


async def test_a_command_sent_twice_happens_once_and_is_answered_alike(store: EventStore) -> None:
    await put(store, *_history())
    sent = context(command_id())

    first = await handle(store, booking, _book(0), sent)
    again = await handle(store, booking, _book(0), sent)

    assert again.again
    assert again.position == first.position
    assert list(again.events) == list(first.events)
    assert sum(isinstance(each.event, CallBooked) for each in await everything(store)) == 1


async def test_a_command_sent_twice_at_once_happens_once(store: EventStore) -> None:
    await put(store, *_history())
    sent = context(command_id())

    first, second = await asyncio.gather(*(handle(store, booking, _book(0), sent) for _ in range(2)))

    assert first.position == second.position
    assert {first.again, second.again} == {True, False}


async def test_what_follows_from_nothing_appends_nothing(store: EventStore) -> None:
    await put(store, fact(CallBooked), fact(CallStarted))
    before = len(await everything(store))

    handled = await handle(store, call_decider, ask(CompleteCall, 60), context())

    assert list(handled.events) == []
    assert len(await everything(store)) == before


async def test_a_replay_gives_the_state_on_which_the_next_command_is_decided(store: EventStore) -> None:
    await put(store, fact(CallBooked), fact(CallStarted))

    state = await replay(store, call_decider, ask(CompleteCall))

    assert state.status is Status.LIVE
    assert state.id == CALL


async def test_of_two_who_looked_at_the_same_version_one_decides(store: EventStore) -> None:
    await put(store, fact(CallBooked), fact(CallStarted), fact(CallPaused, 9))
    seen = Seen(f"call:{CALL}", await store.head())

    asked = (handle(store, call_decider, ask(ResumeCall, 20), context(), seen) for _ in range(2))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Handled", "Stale"]
    assert sum(isinstance(each.event, CallResumed) for each in await everything(store)) == 1


async def test_only_what_the_decision_rests_on_makes_what_was_seen_old(store: EventStore) -> None:
    await put(store, fact(CallBooked), fact(CallStarted), fact(CallPaused, 9))
    seen = Seen(f"call:{CALL}", await store.head())
    await put(store, fact(StreamFrozen, 10), fact(CallPaused, 10, call="call-2"))

    handled = await handle(store, call_decider, ask(ResumeCall, 20), context(), seen)

    assert isinstance(handled.events[0], CallResumed)


async def test_nobody_has_seen_what_has_not_happened(store: EventStore) -> None:
    await put(store, fact(CallBooked), fact(CallStarted), fact(CallPaused, 9))
    seen = Seen(f"call:{CALL}", await store.head() + 1)

    with pytest.raises(Stale):
        await handle(store, call_decider, ask(ResumeCall, 20), context(), seen)


async def test_a_command_sent_again_is_answered_alike_though_what_was_seen_is_old_by_now(
    store: EventStore,
) -> None:
    await put(store, fact(CallBooked), fact(CallStarted), fact(CallPaused, 9))
    seen, sent = Seen(f"call:{CALL}", await store.head()), context(command_id())

    first = await handle(store, call_decider, ask(ResumeCall, 20), sent, seen)
    again = await handle(store, call_decider, ask(ResumeCall, 20), sent, seen)

    assert (again.again, again.position) == (True, first.position)
