"""What visitors were told, and what they may take with them: receipts and entries for their calendars."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel

from api.guard import Acting, require
from api.reading import After, messages_about, own_messages, receipt_for
from api.scope import CallId, oneself, the_booking, the_call
from api.services import Use
from application.notifications.present import entry_of
from domain.attendance import Attendance
from domain.clearance import Side
from domain.texts import Language
from projections.notifications import MessageTold

router = APIRouter(prefix="/v1", tags=["messages"])

Lang = Annotated[Language, Query(alias="lang", description="the language of its sentences")]


class JoinReceipt(BaseModel):
    """Who was there when, from the facts of presence alone."""

    call: str
    prison: str
    time_zone: str
    starts_at: AwareDatetime
    minutes: int
    you: Side  # the reader's side
    attendance: Attendance
    absent: tuple[Side, ...]  # the sides that never came to a call that was missed
    sentences: tuple[str, ...]


@router.get("/calls/{call}/notifications")
async def messages_of(
    call: CallId, services: Use, acting: Annotated[Acting, require("notification.read", the_call)]
) -> list[MessageTold]:
    """What the visitors of a call were told, by which way, and whether it arrived; for staff."""
    return await messages_about(services, acting, call)


@router.get("/me/notifications")
async def my_messages(
    services: Use,
    acting: Annotated[Acting, require("notification.read_own", oneself)],
    after: After = None,
) -> list[MessageTold]:
    """What the person who is signed in was told."""
    return await own_messages(services, acting.login.person, after)


@router.get("/calls/{call}/receipt")
async def read_receipt(
    call: CallId,
    services: Use,
    acting: Annotated[Acting, require("call.receipt", the_call)],
    language: Lang = Language.EN,
) -> JoinReceipt:
    """The join receipt of a call. Whoever was in the waiting room is never said to have been absent."""
    found = await receipt_for(services, acting, call, language)
    return JoinReceipt(
        call=found.call,
        prison=found.prison,
        time_zone=found.zone,
        starts_at=found.place.starts_at,
        minutes=found.place.minutes,
        you=found.you,
        attendance=found.attendance,
        absent=found.absent,
        sentences=found.sentences,
    )


@router.get("/calls/{call}/calendar.ics", response_class=Response)
async def calendar_entry(
    call: CallId,
    services: Use,
    _: Annotated[Acting, require("call.entry", the_booking)],
    language: Lang = Language.EN,
) -> Response:
    """The call as an entry for the reader's calendar. It names nobody."""
    entry = await entry_of(services.store, call, language, services.settings.addresses)
    return Response(
        entry.content(),
        media_type=f"text/calendar; method={entry.method}; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="call.ics"'},
    )
