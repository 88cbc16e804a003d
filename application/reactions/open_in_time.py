"""The waiting room of a booked call opens in time."""

from collections.abc import Sequence
from datetime import timedelta

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.booking import CallBooked
from domain.decider import about
from domain.policy import Policy, PolicyPublished
from domain.waiting_room.commands import OpenWaitingRoom

NAME = "open_in_time"
EVENTS = (CallBooked,)


async def react(recorded: Recorded[CallBooked], store: EventStore) -> Sequence[Reaction]:
    """Open it so long before the call as the prison's policy says."""
    booked = recorded.event
    policies, _ = await store.read((about(f"policy:{booked.prison}", PolicyPublished),))
    policy = Policy.model_validate(policies[-1].event.document)
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
