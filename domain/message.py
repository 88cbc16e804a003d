"""A message of staff on the page of a call: one of a fixed list, so that it can be said in every language."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from domain.booking.events import BookingCancelled
from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.texts import message_text
from domain.waiting_room.events import WaitingRoomOpened


class Canned(StrEnum):
    """What staff can say. The words, in English and Welsh, are the pages' business."""

    FACE_CAMERA = "face_camera"
    STAY_IN_PICTURE = "stay_in_picture"
    MORE_LIGHT = "more_light"
    ONLY_BOOKED = "only_booked"
    COVER_UP = "cover_up"
    SPEAK_QUIETLY = "speak_quietly"
    NO_RECORDING = "no_recording"
    TWO_MINUTES = "two_minutes"
    KEEP_TO_RULES = "keep_to_rules"
    LOOKING_NOW = "looking_now"


class StaffMessageSent(CallEvent):
    """Staff said something to one side or both, on their pages."""

    message: str
    text_key: str
    to: tuple[Side, ...]
    officer: str


class SendMessage(Command):
    """Say something of the list."""

    call: str
    message: str
    text: Canned
    to: Annotated[tuple[Side, ...], Field(min_length=1, max_length=2)]
    officer: str


MessageFact = WaitingRoomOpened | CallCompleted | CallTerminated | CallMissed | BookingCancelled


@dataclass(frozen=True)
class Reach:
    """Whether anybody may be before a page of the call."""

    prison: str | None = None  # None: its waiting room is not open
    over: bool = False


initial = Reach()


def boundary(command: SendMessage) -> Boundary:
    """From the opening of the waiting room to the end."""
    ends = (CallCompleted, CallTerminated, CallMissed, BookingCancelled)
    return (about(f"call:{command.call}", WaitingRoomOpened, *ends),)


def evolve(state: Reach, event: MessageFact) -> Reach:
    """Open, then over."""
    match event:
        case WaitingRoomOpened(prison=prison):
            return replace(state, prison=prison)
        case CallCompleted() | CallTerminated() | CallMissed() | BookingCancelled():
            return replace(state, over=True)
        case _:
            assert_never(event)


def decide(state: Reach, command: SendMessage) -> list[StaffMessageSent]:
    """Said while somebody may read it."""
    if state.prison is None:
        raise Refused("The waiting room of this call is not open.", "waiting_room_closed")
    if state.over:
        raise Refused("This call is over.", "call_over")
    return [
        StaffMessageSent(
            at=command.at,
            call=command.call,
            prison=state.prison,
            message=command.message,
            text_key=message_text(command.text),
            to=tuple(side for side in Side if side in command.to),
            officer=command.officer,
        )
    ]
