"""The device check of a side: what its browser measured becomes a score, with a sentence on what to do."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.asked import IdempotencyKey, context, do
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import CallId, the_call
from api.seating import own
from api.services import Use
from api.web.texts import Language, text
from application.handle import replay
from domain import device_check
from domain.clearance import Side
from domain.device_check import CheckDevice, CheckedItem, DeviceGrade, DeviceItem, Measured, graded, score_of

router = APIRouter(prefix="/v1", tags=["seats"], route_class=OnceRoute)

FILLER_MAX = 512 * 1024


class ItemSaid(BaseModel):
    """One thing that was checked, and what to do about it."""

    item: DeviceItem
    grade: DeviceGrade
    grade_text: str
    text: str


class CheckSaid(BaseModel):
    """How good the device is, 0 to 100, and each thing that was checked."""

    score: int
    text: str
    items: tuple[ItemSaid, ...]


class Filler(BaseModel):
    """Characters without a meaning: how long they take says how much the line carries."""

    filler: Annotated[str, Field(max_length=FILLER_MAX)]


@router.post("/calls/{call}/seats/{side}/device-check")
async def check_device(
    call: CallId,
    side: Side,
    body: Measured,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
    lang: Annotated[Language, Query()] = Language.EN,
    idempotency_key: IdempotencyKey = None,
) -> CheckSaid:
    """Judge what a side's browser measured of its own device. Nothing of the call is decided by it."""
    own(acting, side)
    command = CheckDevice(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        side=side,
        person=acting.login.person,
        measured=body,
    )
    await do(services, device_check, command, context(acting, idempotency_key, about=f"{call}/{side}"))
    checks = await replay(services.store, device_check, command)
    items = graded(body, checks.policy(command.prison, command.at))
    score = score_of(items)
    return CheckSaid(
        score=score,
        text=text(lang, "before.check.score", score=score),
        items=tuple(_said(lang, item) for item in items),
    )


@router.post("/calls/{call}/seats/{side}/line-check", status_code=204)
async def check_line(
    call: CallId,  # noqa: ARG001  the guard reads it
    side: Side,
    body: Filler,  # noqa: ARG001  the time it takes is measured where it is sent
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001  nothing goes on record
) -> None:
    """Take characters and forget them, so that a browser can tell how much its line carries."""
    own(acting, side)


def _said(language: Language, checked: CheckedItem) -> ItemSaid:
    return ItemSaid(
        item=checked.item,
        grade=checked.grade,
        grade_text=text(language, f"before.grade.{checked.grade}"),
        text=text(language, f"before.device.{checked.item}.{checked.grade}"),
    )
