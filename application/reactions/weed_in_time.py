"""What is kept of a call is looked at when its time is over, and whenever what keeps it longer may have ended.

Each look decides anew: a day that was put off, or a hold that was made longer, leaves nothing to take back.
"""

from collections.abc import Sequence
from datetime import date, datetime

from application.handle import replay
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain import retention
from domain.appeal import AppealDecided
from domain.calendar import day_bounds
from domain.concern import ConcernClosed
from domain.evidence import EvidenceHeld
from domain.kept import MediaKept, RetentionExtended
from domain.lifecycle import CallCompleted, CallTerminated
from domain.retention import Retention, WeedMedia

NAME = "weed_in_time"
EVENTS = (CallCompleted, CallTerminated, ConcernClosed, AppealDecided, EvidenceHeld, RetentionExtended)

Changed = CallCompleted | CallTerminated | ConcernClosed | AppealDecided | EvidenceHeld | RetentionExtended


async def react(recorded: Recorded[Changed], store: EventStore) -> Sequence[Reaction]:
    """Look at the beginning of each day on which something may be destroyed."""
    event = recorded.event
    command = WeedMedia(at=event.at, call=event.call, prison=event.prison)
    found = await replay(store, retention, command)
    moments = sorted({_after(last, found.policy.time_zone) for last in _last_days(found, event)})
    return [Reaction(command.model_copy(update={"at": at}), due_at=at) for at in moments] or [
        Reaction(command)
    ]


def _last_days(found: Retention, event: Changed) -> list[date]:
    """The last days that this event says something about; none where something ended just now."""
    match event:
        case CallCompleted() | CallTerminated():
            return [last for media in MediaKept if (last := found.last_day(media)) is not None]
        case EvidenceHeld(review_by=last) | RetentionExtended(until=last):
            return [last]
        case ConcernClosed() | AppealDecided():
            return []


def _after(last: date, zone: str) -> datetime:
    return day_bounds(last, zone)[1]
