"""Handover notes: what one shift leaves for the next, and who of it has read them."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, assert_never

from domain.booking.events import CallBooked
from domain.decider import Boundary, about
from domain.event import Command, Personal, PrisonEvent, Purpose, Refused


class HandoverNoteWritten(PrisonEvent):
    """Somebody left a note for those who watch next."""

    TAGS: ClassVar = ("handover",)
    handover: str
    about: str | None  # a call
    under: str  # under whose key the text is kept: the call's, or the note's own
    written_by: str
    text: Annotated[str | None, Personal(of="under", purpose=Purpose.CONVERSATION)] = None


class HandoverNoteRead(PrisonEvent):
    """An officer has read it, and says so."""

    TAGS: ClassVar = ("handover",)
    handover: str
    read_by: str


HandoverEvent = HandoverNoteWritten | HandoverNoteRead


class WriteHandover(Command):
    """Leave a note."""

    prison: str
    handover: str
    about: str | None = None
    written_by: str
    text: str


class ReadHandover(Command):
    """Say that one has read it."""

    prison: str
    handover: str
    read_by: str


@dataclass(frozen=True)
class Handover:
    """The note, who read it, and the call it is about."""

    written: HandoverNoteWritten | None = None
    read_by: frozenset[str] = frozenset()
    booked: CallBooked | None = None


initial = Handover()


def boundary(command: WriteHandover | ReadHandover) -> Boundary:
    """The note, and the call it is about."""
    note = about(f"handover:{command.handover}", HandoverNoteWritten, HandoverNoteRead)
    if isinstance(command, WriteHandover) and command.about is not None:
        return (note, about(f"call:{command.about}", CallBooked))
    return (note,)


def evolve(state: Handover, event: HandoverEvent | CallBooked) -> Handover:
    """Whatever was read stays read."""
    match event:
        case HandoverNoteWritten():
            return replace(state, written=event)
        case HandoverNoteRead(read_by=reader):
            return replace(state, read_by=state.read_by | {reader})
        case CallBooked():
            return replace(state, booked=event)
        case _:
            assert_never(event)


def decide(state: Handover, command: WriteHandover | ReadHandover) -> list[HandoverEvent]:
    """The note, or that it was read."""
    match command:
        case WriteHandover():
            return _write(state, command)
        case ReadHandover():
            return _read(state, command)
        case _:
            assert_never(command)


def _write(state: Handover, command: WriteHandover) -> list[HandoverEvent]:
    if state.written is not None:
        return []
    if command.about is not None and (state.booked is None or state.booked.prison != command.prison):
        raise Refused("There is no such call.", "call_unknown")
    if not command.text.strip():
        raise Refused("Please write what the next shift should know.", "reason_missing")
    return [
        HandoverNoteWritten(
            at=command.at,
            prison=command.prison,
            handover=command.handover,
            about=command.about,
            under=command.about or command.handover,
            written_by=command.written_by,
            text=command.text.strip(),
        )
    ]


def _read(state: Handover, command: ReadHandover) -> list[HandoverEvent]:
    if state.written is None or state.written.prison != command.prison:
        raise Refused("There is no such note.", "handover_unknown")
    if command.read_by in state.read_by:
        return []
    return [HandoverNoteRead(**command.model_dump())]
