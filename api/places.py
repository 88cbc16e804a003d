"""Places for calls: kept for a while, waited for, changed, and given against the rules by those who may."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from api.asked import Done, IdempotencyKey, asked_as, context, derived, do, say
from api.bookings import asking_of
from api.guard import Acting, require
from api.once import OnceRoute
from api.proposals import Proposal, opened, signed
from api.scope import (
    CallId,
    Id,
    Ident,
    PrisonId,
    a_call_of,
    people_changed,
    the_booking,
    the_call_again,
    the_prison,
)
from api.services import Services, Use, services_of
from application.access import Resource
from application.booking import Lookup, Wish
from domain import booking, standby
from domain.booking.commands import BookCall, ChangeCall, Override, ReleaseReservation, ReserveCall
from domain.booking.events import BookingChanged, CallBooked, CallRequested, CallReserved
from domain.decider import about
from domain.event import Refused
from domain.standby import JoinStandby, LeaveStandby, LeftBecause, StandbyJoined
from domain.timetable.events import CallType

router = APIRouter(prefix="/v1", tags=["places"], route_class=OnceRoute)

People = Annotated[tuple[Ident, ...], Field(min_length=1, max_length=20)]
RuleName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="as the refusal named it")]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
StandbyId = Annotated[str, Path(pattern=Id, description="the id of the wait")]
OVERRIDING = "override"
ALONE = frozenset({"GO"})  # roles that set rules aside without a second person


class PlaceWish(BaseModel):
    """A call at a time, with these people."""

    session: Ident
    minutes: Minutes
    prisoner: Ident
    visitors: People
    call_type: CallType = CallType.SOCIAL
    lead: Ident | None = None


class Change(BaseModel):
    """The call as it should be: what is left out stays as it is."""

    session: Ident | None = None
    minutes: Minutes | None = None
    visitors: People | None = None
    support: Annotated[str | None, Field(max_length=1000)] = None


class OverrideWish(PlaceWish):
    """A call that rules of the policy stand against, and why it should be held all the same."""

    rules: Annotated[tuple[RuleName, ...], Field(min_length=1, max_length=10)]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class Reserved(BaseModel):
    """A place that is kept, and until when. The call is asked for under this id."""

    call: str
    expires_at: AwareDatetime
    position: int


class Waits(BaseModel):
    """The id of the wait."""

    standby: str
    position: int


class Given(BaseModel):
    """The call that was given its place."""

    call: str
    position: int


def wish_of(call: str, prison: str, body: PlaceWish, acting: Acting) -> Wish:
    """What somebody wants, in the words of the rules."""
    fields = body.model_dump(include=set(PlaceWish.model_fields))
    return Wish(call=call, prison=prison, asked_as=asked_as(acting), **fields)


async def wished(request: Request, prison: PrisonId, body: PlaceWish) -> Resource:
    """A call that does not exist yet."""
    return await a_call_of(request, prison, body.prisoner, body.visitors)


async def changed(request: Request, call: CallId, body: Change) -> Resource:
    """A call that shall be another: its prison, its people, and who answers for the visitors it shall have."""
    return await the_call_again(request, call, body.visitors or ())


async def waited_for(request: Request, standby_id: StandbyId) -> Resource:
    """A wait: the prison, and the one who waits."""
    joined = await _wait(services_of(request), standby_id)
    return Resource(joined.prison, frozenset({joined.person, joined.prisoner, *joined.visitors}))


@router.post("/prisons/{prison}/reservations", status_code=201)
async def reserve_place(
    prison: PrisonId,
    body: PlaceWish,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.request", wished)],
    idempotency_key: IdempotencyKey = None,
) -> Reserved:
    """Keep a place while a form is filled in. Asking for the call under its id takes it up."""
    asked = context(acting, idempotency_key)
    wish = wish_of(derived(asked, "call"), prison, body, acting)
    by = {"reserved_by": acting.login.person}
    command, handled = await asking_of(services).ask(ReserveCall, asked, services.now(), wish, **by)
    kept = next(event for event in handled.events if isinstance(event, CallReserved))
    position = say(response, handled).position
    return Reserved(call=command.call, expires_at=kept.expires_at, position=position)


@router.post("/calls/{call}/release")
async def release_place(
    call: CallId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.request", the_booking)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Give a reserved place back."""
    command = ReleaseReservation(at=services.now(), call=call, released_by=acting.login.person)
    return say(response, await do(services, booking, command, context(acting, idempotency_key, about=call)))


@router.post("/calls/{call}/change")
async def change_call(
    call: CallId,
    body: Change,
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.request", changed)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Give a call another time, length or other people. Where a check asks for it, staff decide again."""
    facts, _ = await services.store.read((about(f"call:{call}", CallRequested, CallBooked, BookingChanged),))
    now = facts[-1].event
    wish = Wish(
        call=call,
        prison=now.prison,
        session=body.session or now.session,
        minutes=body.minutes or now.minutes,
        prisoner=now.prisoner,
        visitors=body.visitors or now.visitors,
        call_type=now.call_type,
        asked_as=asked_as(acting),
    )
    asked = context(acting, idempotency_key, about=call)
    more: Mapping[str, Any] = {"changed_by": acting.login.person, "support": body.support}
    _, handled = await asking_of(services).ask(ChangeCall, asked, services.now(), wish, **more)
    people_changed(request, call)
    return say(response, handled)


@router.post("/prisons/{prison}/standby", status_code=201)
async def join_standby(
    prison: PrisonId,
    body: PlaceWish,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.request", wished)],
    idempotency_key: IdempotencyKey = None,
) -> Waits:
    """Wait for a place in a session that is full."""
    asked = context(acting, idempotency_key)
    call, at = derived(asked, "call"), services.now()
    await _only_full(services, wish_of(call, prison, body, acting), acting)
    command = JoinStandby(
        at=at,
        prison=prison,
        standby=derived(asked, "standby"),
        session=body.session,
        call=call,
        person=acting.login.person,
        prisoner=body.prisoner,
        visitors=body.visitors,
        minutes=body.minutes,
        call_type=body.call_type,
    )
    handled = await do(services, standby, command, asked)
    return Waits(standby=command.standby, position=say(response, handled).position)


@router.post("/standby/{standby_id}/leave")
async def leave_standby(
    standby_id: StandbyId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.request", waited_for)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """No longer wait."""
    joined = await _wait(services, standby_id)
    command = LeaveStandby(
        at=services.now(), standby=standby_id, session=joined.standby_session, because=LeftBecause.LEFT
    )
    return say(
        response, await do(services, standby, command, context(acting, idempotency_key, about=standby_id))
    )


@router.post("/prisons/{prison}/overrides/proposals")
async def propose_override(
    prison: PrisonId,
    body: OverrideWish,
    services: Use,
    acting: Annotated[Acting, require("booking.override", the_prison)],
) -> Proposal:
    """Propose a call that rules stand against. It is booked when another person agrees."""
    return signed(services, OVERRIDING, prison, acting.login.person, {"wish": body.model_dump(mode="json")})


@router.post("/prisons/{prison}/overrides/agreed", status_code=201)
async def agree_override(
    prison: PrisonId,
    body: Proposal,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.override", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Given:
    """Book what somebody else proposed against the rules."""
    content = opened(services, body, OVERRIDING, prison)
    wanted = OverrideWish.model_validate(content["wish"])
    return await _override(
        response, services, acting, prison, wanted, content["by"], acting.login.person, idempotency_key
    )


@router.post("/prisons/{prison}/overrides", status_code=201)
async def override(
    prison: PrisonId,
    body: OverrideWish,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.override", the_prison)],
    idempotency_key: IdempotencyKey = None,
) -> Given:
    """Book a call against rules of the policy, alone: a governor may."""
    if acting.login.role not in ALONE:
        raise Refused("Rules are set aside with the consent of a second person.", "second_person")
    return await _override(
        response, services, acting, prison, body, acting.login.person, None, idempotency_key
    )


async def _override(
    response: Response,
    services: Services,
    acting: Acting,
    prison: str,
    body: OverrideWish,
    by: str,
    second: str | None,
    key: str | None,
) -> Given:
    asked = context(acting, key, about=prison)
    wish = wish_of(derived(asked, "call"), prison, body, acting)
    aside = Override(rules=body.rules, overridden_by=by, approved_by=second, reason=body.reason)
    command, handled = await asking_of(services).ask(
        BookCall, asked, services.now(), wish, requested_by=by, override=aside
    )
    return Given(call=command.call, position=say(response, handled).position)


async def _only_full(services: Services, wish: Wish, acting: Acting) -> None:
    """Nobody waits for a place that is free, or for one they could not have. Raises `Refused`."""
    sentence = await _lookup(services).only_full(wish, services.now(), acting.login.person)
    if sentence is None:
        raise Refused("There is a free place at this time. Please ask for the call.", "place_free")


async def _wait(services: Services, standby_id: str) -> StandbyJoined:
    facts, _ = await services.store.read((about(f"standby:{standby_id}", StandbyJoined),))
    if not facts:
        raise Refused("There is no such wait.", "standby_unknown")
    joined: StandbyJoined = facts[0].event
    return joined


def _lookup(services: Services) -> Lookup:
    return Lookup(services.store, services.keys)
