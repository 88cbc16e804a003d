"""The log is read for neighbours in portions: in order, without a hole, of one prison or of all."""

from application.announcements import portion, waiting
from application.ports import EventStore
from domain.booking.events import BookingCancelled, CallBooked, CallRequested
from domain.lifecycle import CallStarted
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished
from tests.application.history import put
from tests.facts import PRISON, fact

BOOKED, STARTED = "secure-video-call.booked", "secure-video-call.started"


async def test_events_come_in_order_and_a_portion_goes_on_where_the_last_stopped(store: EventStore) -> None:
    await put(store, fact(PersonRegistered), fact(CallRequested), fact(CallBooked), fact(CallStarted))
    await put(store, fact(PersonRegistered, person="another", number=()))
    first = await portion(store, 0, limit=2)
    rest = await portion(store, first.position, limit=2)
    assert [event.type for event in first.events] == ["secure-video-call.requested", BOOKED]
    assert [event.type for event in rest.events] == [STARTED]
    assert (first.more, rest.more) == (True, False)
    assert rest.position == await store.head()


async def test_where_nothing_is_to_be_told_the_end_of_the_log_is_the_position(store: EventStore) -> None:
    head = await put(store, fact(PersonRegistered))
    found = await portion(store, 0, limit=10)
    assert (list(found.events), found.position, found.more) == ([], head, False)


async def test_of_one_prison_only_its_own_events_are_told(store: EventStore) -> None:
    await put(store, fact(CallBooked, prison="LEI"), fact(CallBooked), fact(CallStarted, prison="LEI"))
    here = await portion(store, 0, limit=10, prison=PRISON)
    assert [event.prison for event in here.events] == [PRISON]
    one = await portion(store, 0, limit=1, prison="LEI")
    assert (one.events[0].type, one.more) == (BOOKED, True)
    rest = await portion(store, one.position, limit=1, prison="LEI")
    assert [event.type for event in rest.events] == [STARTED]


async def test_of_some_types_only_those_are_told(store: EventStore) -> None:
    await put(store, fact(CallRequested), fact(CallBooked), fact(BookingCancelled))
    found = await portion(store, 0, limit=10, types=(BOOKED,))
    assert [event.type for event in found.events] == [BOOKED]
    assert await waiting(store, 0, most=10, types=(BOOKED,)) == 1
    assert await waiting(store, 0, most=10) == 3
    assert await waiting(store, 0, most=2) == 2


async def test_the_offset_is_that_of_the_prisons_own_policy(store: EventStore) -> None:
    new_york = Policy().merged({"time_zone": "America/New_York"}).document()
    await put(store, fact(PolicyPublished, -9000, document=new_york), fact(CallBooked))
    (event,) = (await portion(store, 0, limit=10)).events
    assert event.data.occurred_at.isoformat() == "2026-11-23T07:00:00-05:00"
