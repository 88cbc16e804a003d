"""Whoever took the place they were offered no longer waits; an offer nobody took lapses."""

from collections.abc import Sequence
from typing import assert_never

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.booking.events import CallRequested
from domain.decider import about
from domain.standby import LeaveStandby, LeftBecause, StandbyOffered

NAME = "leave_standby"
EVENTS = (StandbyOffered, CallRequested)


async def react(recorded: Recorded[StandbyOffered | CallRequested], store: EventStore) -> Sequence[Reaction]:
    """Look again when the offer ends; at once when it was taken."""
    event = recorded.event
    match event:
        case StandbyOffered():
            lapsed = LeaveStandby(
                at=event.expires_at,
                standby=event.standby,
                session=event.standby_session,
                because=LeftBecause.LAPSED,
            )
            return [Reaction(lapsed, due_at=event.expires_at)]
        case CallRequested():
            offers, _ = await store.read((about(f"call:{event.call}", StandbyOffered),))
            return [
                Reaction(
                    LeaveStandby(
                        at=event.at,
                        standby=fact.event.standby,
                        session=fact.event.standby_session,
                        because=LeftBecause.ACCEPTED,
                    )
                )
                for fact in offers[:1]
            ]
        case _:
            assert_never(event)
