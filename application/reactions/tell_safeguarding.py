"""Where the checks see a face near to somebody barred, the safeguarding leads have a concern to take, at once."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.concern import ConcernKind, RaiseConcern
from domain.moderation.kind import Action, Kind
from domain.violation import ViolationRaised

NAME = "tell_safeguarding"
EVENTS = (ViolationRaised,)


async def react(recorded: Recorded[ViolationRaised], _: EventStore) -> Sequence[Reaction]:
    """One concern for each violation; what the person concerned is only coached about is none."""
    found = recorded.event
    if found.kind is not Kind.BARRED_PERSON or found.action is Action.COACH:
        return []
    return [
        Reaction(
            RaiseConcern(
                at=found.at,
                call=found.call,
                concern=found.violation,
                kind=ConcernKind.FOUND_BY_CHECKS,
                raised_by=None,
            )
        )
    ]
