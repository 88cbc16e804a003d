"""One call as the log has it now: its place, how far it has come, and the version that a decision rests on.

The version is the position of the newest fact about the call on which any decision of staff rests. The
deciders themselves say which facts those are: a new one is counted as soon as a decision reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, reduce
from typing import Any

from application.ports import EventStore
from domain import appeal, booking, concern, conduct, evidence, flag, violation, waiting_room
from domain import call as call_decider
from domain.appeal import AssignAppeal
from domain.booking.commands import ApproveCall
from domain.booking.events import CallReserved, PlacedCall
from domain.booking.state import Bookings
from domain.call.commands import CompleteCall
from domain.call.state import Call, Status, stopped_by
from domain.concern import AssignConcern
from domain.conduct import TakeMeasure
from domain.decider import Facts, about
from domain.event import Command, Event
from domain.evidence import HoldEvidence
from domain.flag.decisions import UnflagBooking
from domain.flag.events import ClearedBecause, FlagKind
from domain.violation import ReviewOutcome, ReviewViolation, Violations
from domain.waiting_room.commands import StartCall
from domain.waiting_room.state import WaitingRoom

NO_TIME = datetime.min.replace(tzinfo=UTC)  # no rule is asked, only what happened


class Stage(StrEnum):
    """How far a call has come."""

    REQUESTED = "requested"
    BOOKED = "booked"
    WAITING = "waiting"  # its waiting room is open
    LIVE = "live"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    HELD = "held"  # for an officer who has to watch it
    ENDED = "ended"
    MISSED = "missed"
    GIVEN_UP = "given_up"  # rejected, withdrawn or cancelled


@dataclass(frozen=True)
class Standing:
    """One call now. What only staff may know is `cause`, `flags` and `unreviewed`."""

    place: PlacedCall
    stage: Stage
    ends_at: datetime | None  # of a call that has started
    cause: str | None  # of the pause or interruption that lasts
    flags: dict[str, FlagKind]
    unreviewed: tuple[str, ...]  # violations
    version: int


async def standing_of(store: EventStore, call: str) -> Standing | None:
    """The call, or None where nobody asked for one under this id."""
    facts, _ = await store.read((about(f"call:{call}", *decided_upon()),))
    events = [fact.event for fact in facts]
    bookings: Bookings = _folded(booking, _APPROVE, events)
    places = [event for event in events if isinstance(event, PlacedCall)]
    place = bookings.placed.get(call) or (places[-1] if places else None)
    if place is None or isinstance(place, CallReserved):
        return None
    room: WaitingRoom = _folded(waiting_room, _START, events)
    running: Call = _folded(call_decider, _COMPLETE, events)
    found: Violations = _folded(violation, _REVIEW, events)
    return Standing(
        place=place,
        stage=_stage(call, bookings, room, running),
        ends_at=running.ends_at,
        cause=_cause(running),
        flags=dict(bookings.flags),
        unreviewed=tuple(one for one in found.raised if one not in found.reviewed),
        version=facts[-1].position,
    )


@cache
def decided_upon() -> tuple[type[Event], ...]:
    """Every type of fact about a call on which a decision of staff rests."""
    found = (
        kind for decider, asked in _DECISIONS for facts in _boundary(decider, asked) for kind in facts.types
    )
    return tuple(dict.fromkeys(found))


_APPROVE = ApproveCall(at=NO_TIME, call="", approved_by="")
_START = StartCall(at=NO_TIME, call="")
_COMPLETE = CompleteCall(at=NO_TIME, call="")
_REVIEW = ReviewViolation(
    at=NO_TIME, call="", violation="", outcome=ReviewOutcome.UNCLEAR, reviewed_by="", note=""
)
_UNFLAG = UnflagBooking(at=NO_TIME, call="", flag="", because=ClearedBecause.DO_NOT_CHANGE, cleared_by=None)
_ASSIGN = AssignConcern(at=NO_TIME, call="", concern="", assigned_to="", assigned_by="")
_HOLD = HoldEvidence(at=NO_TIME, call="", concern="", review_by=NO_TIME.date())
_MEASURE = TakeMeasure(
    at=NO_TIME, call="", prison="", sanction="", person="", violation="", days=0, taken_by="", reason=""
)
_REVIEWER = AssignAppeal(at=NO_TIME, call="", appeal="", reviewer="", assigned_by="")
_DECISIONS: tuple[tuple[Any, Command], ...] = (
    (booking, _APPROVE),
    (waiting_room, _START),
    (call_decider, _COMPLETE),
    (violation, _REVIEW),
    (flag, _UNFLAG),
    (concern, _ASSIGN),
    (evidence, _HOLD),
    (conduct, _MEASURE),
    (appeal, _REVIEWER),
)


def _boundary(decider: Any, asked: Command) -> tuple[Facts, ...]:
    boundary: tuple[Facts, ...] = decider.boundary(asked)
    return boundary


def _folded(decider: Any, asked: Command, events: Sequence[Event]) -> Any:
    kinds = tuple(kind for facts in _boundary(decider, asked) for kind in facts.types)
    return reduce(decider.evolve, (event for event in events if isinstance(event, kinds)), decider.initial)


def _stage(call: str, bookings: Bookings, room: WaitingRoom, running: Call) -> Stage:
    if running.status is not Status.NOT_STARTED:
        return Stage(running.status.value)
    if call in bookings.missed:
        return Stage.MISSED
    if call in bookings.gone:
        return Stage.GIVEN_UP
    if room.opened is not None:
        return Stage.WAITING
    return Stage.BOOKED if call in bookings.booked else Stage.REQUESTED


def _cause(running: Call) -> str | None:
    stopped = running.status in (Status.PAUSED, Status.INTERRUPTED, Status.HELD)
    return stopped_by(running) if stopped else None
