"""The timetable: sessions, each a time at which a number of stations is free for calls."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, assert_never

from pydantic import AwareDatetime, Field

from domain.decider import Boundary, about
from domain.event import Command, PrisonEvent, Refused


class Starts(StrEnum):
    """When a call of a session begins."""

    AT_TIME = "at_time"
    WHEN_ADMITTED = "when_admitted"  # as soon as both sides were admitted


class SessionOpened(PrisonEvent):
    """Calls may be booked for this time."""

    TAGS: ClassVar = ("session",)
    session: str
    starts_at: AwareDatetime
    minutes: int
    stations: int
    starts: Starts


class OpenSession(Command):
    """Open a time for calls."""

    prison: str
    session: str
    starts_at: AwareDatetime
    minutes: int = Field(ge=1, le=24 * 60)
    stations: int = Field(ge=1)
    starts: Starts = Starts.AT_TIME


@dataclass(frozen=True)
class Session:
    """Whether the session was opened."""

    opened: bool = False


initial = Session()


def boundary(command: OpenSession) -> Boundary:
    """This session alone."""
    return (about(f"session:{command.session}", SessionOpened),)


def evolve(state: Session, event: SessionOpened) -> Session:
    """Opened once, open for good."""
    match event:
        case SessionOpened():
            return Session(opened=True)
        case _:
            assert_never(event)


def decide(state: Session, command: OpenSession) -> list[SessionOpened]:
    """The session; its id is used once."""
    if state.opened:
        raise Refused("This session was already opened.", "session_opened")
    return [SessionOpened(**command.model_dump())]
