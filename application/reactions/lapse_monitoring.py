"""An authorisation that nobody reviewed in time is noted as lapsed, so that people see it. No rule waits for that."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.monitoring.commands import LapseMonitoring
from domain.monitoring.events import MonitoringAuthorised, MonitoringReviewed

NAME = "lapse_monitoring"
EVENTS = (MonitoringAuthorised, MonitoringReviewed)


async def react(
    recorded: Recorded[MonitoringAuthorised | MonitoringReviewed], _: EventStore
) -> Sequence[Reaction]:
    """Look again at the end that it has now."""
    event = recorded.event
    if event.expires_at is None:
        return []
    lapse = LapseMonitoring(at=event.expires_at, authorisation=event.authorisation)
    return [Reaction(lapse, due_at=event.expires_at)]
