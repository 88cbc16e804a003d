"""The pages of concerns: what is open, one concern with everything done about it, and raising one of a call."""

from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.concerns import ConcernId
from api.cursor import Cursor
from api.errors import said
from api.guard import Acting, require
from api.looking import known_up_to
from api.reading import After
from api.safeguarding import Act, act, closed_lately, concerns_of, sight, taking, told
from api.scope import CallId, own_prison, the_call
from api.services import Services, Use
from api.versions import Version, seen_in_form
from api.web.names import names_of
from api.web.render import page
from application.handle import Stale
from domain.concern import PAUSES, CloseConcern, ConcernAbout, ConcernOutcome, ReferConcern, ReferredTo
from domain.event import Refused
from domain.evidence import HoldEvidence

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20
Key = Annotated[str | None, Form()]
Words = Annotated[str, Form(max_length=2000)]
Acts = Annotated[Acting, require("concern.act", the_call)]


@dataclass(frozen=True)
class Typed:
    """What somebody had typed, and where, when it was not done."""

    error: str = ""
    form: str = ""
    values: dict[str, str] = field(default_factory=dict)


NOTHING = Typed()


@router.get("/concerns")
async def see_concerns(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("concern.read", own_prison)],
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """The open concerns of this prison, those that nobody has first, and what came of the last ones."""
    prison = acting.login.prison or ""
    found = await concerns_of(services, acting, prison, cursor, ON_ONE_PAGE, after)
    closed = await closed_lately(services, prison) if cursor is None else ()
    people = {person for one in (*found.items, *closed) for person in _people(one)}
    return await page(
        request,
        "concerns.html",
        concerns=found.items,
        closed=closed,
        next=found.next,
        first=cursor is None,
        names=await names_of(services, people),
        me=acting.login.person,
    )


@router.get("/calls/{call}/concern")
async def see_form(
    call: CallId,
    request: Request,
    _: Annotated[Acting, require("concern.raise", the_call)],
) -> Response:
    """The form by which staff say what they saw."""
    return await _form(request, call, NOTHING)


@router.post("/calls/{call}/concern")
async def raise_one(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("concern.raise", the_call)],
    about: Annotated[ConcernAbout, Form()],
    note: Words = "",
    key: Key = None,
) -> Response:
    """Say what one saw. Whoever answers for concerns goes on with it; the others are told that it is on record."""
    try:
        concern, handled = await sight(services, acting, call, about, note, key)
    except Refused as no:
        return await _form(request, call, Typed(said(no)[2], values={"about": about.value, "note": note}))
    if acting.login.role in services.permissions.scopes("concern.read"):
        return _on(call, concern, handled.position)
    return await page(request, "concern_raised.html", call=call, pauses=about in PAUSES)


@router.get("/calls/{call}/concerns/{concern_id}")
async def see_concern(
    call: CallId,
    concern_id: ConcernId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("concern.read", the_call)],
    after: After = None,
) -> Response:
    """One concern, and everything that happened to it."""
    return await _concern(request, services, acting, call, concern_id, after, NOTHING)


@router.post("/calls/{call}/concerns/{concern_id}/assignment")
async def take(
    call: CallId,
    concern_id: ConcernId,
    request: Request,
    services: Use,
    acting: Acts,
    version: Version = None,
    key: Key = None,
) -> Response:
    """Take the concern."""
    command = taking(services, acting, call, concern_id)
    return await _done(request, services, acting, command, key, version, Typed(form="take"))


@router.post("/calls/{call}/concerns/{concern_id}/referrals")
async def refer(
    call: CallId,
    concern_id: ConcernId,
    request: Request,
    services: Use,
    acting: Acts,
    referred_to: Annotated[ReferredTo, Form()],
    note: Words = "",
    version: Version = None,
    key: Key = None,
) -> Response:
    """Put on record who else was told."""
    command = ReferConcern(
        at=services.now(),
        call=call,
        concern=concern_id,
        referred_to=referred_to,
        referred_by=acting.login.person,
        note=note,
    )
    typed = Typed(form="refer", values={"referred_to": referred_to.value, "note": note})
    return await _done(request, services, acting, command, key, version, typed)


@router.post("/calls/{call}/concerns/{concern_id}/closing")
async def close(
    call: CallId,
    concern_id: ConcernId,
    request: Request,
    services: Use,
    acting: Acts,
    outcome: Annotated[ConcernOutcome, Form()],
    note: Words = "",
    version: Version = None,
    key: Key = None,
) -> Response:
    """Say what came of it."""
    command = CloseConcern(
        at=services.now(),
        call=call,
        concern=concern_id,
        outcome=outcome,
        closed_by=acting.login.person,
        note=note,
    )
    typed = Typed(form="close", values={"outcome": outcome.value, "note": note})
    return await _done(request, services, acting, command, key, version, typed)


@router.post("/calls/{call}/concerns/{concern_id}/hold")
async def hold(
    call: CallId,
    concern_id: ConcernId,
    request: Request,
    services: Use,
    acting: Acts,
    review_by: Annotated[date, Form()],
    reason: Words = "",
    version: Version = None,
    key: Key = None,
) -> Response:
    """Keep the evidence longer."""
    command = HoldEvidence(
        at=services.now(),
        call=call,
        concern=concern_id,
        review_by=review_by,
        held_by=acting.login.person,
        reason=reason,
    )
    typed = Typed(form="hold", values={"review_by": review_by.isoformat(), "reason": reason})
    return await _done(request, services, acting, command, key, version, typed)


async def _done(
    request: Request,
    services: Services,
    acting: Acting,
    command: Act,
    key: str | None,
    version: int | None,
    typed: Typed,
) -> Response:
    """Back to the concern as it is after the act; or the page with the sentence that says why not."""
    try:
        seen = seen_in_form(acting, command.call, version)
        handled = await act(services, acting, command, key, seen)
    except (Refused, Stale) as no:
        wrong = Typed(said(no)[2], typed.form, typed.values)
        after = await services.store.head() if isinstance(no, Stale) else None
        return await _concern(request, services, acting, command.call, command.concern, after, wrong)
    return _on(command.call, command.concern, handled.position)


async def _form(request: Request, call: str, typed: Typed) -> Response:
    status = HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK
    return await page(
        request,
        "concern_raise.html",
        status=status,
        call=call,
        kinds=list(ConcernAbout),
        pauses=PAUSES,
        typed=typed,
    )


async def _concern(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    concern_id: str,
    after: int | None,
    typed: Typed,
) -> Response:
    version = await known_up_to(services, "concerns")
    found = await told(services, acting, call, concern_id, after)
    by = {step.by for step, _ in found.steps if step.by is not None}
    return await page(
        request,
        "concern.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        one=found.concern,
        steps=found.steps,
        version=max(version, after or 0),
        names=await names_of(services, {*_people(found.concern), *by}),
        me=acting.login.person,
        may_act=acting.login.role in services.permissions.scopes("concern.act"),
        referrals=list(ReferredTo),
        outcomes=list(ConcernOutcome),
        typed=typed,
    )


def _people(one: Any) -> tuple[str, ...]:
    return (*one.prisoner_side, *one.visitor_side, *((one.assigned_to,) if one.assigned_to else ()))


def _on(call: str, concern: str, position: int) -> Response:
    address = f"/calls/{call}/concerns/{concern}?after={position}"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
