"""Who is told what about a call: one entry for each type of event. A new one is told by adding its entry.

People in prison and staff have no contact details: naming them here does no harm, they see it on their pages.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from application.ports import Recorded
from domain.appeal import AppealDecided
from domain.attendance import PRESENCE, attendance
from domain.booking.events import (
    PLACES,
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    PlacedCall,
)
from domain.conduct import SanctionImposed, WarningIssued
from domain.event import Event
from domain.identity import IdentityRejected
from domain.lifecycle import CallCompleted, CallMissed, CallTerminated
from domain.notification.events import Occasion, Said
from domain.relationship.events import VisitorLinkRejected
from domain.standby import StandbyOffered

OF_CALL: tuple[type[Event], ...] = (*PLACES, *PRESENCE)
ENTERED = (CallBooked, BookingChanged, BookingCancelled)
"""Facts by which a call's entry in a calendar changes."""


@dataclass(frozen=True)
class Story:
    """What is known of a call when something about it is told: its facts up to that moment, in order."""

    zone: str
    earlier: Sequence[Event] = ()  # before the event that is told
    facts: Sequence[Event] = ()  # with that event, and whatever was decided together with it
    waited: tuple[str, ...] = ()  # whoever waited for the place that is offered

    @property
    def requested_by(self) -> tuple[str, ...]:
        """Who asked for the call."""
        return tuple(fact.requested_by for fact in self.facts if isinstance(fact, CallRequested))

    @property
    def place(self) -> PlacedCall | None:
        """Its place now, or the last it had."""
        return next((fact for fact in reversed(self.facts) if isinstance(fact, PlacedCall)), None)

    @property
    def before(self) -> PlacedCall | None:
        """Its place before the event."""
        return next((fact for fact in reversed(self.earlier) if isinstance(fact, PlacedCall)), None)

    @property
    def changes(self) -> int:
        """How often its entry in a calendar had changed before the event."""
        return sum(isinstance(fact, ENTERED) for fact in self.earlier)


@dataclass(frozen=True)
class Telling:
    """Something to be told to some people."""

    occasion: Occasion
    people: tuple[str, ...]
    said: Said


@dataclass(frozen=True)
class Tells:
    """How one type of event is told."""

    told: Callable[[Any, Story], Iterator[Telling]]
    call: Callable[[Any], str | None] = field(default=lambda event: event.call)


def _requested(event: CallRequested, story: Story) -> Iterator[Telling]:
    """What a rule approved at once is told as booked, and only so."""
    if event.for_staff:
        until = event.decide_by or event.starts_at
        yield _to_all(Occasion.CALL_REQUESTED, event, story, until=until)


def _booked(event: CallBooked, story: Story) -> Iterator[Telling]:
    yield _to_all(Occasion.CALL_BOOKED, event, story)


def _changed(event: BookingChanged, story: Story) -> Iterator[Telling]:
    """Whoever was taken off the call is told so; whoever is new on it learns of it as of any other."""
    before = set() if story.before is None else set(story.before.visitors)
    stayed, was_at = _visitors(event, story), event.was_at if "time" in event.changed else None
    said = _said(event, story, was_at=was_at)
    new = tuple(person for person in stayed if person not in before | set(story.requested_by))
    known = tuple(person for person in stayed if person not in new)
    gone = tuple(sorted(before - set(event.visitors)))
    if event.booked:
        yield Telling(Occasion.CALL_CHANGED, known, said)
        yield Telling(Occasion.CALL_BOOKED, new, said)
    else:
        undecided = said.model_copy(update={"until": event.decide_by or event.starts_at})
        yield Telling(Occasion.CHANGE_UNDECIDED, known, undecided)
        yield Telling(Occasion.CALL_REQUESTED, new, undecided)
    yield Telling(Occasion.TAKEN_OFF, gone, _said(story.before or event, story))


def _cancelled(event: BookingCancelled, story: Story) -> Iterator[Telling]:
    """Whoever cancelled is told as well: it is their proof that it was done."""
    yield _to_all(Occasion.CALL_CANCELLED, event, story, because=event.outcome.value)


def _rejected(event: CallRequestRejected, story: Story) -> Iterator[Telling]:
    yield _to_all(Occasion.REQUEST_REJECTED, event, story, because=event.because.value)


def _lapsed(event: CallRequestAutoRejected, story: Story) -> Iterator[Telling]:
    yield _to_all(Occasion.REQUEST_LAPSED, event, story, because=event.because.value)


def _withdrawn(event: CallRequestWithdrawn, story: Story) -> Iterator[Telling]:
    yield _to_all(Occasion.REQUEST_WITHDRAWN, event, story)


def _offered(event: StandbyOffered, story: Story) -> Iterator[Telling]:
    """The time is that of the place that was reserved with the offer."""
    if isinstance(story.place, CallReserved):
        said = _said(story.place, story, until=event.expires_at)
        yield Telling(Occasion.PLACE_OFFERED, story.waited, said)


def _over(_: CallCompleted | CallTerminated | CallMissed, story: Story) -> Iterator[Telling]:
    """The join receipt: made of the facts of presence, whatever else is on record."""
    if story.place is not None:
        yield _to_all(Occasion.JOIN_RECEIPT, story.place, story, attendance=attendance(story.facts))


def _identity(event: IdentityRejected, story: Story) -> Iterator[Telling]:
    yield Telling(
        Occasion.IDENTITY_REJECTED, (event.person,), Said(zone=story.zone, because=event.because.value)
    )


def _link(event: VisitorLinkRejected, story: Story) -> Iterator[Telling]:
    yield Telling(Occasion.LINK_REJECTED, (event.booker,), Said(zone=story.zone, because=event.because.value))


def _sanctioned(event: WarningIssued | SanctionImposed, story: Story) -> Iterator[Telling]:
    """What it is and why stands on their own page: a message may be read by others."""
    if story.place is not None:
        yield Telling(Occasion.SANCTIONED, (event.person,), _said(story.place, story))


def _appealed(event: AppealDecided, story: Story) -> Iterator[Telling]:
    if story.place is not None:
        said = _said(story.place, story, because=event.outcome.value)
        yield Telling(Occasion.APPEAL_DECIDED, (event.lodged_by,), said)


TELLS: Mapping[type[Event], Tells] = {
    CallRequested: Tells(_requested),
    CallBooked: Tells(_booked),
    BookingChanged: Tells(_changed),
    BookingCancelled: Tells(_cancelled),
    CallRequestRejected: Tells(_rejected),
    CallRequestAutoRejected: Tells(_lapsed),
    CallRequestWithdrawn: Tells(_withdrawn),
    StandbyOffered: Tells(_offered),
    CallCompleted: Tells(_over),
    CallTerminated: Tells(_over),
    CallMissed: Tells(_over),
    WarningIssued: Tells(_sanctioned),
    SanctionImposed: Tells(_sanctioned),
    AppealDecided: Tells(_appealed),
    IdentityRejected: Tells(_identity, call=lambda _: None),
    VisitorLinkRejected: Tells(_link, call=lambda _: None),
}


def told(recorded: Recorded[Any], story: Story) -> list[Telling]:
    """Everything that an event gives to tell, and to whom: nothing to nobody."""
    tells = TELLS[type(recorded.event)]
    return [telling for telling in tells.told(recorded.event, story) if telling.people]


def _to_all(occasion: Occasion, place: PlacedCall, story: Story, **more: Any) -> Telling:
    return Telling(occasion, _visitors(place, story), _said(place, story, **more))


def _visitors(place: PlacedCall, story: Story) -> tuple[str, ...]:
    """The adults on the visitors' side, and whoever asked for the call."""
    adults = {person for person in place.visitors if person not in place.children}
    return tuple(sorted(adults | set(story.requested_by)))


def _said(
    place: PlacedCall,
    story: Story,
    *,
    was_at: datetime | None = None,
    until: datetime | None = None,
    because: str | None = None,
    attendance: Any = None,
) -> Said:
    return Said(
        zone=story.zone,
        starts_at=place.starts_at,
        minutes=place.minutes,
        was_at=was_at,
        until=until,
        changes=story.changes,
        because=because,
        attendance=attendance,
    )
