"""A log that is followed again from its first event: what had no effect then has none now, whatever changed since."""

from datetime import timedelta
from typing import Any

from application.handle import handle
from application.ports import EventStore
from domain import booking, standby
from domain.booking.commands import CancelCall
from domain.booking.events import CallBooked, CallRequested, CallReserved
from domain.event import Event
from domain.person import PersonRegistered
from domain.relationship import RelationshipApproved
from domain.standby import LeaveStandby, StandbyJoined
from domain.timetable.events import SessionOpened
from tests.application.history import everything, put
from tests.asked import ask
from tests.bookings import AHEAD, another, policy
from tests.facts import NOON, fact
from tests.machine.following import DueInMemory, Following
from tests.stores import context

AT = NOON + timedelta(seconds=AHEAD)


def _waits(name: str) -> list[Event]:
    """Somebody who waits for the one place, and may have it."""
    people: dict[str, Any] = {"prisoner": f"prisoner-{name}", "visitor": f"visitor-{name}"}
    wait = {"standby": f"standby-{name}", "call": f"call-{name}", "person": people["visitor"]}
    return [
        fact(PersonRegistered, AHEAD, person=people["prisoner"], number=()),
        fact(RelationshipApproved, AHEAD, **people),
        fact(StandbyJoined, AHEAD, **wait, prisoner=people["prisoner"], visitors=(people["visitor"],)),
    ]


async def test_an_offer_that_came_too_late_is_not_made_when_the_log_is_followed_again(
    store: EventStore,
) -> None:
    """The place was offered to the first who waited. The second, who was refused it, has left since."""
    full = [fact(SessionOpened, AHEAD, stations=1), another(), another(CallBooked)]
    await put(store, policy(), *full, *_waits("one"), *_waits("two"))
    following = Following(store, DueInMemory(), 0, AT)
    await following.follow()
    await _do(store, booking, ask(CancelCall, AHEAD + 1, call="call-2"))
    await following.follow()
    (offered,) = await _offers(store)
    assert offered.call == "call-one"
    await _do(store, standby, ask(LeaveStandby, AHEAD + 2, standby="standby-two"))
    taken = {**offered.model_dump(exclude={"reserved_by", "expires_at", "at"}), "requested_by": "visitor-one"}
    await put(store, CallRequested(**taken, at=AT + timedelta(seconds=3)))
    await _do(store, booking, ask(CancelCall, AHEAD + 4, call="call-one"))
    await following.follow()

    appended = await following.again(await everything(store))

    assert appended == (0, 0)
    assert len(await _offers(store)) == 1


async def _offers(store: EventStore) -> list[Any]:
    return [one.event for one in await everything(store) if isinstance(one.event, CallReserved)]


async def _do(store: EventStore, decider: Any, command: Any) -> None:
    await handle(store, decider, command, context())
