"""A refused request is noted, and answered with the nearest times at which the same call could be booked."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from application.asking import Asking, NotBooked
from application.booking import Lookup, Wish
from application.ports import EventStore
from domain.booking.commands import BookCall
from domain.booking.events import BookingRefused, CallBooked
from domain.event import Event
from domain.relationship import RelationshipApproved
from domain.timetable.events import (
    DateBlocked,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
)
from tests.application.history import everything, put
from tests.bookings import AHEAD, DAY, another, approved, held, policy
from tests.facts import CALL, NOON, PRISON, PRISONER, TEMPLATE, VISITOR, fact
from tests.stores import MemoryKeys, context

ASKED_AT = NOON.replace(day=20)  # three days before
WEEKLY = fact(SessionTemplatePublished, -40 * DAY, stations=1, minutes=60)  # Mondays at noon
SUNDAYS = fact(SessionTemplatePublished, -40 * DAY, template="sundays", weekday=6, stations=1)
ALONE = fact(
    SessionOpened,
    -40 * DAY,
    session="alone",
    starts_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
    minutes=30,
    timetable_day=(f"{PRISON}/2026-11-24",),
)
TAKEN = another(session=f"{TEMPLATE}.2026-11-23")
PEOPLE: list[Event] = [held, approved, policy()]


def _wish(**changes: Any) -> Wish:
    asked: dict[str, Any] = {
        "call": CALL,
        "prison": PRISON,
        "session": f"{TEMPLATE}.2026-11-23",
        "minutes": 30,
        "prisoner": PRISONER,
        "visitors": (VISITOR,),
    }
    return Wish(**{**asked, **changes})


async def _refused(store: EventStore, **changes: Any) -> NotBooked:
    with pytest.raises(NotBooked) as refused:
        await Asking(Lookup(store, MemoryKeys())).ask(
            BookCall, context(), ASKED_AT, _wish(**changes), requested_by=VISITOR
        )
    return refused.value


def _sessions(refused: NotBooked) -> list[str]:
    return [slot.session for slot in refused.alternatives]


async def test_the_nearest_times_are_offered_wherever_they_come_from(store: EventStore) -> None:
    await put(store, *PEOPLE, WEEKLY, SUNDAYS, ALONE, TAKEN)

    refused = await _refused(store)

    assert refused.rule == "session_full"
    assert _sessions(refused) == ["alone", "sundays.2026-11-22", "sundays.2026-11-29"]


async def test_no_time_is_offered_at_which_the_same_call_would_be_refused(store: EventStore) -> None:
    await put(
        store,
        *PEOPLE,
        WEEKLY,
        SUNDAYS,
        ALONE,
        TAKEN,
        fact(DateBlocked, AHEAD, day=date(2026, 11, 24)),
        another(session="sundays.2026-11-29", call="call-3"),
        fact(SessionTemplateRetired, AHEAD, from_day=date(2026, 12, 1)),
    )

    refused = await _refused(store)

    assert _sessions(refused) == ["sundays.2026-11-22", f"{TEMPLATE}.2026-11-30", "sundays.2026-12-06"]


async def test_an_offered_time_can_be_booked(store: EventStore) -> None:
    await put(store, *PEOPLE, WEEKLY, TAKEN)
    refused = await _refused(store)
    asking = Asking(Lookup(store, MemoryKeys()))

    for slot in refused.alternatives[:1]:
        await asking.ask(BookCall, context(), ASKED_AT, _wish(session=slot.session), requested_by=VISITOR)

    assert _sessions(refused) == [f"{TEMPLATE}.2026-11-30", f"{TEMPLATE}.2026-12-07"]


async def test_where_the_month_is_spent_the_next_month_is_offered(store: EventStore) -> None:
    spent = another(
        session="session-0",
        starts_at=NOON.replace(day=10),
        minutes=60,
        prisoner=PRISONER,
        prisoner_month=f"{PRISONER}/2026-11",
    )
    await put(store, *PEOPLE, WEEKLY, spent)

    refused = await _refused(store)

    assert (refused.rule, _sessions(refused)) == ("allowance", [f"{TEMPLATE}.2026-12-07"])


async def test_other_times_are_looked_for_only_so_far_away_and_so_many_offered_as_the_prison_says(
    store: EventStore,
) -> None:
    near = policy(alternatives_days=1, alternatives_max=1)
    await put(store, held, approved, near, WEEKLY, SUNDAYS, ALONE, TAKEN)

    assert _sessions(await _refused(store)) == ["alone"]


async def test_nobody_is_sent_to_another_time_for_what_no_other_time_changes(store: EventStore) -> None:
    await put(store, held, policy(), WEEKLY, SUNDAYS, TAKEN)

    refused = await _refused(store)

    assert refused.rules == ("relationship_missing", "session_full")
    assert refused.alternatives == ()


async def test_a_refusal_is_on_record_once_with_what_was_asked_for(store: EventStore) -> None:
    await put(store, *PEOPLE, WEEKLY, TAKEN)

    await _refused(store)
    await _refused(store)

    (noted,) = [one.event for one in await everything(store) if isinstance(one.event, BookingRefused)]
    assert (noted.rule, noted.rules, noted.starts_at) == ("session_full", ("session_full",), NOON)
    assert (noted.minutes, noted.people, noted.adults, noted.children) == (30, 1, 1, 0)


async def test_a_time_that_does_not_exist_is_refused_and_noted_too(store: EventStore) -> None:
    await put(store, *PEOPLE, WEEKLY)

    refused = await _refused(store, session="nowhere")

    assert (refused.rule, refused.alternatives) == ("session_unknown", ())
    (noted,) = [one.event for one in await everything(store) if isinstance(one.event, BookingRefused)]
    assert (noted.rule, noted.minutes, noted.starts_at) == ("session_unknown", 30, None)


async def test_a_request_that_no_rule_refuses_leaves_no_refusal(store: EventStore) -> None:
    second = fact(RelationshipApproved, visitor="visitor-2")
    await put(store, *PEOPLE, second, WEEKLY)

    await Asking(Lookup(store, MemoryKeys())).ask(
        BookCall, context(), ASKED_AT, _wish(), requested_by=VISITOR
    )

    assert not [one for one in await everything(store) if isinstance(one.event, BookingRefused | CallBooked)]
