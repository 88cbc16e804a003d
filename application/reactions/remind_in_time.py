"""Some days before a call its visitors are told what is missing for it, if anything is."""

from collections.abc import Sequence
from datetime import timedelta

from application.notifications.texts import NEWEST
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.booking.events import BookingChanged, CallBooked, CallRequested
from domain.decider import about
from domain.policy import Policy, PolicyPublished, in_effect
from domain.reminder import RemindOfMissing

NAME = "remind_in_time"
EVENTS = (CallRequested, CallBooked, BookingChanged)


async def react(
    recorded: Recorded[CallRequested | CallBooked | BookingChanged], store: EventStore
) -> Sequence[Reaction]:
    """Look then what is missing; at once where the call is nearer than that. What is missing is not known now."""
    placed = recorded.event
    policies, _ = await store.read((about(f"policy:{placed.prison}", PolicyPublished),))
    held = in_effect([fact.event for fact in policies], placed.at)
    policy = Policy() if held is None else Policy.model_validate(held.document)
    days = policy.notifications.reminder_days
    if days == 0:
        return []
    due_at = max(placed.starts_at - timedelta(days=days), placed.at)
    command = RemindOfMissing(
        at=due_at,
        event=recorded.id,
        text_version=NEWEST,
        call=placed.call,
        prison=placed.prison,
        visitors=placed.visitors,
        starts_at=placed.starts_at,
    )
    return [Reaction(command, due_at=due_at)]
