"""Pages about messages: where somebody is written to, what they were told, the receipt of a call."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.asked import context, do
from api.guard import Acting, require
from api.reading import After, contact_of, own_messages, receipt_for
from api.scope import CallId, oneself, the_call
from api.services import Services, Use
from api.web.render import language_of, page
from application.notifications import texts
from domain import contact
from domain.contact import GiveContactDetails
from domain.event import Refused
from domain.texts import Language

router = APIRouter(include_in_schema=False)
mailbox_router = APIRouter(include_in_schema=False)

ZONE = "Europe/London"  # of moments that belong to no prison
Field = Annotated[str, Form(max_length=254)]


@router.get("/my-messages")
async def see_messages(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("notification.read_own", oneself)],
    after: After = None,
) -> Response:
    """Where the person who is signed in is written to, and what they were told."""
    return await _messages(request, services, acting, after)


@router.post("/my-messages/contact")
async def change_contact(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("contact.give", oneself)],
    language: Annotated[Language, Form()],
    email: Field = "",
    phone: Field = "",
    key: Annotated[str | None, Form()] = None,
) -> Response:
    """Say where to write to oneself."""
    person = acting.login.person
    command = GiveContactDetails(
        at=services.now(), person=person, given_by=person, language=language, email=email, phone=phone
    )
    try:
        handled = await do(services, contact, command, context(acting, key, about=person))
    except Refused as refused:
        return await _messages(request, services, acting, None, error=str(refused))
    answer = f"/my-messages?after={handled.position}&lang={language_of(request)}"
    return RedirectResponse(answer, status_code=HTTPStatus.SEE_OTHER)


@router.get("/calls/{call}/receipt")
async def see_receipt(
    call: CallId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("call.receipt", the_call)],
) -> Response:
    """Who was there when."""
    language = language_of(request)
    receipt = await receipt_for(services, acting, call, language)
    day = texts.day(receipt.place.starts_at, receipt.zone, language, texts.NEWEST)
    time = texts.clock(receipt.place.starts_at, receipt.zone)
    return await page(request, "receipt.html", receipt=receipt, day=day, time=time)


@mailbox_router.get("/mailbox")
async def see_mailbox(
    request: Request, services: Use, acting: Annotated[Acting, require("mailbox.read", oneself)]
) -> Response:
    """Only in a demonstration: the messages that would have left for the person who is signed in."""
    letters = [] if services.mailbox is None else await services.mailbox.letters(acting.login.person)
    return await page(request, "mailbox.html", letters=letters, when=_when)


async def _messages(
    request: Request, services: Services, acting: Acting, after: int | None, error: str = ""
) -> Response:
    language, person = language_of(request), acting.login.person
    messages = await own_messages(services, person, after)
    subjects = {
        message.occasion: texts.text(language, texts.NEWEST, message.occasion.value, "subject")
        for message in messages
    }
    return await page(
        request,
        "my_messages.html",
        status=HTTPStatus.CONFLICT if error else HTTPStatus.OK,
        error=error,
        contact=await contact_of(services, acting, person),
        messages=messages,
        subjects=subjects,
        when=lambda moment: _when(moment, language),
        mailbox=services.settings.mailbox and services.settings.demo is not None,
    )


def _when(moment: datetime, language: Language) -> str:
    return f"{texts.day(moment, ZONE, language, texts.NEWEST)}, {texts.clock(moment, ZONE)}"
