"""The pages of appeals: asked by whoever was on the call, in English and Welsh; answered by staff."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.appeals import AppealId
from api.cursor import Cursor
from api.errors import said
from api.guard import Acting, require
from api.looking import known_up_to, today_in
from api.reading import After
from api.reviewing import (
    answer,
    appeals_of,
    decided_lately,
    lodge,
    matters_of,
    mine,
    one_appeal,
    take,
)
from api.scope import CallId, oneself, own_prison, the_call
from api.services import Services, Use
from api.versions import Version, seen_in_form
from api.web.names import names_of
from api.web.own import NOTHING_WRONG, Wrong, asked, missing, own_page, refused
from api.web.render import language_of, page
from application.handle import Stale
from domain.appeal import AppealAgainst, AppealOutcome
from domain.event import Refused

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20
OWN, STAFF = "/my-appeals", "/appeals"
Key = Annotated[str | None, Form()]
Words = Annotated[str, Form(max_length=2000)]
Lodges = Annotated[Acting, require("appeal.lodge", the_call)]
Decides = Annotated[Acting, require("appeal.decide", the_call)]


@dataclass(frozen=True)
class Typed:
    """What somebody had typed when it was not done."""

    error: str = ""
    outcome: str = ""
    reasons: str = ""


NOTHING = Typed()


# For whoever was on the call


@router.get(OWN)
async def see_own(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("appeal.read_own", oneself)],
    after: After = None,
) -> Response:
    """What was decided about whoever reads it, and what they asked to be looked at again."""
    found = await mine(services, acting, after)
    return await own_page(request, "appeals", here=OWN, measures=found.measures, appeals=found.appeals)


@router.get("/calls/{call}/appeal")
async def see_form(call: CallId, request: Request, services: Use, acting: Lodges) -> Response:
    """What of this call can be looked at again."""
    return await _form(request, services, acting, call)


@router.post("/calls/{call}/appeal")
async def lodge_one(
    call: CallId,
    request: Request,
    services: Use,
    acting: Lodges,
    matter: Annotated[str, Form(max_length=100)] = "",
    words: Words = "",
    key: Key = None,
) -> Response:
    """Ask that another person looks at it. `matter`: what the form offered, a sanction by its id."""
    against, _, sanction = matter.partition(":")
    if against not in list(AppealAgainst):
        return await _form(request, services, acting, call, missing(request, "matter"), matter, words)
    try:
        _, handled = await lodge(services, acting, call, AppealAgainst(against), sanction or None, words, key)
    except Refused as no:
        place = "words" if no.rule == "words_missing" else "matter"
        return await _form(request, services, acting, call, refused(request, no, place), matter, words)
    answered = f"{OWN}?after={handled.position}{asked(language_of(request), '&')}"
    return RedirectResponse(answered, status_code=HTTPStatus.SEE_OTHER)


async def _form(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    wrong: Wrong = NOTHING_WRONG,
    matter: str = "",
    words: str = "",
) -> Response:
    matters = await matters_of(services, acting, call)
    here = f"/calls/{call}/appeal"
    return await own_page(
        request, "appeal", wrong, here=here, call=call, matters=matters, chosen=matter, words=words
    )


# For staff


@router.get(STAFF)
async def see_appeals(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("appeal.read", own_prison)],
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """The appeals that wait for an answer, the one that is due first at the head; and the last answers."""
    prison = acting.login.prison or ""
    found = await appeals_of(services, acting, prison, cursor, ON_ONE_PAGE, after)
    decided = await decided_lately(services, prison) if cursor is None else ()
    return await page(
        request,
        "appeals.html",
        appeals=found.items,
        decided=decided,
        next=found.next,
        names=await names_of(services, [one.lodged_by for one in (*found.items, *decided)]),
        me=acting.login.person,
        today=await today_in(services, prison),
    )


@router.get("/calls/{call}/appeals/{appeal_id}")
async def see_appeal(
    call: CallId,
    appeal_id: AppealId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("appeal.read", the_call)],
    after: After = None,
) -> Response:
    """One appeal, with what was written about it."""
    return await _appeal(request, services, acting, call, appeal_id, after, NOTHING)


@router.post("/calls/{call}/appeals/{appeal_id}/assignment")
async def take_one(
    call: CallId,
    appeal_id: AppealId,
    request: Request,
    services: Use,
    acting: Decides,
    version: Version = None,
    key: Key = None,
) -> Response:
    """Take the appeal to review it."""
    try:
        seen = seen_in_form(acting, call, version)
        handled = await take(services, acting, call, appeal_id, key, seen)
    except (Refused, Stale) as no:
        return await _not_done(request, services, acting, call, appeal_id, no, NOTHING)
    return _on(call, appeal_id, handled.position)


@router.post("/calls/{call}/appeals/{appeal_id}/decision")
async def decide_one(
    call: CallId,
    appeal_id: AppealId,
    request: Request,
    services: Use,
    acting: Decides,
    outcome: Annotated[AppealOutcome, Form()],
    reasons: Words = "",
    version: Version = None,
    key: Key = None,
) -> Response:
    """Answer the appeal."""
    try:
        seen = seen_in_form(acting, call, version)
        handled = await answer(services, acting, call, appeal_id, outcome, reasons, key, seen)
    except (Refused, Stale) as no:
        typed = Typed("", outcome.value, reasons)
        return await _not_done(request, services, acting, call, appeal_id, no, typed)
    return _on(call, appeal_id, handled.position)


async def _not_done(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    appeal_id: str,
    no: Refused | Stale,
    typed: Typed,
) -> Response:
    after = await services.store.head() if isinstance(no, Stale) else None
    wrong = Typed(said(no)[2], typed.outcome, typed.reasons)
    return await _appeal(request, services, acting, call, appeal_id, after, wrong)


async def _appeal(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    appeal_id: str,
    after: int | None,
    typed: Typed,
) -> Response:
    version = await known_up_to(services, "appeals")
    told = await one_appeal(services, acting, call, appeal_id, after)
    one, scopes = told.appeal, services.permissions.scopes
    people = {one.lodged_by, one.prisoner, *one.visitors, one.reviewer or "", one.decided_by or ""} - {""}
    return await page(
        request,
        "appeal.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        told=told,
        one=one,
        version=max(version, after or 0),
        names=await names_of(services, people),
        me=acting.login.person,
        may_decide=acting.login.role in scopes("appeal.decide"),
        may_see_conduct=acting.login.role in scopes("conduct.read"),
        outcomes=list(AppealOutcome),
        today=await today_in(services, one.prison),
        typed=typed,
    )


def _on(call: str, appeal: str, position: int) -> Response:
    address = f"/calls/{call}/appeals/{appeal}?after={position}"
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
