"""A picture that is left out is sent again when its time is up, so that somebody looks at it."""

from collections.abc import Sequence

from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.audio_only import AudioOnlyEntered, LeaveAudioOnly, PictureBecause

NAME = "show_again_in_time"
EVENTS = (AudioOnlyEntered,)


async def react(recorded: Recorded[AudioOnlyEntered], store: EventStore) -> Sequence[Reaction]:  # noqa: ARG001
    """Look again when the time is up."""
    entered = recorded.event
    command = LeaveAudioOnly(
        at=entered.until, call=entered.call, side=entered.side, cause=PictureBecause.TIME_UP
    )
    return [Reaction(command, due_at=entered.until)]
