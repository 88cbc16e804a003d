"""The page of one's face: consent and its withdrawal, the photograph, and the way without."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import ValidationError

from api.enrolment import (
    Consent,
    Retirement,
    choose_non_biometric_route,
    enrol_face,
    give_consent,
    read_face,
    retire_face,
    withdraw_consent,
)
from api.guard import Acting, require
from api.scope import oneself
from api.services import Services, Use
from api.web.own import (
    NOT_DONE,
    NOTHING_WRONG,
    Key,
    Typed,
    Wrong,
    back,
    missing,
    own_page,
    refused,
    unreadable,
)

router = APIRouter(include_in_schema=False)

PATH = "/my-details/face"

Consents = Annotated[Acting, require("face.consent", oneself)]


@router.get(PATH)
async def see_face(
    request: Request, services: Use, acting: Annotated[Acting, require("face.read", oneself)]
) -> Response:
    """By what the person who is signed in is known on a call, and what they may choose."""
    return await _face(request, services, acting)


@router.post(f"{PATH}/consent")
async def consent(
    request: Request,
    services: Use,
    acting: Consents,
    agree: Annotated[bool, Form()] = False,
    key: Key = None,
) -> Response:
    """Agree to the comparison. The page on which somebody agrees offers the way without it."""
    if not agree:
        return await _face(request, services, acting, missing(request, "agree"))
    body = Consent(alternative_offered=True)
    doing = give_consent(acting.login.person, body, Response(), services, acting, key)
    return await _after(request, services, acting, doing, "agree")


@router.post(f"{PATH}/withdraw")
async def withdraw(request: Request, services: Use, acting: Consents, key: Key = None) -> Response:
    """No longer agree."""
    doing = withdraw_consent(acting.login.person, Response(), services, acting, key)
    return await _after(request, services, acting, doing, "withdraw")


@router.post(f"{PATH}/photograph")
async def enrol(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("face.enrol", oneself)],
    photograph: Annotated[UploadFile | None, File()] = None,
    key: Key = None,
) -> Response:
    """Send a photograph, which takes the place of the one before."""
    if photograph is None:
        return await _face(request, services, acting, missing(request, "photograph"))
    doing = enrol_face(acting.login.person, photograph, Response(), services, acting, True, key)
    return await _after(request, services, acting, doing, "photograph")


@router.post(f"{PATH}/remove")
async def remove(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("face.retire", oneself)],
    template: Typed = "",
    key: Key = None,
) -> Response:
    """Let one photograph no longer stand for oneself."""
    try:
        body = Retirement(template=template)
    except ValidationError as error:
        return await _face(request, services, acting, unreadable(request, error))
    doing = retire_face(acting.login.person, body, Response(), services, acting, key)
    return await _after(request, services, acting, doing, "template")


@router.post(f"{PATH}/without")
async def go_without(
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("face.without", oneself)],
    key: Key = None,
) -> Response:
    """Be checked by staff instead."""
    doing = choose_non_biometric_route(acting.login.person, Response(), services, acting, key)
    return await _after(request, services, acting, doing, "without")


async def _after(
    request: Request, services: Services, acting: Acting, doing: Awaitable[object], place: str
) -> Response:
    """The page after something was done, or with why it was not, at its place."""
    try:
        await doing
    except NOT_DONE as no:
        return await _face(request, services, acting, refused(request, no, place))
    return back(request, PATH)


async def _face(
    request: Request, services: Services, acting: Acting, wrong: Wrong = NOTHING_WRONG
) -> Response:
    now = await read_face(acting.login.person, services, acting)
    return await own_page(request, "face", wrong, now=now)
