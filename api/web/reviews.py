"""The page of reviews, where people say what the machine found; and the page of how often it was right."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import desk
from api.cursor import Cursor
from api.errors import said
from api.guard import Acting, require
from api.looking import known_up_to
from api.reading import After
from api.reviews import DAYS, Days, Precision, quality_of, reviews_of
from api.scope import CallId, Id, own_prison, the_call
from api.services import Services, Use
from api.versions import Version, seen_in_form
from api.web.render import page
from api.web.timeline import facts_of
from api.web.wall import SIDES
from application.handle import Stale
from domain.event import Refused
from domain.violation import ReviewOutcome

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 20


@dataclass(frozen=True)
class Typed:
    """What somebody had typed when the review was refused."""

    error: str = ""
    violation: str = ""
    outcome: str = ""
    note: str = ""


@router.get("/reviews")
async def see_reviews(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("violation.review", own_prison)],
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """What the machine found in calls that are over, and nobody has reviewed yet."""
    return await _reviews(request, services, acting, cursor, after, Typed())


@router.post("/reviews/{call}")
async def review(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("violation.review", the_call)],
    violation: Annotated[str, Form(pattern=Id)],
    outcome: Annotated[ReviewOutcome, Form()],
    note: Annotated[str, Form(max_length=2000)] = "",
    incident: Annotated[str | None, Form(pattern=Id)] = None,
    version: Version = None,
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Say what it was: back to the incident where it was said, or to the list."""
    seen = seen_in_form(acting, call, version)
    try:
        handled = await desk.review(services, acting, call, violation, outcome, note, key, seen)
    except (Refused, Stale) as no:
        typed = Typed(said(no)[2], violation, outcome.value, note)
        return await _reviews(request, services, acting, None, None, typed)
    there = "/reviews" if incident is None else f"/calls/{call}/incidents/{incident}"
    return RedirectResponse(f"{there}?after={handled.position}", status_code=HTTPStatus.SEE_OTHER)


@router.get("/moderation-quality")
async def see_quality(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("quality.read", own_prison)],
    days: Days = DAYS,
) -> Response:
    """How often automatic pauses were right, by kind and engine."""
    prison = acting.login.prison or ""
    found = await quality_of(services, acting, prison, days)
    rows = [Precision.of(one) for one in found]
    return await page(request, "quality.html", rows=rows, days=days, prison=prison)


async def _reviews(
    request: Request,
    services: Services,
    acting: Acting,
    cursor: str | None,
    after: int | None,
    typed: Typed,
) -> Response:
    version = await known_up_to(services, "moderation_quality")
    found = await reviews_of(services, acting, acting.login.prison or "", cursor, ON_ONE_PAGE, after)
    return await page(
        request,
        "reviews.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        waiting=found.waiting,
        next=found.next,
        first=cursor is None,
        version=version,
        outcomes=list(ReviewOutcome),
        facts={due.found.violation: list(facts_of(due.found.evidence)) for due in found.waiting},
        sides=SIDES,
        now=services.now(),
        may_look=acting.login.role in services.permissions.scopes("evidence.view"),
        may_record=acting.login.role in services.permissions.scopes("timeline.read"),
        typed=typed,
    )
