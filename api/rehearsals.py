"""The dress rehearsal of a side: pictures in, and a plain word on whether it will be recognised."""

from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from pydantic import BaseModel

from api.asked import IdempotencyKey, context
from api.guard import Acting, require
from api.once import OnceRoute
from api.pictures import picture_of
from api.scope import CallId, the_call
from api.seating import room_of
from api.services import Services, Use
from api.web.texts import Language, text
from application.rehearsing import Told, rehearse
from domain.clearance import Side
from domain.dress_rehearsal.decisions import HoldRehearsal
from domain.dress_rehearsal.events import RehearsalProblem, RehearsalResult

router = APIRouter(prefix="/v1", tags=["seats"], route_class=OnceRoute)

PICTURE_MIB_MAX = 2

Pictures = Annotated[
    list[UploadFile],
    File(description="4 JPEG or PNG pictures, taken half a second after each other", max_length=8),
]


class RehearsalSaid(BaseModel):
    """What a rehearsal came to, in words. Of its pictures nothing is kept."""

    result: RehearsalResult
    text: str
    recognised: int  # people of this side
    expected: int
    problems: tuple[RehearsalProblem, ...]
    hints: tuple[str, ...]  # what can be changed
    new_photograph: bool  # of whoever asked: it may be what is wrong


@router.post("/calls/{call}/rehearsal")
async def hold_rehearsal(
    call: CallId,
    pictures: Pictures,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call)],
    lang: Annotated[Language, Query()] = Language.EN,
    idempotency_key: IdempotencyKey = None,
) -> RehearsalSaid:
    """Try out whether the people of one's own side will be recognised on the call. The other side sees nothing."""
    command = await rehearsal_of(services, acting, call)
    contents = [await picture_of(picture, PICTURE_MIB_MAX) for picture in pictures]
    asked = context(acting, idempotency_key, about=call)
    told = await rehearse(services.store, services.vault, services.rehearser, command, contents, asked)
    return said(lang, told, len(command.expected))


async def rehearsal_of(services: Services, acting: Acting, call: str) -> HoldRehearsal:
    """What somebody asks who would like to hold one."""
    side = Side.PRISONER if acting.login.role == "PR" else Side.VISITOR
    booked = (await room_of(services, call)).booked
    expected = () if booked is None else (booked.prisoner,) if side is Side.PRISONER else booked.visitors
    return HoldRehearsal(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        side=side,
        person=acting.login.person,
        expected=expected,
    )


def said(language: Language, told: Told, expected: int) -> RehearsalSaid:
    """The result in words, without a name."""
    held = told.held
    recognised = sum(one.result is RehearsalResult.MATCHED for one in held.persons)
    hints = [text(language, f"before.rehearsal.{problem}") for problem in held.problems]
    if held.result is not RehearsalResult.MATCHED and told.new_photograph:
        hints.append(text(language, "before.rehearsal.new_photograph"))
    return RehearsalSaid(
        result=held.result,
        text=text(
            language,
            f"before.rehearsal.{held.result}",
            recognised=recognised,
            expected=expected,
            seen=held.people,
        ),
        recognised=recognised,
        expected=expected,
        problems=held.problems,
        hints=tuple(hints),
        new_photograph=told.new_photograph,
    )
