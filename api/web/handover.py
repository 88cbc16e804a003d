"""The page of handover notes: to leave one, and to see who has read those of before."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.errors import reasons_of
from api.guard import Acting, require
from api.handover import TEXT_MAX, HandoverId, Writing, acknowledge, notes_of, write
from api.reading import After
from api.scope import Id, own_prison
from api.services import Services, Use
from api.web.names import names_of
from api.web.render import listed, page
from domain.event import Refused

router = APIRouter(include_in_schema=False)

Key = Annotated[str | None, Form()]


@router.get("/handover")
async def see_notes(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("handover.read", own_prison)],
    after: After = None,
) -> Response:
    """The notes that are still shown, and a form for another."""
    return await _notes(request, services, acting, after)


@router.post("/handover")
async def leave_note(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("handover.write", own_prison)],
    text: Annotated[str, Form(max_length=TEXT_MAX)] = "",
    about: Annotated[str | None, Form(pattern=Id)] = None,
    key: Key = None,
) -> Response:
    """Leave a note for the next shift."""
    writing = Writing(text=text, about=about)
    try:
        handled = await write(services, acting, acting.login.prison or "", writing, key)
    except Refused as no:
        return await _notes(request, services, acting, None, no, writing)
    return RedirectResponse(f"/handover?after={handled.position}", status_code=HTTPStatus.SEE_OTHER)


@router.post("/handover/{handover}/read")
async def have_read(
    handover: HandoverId,
    services: Use,
    acting: Annotated[Acting, require("handover.read", own_prison)],
    key: Key = None,
) -> Response:
    """Say that one has read a note, and back to the wall."""
    handled = await acknowledge(services, acting, acting.login.prison or "", handover, key)
    return RedirectResponse(f"/wall?noted={handled.position}", status_code=HTTPStatus.SEE_OTHER)


async def _notes(
    request: Request,
    services: Services,
    acting: Acting,
    after: int | None,
    no: Refused | None = None,
    typed: Writing | None = None,
) -> Response:
    notes = await notes_of(services, acting, acting.login.prison or "", after)
    people = [person for note in notes for person in (note.written_by, *note.read_by)]
    return await page(
        request,
        "handover.html",
        status=HTTPStatus.OK if no is None else HTTPStatus.CONFLICT,
        errors=[] if no is None else listed(reasons_of(no)),
        notes=notes,
        typed=typed,
        names=await names_of(services, people),
        may_write=acting.login.role in services.permissions.scopes("handover.write"),
    )
