"""The waiting room of a booked call opens in time, also after the call was given another time."""

from collections.abc import Sequence
from datetime import timedelta

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.booking.events import BookingChanged, CallBooked
from domain.decider import about
from domain.policy import Policy, PolicyPublished, in_effect
from domain.waiting_room.commands import OpenWaitingRoom

NAME = "open_in_time"
EVENTS = (CallBooked, BookingChanged)


async def react(recorded: Recorded[CallBooked | BookingChanged], store: EventStore) -> Sequence[Reaction]:
    """Open it so long before the call as the prison's policy of today says."""
    booked = recorded.event
    if isinstance(booked, BookingChanged) and not booked.booked:
        return []
    policies, _ = await store.read((about(f"policy:{booked.prison}", PolicyPublished),))
    held = in_effect([fact.event for fact in policies], booked.at)
    policy = Policy() if held is None else Policy.model_validate(held.document)
    opens_at = booked.starts_at - timedelta(seconds=policy.waiting_room.opens_before_s)
    due_at = max(opens_at, booked.at)
    command = OpenWaitingRoom(
        at=due_at,
        call=booked.call,
        prison=booked.prison,
        session=booked.session,
        persons=(booked.prisoner, *booked.visitors),
    )
    return [Reaction(command, due_at=due_at)]
