"""Demand that was not met: a refused request is a fact too, once per person, session and hour."""

from dataclasses import dataclass
from typing import assert_never

from pydantic import AwareDatetime

from domain.booking.commands import BookCall, ChangeCall, Placing, ReserveCall
from domain.booking.events import AskedAs, BookingRefused
from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.timetable.events import CallType


class NoteRefusal(Command):
    """Put a refused request on record."""

    prison: str
    session: str
    requested_by: str
    rule: str  # the first that refused
    people: int
    rules: tuple[str, ...] = ()  # all that refused
    call_type: CallType = CallType.SOCIAL
    starts_at: AwareDatetime | None = None
    minutes: int = 0
    adults: int = 0
    children: int = 0
    asked_as: AskedAs = AskedAs.PUBLIC

    @property
    def refusal(self) -> str:
        """The person, the session and the hour (UTC) within which a repeated request counts once."""
        return f"{self.requested_by}/{self.session}/{self.at:%Y-%m-%dT%H}"


@dataclass(frozen=True)
class Refusals:
    """Whether this refusal was noted within the hour."""

    noted: bool = False


initial = Refusals()


def boundary(command: NoteRefusal) -> Boundary:
    """This person's refusals for this session within this hour."""
    return (about(f"refusal:{command.refusal}", BookingRefused),)


def evolve(state: Refusals, event: BookingRefused) -> Refusals:
    """One is enough."""
    match event:
        case BookingRefused():
            return Refusals(noted=True)
        case _:
            assert_never(event)


def decide(state: Refusals, command: NoteRefusal) -> list[BookingRefused]:
    """The refusal, unless it was noted already."""
    if state.noted:
        return []
    return [
        BookingRefused(
            at=command.at,
            prison=command.prison,
            session=command.session,
            refusal=command.refusal,
            **command.model_dump(exclude={"at", "prison", "session", "requested_by"}),
        )
    ]


def note_of(command: Placing, refused: Refused, *, adult_age: int) -> NoteRefusal:
    """What is kept of a refused request: numbers and times, and nobody but whoever asked."""
    children = sum(command.ages.get(visitor, adult_age) < adult_age for visitor in command.visitors)
    return NoteRefusal(
        at=command.at,
        prison=command.prison,
        session=command.session,
        requested_by=_asked_by(command),
        rule=refused.rule,
        people=len(command.visitors),
        rules=refused.rules,
        call_type=command.call_type,
        starts_at=command.starts_at,
        minutes=command.minutes,
        adults=len(command.visitors) - children,
        children=children,
        asked_as=command.asked_as,
    )


def _asked_by(command: Placing) -> str:
    match command:
        case BookCall():
            return command.requested_by
        case ReserveCall():
            return command.reserved_by
        case ChangeCall():
            return command.changed_by
        case _:
            assert_never(command)
