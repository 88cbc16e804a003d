"""Demand that was not met: a refused request is a fact too, once per person, session and hour."""

from dataclasses import dataclass
from typing import assert_never

from domain.booking.events import BookingRefused
from domain.decider import Boundary, about
from domain.event import Command


class NoteRefusal(Command):
    """Put a refused request on record."""

    prison: str
    session: str
    requested_by: str
    rule: str
    people: int

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
            rule=command.rule,
            people=command.people,
        )
    ]
