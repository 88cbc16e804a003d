"""The pages of monitoring: the list, asking, one authorisation with what is decided about it, and a call's log."""

from dataclasses import dataclass
from datetime import date, datetime, time
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.asked import context, derived, do
from api.cursor import LIMIT_MAX, Cursor
from api.errors import said
from api.guard import Acting, require
from api.monitoring import (
    AuthorisationId,
    authorisations_of,
    over_lately,
    story_of,
    the_authorisation,
)
from api.prisoners import held_by_number
from api.reading import After
from api.scope import CallId, Id, own_prison, the_call
from api.seating import room_of
from api.services import Services, Use
from api.web.names import names_of
from api.web.render import LONDON, page
from application.handle import Handled
from domain import monitoring, monitoring_log
from domain.event import Refused
from domain.monitoring.commands import (
    AskMonitoring,
    AuthoriseMonitoring,
    EndMonitoring,
    MonitoringCommand,
    RejectMonitoring,
    ReviewMonitoring,
)
from domain.monitoring.events import Ground, MonitoringKind, MonitoringReview
from domain.monitoring_log import LogMonitoring
from domain.waiting_room.events import WaitingRoomOpened

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20
ACTIONS = ("monitoring.ask", "monitoring.authorise", "monitoring.review", "monitoring.end")

Words = Annotated[str, Form(max_length=4000)]
Days = Annotated[int | None, Form(ge=0, le=1000)]
Key = Annotated[str | None, Form()]
Clock = Annotated[time, Form()]


@dataclass(frozen=True)
class Typed:
    """What somebody had typed when it was refused, so that nothing is typed twice."""

    error: str = ""
    form: str = ""
    kind: str = ""
    ground: str = ""
    necessity: str = ""
    proportionality: str = ""
    words: str = ""
    days: int | None = None


@router.get("/monitoring")
async def see_list(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.read", own_prison)],
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """What is asked for or in force, what ends soon first, and how the last ones came to their end."""
    return await _list(request, services, acting, cursor, after, Typed())


@router.post("/monitoring")
async def ask(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.ask", own_prison)],
    number: Annotated[str, Form(max_length=20)],
    kind: Annotated[MonitoringKind, Form()],
    ground: Annotated[Ground, Form()],
    necessity: Words = "",
    proportionality: Words = "",
    key: Key = None,
) -> Response:
    """Ask to monitor the calls of somebody in this prison."""
    asked = context(acting, key, about=acting.login.prison or "")
    try:
        command = AskMonitoring(
            at=services.now(),
            authorisation=derived(asked, "authorisation"),
            prison=acting.login.prison or "",
            monitored=await held_by_number(services, acting, number),
            kind=kind,
            ground=ground,
            asked_by=acting.login.person,
            necessity=necessity,
            proportionality=proportionality,
        )
        handled = await do(services, monitoring, command, asked)
    except Refused as no:
        typed = Typed(said(no)[2], "ask", kind.value, ground.value, necessity, proportionality)
        return await _list(request, services, acting, None, None, typed)
    return _to(command.authorisation, handled)


@router.get("/monitoring/{authorisation_id}")
async def see_one(
    authorisation_id: AuthorisationId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.read", the_authorisation)],
    after: After = None,
) -> Response:
    """One authorisation, with everything that was decided about it and opened on it."""
    return await _one(request, services, acting, authorisation_id, after, Typed())


@router.post("/monitoring/{authorisation_id}/authorise")
async def authorise(
    authorisation_id: AuthorisationId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.authorise", the_authorisation)],
    days: Days = None,
    words: Words = "",
    key: Key = None,
) -> Response:
    """Allow it for a time."""
    command = AuthoriseMonitoring(
        at=services.now(),
        authorisation=authorisation_id,
        prison=acting.resource.prison or "",
        days=days or 0,
        authorised_by=acting.login.person,
        consideration=words,
    )
    return await _decide(
        request, services, acting, command, key, Typed("", "authorise", words=words, days=days)
    )


@router.post("/monitoring/{authorisation_id}/reject")
async def reject(
    authorisation_id: AuthorisationId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.authorise", the_authorisation)],
    words: Words = "",
    key: Key = None,
) -> Response:
    """Do not allow it."""
    command = RejectMonitoring(
        at=services.now(),
        authorisation=authorisation_id,
        prison=acting.resource.prison or "",
        rejected_by=acting.login.person,
        reason=words,
    )
    return await _decide(request, services, acting, command, key, Typed("", "reject", words=words))


@router.post("/monitoring/{authorisation_id}/review")
async def review(
    authorisation_id: AuthorisationId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.review", the_authorisation)],
    result: Annotated[MonitoringReview, Form()],
    days: Days = None,
    words: Words = "",
    key: Key = None,
) -> Response:
    """Let it go on for a time, or end it."""
    command = ReviewMonitoring(
        at=services.now(),
        authorisation=authorisation_id,
        prison=acting.resource.prison or "",
        result=result,
        days=days,
        reviewed_by=acting.login.person,
        reason=words,
    )
    return await _decide(request, services, acting, command, key, Typed("", "review", words=words, days=days))


@router.post("/monitoring/{authorisation_id}/end")
async def end(
    authorisation_id: AuthorisationId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.end", the_authorisation)],
    words: Words = "",
    key: Key = None,
) -> Response:
    """Take it back at once."""
    command = EndMonitoring(
        at=services.now(),
        authorisation=authorisation_id,
        prison=acting.resource.prison or "",
        ended_by=acting.login.person,
        reason=words,
    )
    return await _decide(request, services, acting, command, key, Typed("", "end", words=words))


# A call's log


@router.get("/calls/{call}/monitoring-log")
async def see_log_form(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.log", the_call)],
) -> Response:
    """The form by which an officer notes what they watched of a call."""
    return await _log_form(request, services, acting, call, Typed())


@router.post("/calls/{call}/monitoring-log")
async def log(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("monitoring.log", the_call)],
    watched_from: Clock,
    watched_to: Clock,
    on: Annotated[str, Form(pattern=f"^$|{Id}")] = "",
    words: Words = "",
    key: Key = None,
) -> Response:
    """Put it on record."""
    try:
        day = _day((await room_of(services, call)).opened)
        command = LogMonitoring(
            at=services.now(),
            call=call,
            authorisation=on or None,
            watched_from=datetime.combine(day, watched_from, LONDON),
            watched_to=datetime.combine(day, watched_to, LONDON),
            logged_by=acting.login.person,
            summary=words,
        )
        await do(services, monitoring_log, command, context(acting, key, about=call))
    except Refused as no:
        return await _log_form(request, services, acting, call, Typed(said(no)[2], "log", words=words))
    return RedirectResponse(f"/calls/{call}/timeline", status_code=HTTPStatus.SEE_OTHER)


# What is shown


async def _list(
    request: Request,
    services: Services,
    acting: Acting,
    cursor: str | None,
    after: int | None,
    typed: Typed,
) -> Response:
    prison = acting.login.prison or ""
    found = await authorisations_of(services, acting, prison, cursor, ON_ONE_PAGE, after)
    over = await over_lately(services, prison) if cursor is None else ()
    people = [person for one in (*found.items, *over) for person in (one.monitored, one.asked_by)]
    return await page(
        request,
        "monitoring.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        items=found.items,
        over=over,
        next=found.next,
        first=cursor is None,
        names=await names_of(services, people),
        kinds=list(MonitoringKind),
        grounds=list(Ground),
        now=services.now(),
        may=_may(services, acting),
        typed=typed,
    )


async def _one(
    request: Request,
    services: Services,
    acting: Acting,
    ident: str,
    after: int | None,
    typed: Typed,
) -> Response:
    story = await story_of(services, acting, ident, after)
    one = story.standing
    people = [one.monitored, one.asked_by, one.authorised_by or "", *(step.by for step in story.steps)]
    return await page(
        request,
        "authorisation.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        story=story,
        one=one,
        names=await names_of(services, (person for person in people if person)),
        may=_may(services, acting),
        me=acting.login.person,
        typed=typed,
    )


async def _log_form(
    request: Request, services: Services, acting: Acting, call: str, typed: Typed
) -> Response:
    opened = (await room_of(services, call)).opened
    prison = acting.resource.prison or ""
    found = await authorisations_of(services, acting, prison, None, LIMIT_MAX, None)
    known = (*found.items, *await over_lately(services, prison))
    monitored = "" if opened is None else opened.prisoner.persons[0]
    return await page(
        request,
        "monitoring_log.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        call=call,
        listens=opened is not None and opened.staff_may_listen,
        on=[one for one in known if one.monitored == monitored and one.authorised_by is not None],
        typed=typed,
    )


async def _decide(
    request: Request,
    services: Services,
    acting: Acting,
    command: MonitoringCommand,
    key: str | None,
    typed: Typed,
) -> Response:
    """Done, and back to the authorisation; or its page with the sentence that says why not."""
    asked = context(acting, key, about=command.authorisation)
    try:
        return _to(command.authorisation, await do(services, monitoring, command, asked))
    except Refused as no:
        refused = Typed(said(no)[2], typed.form, words=typed.words, days=typed.days)
        return await _one(request, services, acting, command.authorisation, None, refused)


def _day(opened: WaitingRoomOpened | None) -> date:
    """The day of the call, on which the times that somebody types are."""
    if opened is None:
        raise Refused("The waiting room of this call is not open.", "waiting_room_closed")
    return opened.starts_at.astimezone(LONDON).date()


def _may(services: Services, acting: Acting) -> dict[str, bool]:
    return {action: acting.login.role in services.permissions.scopes(action) for action in ACTIONS}


def _to(ident: str, handled: Handled[Any]) -> Response:
    return RedirectResponse(f"/monitoring/{ident}?after={handled.position}", status_code=HTTPStatus.SEE_OTHER)
