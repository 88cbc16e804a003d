"""Only in a demonstration: where faces are, so that pages can draw a head over each."""

from typing import Annotated, Any

from fastapi import APIRouter

from api.guard import Acting, require
from api.scope import CallId, the_call
from api.services import Services, Use
from domain.clearance import Side

router = APIRouter(prefix="/v1", include_in_schema=False)


@router.get("/calls/{call}/seats/faces")
async def faces_for_seat(
    call: CallId,
    services: Use,
    _: Annotated[Acting, require("call.join", the_call, seat=True, watching=True)],
) -> dict[str, Any]:
    """Where the faces of both sides are, for a side's own page."""
    return await _faces(services, call)


@router.get("/calls/{call}/faces")
async def faces_for_staff(
    call: CallId, services: Use, _: Annotated[Acting, require("call.look", the_call, watching=True)]
) -> dict[str, Any]:
    """The same, for an officer who looks."""
    return await _faces(services, call)


async def _faces(services: Services, call: str) -> dict[str, Any]:
    found = {}
    for side in Side:
        still = await services.engine.still(call, side)
        if still is not None:
            found[str(side)] = {"width": still.width, "height": still.height, "faces": still.faces}
    return found
