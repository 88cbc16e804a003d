"""The checks of a call, run again for an auditor: what is on record against what the rules say."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.guard import Acting, require
from api.replays import judged_again
from api.scope import CallId, the_call
from api.services import Use
from api.web.render import page, words
from api.web.texts import Language, cause, keys, text
from api.web.wall import SIDES
from application.replay import Checked, Outcome

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Line:
    """One decision in words."""

    checked: Checked
    title: str
    kind: str
    side: str


@router.get("/calls/{call}/replay")
async def see_replay(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.replay", the_call)],
) -> Response:
    """Everything that differs, and everything that can no longer be shown. The timeline has the rest."""
    report = await judged_again(services, acting, call)
    return await page(
        request,
        "replay.html",
        call=call,
        report=report,
        counts=report.counts(),
        differences=[_line(one) for one in report.differences],
        uncovered=[_line(one) for one in report.checked if one.outcome is Outcome.NOT_COVERED],
        sides=[(SIDES[side], found) for side, found in report.sides.items()],
    )


def _line(checked: Checked) -> Line:
    known = f"cause.{checked.kind}" in keys(Language.EN)
    kind = cause(Language.EN, checked.kind) if known else words(checked.kind)
    return Line(checked, text(Language.EN, f"event.{checked.type}"), kind, SIDES[checked.side])
