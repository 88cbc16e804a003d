"""Events of a small theatre: what the tests of the log append, so that they need no rule of Kinline's."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict

from domain.decider import Boundary, about
from domain.event import CallEvent, Event, Personal, Purpose

NOW = datetime.fromisoformat("2026-11-23T21:00:00+00:00")


class Row(StrEnum):
    STALLS = "stalls"
    CIRCLE = "circle"


class Price(BaseModel):
    model_config = ConfigDict(frozen=True)
    pence: int


class ShowOpened(Event):
    TAGS: ClassVar[tuple[str, ...]] = ("show",)
    show: str
    seats: int


class SeatTaken(Event):
    TAGS: ClassVar[tuple[str, ...]] = ("show", "guests")
    show: str
    guests: tuple[str, ...] = ()
    row: Row = Row.STALLS
    price: Price | None = None


class NoteWritten(CallEvent):
    author: str
    words: Annotated[str | None, Personal(of="author", purpose=Purpose.CONVERSATION)] = None


class Odd(Event):
    """Holds what may not be stored."""

    share: float = 0.5
    late: datetime | None = None
    seen: UUID | None = None


EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in (ShowOpened, SeatTaken, NoteWritten, Odd)}


def seat(show: str = "hamlet", *guests: str) -> SeatTaken:
    return SeatTaken(at=NOW, show=show, guests=guests)


def seats_of(show: str = "hamlet") -> Boundary:
    return (about(f"show:{show}", SeatTaken),)


def fresh() -> Boundary:
    """A boundary into which nothing ever entered."""
    return (about(f"cmd:{uuid4()}"),)
