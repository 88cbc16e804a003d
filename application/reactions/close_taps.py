"""What was opened on an authorisation is closed when that is over: by its time, a review, or taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.access import StreamLookedAt
from domain.decider import about
from domain.looking import CloseTaps
from domain.monitoring.events import MonitoringEnded, MonitoringReviewed
from domain.waiting_room.events import WaitingRoomOpened

NAME = "close_taps"
EVENTS = (WaitingRoomOpened, StreamLookedAt, MonitoringReviewed, MonitoringEnded)

Moves = WaitingRoomOpened | StreamLookedAt | MonitoringReviewed | MonitoringEnded


async def react(recorded: Recorded[Moves], store: EventStore) -> Sequence[Reaction]:
    """Look again at the end that is known now, of this call or of every call under the authorisation."""
    event = recorded.event
    match event:
        case WaitingRoomOpened(authorisation=authorisation, authorised_until=until):
            return _close((event.call,), authorisation, until)
        case StreamLookedAt(authorisation=authorisation, sound_until=until):
            return _close((event.call,), authorisation, until)
        case MonitoringReviewed(expires_at=until):
            return _close(await _calls(store, event.authorisation), event.authorisation, until or event.at)
        case MonitoringEnded():
            return _close(await _calls(store, event.authorisation), event.authorisation, event.at)
        case _:
            assert_never(event)


async def _calls(store: EventStore, authorisation: str) -> Sequence[str]:
    opened = about(f"authorisation:{authorisation}", WaitingRoomOpened, StreamLookedAt)
    facts, _ = await store.read((opened,))
    return tuple(dict.fromkeys(fact.event.call for fact in facts))


def _close(calls: Sequence[str], authorisation: str | None, until: datetime | None) -> Sequence[Reaction]:
    if authorisation is None or until is None:
        return []
    return [
        Reaction(CloseTaps(at=until, call=call, authorisation=authorisation), due_at=until) for call in calls
    ]
