"""The pages of incidents: the queue of what officers have to do, and one incident with what may be done about it."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.cursor import Cursor
from api.errors import reasons_of
from api.guard import Acting, require
from api.incidents import IncidentId, Shown, Which, close, hand_back, incidents_of, one_incident, take
from api.looking import known_up_to
from api.reading import After
from api.scope import CallId, Id, own_prison, the_call
from api.services import Services, Use
from api.web.names import names_of
from api.web.render import listed, page
from api.web.texts import Language, cause, text
from api.web.wall import SIDES
from application.handle import Handled
from domain.event import Refused
from domain.incident.events import IncidentOutcome
from domain.incident.grouping import Alert, AlertKind, Incident
from domain.violation import ReviewOutcome

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20  # each with the names of its people, which are opened one by one
LISTS = {Which.TO_DO: "To do", Which.MINE: "Mine", Which.DONE: "Done"}
ACTIONS = (
    "incident.handle",
    "violation.review",
    "evidence.view",
    "timeline.read",
    "wall.watch",
    "allowance.read",
)
Typed = Annotated[str, Form(max_length=2000)]
Key = Annotated[str | None, Form()]


@router.get("/incidents")
async def see_incidents(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("incident.read", own_prison)],
    which: Shown = Which.TO_DO,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """The prison's incidents: what waits, what whoever looks has taken, or what is done."""
    prison = acting.login.prison or ""
    found = await incidents_of(services, acting, prison, which, cursor, ON_ONE_PAGE, after)
    people = [p for one in found.incidents for p in (one.prisoner, *one.visitors, one.incident.taken_by) if p]
    return await page(
        request,
        "incidents.html",
        queue=found.incidents,
        next=found.next,
        first=cursor is None,
        which=which,
        lists=LISTS,
        me=acting.login.person,
        names=await names_of(services, people),
        may=_may(services, acting),
        **_words(),
    )


@router.get("/calls/{call}/incidents/{incident}")
async def see_incident(
    call: CallId,
    incident: IncidentId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("incident.read", the_call)],
    after: After = None,
) -> Response:
    """One incident: its alerts in order, who has it, and what may be done about it."""
    return await _incident(request, services, acting, call, incident, after)


@router.post("/calls/{call}/incidents/{incident}/take")
async def take_up(
    call: CallId,
    incident: IncidentId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("incident.handle", the_call)],
    instead_of: Annotated[str | None, Form(pattern=Id)] = None,
    key: Key = None,
) -> Response:
    """Take it up, or take it over from whom the page named."""
    asked = take(services, acting, call, incident, instead_of, key)
    return await _done(request, services, acting, call, incident, asked)


@router.post("/calls/{call}/incidents/{incident}/hand-back")
async def leave_to_others(
    call: CallId,
    incident: IncidentId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("incident.handle", the_call)],
    note: Typed = "",
    key: Key = None,
) -> Response:
    """Leave it to others."""
    asked = hand_back(services, acting, call, incident, note, key)
    return await _done(request, services, acting, call, incident, asked)


@router.post("/calls/{call}/incidents/{incident}/close")
async def close_it(
    call: CallId,
    incident: IncidentId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("incident.handle", the_call)],
    outcome: Annotated[IncidentOutcome, Form()],
    note: Typed = "",
    key: Key = None,
) -> Response:
    """Say what came of it."""
    asked = close(services, acting, call, incident, outcome, note, key)
    return await _done(request, services, acting, call, incident, asked)


async def _done(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    name: str,
    asked: Awaitable[Handled[Any]],
) -> Response:
    """Back to the incident as it is after the act; or the page with the sentence that says why not."""
    try:
        handled = await asked
    except Refused as no:
        if no.rule == "incident_unknown":
            raise
        return await _incident(request, services, acting, call, name, None, no)
    there = f"/calls/{call}/incidents/{name}?after={handled.position}"
    return RedirectResponse(there, status_code=HTTPStatus.SEE_OTHER)


async def _incident(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    name: str,
    after: int | None,
    no: Refused | None = None,
) -> Response:
    version = await known_up_to(services, "incidents")
    found, notes = await one_incident(services, acting, call, name, after)
    one = found.incident
    officers = [note.officer for note in notes]
    people = [p for p in (found.prisoner, *found.visitors, one.taken_by, *officers) if p]
    return await page(
        request,
        "incident.html",
        status=HTTPStatus.OK if no is None else HTTPStatus.CONFLICT,
        errors=[] if no is None else listed(reasons_of(no)),
        found=found,
        one=one,
        notes=notes,
        to_review=[alert for alert in one.waiting if alert.kind is AlertKind.VIOLATION],
        version=version,
        me=acting.login.person,
        names=await names_of(services, people),
        outcomes=list(IncidentOutcome),
        reviews=list(ReviewOutcome),
        may=_may(services, acting),
        **_words(),
    )


def _may(services: Services, acting: Acting) -> dict[str, bool]:
    return {action: acting.login.role in services.permissions.scopes(action) for action in ACTIONS}


def _words() -> dict[str, Any]:
    return {"sides": SIDES, "said": alert_in_words, "came_of": outcome_in_words}


def alert_in_words(alert: Alert) -> str:
    """What an alert is about."""
    if alert.kind is AlertKind.CONCERN:
        return text(Language.EN, f"staff.concern.{alert.cause}")
    return text(Language.EN, f"staff.alert.{alert.kind}", cause=cause(Language.EN, alert.cause))


def outcome_in_words(one: Incident) -> str:
    """What came of an incident that is done."""
    return text(Language.EN, f"staff.incident.{one.outcome or 'passed'}")
