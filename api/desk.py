"""What an officer does about a call: one function each, asked by the API and by the pages alike.

Closing comes before the record, opening after it. A pause is done by the media plane at once and put on
record by it; a resumption is put on record, and the media plane goes on when it has read it there.
"""

from typing import Any

from api.asked import context, do, look_on_record
from api.guard import Acting
from api.seating import room_of
from api.services import Services
from application.handle import Handled, Seen
from application.ports import Still, StoreAway
from domain import call as call_decider
from domain import violation, waiting_room
from domain.access import StreamLookedAt
from domain.call.commands import EndCall, ResumeCall
from domain.call.events import WordOnFace
from domain.clearance import TAPS, ClearanceMode, Side, Tap
from domain.event import Refused
from domain.texts import OTHER_SIDE
from domain.violation import ReviewOutcome, ReviewViolation
from domain.waiting_room.commands import (
    AdmitParticipant,
    JoinAsMonitor,
    LeaveAsMonitor,
    NoteRefusalToAttend,
    RefuseParticipant,
)
from domain.waiting_room.state import WaitingRoom

PAUSED_BY_OFFICER = "staff"


async def pause(services: Services, acting: Acting, call: str, reason: str, key: str | None) -> None:
    """Close both directions now. The media plane puts it on record, with the officer's reason."""
    if not reason.strip():
        raise Refused("Please say why you pause the call.", "reason_missing")
    await services.engine.pause(
        call, context(acting, key, about=call), PAUSED_BY_OFFICER, OTHER_SIDE, reason.strip()
    )


async def resume(
    services: Services,
    acting: Acting,
    call: str,
    reason: str,
    words: tuple[WordOnFace, ...],
    key: str | None,
    seen: Seen | None,
) -> Handled[Any]:
    """Put on record that the call goes on, with a word on each face; only then pictures flow again."""
    command = ResumeCall(
        at=services.now(), call=call, officer=acting.login.person, reason=reason, words=words
    )
    return await do(services, call_decider, command, context(acting, key, about=call), seen)


async def end(services: Services, acting: Acting, call: str, reason: str, key: str | None) -> Handled[Any]:
    """End the call. While the log is away that cannot go on record: both directions are closed all the same."""
    command = EndCall(at=services.now(), call=call, officer=acting.login.person, reason=reason)
    asked = context(acting, key, about=call)
    try:
        return await do(services, call_decider, command, asked)
    except StoreAway:
        if reason.strip():
            await services.engine.pause(call, asked, PAUSED_BY_OFFICER, OTHER_SIDE, reason.strip())
        raise


async def admit(
    services: Services,
    acting: Acting,
    call: str,
    side: Side,
    people: int,
    reason: str,
    key: str | None,
    seen: Seen | None,
) -> Handled[Any]:
    """Let a side in that the officer has seen and counted."""
    command = AdmitParticipant(
        at=services.now(), call=call, side=side, people=people, officer=acting.login.person, reason=reason
    )
    return await do(services, waiting_room, command, context(acting, key, about=f"{call}/{side}"), seen)


async def refuse(
    services: Services,
    acting: Acting,
    call: str,
    side: Side,
    reason: str,
    key: str | None,
    seen: Seen | None,
) -> Handled[Any]:
    """Do not let a side in, so far."""
    command = RefuseParticipant(
        at=services.now(), call=call, side=side, officer=acting.login.person, reason=reason
    )
    return await do(services, waiting_room, command, context(acting, key, about=f"{call}/{side}"), seen)


async def not_attending(services: Services, acting: Acting, call: str, key: str | None) -> Handled[Any]:
    """Put on record that the person in prison does not wish to take part: nobody waits any longer."""
    command = NoteRefusalToAttend(at=services.now(), call=call, officer=acting.login.person)
    return await do(services, waiting_room, command, context(acting, key, about=call))


async def watch_over(
    services: Services, acting: Acting, call: str, on: bool, key: str | None
) -> Handled[Any]:
    """Take the watch over a call, or give it up."""
    kind = JoinAsMonitor if on else LeaveAsMonitor
    command = kind(at=services.now(), call=call, officer=acting.login.person)
    return await do(services, waiting_room, command, context(acting, key, about=f"{call}/{on}"))


async def review(
    services: Services,
    acting: Acting,
    call: str,
    violation_id: str,
    outcome: ReviewOutcome,
    note: str,
    key: str | None,
    seen: Seen | None,
) -> Handled[Any]:
    """Say what a violation was."""
    command = ReviewViolation(
        at=services.now(),
        call=call,
        violation=violation_id,
        outcome=outcome,
        reviewed_by=acting.login.person,
        note=note,
    )
    asked = context(acting, key, about=f"{call}/{violation_id}")
    return await do(services, violation, command, asked, seen)


async def look(
    services: Services, acting: Acting, call: str, side: Side, reason: str, offer: str, key: str | None
) -> str:
    """Open the raw picture of one side for the officer alone. On record before the first picture is sent."""
    if not reason.strip():
        raise Refused("Please say why you look.", "reason_missing")
    room = await room_of(services, call)
    if Tap.STAFF_PICTURE not in TAPS[_mode(room, side)]:
        raise Refused("The law allows nobody to watch this call.", "no_tap")
    viewer = acting.login.id.hex
    view = StreamLookedAt(
        at=services.now(),
        call=call,
        prison=acting.resource.prison or "",
        side=side,
        officer=acting.login.person,
        viewer=viewer,
        reason=reason.strip(),
    )
    await look_on_record(services, acting, view, None if key is None else f"{call}/{side}/{key}")
    return await services.engine.watch(call, side, viewer, offer)


async def still(services: Services, call: str, side: Side) -> Still | None:
    """The newest judged sample of one side as JPEG, where anybody may see one at all."""
    room = await room_of(services, call)
    if Tap.SAMPLER not in TAPS[_mode(room, side)]:
        return None
    return await services.engine.still(call, side)


def _mode(room: WaitingRoom, side: Side) -> ClearanceMode:
    if room.opened is None:
        raise Refused("The waiting room of this call is not open.", "waiting_room_closed")
    return (room.opened.prisoner if side is Side.PRISONER else room.opened.visitor).mode
