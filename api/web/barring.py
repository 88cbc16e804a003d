"""The page of barred faces: the list, a proposal, and what another person says to it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from api.barring import Asking, BarredId, Decision, Written, barred_of, decide, propose, the_barred
from api.errors import said
from api.guard import Acting, require
from api.prisoners import held_by_number
from api.reading import After
from api.scope import own_prison
from api.services import Services, Use
from api.web.names import names_of
from api.web.render import page
from application.handle import Handled
from application.ports import NoSuitableFace
from domain.barring.commands import ApproveBarred, RejectBarred, RemoveBarred
from domain.barring.events import BarringBasis, FaceSource
from domain.barring.state import ALIVE
from domain.event import Refused

router = APIRouter(include_in_schema=False)

ACTIONS = ("barred.propose", "barred.sign", "barred.remove")
PATH = "/barred"

Key = Annotated[str | None, Form()]
Signs = Annotated[Acting, require("barred.sign", the_barred)]


@dataclass(frozen=True)
class Typed:
    """What somebody had typed when it was refused, so that nothing is typed twice."""

    error: str = ""
    form: str = ""  # `propose`, or the entry's id
    number: str = ""
    basis: str = ""
    source: str = ""
    days: str = ""
    who: str = ""
    necessity: str = ""
    words: str = ""


@router.get(PATH)
async def see_list(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("barred.read", own_prison)],
    after: After = None,
) -> Response:
    """Whose face is recognised on whose calls, on what basis and until when."""
    return await _list(request, services, acting, Typed(), after)


@router.post(PATH)
async def ask(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("barred.propose", own_prison)],
    photograph: UploadFile,
    number: Annotated[str, Form(max_length=20)],
    basis: Annotated[BarringBasis, Form()],
    source: Annotated[FaceSource, Form()],
    days: Annotated[int, Form(ge=0, le=1000)],
    who: Written = "",
    necessity: Written = "",
    key: Key = None,
) -> Response:
    """Propose it."""
    try:
        prisoner = await held_by_number(services, acting, number)
        asking = Asking(prisoner, basis, source, days, who, necessity)
        _, handled = await propose(services, acting, acting.login.prison or "", photograph, asking, key)
    except (Refused, NoSuitableFace) as no:
        wrong = said(no)[2] if isinstance(no, Refused) else str(no)
        typed = Typed(wrong, "propose", number, basis.value, source.value, str(days), who, necessity)
        return await _list(request, services, acting, typed)
    return _back(handled)


@router.post(f"{PATH}/{{barred}}/approve")
async def sign(
    barred: BarredId, request: Request, services: Use, acting: Signs, words: Written = "", key: Key = None
) -> Response:
    """Sign what another person proposed."""
    return await _decided(request, services, acting, ApproveBarred, barred, words, key)


@router.post(f"{PATH}/{{barred}}/reject")
async def refuse(
    barred: BarredId, request: Request, services: Use, acting: Signs, words: Written = "", key: Key = None
) -> Response:
    """Do not sign it."""
    return await _decided(request, services, acting, RejectBarred, barred, words, key)


@router.post(f"{PATH}/{{barred}}/removal")
async def take_off(
    barred: BarredId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("barred.remove", the_barred)],
    words: Written = "",
    key: Key = None,
) -> Response:
    """Take it off the list."""
    return await _decided(request, services, acting, RemoveBarred, barred, words, key)


async def _decided(
    request: Request,
    services: Services,
    acting: Acting,
    kind: type[Decision],
    barred: str,
    words: str,
    key: str | None,
) -> Response:
    try:
        handled = await decide(services, acting, kind, barred, words, key)
    except Refused as no:
        return await _list(request, services, acting, Typed(said(no)[2], barred, words=words))
    return _back(handled)


def _back(handled: Handled[Any]) -> Response:
    return RedirectResponse(f"{PATH}?after={handled.position}", status_code=HTTPStatus.SEE_OTHER)


async def _list(
    request: Request, services: Services, acting: Acting, typed: Typed, after: int | None = None
) -> Response:
    found = await barred_of(services, acting, acting.login.prison or "", after)
    people = {who for one in found for who in (one.barred_from, one.proposed_by, one.approved_by) if who}
    return await page(
        request,
        "barred.html",
        status=HTTPStatus.CONFLICT if typed.error else HTTPStatus.OK,
        entries=[one for one in found if one.stands in ALIVE],
        over=[one for one in found if one.stands not in ALIVE],
        names=await names_of(services, people),
        bases=[basis.value for basis in BarringBasis],
        sources=[source.value for source in FaceSource],
        typed=typed,
        me=acting.login.person,
        may={action: acting.login.role in services.permissions.scopes(action) for action in ACTIONS},
    )
