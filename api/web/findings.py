"""The page of one finding: what it rests on, in words; its picture only for whoever then asks for it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.errors import reasons_of
from api.findings import finding, is_shown, look
from api.guard import Acting, require
from api.scope import CallId, Id, the_call
from api.services import Services, Use
from api.web.evidence import evidence_in_words
from api.web.render import listed, page
from api.web.wall import SIDES
from domain.event import Refused

router = APIRouter(include_in_schema=False, prefix="/calls/{call}/violations/{violation}")

Violation = Annotated[str, Path(pattern=Id)]


@router.get("")
async def see_finding(
    call: CallId,
    violation: Violation,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("evidence.view", the_call)],
) -> Response:
    """What was found, in words; and the picture for whoever was shown it a moment ago."""
    return await _finding(request, services, acting, call, violation)


@router.post("/picture")
async def look_at_it(
    call: CallId,
    violation: Violation,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("evidence.view", the_call)],
    reason: Annotated[str, Form(max_length=2000)] = "",
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Be shown the picture, and say what for."""
    try:
        await look(request, services, acting, call, violation, reason, key)
    except Refused as no:
        return await _finding(request, services, acting, call, violation, no)
    there = f"/calls/{call}/violations/{violation}#picture"
    return RedirectResponse(there, status_code=HTTPStatus.SEE_OTHER)


async def _finding(
    request: Request, services: Services, acting: Acting, call: str, violation: str, no: Refused | None = None
) -> Response:
    found = await finding(services, acting, call, violation)
    return await page(
        request,
        "finding.html",
        status=HTTPStatus.OK if no is None else HTTPStatus.CONFLICT,
        errors=[] if no is None else listed(reasons_of(no)),
        call=call,
        sides=SIDES,
        found=found,
        one=found.raised,
        facts=list(evidence_in_words(found.raised.kind.value, found.raised.evidence)),
        shown=is_shown(request, services, acting, call, violation),
        may_review=acting.login.role in services.permissions.scopes("violation.review"),
    )
