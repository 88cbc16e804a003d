"""The pages of conduct: what was confirmed, what followed for whom, and what may follow next."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from api.conduct import Measure, conduct_on, due, lift, measures_of, take, unanswered
from api.cursor import Cursor
from api.errors import said
from api.guard import Acting, require
from api.looking import known_up_to, opened, today_in
from api.reading import After
from api.scope import CallId, Id, own_prison, the_call
from api.services import Services, Use
from api.versions import Version, seen_in_form
from api.web.names import names_of
from api.web.render import page
from api.web.wall import SIDES
from application.handle import Stale
from domain.event import Refused

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20
Key = Annotated[str | None, Form()]
Words = Annotated[str, Form(max_length=2000)]
SAY_ALL = "Please say for whom, which step, and why."


@dataclass(frozen=True)
class Typed:
    """What somebody had typed, and where, when it was not done."""

    error: str = ""
    form: str = ""
    values: dict[str, str] = field(default_factory=dict)


NOTHING = Typed()


@router.get("/conduct")
async def see_conduct(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("conduct.read", own_prison)],
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """What was confirmed and has no answer, and the warnings and sanctions of this prison."""
    prison = acting.login.prison or ""
    found = await measures_of(services, acting, prison, cursor, ON_ONE_PAGE, after)
    return await page(
        request,
        "conduct.html",
        measures=found.items,
        next=found.next,
        unanswered=await unanswered(services, prison) if cursor is None else (),
        names=await names_of(services, [one.person for one in found.items]),
        sides=SIDES,
        today=await today_in(services, prison),
    )


@router.get("/calls/{call}/conduct")
async def see_conduct_on(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("conduct.read", the_call)],
    after: After = None,
) -> Response:
    """What was confirmed on one call, what followed, and the next step for each person."""
    return await _on_call(request, services, acting, call, after, NOTHING)


@router.post("/calls/{call}/conduct")
async def take_measure(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("conduct.sanction", the_call)],
    violation: Annotated[str, Form(pattern=Id)],
    step: Annotated[str, Form(max_length=100)] = "",
    reason: Words = "",
    version: Version = None,
    key: Key = None,
) -> Response:
    """Warn somebody, or keep them from calls. `step`: for whom and how many days, as the form offers them."""
    person, _, days = step.rpartition(":")
    typed = {"step": step, "reason": reason}
    try:
        wanted = Measure.model_validate(
            {"person": person, "violation": violation, "days": days, "reason": reason.strip()}
        )
        seen = seen_in_form(acting, call, version)
        _, handled = await take(services, acting, call, wanted, key, seen)
    except ValidationError:
        return await _on_call(request, services, acting, call, None, Typed(SAY_ALL, violation, typed))
    except (Refused, Stale) as no:
        return await _refused(request, services, acting, call, no, Typed("", violation, typed))
    return _back(call, handled.position)


@router.post("/calls/{call}/conduct/{sanction}/lift")
async def lift_measure(
    call: CallId,
    sanction: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("conduct.lift", the_call)],
    reason: Words = "",
    version: Version = None,
    key: Key = None,
) -> Response:
    """Let a warning or a sanction no longer count."""
    try:
        seen = seen_in_form(acting, call, version)
        handled = await lift(services, acting, call, sanction, reason, key, seen)
    except (Refused, Stale) as no:
        return await _refused(request, services, acting, call, no, Typed("", sanction, {"reason": reason}))
    return _back(call, handled.position)


async def _refused(
    request: Request, services: Services, acting: Acting, call: str, no: Refused | Stale, typed: Typed
) -> Response:
    """The page as it is by now, with what stands against the act, and what was typed."""
    after = await services.store.head() if isinstance(no, Stale) else None
    wrong = Typed(said(no)[2], typed.form, typed.values)
    return await _on_call(request, services, acting, call, after, wrong)


async def _on_call(
    request: Request, services: Services, acting: Acting, call: str, after: int | None, typed: Typed
) -> Response:
    version = await known_up_to(services, "conduct")
    confirmed, taken = await conduct_on(services, acting, call, after)
    role, scopes = acting.login.role, services.permissions.scopes
    may = {action: role in scopes(action) for action in ("conduct.sanction", "conduct.lift")}
    steps = [(one, await due(services, acting, one) if may["conduct.sanction"] else []) for one in confirmed]
    people = {*(one.person for one in taken), *(each.person for _, found in steps for each in found)}
    return await page(
        request,
        "conduct_call.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        call=call,
        confirmed=steps,
        taken=[(one, await opened(services, one.sealed)) for one in taken],
        version=max(version, after or 0),
        names=await names_of(services, people),
        sides=SIDES,
        me=acting.login.person,
        may=may,
        typed=typed,
    )


def _back(call: str, position: int) -> Response:
    return RedirectResponse(f"/calls/{call}/conduct?after={position}", status_code=HTTPStatus.SEE_OTHER)
