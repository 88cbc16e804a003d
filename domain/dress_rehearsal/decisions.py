"""When a rehearsal may be held, and that it goes on record."""

from datetime import timedelta
from typing import Any

from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.clearance import Side
from domain.decider import Boundary, about
from domain.dress_rehearsal.events import RehearsalHeld, Rehearsed
from domain.dress_rehearsal.state import Rehearsals
from domain.enrolment.events import FACES
from domain.event import Command, Refused
from domain.policy import Policy, PolicyPublished, held_by
from domain.waiting_room.events import Expected
from domain.waiting_room.opening import expect


class HoldRehearsal(Command):
    """Put a rehearsal on record. Before the pictures are judged it has no result: then it is only asked whether."""

    call: str
    prison: str
    side: Side
    person: str
    expected: tuple[str, ...]  # on this side; looked up
    seen: Rehearsed | None = None


def boundary(command: HoldRehearsal) -> Boundary:
    """The call with its rehearsals, the policy, and by what the people of this side are known."""
    people = (about(f"person:{person}", *FACES) for person in command.expected)
    return (
        about(f"call:{command.call}", CallBooked, BookingChanged, BookingCancelled, RehearsalHeld),
        about(f"policy:{command.prison}", PolicyPublished),
        *people,
    )


def decide(state: Rehearsals, command: HoldRehearsal) -> list[RehearsalHeld]:
    """Held, if it may be."""
    side = expected_on(state, command)
    if command.seen is None:
        return []
    said: dict[str, Any] = command.model_dump(exclude={"expected", "seen"})
    return [RehearsalHeld(**said, **command.seen.model_dump(), mode=side.mode)]


def policy_of(state: Rehearsals, command: HoldRehearsal) -> Policy:
    """The policy under which the side is judged today."""
    return held_by(state.policies, (command.prison,), command.at)[0]


def expected_on(state: Rehearsals, command: HoldRehearsal) -> Expected:
    """Who is expected and by what they are known, as the waiting room will have it. Raises `Refused`."""
    booked = state.booked
    if booked is None:
        raise Refused("This call is not booked.", "call_unknown")
    persons = (booked.prisoner,) if command.side is Side.PRISONER else booked.visitors
    if command.person not in persons:
        raise Refused("You are not one of the people on this call.", "not_on_call")
    room = policy_of(state, command).waiting_room
    if command.at < booked.starts_at - timedelta(hours=room.rehearsal_hours):
        raise Refused(
            f"You can try this from {room.rehearsal_hours} hours before the call.", "rehearsal_early"
        )
    if command.at >= booked.starts_at - timedelta(seconds=room.opens_before_s):
        raise Refused("It is time for the call itself: please join it.", "rehearsal_late")
    if len(state.of(command.side)) >= room.rehearsals_max:
        raise Refused("You have tried this many times. Staff can help you before the call.", "rehearsals_max")
    return expect(state.enrolled, persons)
