"""Booking calls: asking, saying yes, giving up. A request that the rules refuse is noted as unmet demand."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from api.asked import Done, IdempotencyKey, asked_as, context, derived, do, say
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import CallId, Ident, PrisonId, a_call_of, the_booking, the_call
from api.services import Services, Use
from api.versions import IfMatch, seen_by
from application.access import Resource
from application.asking import Asking
from application.booking import Lookup, Wish
from domain import booking, flag
from domain.booking.commands import ApproveCall, BookCall, CancelCall, RejectCall, WithdrawCall
from domain.booking.events import AskedAs, Method, Outcome, RejectedBecause
from domain.flag.decisions import UnflagBooking
from domain.flag.events import ClearedBecause
from domain.timetable.events import CallType

router = APIRouter(prefix="/v1", tags=["bookings"], route_class=OnceRoute)

Words = Annotated[str, Field(min_length=1, max_length=1000)]
FlagId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:-]{0,199}$", description="the flag's id on its call")
]


class CallRequest(BaseModel):
    """A request for a call."""

    session: Ident
    minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    prisoner: Ident
    visitors: Annotated[tuple[Ident, ...], Field(min_length=1, max_length=20)]
    call_type: CallType = CallType.SOCIAL
    lead: Annotated[Ident | None, Field(description="the adult who answers for the visitors' side")] = None
    method: Annotated[
        Method | None, Field(description="how staff were asked; else it follows from the role")
    ] = None
    support: Annotated[str | None, Field(max_length=1000, description="what somebody needs to take part")] = (
        None
    )
    reservation: Annotated[Ident | None, Field(description="the call id of a place that was kept for it")] = (
        None
    )


class Cancellation(BaseModel):
    """Why a call is given up."""

    outcome: Outcome


class Rejection(BaseModel):
    """Why the prison says no, as a code and in words for whoever asked."""

    because: RejectedBecause
    reason: Words


class Clearance(BaseModel):
    """Why a flag no longer matters, as a code and in words for the record."""

    because: ClearedBecause
    reason: Words


class Booked(BaseModel):
    """The call that was asked for."""

    call: str
    position: int


async def asked_for(request: Request, prison: PrisonId, body: CallRequest) -> Resource:
    """A call that does not exist yet."""
    return await a_call_of(request, prison, body.prisoner, body.visitors)


@router.post("/prisons/{prison}/calls", status_code=201)
async def request_call(
    prison: PrisonId,
    body: CallRequest,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.request", asked_for)],
    idempotency_key: IdempotencyKey = None,
) -> Booked:
    """Ask for a call; the prison decides, or a rule of its policy does."""
    return await ask(services, acting, prison, body, idempotency_key, response)


async def ask(
    services: Services,
    acting: Acting,
    prison: str,
    body: CallRequest,
    key: str | None,
    response: Response,
) -> Booked:
    """Ask for a call, as the API and the page do. Raises `NotBooked`, with other times where there are any."""
    asked = context(acting, key)
    wish = Wish(
        call=body.reservation or derived(asked, "call"),
        prison=prison,
        session=body.session,
        minutes=body.minutes,
        prisoner=body.prisoner,
        visitors=body.visitors,
        call_type=body.call_type,
        asked_as=asked_as(acting),
        lead=body.lead,
    )
    how = {"method": _method(acting, body), "support": body.support}
    by = acting.login.person
    command, handled = await asking_of(services).ask(
        BookCall, asked, services.now(), wish, requested_by=by, **how
    )
    return Booked(call=command.call, position=say(response, handled).position)


@router.post("/calls/{call}/approval")
async def approve_call(
    call: CallId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.approve", the_call)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Say yes to a request."""
    command = await approval_of(services, acting, call)
    asked, seen = context(acting, idempotency_key, about=call), seen_by(acting, call, if_match)
    return say(response, await do(services, booking, command, asked, seen))


@router.post("/calls/{call}/rejection")
async def reject_call(
    call: CallId,
    body: Rejection,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.reject", the_call)],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say no to a request. Whoever asked reads why."""
    command = RejectCall(at=services.now(), call=call, rejected_by=acting.login.person, **body.model_dump())
    asked, seen = context(acting, idempotency_key, about=call), seen_by(acting, call, if_match)
    return say(response, await do(services, booking, command, asked, seen))


@router.post("/calls/{call}/withdrawal")
async def withdraw_call(
    call: CallId,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.withdraw", the_booking)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Take a request back before anybody has decided on it."""
    command = WithdrawCall(at=services.now(), call=call, withdrawn_by=acting.login.person)
    return say(response, await do(services, booking, command, context(acting, idempotency_key, about=call)))


@router.post("/calls/{call}/flags/{flag_id:path}/clearance")
async def clear_flag(
    call: CallId,
    flag_id: FlagId,
    body: Clearance,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("flag.clear", the_call)],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Say that a flag no longer matters: the call is approved, started and held as if it were not there."""
    command = UnflagBooking(
        at=services.now(), call=call, flag=flag_id, cleared_by=acting.login.person, **body.model_dump()
    )
    asked = context(acting, idempotency_key, about=f"{call}/{flag_id}")
    return say(response, await do(services, flag, command, asked, seen_by(acting, call, if_match)))


@router.post("/calls/{call}/cancellation")
async def cancel_call(
    call: CallId,
    body: Cancellation,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("booking.cancel", the_booking)],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Done:
    """Give a call up before it starts. Staff say which version they looked at; people on the call need not."""
    command = CancelCall(at=services.now(), call=call, outcome=body.outcome, cancelled_by=acting.login.person)
    asked, seen = context(acting, idempotency_key, about=call), seen_by(acting, call, if_match)
    return say(response, await do(services, booking, command, asked, seen))


async def approval_of(services: Services, acting: Acting, call: str) -> ApproveCall:
    """An officer's yes, with who is on the call as it stands."""
    command = ApproveCall(at=services.now(), call=call, approved_by=acting.login.person)
    return await Lookup(services.store, services.keys).approval(command)


def asking_of(services: Services) -> Asking:
    """How people ask: what is refused is noted, and answered with other times."""
    return Asking(Lookup(services.store, services.keys))


def _method(acting: Acting, body: CallRequest) -> Method:
    """People ask by themselves on the pages; staff say how they were asked."""
    match asked_as(acting):
        case AskedAs.PUBLIC:
            return Method.WEBSITE
        case AskedAs.PRISONER:
            return Method.BY_PRISONER
        case AskedAs.STAFF:
            return body.method or Method.PHONE
