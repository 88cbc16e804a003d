"""Whoever was recognised only weakly at their last calls is asked for a new photograph."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.reenrolment import AskReenrolment, months_back
from domain.waiting_room.events import IdentityChecked

NAME = "ask_reenrolment"
EVENTS = (IdentityChecked,)


async def react(recorded: Recorded[IdentityChecked], _: EventStore) -> Sequence[Reaction]:
    """Look at the last checks of everybody who was seen at this one."""
    checked = recorded.event
    people = sorted({face.person for face in checked.faces if face.person is not None})
    months = months_back(checked.at)
    return [
        Reaction(AskReenrolment(at=checked.at, prison=checked.prison, person=person, months=months))
        for person in people
    ]
