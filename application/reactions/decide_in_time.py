"""A pause is not forgotten: one that does not clear goes to staff, one nobody decides on is escalated.

When that takes too long, both sides are told that they may wait or leave.
"""

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
    """Look again after the times that the call's own policy gives."""
    paused = recorded.event
    facts, _ = await store.read((about(f"call:{paused.call}", CallStarted),))
    rules = facts[0].event.rules
    waits = (
        (rules.escalate_after_s, rules.undecided_after_s) if paused.for_staff else (rules.auto_pause_limit_s,)
    )
    moments = (paused.at + timedelta(seconds=seconds) for seconds in waits)
    return [
        Reaction(EscalatePause(at=moment, call=paused.call, paused_at=paused.at), due_at=moment)
        for moment in moments
    ]
