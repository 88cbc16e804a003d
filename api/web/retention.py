"""The page of what is kept of calls: what goes within a week, what is kept longer, and what should be gone."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.errors import said
from api.guard import Acting, require
from api.reading import After
from api.retaining import extend, retention_of
from api.scope import CallId, own_prison, the_call
from api.services import Services, Use
from api.web.render import page
from api.web.texts import Language, text
from application.weeding import Weeding
from domain.event import Refused
from domain.monitoring.events import Ground

router = APIRouter(include_in_schema=False)

ORDER = (Weeding.OVERDUE, Weeding.UNDER_WAY, Weeding.KEPT_LONGER, Weeding.DUE)


@router.get("/retention")
async def see_retention(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("retention.read", own_prison)],
    after: After = None,
) -> Response:
    """The list."""
    return await _page(request, services, acting, after)


@router.post("/calls/{call}/retention")
async def keep_longer(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("retention.extend", the_call)],
    until: Annotated[date, Form()],
    ground: Annotated[Ground, Form()],
    reason: Annotated[str, Form(max_length=2000)] = "",
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Keep what there is of a call longer."""
    try:
        handled = await extend(services, acting, call, until, ground, reason, key)
    except Refused as no:
        return await _page(request, services, acting, None, (call, said(no)[2]))
    return RedirectResponse(f"/retention?after={handled.position}", status_code=HTTPStatus.SEE_OTHER)


async def _page(
    request: Request,
    services: Services,
    acting: Acting,
    after: int | None,
    wrong: tuple[str, str] = ("", ""),
) -> Response:
    found = await retention_of(services, acting, acting.login.prison or "", after)
    sections = {order: [one.kept for one in found.kept if one.weeding is order] for order in ORDER}
    return await page(
        request,
        "retention.html",
        status=HTTPStatus.CONFLICT if wrong[1] else HTTPStatus.OK,
        sections=sections,
        today=found.today,
        choices=[{"value": ground.value, "text": text(Language.EN, f"ground.{ground}")} for ground in Ground],
        wrong=wrong,
        may_extend=acting.login.role in services.permissions.scopes("retention.extend"),
    )
