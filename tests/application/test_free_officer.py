"""What frees an officer of a call: another time, a cancellation, or that they cannot come."""

from datetime import timedelta

from application.ports import EventStore
from application.reactions import free_officer
from domain.allocation.decisions import DeallocateCall
from domain.allocation.events import CallAllocated, DeallocatedBecause, OfficerUnavailable
from domain.booking.events import BookingCancelled, BookingChanged
from domain.event import Event
from tests.application.history import put
from tests.facts import CALL, NOON, OFFICER, fact, recorded


async def _freed(store: EventStore, event: Event) -> list[DeallocateCall]:
    position = await put(store, event)
    reactions = await free_officer.react(recorded(position, event), store)  # type: ignore[arg-type]
    return [reaction.command for reaction in reactions if isinstance(reaction.command, DeallocateCall)]


async def test_a_call_that_changes_or_is_cancelled_is_looked_at_again(store: EventStore) -> None:
    for event in (fact(BookingChanged), fact(BookingCancelled)):
        (freed,) = await _freed(store, event)
        assert (freed.call, freed.because, freed.officer) == (CALL, DeallocatedBecause.CALL_CHANGED, None)


async def test_an_officer_who_cannot_come_leaves_the_calls_of_that_time_alone(store: EventStore) -> None:
    before, after = NOON - timedelta(hours=1), NOON + timedelta(hours=4)
    await put(
        store,
        fact(CallAllocated, -60),
        fact(CallAllocated, -60, call="call-2", starts_at=before),
        fact(CallAllocated, -60, call="call-3", starts_at=after),
        fact(CallAllocated, -60, call="call-4", officer="officer-2", officer_day=("officer-2/2026-11-23",)),
    )
    (freed,) = await _freed(store, fact(OfficerUnavailable, -30))
    assert (freed.call, freed.officer) == (CALL, OFFICER)
    assert freed.because is DeallocatedBecause.OFFICER_UNAVAILABLE
