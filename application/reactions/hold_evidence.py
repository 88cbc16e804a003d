"""Raising a concern keeps the evidence of its call, for as long as the prison's policy says and while it is open."""

from collections.abc import Sequence
from datetime import timedelta

from application import affected
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.calendar import local_day
from domain.concern import ConcernRaised
from domain.evidence import HoldEvidence

NAME = "hold_evidence"
EVENTS = (ConcernRaised,)


async def react(recorded: Recorded[ConcernRaised], store: EventStore) -> Sequence[Reaction]:
    """Hold it at once, by the prison's calendar."""
    raised = recorded.event
    policy = await affected.policy_of(store, raised.prison, raised.at)
    days = timedelta(days=policy.retention.evidence_hold_days)
    review_by = local_day(raised.at, policy.time_zone) + days
    hold = HoldEvidence(at=raised.at, call=raised.call, concern=raised.concern, review_by=review_by)
    return [Reaction(hold)]
