"""What a request touches, looked up so that the permission is asked with the thing itself."""

from typing import Annotated

from fastapi import Path, Request

from api.guard import login_of
from api.logins import Kind
from api.services import services_of, tables
from application.access import Resource
from domain.booking.events import CallBooked, CallRequested
from domain.decider import about
from domain.event import Refused
from domain.person import PersonRegistered
from domain.timetable.events import SessionOpened
from projections.booking_calendar import calls_of

Id = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"

CallId = Annotated[str, Path(pattern=Id, description="the call's id")]
PrisonId = Annotated[str, Path(pattern=Id, description="the prison's code")]
PersonId = Annotated[str, Path(pattern=Id, description="the person's id, never a name or number")]

CALLS_KNOWN_MAX = 10_000


async def the_call(request: Request, call: CallId) -> Resource:
    """The call's prison and people. They never change, so they are remembered: closing needs no log."""
    known: dict[str, Resource] = request.app.state.calls_known
    if call not in known:
        facts, _ = await services_of(request).store.read((about(f"call:{call}", CallRequested, CallBooked),))
        if not facts:
            raise Refused("There is no such call.", "call_unknown")
        placed = facts[-1].event
        while len(known) >= CALLS_KNOWN_MAX:
            known.pop(next(iter(known)))
        known[call] = Resource(placed.prison, frozenset({placed.prisoner, *placed.visitors}))
    return known[call]


async def the_prison(prison: PrisonId) -> Resource:
    """A prison as a whole."""
    return Resource(prison)


async def the_person(request: Request, person: PersonId) -> Resource:
    """A person, and the prison where they are held or work."""
    facts, _ = await services_of(request).store.read((about(f"person:{person}", PersonRegistered),))
    if not facts:
        raise Refused("This person is not registered.", "person_unknown")
    return Resource(facts[0].event.prison, frozenset({person}))


async def the_visitor(request: Request, person: PersonId) -> Resource:
    """A visitor belongs to no prison: theirs is each in which they have a call, and before the first call any."""
    await the_person(request, person)
    login, services = await login_of(request, Kind.LOGIN), services_of(request)
    async with tables(services) as db:
        prisons = {call.prison for call in await calls_of(db, person)}
    asking = None if login is None else login.prison
    prison = asking if not prisons or asking in prisons else min(prisons)
    return Resource(prison, frozenset({person}))


async def own_prison(request: Request) -> Resource:
    """The prison where the person who asks works."""
    login = await login_of(request, Kind.LOGIN)
    return Resource(None if login is None else login.prison)


async def oneself(request: Request) -> Resource:
    """The person who is signed in, and nobody else."""
    login = await login_of(request, Kind.LOGIN)
    return Resource(None, frozenset() if login is None else frozenset({login.person}))


async def session_of(request: Request, session: str) -> SessionOpened:
    """A session of the timetable. Raises `Refused` when there is none."""
    facts, _ = await services_of(request).store.read((about(f"session:{session}", SessionOpened),))
    if not facts:
        raise Refused("There is no such time for calls.", "session_unknown")
    opened: SessionOpened = facts[0].event
    return opened
