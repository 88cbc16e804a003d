"""Standby: people who wait for a place in a full session, in the order in which they came."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar, assert_never

from pydantic import AwareDatetime, Field

from domain.decider import Boundary, about
from domain.event import Command, PrisonEvent, Refused
from domain.timetable.events import CallType


class LeftBecause(StrEnum):
    """Why somebody no longer waits."""

    LEFT = "left"
    ACCEPTED = "accepted"
    LAPSED = "lapsed"


class StandbyJoined(PrisonEvent):
    """Somebody waits for a place in this session."""

    TAGS: ClassVar = ("standby", "standby_session")
    standby: str
    standby_session: str
    call: str  # the id of the call they will have, should a place come free
    person: str
    prisoner: str
    visitors: tuple[str, ...]
    minutes: int
    call_type: CallType


class StandbyOffered(PrisonEvent):
    """A place came free and is kept for the one who waited longest."""

    TAGS: ClassVar = ("standby", "standby_session", "call")
    standby: str
    standby_session: str
    call: str
    expires_at: AwareDatetime


class StandbyLeft(PrisonEvent):
    """Somebody no longer waits."""

    TAGS: ClassVar = ("standby", "standby_session")
    standby: str
    standby_session: str
    because: LeftBecause


class JoinStandby(Command):
    """Wait for a place."""

    prison: str
    standby: str
    session: str
    call: str
    person: str
    prisoner: str
    visitors: tuple[str, ...] = Field(min_length=1)
    minutes: int = Field(ge=1)
    call_type: CallType = CallType.SOCIAL


class LeaveStandby(Command):
    """No longer wait."""

    standby: str
    session: str
    because: LeftBecause


StandbyEvent = StandbyJoined | StandbyOffered | StandbyLeft


@dataclass(frozen=True)
class StandbyList:
    """Who waits, in order; and to whom a place is offered until when."""

    waiting: Mapping[str, StandbyJoined] = field(default_factory=dict)
    offered: Mapping[str, StandbyOffered] = field(default_factory=dict)


initial = StandbyList()


def boundary(command: JoinStandby | LeaveStandby) -> Boundary:
    """Everybody who waits for this session."""
    return (about(f"standby_session:{command.session}", StandbyJoined, StandbyOffered, StandbyLeft),)


def evolve(state: StandbyList, event: StandbyEvent) -> StandbyList:
    """The list after the event. An offer keeps its place in the list until it is taken or lapses."""
    match event:
        case StandbyJoined(standby=standby):
            return replace(state, waiting={**state.waiting, standby: event})
        case StandbyOffered(standby=standby):
            return replace(state, offered={**state.offered, standby: event})
        case StandbyLeft(standby=standby):
            return StandbyList(
                {key: one for key, one in state.waiting.items() if key != standby},
                {key: one for key, one in state.offered.items() if key != standby},
            )
        case _:
            assert_never(event)


def decide(state: StandbyList, command: JoinStandby | LeaveStandby) -> list[StandbyJoined | StandbyLeft]:
    """A person waits once for a session, with one person in prison."""
    match command:
        case JoinStandby():
            same = (command.person, command.prisoner)
            if any((one.person, one.prisoner) == same for one in state.waiting.values()):
                raise Refused("You are on the standby list for this time already.", "standby_twice")
            fields = command.model_dump(exclude={"session"}) | {"standby_session": command.session}
            return [StandbyJoined(**fields)]
        case LeaveStandby():
            if command.standby not in state.waiting:
                return []
            waited = state.waiting[command.standby]
            return [
                StandbyLeft(
                    at=command.at,
                    prison=waited.prison,
                    standby=command.standby,
                    standby_session=command.session,
                    because=command.because,
                )
            ]
        case _:
            assert_never(command)
