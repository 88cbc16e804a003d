"""What a request touches, looked up so that the permission is asked with the thing itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Path, Request
from pydantic import AfterValidator, Field

from api.guard import signed_in
from api.services import Services, services_of
from application.access import Resource
from application.people import PeopleLookup
from domain.booking.events import BookingChanged, CallBooked, CallRequested, CallReserved
from domain.decider import about
from domain.event import Refused
from domain.person import PersonKind, PersonRegistered
from domain.prisoner.events import STANDING, PrisonerReceived, PrisonerTransferred
from domain.timetable.events import SessionOpened

Id = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"

CallId = Annotated[str, Path(pattern=Id, description="the call's id")]
PrisonId = Annotated[str, Path(pattern=Id, description="the prison's code")]
PersonId = Annotated[str, Path(pattern=Id, description="the person's id, never a name or number")]

Ident = Annotated[str, Field(pattern=Id, description="an id, never a name or number")]
"""An id in the body of a request."""


def _of_one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("this has to be one line of text")
    return text


OneLine = AfterValidator(_of_one_line)
"""Of a text that is kept in clear or stands in a line: no control characters, which the database refuses."""

CALLS_KNOWN_MAX = 10_000


@dataclass(frozen=True, slots=True)
class KnownCall:
    """Whom a call names, and who asked for it."""

    resource: Resource
    visitors: tuple[str, ...]
    asked_by: frozenset[str]


async def the_call(request: Request, call: CallId) -> Resource:
    """The call's prison and people, remembered until they are changed: closing a call needs no log."""
    return (await _known(request, call)).resource


async def the_booking(request: Request, call: CallId) -> Resource:
    """The same, and whoever asked for the call or keeps its place: a booker need not be on it."""
    known = await _known(request, call)
    return replace(known.resource, people=known.resource.people | known.asked_by)


async def the_call_again(request: Request, call: CallId, visitors: Sequence[str] = ()) -> Resource:
    """The call, and whoever answers for its visitors, or for these who shall be on it instead."""
    known = await _known(request, call)
    answering = await _answering_for(request, visitors or known.visitors)
    return replace(known.resource, people=known.resource.people | answering)


async def _known(request: Request, call: str) -> KnownCall:
    known: dict[str, KnownCall] = request.app.state.calls_known
    if call in known:
        return known[call]
    placed_by = about(f"call:{call}", CallReserved, CallRequested, CallBooked, BookingChanged)
    facts, _ = await services_of(request).store.read((placed_by,))
    if not facts:
        raise Refused("There is no such call.", "call_unknown")
    events = [fact.event for fact in facts]
    placed = events[-1]
    found = KnownCall(
        Resource(placed.prison, frozenset({placed.prisoner, *placed.visitors})),
        placed.visitors,
        frozenset(_asked_by(event) for event in events if isinstance(event, CallReserved | CallRequested)),
    )
    if isinstance(placed, CallReserved):  # the call that is asked for may have other people
        return found
    while len(known) >= CALLS_KNOWN_MAX:
        known.pop(next(iter(known)))
    known[call] = found
    return found


def _asked_by(event: CallReserved | CallRequested) -> str:
    return event.reserved_by if isinstance(event, CallReserved) else event.requested_by


def people_changed(request: Request, call: str) -> None:
    """The people of a call may be others from now on: they are looked up again."""
    known: dict[str, KnownCall] = request.app.state.calls_known
    known.pop(call, None)


async def the_prison(prison: PrisonId) -> Resource:
    """A prison as a whole."""
    return Resource(prison)


async def the_person(request: Request, person: PersonId) -> Resource:
    """A person and nobody who answers for them: what only they may do with their own face and name."""
    return Resource(await _prison_of(request, person), frozenset({person}))


async def answered_for(request: Request, person: PersonId) -> Resource:
    """A person, and the bookers who answer for them."""
    prison = await _prison_of(request, person)
    return Resource(prison, frozenset({person}) | await people_of(services_of(request)).bookers(person))


async def a_call_of(request: Request, prison: str, prisoner: str, visitors: Sequence[str]) -> Resource:
    """A call that does not exist yet: its prison, the people it would bring together, and who answers for them."""
    return Resource(prison, frozenset({prisoner, *visitors}) | await _answering_for(request, visitors))


async def _answering_for(request: Request, visitors: Sequence[str]) -> frozenset[str]:
    """Whoever answers for every one of these visitors, themselves or as their booker."""
    people = people_of(services_of(request))
    answering = [await people.bookers(visitor) | {visitor} for visitor in visitors]
    return frozenset.intersection(*answering)


def people_of(services: Services) -> PeopleLookup:
    """What is known of people beyond single facts."""
    return PeopleLookup(services.store, services.keys)


async def _prison_of(request: Request, person: str) -> str | None:
    """The prison of whoever asks, if the person is held or works there, or may call somebody who is held there.

    A visitor belongs to no prison: a request that waits and an approval let a prison's staff reach them.
    """
    people = people_of(services_of(request))
    if await people.kind(person) is None:
        raise Refused("This person is not registered.", "person_unknown")
    login = await signed_in(request)
    if login is None or login.prison is None:
        return None
    return login.prison if login.prison in await people.prisons(person) else None


async def held_person(request: Request, person: PersonId) -> Resource:
    """A person in prison, and the prison that holds them now, or held them last."""
    facts, _ = await services_of(request).store.read(
        (about(f"person:{person}", PersonRegistered, *STANDING),)
    )
    prison = None
    for event in (fact.event for fact in facts):
        match event:
            case PersonRegistered(kind=PersonKind.PRISONER, prison=registered):
                prison = registered
            case PrisonerReceived(prison=received):
                prison = received
            case PrisonerTransferred(to_prison=to_prison):
                prison = to_prison
    if prison is None:
        raise Refused("This person in prison is not registered.", "person_unknown")
    return Resource(prison, frozenset({person}))


async def own_prison(request: Request) -> Resource:
    """The prison where the person who asks works."""
    login = await signed_in(request)
    return Resource(None if login is None else login.prison)


async def oneself(request: Request) -> Resource:
    """The person who is signed in, and nobody else."""
    login = await signed_in(request)
    return Resource(None, frozenset() if login is None else frozenset({login.person}))


async def session_of(request: Request, session: str) -> SessionOpened:
    """A session of the timetable. Raises `Refused` when there is none."""
    facts, _ = await services_of(request).store.read((about(f"session:{session}", SessionOpened),))
    if not facts:
        raise Refused("There is no such time for calls.", "session_unknown")
    opened: SessionOpened = facts[0].event
    return opened
