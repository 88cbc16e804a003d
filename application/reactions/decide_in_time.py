"""A pause is not forgotten: one that does not clear goes to staff, one nobody decides on is escalated."""

from collections.abc import Sequence
from datetime import timedelta

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.call.commands import EscalatePause
from domain.call.events import CallPaused
from domain.decider import about
from domain.lifecycle import CallStarted

NAME = "decide_in_time"
EVENTS = (CallPaused,)


async def react(recorded: Recorded[CallPaused], store: EventStore) -> Sequence[Reaction]:
    """Look again after the time that the call's own policy gives."""
    paused = recorded.event
    facts, _ = await store.read((about(f"call:{paused.call}", CallStarted),))
    rules = facts[0].event.rules
    seconds = rules.escalate_after_s if paused.for_staff else rules.auto_pause_limit_s
    due_at = paused.at + timedelta(seconds=seconds)
    return [Reaction(EscalatePause(at=due_at, call=paused.call, paused_at=paused.at), due_at=due_at)]
