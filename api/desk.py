"""What an officer does about a call: one function each, asked by the API and by the pages alike.

Closing comes before the record, opening after it. A pause is done by the media plane at once and put on
record by it; a resumption is put on record, and the media plane goes on when it has read it there.
"""

from typing import Any

from api.asked import context, do
from api.guard import Acting
from api.seating import room_of
from api.services import Services
from application.handle import Handled, Seen
from application.ports import Listening, Still, StoreAway
from domain import call as call_decider
from domain import looking, violation, waiting_room
from domain.access import StreamLookedAt
from domain.call.commands import EndCall, ResumeCall
from domain.call.events import WordOnFace
from domain.clearance import TAPS, Side, Tap
from domain.event import Refused
from domain.looking import LookAtStream
from domain.texts import OTHER_SIDE
from domain.violation import ReviewOutcome, ReviewViolation
from domain.waiting_room.commands import (
    AdmitParticipant,
    JoinAsMonitor,
    LeaveAsMonitor,
    NoteRefusalToAttend,
    RefuseParticipant,
)
from domain.waiting_room.events import WaitingRoomOpened
from domain.waiting_room.state import WaitingRoom, mode_at

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
    """Open one side's stream for the officer alone, as far as it may be. On record before the first picture."""
    room, viewer = await room_of(services, call), acting.login.id.hex
    command = LookAtStream(
        at=services.now(),
        call=call,
        monitored=_opened(room).prisoner.persons[0],
        side=side,
        officer=acting.login.person,
        viewer=viewer,
        reason=reason,
    )
    asked = context(acting, None if key is None else f"{call}/{side}/{key}")
    handled = await do(services, looking, command, asked)
    return await services.engine.watch(call, side, viewer, offer, _leave(handled))


def _leave(handled: Handled[StreamLookedAt]) -> Listening | None:
    """Leave to hear, as the look has it on record. One that rests on an authorisation is not taken up again."""
    looked = handled.events[0]
    if not looked.sound or (handled.again and looked.authorisation is not None):
        return None
    return Listening(looked.sound_until)


async def still(services: Services, call: str, side: Side, *, bare: bool = False) -> Still | None:
    """The newest judged sample of one side as JPEG, where anybody may see one at all."""
    room = await room_of(services, call)
    if Tap.SAMPLER not in TAPS[mode_at(_opened(room), room.modes, side, services.now())]:
        return None
    return await services.engine.still(call, side, bare=bare)


def _opened(room: WaitingRoom) -> WaitingRoomOpened:
    if room.opened is None:
        raise Refused("The waiting room of this call is not open.", "waiting_room_closed")
    return room.opened
