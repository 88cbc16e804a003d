"""Standby: a place that comes free is kept for whoever waited longest and may have it."""

import contextlib
from collections.abc import Sequence
from typing import Any
from uuid import uuid5

from application.commands import decider_of
from application.handle import handle
from application.ports import EventStore
from application.reactions import leave_standby, offer_released
from application.reactions.reaction import Reaction, Reacts
from domain.allowance import CallAllowanceAdjusted
from domain.booking.events import BookingCancelled, CallBooked, CallRequested, CallReserved
from domain.event import Event, Refused
from domain.person import PersonRegistered
from domain.relationship import RelationshipApproved
from domain.standby import LeftBecause, StandbyJoined, StandbyLeft, StandbyOffered
from domain.timetable.events import SessionOpened
from tests.application.history import everything, put
from tests.bookings import AHEAD, DAY, another, policy
from tests.facts import SESSION, fact, recorded
from tests.stores import context

FULL = fact(SessionOpened, -40 * DAY, stations=1)
TAKEN = another(CallBooked)
FREED = another(BookingCancelled)


def _person(number: int) -> list[Event]:
    return [
        fact(PersonRegistered, -40 * DAY, person=f"prisoner-{number}", number=()),
        fact(
            RelationshipApproved,
            -40 * DAY,
            prisoner=f"prisoner-{number}",
            visitor=f"visitor-{number}",
        ),
    ]


def _waits(number: int) -> Event:
    return fact(
        StandbyJoined,
        AHEAD,
        standby=f"standby-{number}",
        call=f"call-{number}",
        person=f"visitor-{number}",
        prisoner=f"prisoner-{number}",
        visitors=(f"visitor-{number}",),
    )


WAITING = [FULL, policy(), *_person(3), *_person(4), TAKEN, _waits(3), _waits(4)]


async def follow(store: EventStore, reaction: Reacts, event: Event, now: float = AHEAD) -> Sequence[Reaction]:
    """What follows from the event, done at once unless it is put off."""
    position = await put(store, event)
    entry = recorded(position, event)
    follows = await reaction.react(entry, store)
    for index, one in enumerate(follows):
        if one.due_at is None:
            cmd = uuid5(entry.id, f"{reaction.NAME}/{index}")
            with contextlib.suppress(Refused):
                await handle(store, decider_of(one.command), one.command, context(cmd))
    return follows


async def newest(store: EventStore, kind: type[Event]) -> Any:
    return [entry.event for entry in await everything(store) if isinstance(entry.event, kind)][-1]


async def test_a_place_that_comes_free_is_kept_for_whoever_waited_longest(store: EventStore) -> None:
    await put(store, *WAITING)
    await follow(store, offer_released, FREED)
    offered, kept = await newest(store, StandbyOffered), await newest(store, CallReserved)
    assert (offered.standby, offered.call, offered.standby_session) == ("standby-3", "call-3", SESSION)
    assert (kept.reserved_by, kept.expires_at) == ("visitor-3", offered.expires_at)


async def test_somebody_who_may_not_have_it_is_passed_over(store: EventStore) -> None:
    spent = fact(
        CallAllowanceAdjusted, AHEAD, prisoner="prisoner-3", prisoner_month="prisoner-3/2026-11", minutes=-60
    )
    await put(store, *WAITING, spent)
    await follow(store, offer_released, FREED)
    assert (await newest(store, StandbyOffered)).standby == "standby-4"


async def test_nothing_is_offered_while_the_time_is_full(store: EventStore) -> None:
    await put(store, *WAITING, another(CallBooked, call="call-9"))
    await follow(store, offer_released, FREED)
    assert not [e for e in await everything(store) if isinstance(e.event, StandbyOffered)]


async def test_two_places_that_come_free_at_once_go_to_two_people(store: EventStore) -> None:
    two = fact(SessionOpened, -40 * DAY, stations=2)
    other = another(CallBooked, call="call-9", prisoner="prisoner-9", visitors=("visitor-9",))
    both = [FREED, another(BookingCancelled, call="call-9", prisoner="prisoner-9", visitors=("visitor-9",))]
    await put(store, two, policy(), *_person(3), *_person(4), TAKEN, other, _waits(3), _waits(4), *both)
    for event in both:  # as if the reactions had seen them only after both
        entry = recorded(70, event)
        for follows in await offer_released.react(entry, store):
            with contextlib.suppress(Refused):
                await handle(store, decider_of(follows.command), follows.command, context())
    offers = [e.event for e in await everything(store) if isinstance(e.event, StandbyOffered)]
    assert [offer.standby for offer in offers] == ["standby-3", "standby-4"]


async def test_an_offer_that_nobody_took_lapses_and_the_next_one_is_asked(store: EventStore) -> None:
    await put(store, *WAITING)
    await follow(store, offer_released, FREED)
    offer = await newest(store, StandbyOffered)
    (lapses,) = await leave_standby.react(recorded(80, offer), store)
    assert lapses.due_at == offer.expires_at
    handled = await handle(store, decider_of(lapses.command), lapses.command, context())
    (left,) = handled.events
    assert isinstance(left, StandbyLeft)
    assert left.because is LeftBecause.LAPSED
    await follow(store, offer_released, left)
    assert (await newest(store, StandbyOffered)).standby == "standby-4"


async def test_whoever_takes_the_place_no_longer_waits(store: EventStore) -> None:
    await put(store, *WAITING)
    await follow(store, offer_released, FREED)
    await follow(store, leave_standby, another(CallRequested, call="call-3"))
    left = await newest(store, StandbyLeft)
    assert (left.standby, left.because) == ("standby-3", LeftBecause.ACCEPTED)
    assert await offer_released.react(recorded(90, left), store) == []


async def test_a_request_of_somebody_who_did_not_wait_leaves_the_list_alone(store: EventStore) -> None:
    await put(store, *WAITING)
    assert await follow(store, leave_standby, another(CallRequested, call="call-8")) == []
