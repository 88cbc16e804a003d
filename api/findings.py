"""Evidence pictures: shown to one officer, once they said what for, and never before that is on record.

As with hidden pictures it is fetched within a minute, by the sign-in that asked.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.asked import Done, IdempotencyKey, context, do, on_record, say
from api.calls import Reason
from api.described import says
from api.guard import Acting, require
from api.once import OnceRoute
from api.revealing import kept_of, show_for_a_minute, the_shown
from api.scope import CallId, Id, the_call
from api.services import Services, Use
from application.evidence_pictures import Finding, finding_of, picture_of
from application.handle import Handled
from domain import access
from domain.access import EvidenceViewed, RecordView, Viewed
from domain.event import Refused
from domain.kept import MediaKept

router = APIRouter(
    prefix="/v1/calls/{call}/violations/{violation}/picture", tags=["calls"], route_class=OnceRoute
)

ViolationId = Annotated[str, Path(pattern=Id, description="as the call's record names it")]


@router.post("")
async def ask_for_picture(
    call: CallId,
    violation: ViolationId,
    body: Reason,
    request: Request,
    response: Response,
    services: Use,
    acting: Annotated[Acting, require("evidence.view", the_call)],
    idempotency_key: IdempotencyKey = None,
) -> Done:
    """Be shown the picture of what was found, and say what for. It can be fetched for a minute."""
    handled = await look(request, services, acting, call, violation, body.reason, idempotency_key)
    return say(response, handled)


@router.get(
    "",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 404: says(HTTPStatus.NOT_FOUND)},
)
async def see_picture(
    call: CallId,
    violation: ViolationId,
    request: Request,
    services: Use,
    acting: Annotated[Acting, require("evidence.view", the_call)],
) -> Response:
    """The picture, for whoever asked for it within the last minute."""
    return the_shown(request, services, acting, _name(call, violation))


# What routes and pages share


async def look(
    request: Request,
    services: Services,
    acting: Acting,
    call: str,
    violation: str,
    purpose: str,
    key: str | None,
) -> Handled[EvidenceViewed]:
    """Take the picture out of the vault, put it on record who is shown it, and only then let it be fetched."""
    if not purpose.strip():
        raise Refused("Please say what you need the picture for.", "reason_missing")
    found = await finding_of(services.store, call, violation)
    still = await picture_of(services.vault, found)
    viewed = EvidenceViewed(
        at=services.now(),
        call=call,
        prison=found.raised.prison,
        side=found.raised.side,
        media=MediaKept.PICTURES,
        viewed_by=acting.login.person,
        purpose=purpose.strip(),
        violation=violation,
    )
    asked = context(acting, key, about=f"{call}/{violation}/picture")
    handled = await do(services, access, RecordView(at=viewed.at, view=viewed), asked)
    show_for_a_minute(request, services, acting, _name(call, violation), still)
    return handled


def is_shown(request: Request, services: Services, acting: Acting, call: str, violation: str) -> bool:
    """Whether this sign-in may fetch the picture now."""
    return kept_of(request).get(_name(call, violation), acting.login.id, services.now()) is not None


async def finding(services: Services, acting: Acting, call: str, violation: str) -> Finding:
    """What is on record of a finding. That it is read is on the call's record first."""
    await on_record(services, acting, Viewed.CALL, f"call:{call}", acting.resource.prison or "")
    return await finding_of(services.store, call, violation)


def _name(call: str, violation: str) -> str:
    return f"picture/{call}/{violation}"
