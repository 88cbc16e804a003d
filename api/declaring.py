"""The declaration before a call: its rules in words, and that somebody confirms them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.asked import IdempotencyKey, context, do
from api.guard import Acting, require
from api.once import OnceRoute
from api.scope import CallId, the_call
from api.seating import own
from api.services import Services, Use
from api.web.texts import Language, text
from application.handle import replay
from domain import waiting_room
from domain.clearance import Side
from domain.texts import DECLARATION
from domain.waiting_room.commands import MakeDeclaration
from domain.waiting_room.declaring import owes_declaration

router = APIRouter(prefix="/v1", tags=["seats"], route_class=OnceRoute)

RULES = ("who", "record", "checked", "watched", "kept", "help")
COMPACT = ("compact", "compact_asked")
"""Keys of the texts, in their order; the second are for people in prison alone."""


class Rules(BaseModel):
    """What somebody confirms before they join."""

    owed: bool  # nobody joins before it is confirmed
    text_version: str
    language: Language
    rules: tuple[str, ...]
    compact: tuple[str, ...]  # for people in prison; staff tell them of it as well


class Declaration(BaseModel):
    """That somebody read the rules, or was read them, and will keep to them."""

    text_version: Annotated[str, Field(min_length=1, max_length=20)]  # as it was shown
    language: Language
    told_by_staff: bool = False  # somebody in prison: staff told them of the communications compact


@router.get("/calls/{call}/seats/{side}/declaration")
async def read_rules(
    call: CallId,
    side: Side,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
    lang: Annotated[Language, Query()] = Language.EN,
) -> Rules:
    """The rules of the call, and whether whoever asks still has to confirm them."""
    own(acting, side)
    return Rules(
        owed=await owes(services, call, acting.resource.prison, side, acting.login.person),
        text_version=DECLARATION,
        language=lang,
        rules=said(lang, RULES),
        compact=said(lang, COMPACT) if side is Side.PRISONER else (),
    )


@router.post("/calls/{call}/seats/{side}/declaration", status_code=204)
async def make_declaration(
    call: CallId,
    side: Side,
    body: Declaration,
    services: Use,
    acting: Annotated[Acting, require("call.join", the_call, seat=True)],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Confirm the rules of the call. Once is enough for one call, however often somebody comes back."""
    own(acting, side)
    command = MakeDeclaration(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        side=side,
        person=acting.login.person,
        **body.model_dump(),
    )
    await do(services, waiting_room, command, context(acting, idempotency_key, about=f"{call}/{side}"))


async def owes(services: Services, call: str, prison: str | None, side: Side, person: str) -> bool:
    """Whether somebody has to confirm the rules before they join."""
    asked = MakeDeclaration(
        at=services.now(),
        call=call,
        prison=prison or "",
        side=side,
        person=person,
        text_version=DECLARATION,
        language=Language.EN,
    )
    return owes_declaration(await replay(services.store, waiting_room, asked), person, asked.at)


def said(language: Language, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The newest version of the rules, in words."""
    return tuple(text(language, f"declaration.{DECLARATION}.{key}") for key in keys)
