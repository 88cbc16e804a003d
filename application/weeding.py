"""What is kept of calls past its last day, as the log has it: for a run beside the installation."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from application.ports import EventStore
from domain import retention
from domain.kept import MediaKept
from domain.policy import PolicyPublished
from domain.retention import OF_CALLS, Retention

PAGE = 2000


class Weeding(StrEnum):
    """Where something stands whose time is over, or nearly."""

    DUE = "due"  # its last day is near, or today
    OVERDUE = "overdue"  # it should be gone
    UNDER_WAY = "under_way"  # it was begun, and is not on record as destroyed
    KEPT_LONGER = "kept_longer"


@dataclass(frozen=True)
class Standing:
    """One kind of media of one call whose last day is over."""

    call: str
    prison: str
    media: MediaKept
    pieces: int
    last_day: date
    weeding: Weeding


async def standing(store: EventStore, now: datetime) -> list[Standing]:
    """Everything that is past its last day and not destroyed, oldest first. Reads the whole log once."""
    calls: dict[str, Retention] = {}
    prisons: dict[str, str] = {}
    policies: dict[str, list[PolicyPublished]] = {}
    position = 0
    while found := await store.after(position, limit=PAGE, types=(*OF_CALLS, PolicyPublished)):
        for recorded in found:
            event = recorded.event
            if isinstance(event, PolicyPublished):
                policies.setdefault(event.prison, []).append(event)
                continue
            prisons[event.call] = event.prison
            calls[event.call] = retention.evolve(calls.get(event.call, retention.initial), event)
        position = found[-1].position
    known = {call: _under(state, policies.get(prisons[call], [])) for call, state in calls.items()}
    rows = [row for call, state in known.items() for row in _rows(call, prisons[call], state, now)]
    return sorted(rows, key=lambda row: (row.last_day, row.call, row.media))


def _under(state: Retention, published: list[PolicyPublished]) -> Retention:
    """The call under the version of the policy it was pinned to."""
    pinned = next((one for one in published if one.name == state.version), None)
    return state if pinned is None else retention.evolve(state, pinned)


def _rows(call: str, prison: str, state: Retention, now: datetime) -> list[Standing]:
    day = state.day(now)
    kept_longer = Weeding.KEPT_LONGER if state.kept_longer(day) else Weeding.OVERDUE
    return [
        Standing(call, prison, media, len(state.references.get(media, ())), last, under_way or kept_longer)
        for media in (*state.begun, *state.perhaps_there)
        if media not in state.weeded
        for under_way in [Weeding.UNDER_WAY if media in state.begun else None]
        if (last := state.last_day(media)) is not None and last < day
    ]
