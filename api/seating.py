"""A side's seat in a call: what its page shows, how it connects, leaves and asks for help."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args
from uuid import uuid4

from api.asked import context, derived, do
from api.guard import Acting
from api.services import Services
from application.access import Denied
from application.control import Control, control_of
from application.handle import replay
from domain import audio_only, concern, hint, waiting_room
from domain import call as call_decider
from domain.audio_only import AudioOnly, AudioOnlyBecause, LeaveAudioOnly, PictureBecause
from domain.booking.events import Video
from domain.call.commands import CompleteCall, LeaveCall
from domain.call.state import Call, Status
from domain.clearance import Side
from domain.concern import ConcernKind, RaiseConcern
from domain.decider import about
from domain.event import Refused
from domain.hint import HintKind, ReportHint
from domain.mute import MediaKind
from domain.network import Grade
from domain.recording import RecordingEvent, recorded_now
from domain.texts import (
    AUDIO_CHOSEN,
    AUDIO_ONLY,
    CHECKING_INTERRUPTED,
    ENDED,
    INTERRUPTED,
    LOCKED,
    MAY_LEAVE,
    NOT_LET_IN,
    ONE_WAY,
    OTHER_SIDE,
    RECORDED,
    STANDSTILL,
    WAITING,
    WILL_BE_RECORDED,
    muted_text,
    pause_text,
)
from domain.waiting_room.commands import ArriveParticipant, StartCall
from domain.waiting_room.events import WaitingRoomOpened
from domain.waiting_room.state import WaitingRoom

NO_TIME = datetime.min.replace(tzinfo=UTC)  # no rule is asked, only what happened


@dataclass(frozen=True, slots=True)
class StaffSays:
    """The newest message of staff to a side. `id` tells a new one from one that was read."""

    id: str
    text_key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SeatView:
    """What one side's page shows. `text_key` names the slate's text; None while the other side is shown."""

    status: str  # waiting, live, paused, interrupted, ended; one that is held is paused
    text_key: str | None
    admitted: bool
    starts_at: datetime | None
    ends_at: datetime | None
    other_here: bool
    here: bool  # the media plane hears this side; False: it has to connect again
    sound_only: bool  # its own picture is left out for now
    line: Grade  # how good its line is
    other_line: Grade
    locked: bool = False  # a lost connection is not taken up again before that is over
    notes: tuple[str, ...] = ()  # keys of what is said beside the picture as long as it lasts
    message: StaffSays | None = None


async def room_of(services: Services, call: str) -> WaitingRoom:
    """The waiting room of a call, as the log has it."""
    return await replay(services.store, waiting_room, StartCall(at=NO_TIME, call=call))


async def running_of(services: Services, call: str) -> Call:
    """The running call, as the log has it."""
    return await replay(services.store, call_decider, CompleteCall(at=NO_TIME, call=call))


async def audio_of(services: Services, call: str) -> AudioOnly:
    """Whose picture is left out of a call, and how good its lines are."""
    question = LeaveAudioOnly(at=NO_TIME, call=call, side=Side.VISITOR, cause=PictureBecause.CHOICE)
    return await replay(services.store, audio_only, question)


async def seat_view(services: Services, call: str, side: Side) -> SeatView:
    """What this side's page shows now."""
    room = await room_of(services, call)
    running = await running_of(services, call)
    alone = await audio_of(services, call)
    booked = room.opened or room.booked
    control = await control_of(services.store, call, booked.prison if booked else None)
    missed = room.over and running.status is Status.NOT_STARTED
    status = "ended" if room.cancelled or missed else _status(running)
    opened = room.opened
    waits = NOT_LET_IN if status == "waiting" and side in room.refused else None
    return SeatView(
        status=status,
        text_key=_held(status, control)
        or waits
        or _text(status, running, side)
        or _unseen(opened, control, alone, side),
        admitted=side in room.admitted,
        starts_at=opened.starts_at if opened else None,
        ends_at=running.ends_at,
        other_here=side.other in room.arrived and side.other not in running.lost,
        here=side in room.arrived and side not in running.lost,
        sound_only=side in alone.entered,
        line=alone.grade(side),
        other_line=alone.grade(side.other),
        locked=status != "ended" and (control.locked or control.standstill.block is not None),
        notes=(*_notes(control, side), *await _recorded(services, opened, status)),
        message=_message(control, side),
    )


def presence(view: SeatView) -> tuple[str, ...]:
    """What a side that waits is told of who is here: keys of texts. Of why the other side waits it hears nothing."""
    if view.status != "waiting" or not view.here:
        return ()
    own = "admitted" if view.admitted else "being_checked"
    return own, "other_here" if view.other_here else "other_not_here"


async def connect(
    services: Services,
    acting: Acting,
    call: str,
    side: Side,
    offer: str,
    key: str | None,
    *,
    light: bool = False,
) -> str:
    """A (new) connection of this side: that it arrived is on record first, then the answer is made."""
    own(acting, side)
    if (await running_of(services, call)).status is Status.ENDED:
        raise Refused("This call is over.", "call_over")
    command = ArriveParticipant(
        at=services.now(),
        call=call,
        side=side,
        person=acting.login.person,
        prison=acting.resource.prison,
    )
    await do(services, waiting_room, command, context(acting, key, about=f"{call}/{side}"))
    await services.reopen(call)
    return await services.engine.join(call, side, offer, uuid4().hex, light=light)


async def leave(services: Services, acting: Acting, call: str, side: Side, key: str | None) -> None:
    """Leave for good. Before the start there is nothing to leave but the page."""
    own(acting, side)
    if (await running_of(services, call)).status is Status.NOT_STARTED:
        return
    command = LeaveCall(at=services.now(), call=call, side=side)
    await do(services, call_decider, command, context(acting, key, about=f"{call}/{side}"))


async def ask_help(services: Services, acting: Acting, call: str, side: Side, key: str | None) -> None:
    """Ask for help, silently: it stands first on the wall, and the other side is told nothing."""
    own(acting, side)
    asked = context(acting, key, about=call)
    command = RaiseConcern(
        at=services.now(),
        call=call,
        concern=derived(asked, "concern"),
        kind=ConcernKind.HELP_ASKED,
        raised_by=acting.login.person,
    )
    await do(services, concern, command, asked)


async def take_hint(
    services: Services, acting: Acting, call: str, side: Side, kind: HintKind, key: str | None
) -> None:
    """Put on record what this side's own device says of itself."""
    own(acting, side)
    command = ReportHint(at=services.now(), call=call, side=side, kind=kind)
    await do(services, hint, command, context(acting, key, about=f"{call}/{side}"))


def own(acting: Acting, side: Side) -> None:
    """Refuse whoever sits on the other side."""
    login = acting.login
    taken = login.side or (Side.PRISONER if login.role == "PR" else Side.VISITOR)
    if taken is not side:
        raise Denied("This is not your side of the call.")


def _held(status: str, control: Control) -> str | None:
    """What staff decided about the call, or about all calls, where that is why nobody is seen."""
    if (status == "waiting" and control.standstill.block is not None) or control.stopped:
        return STANDSTILL
    return LOCKED if status in ("waiting", "interrupted") and control.locked else None


def _unseen(opened: WaitingRoomOpened | None, control: Control, alone: AudioOnly, side: Side) -> str | None:
    """Why nothing of the other side is seen while the call is live."""
    if not _shown(opened, side.other):
        return ONE_WAY
    if MediaKind.PICTURE in control.mutes.of(side.other):
        return muted_text(MediaKind.PICTURE, concerned=False)
    entered = alone.entered.get(side.other)
    if entered is None:
        return None
    return AUDIO_ONLY if entered.cause is AudioOnlyBecause.BAD_LINE else AUDIO_CHOSEN


def _notes(control: Control, side: Side) -> tuple[str, ...]:
    """Of a muted picture the other side's slate tells; of everything else these lines do."""
    own = [muted_text(kind, concerned=True) for kind in control.mutes.of(side)]
    unheard = MediaKind.SOUND in control.mutes.of(side.other)
    return (*own, *([muted_text(MediaKind.SOUND, concerned=False)] if unheard else []))


async def _recorded(services: Services, opened: WaitingRoomOpened | None, status: str) -> tuple[str, ...]:
    """Both sides are told that they will be recorded, and while either of them is."""
    if opened is None or not opened.recorded:
        return ()
    if status == "waiting":
        return (WILL_BE_RECORDED,)
    facts, _ = await services.store.read((about(f"call:{opened.call}", *get_args(RecordingEvent)),))
    return (RECORDED,) if recorded_now(fact.event for fact in facts) else ()


def _message(control: Control, side: Side) -> StaffSays | None:
    said = control.said_to(side)
    return None if said is None else StaffSays(said.message, said.text_key, said.at)


def _shown(opened: WaitingRoomOpened | None, side: Side) -> bool:
    """Whether a side's pictures may reach the other at all."""
    return opened is None or side is Side.PRISONER or opened.video is Video.BOTH_WAYS


def _status(running: Call) -> str:
    shown = {Status.NOT_STARTED: "waiting", Status.HELD: "paused"}
    return shown.get(running.status, running.status.value)


def _text(status: str, running: Call, side: Side) -> str | None:
    match status:
        case "waiting":
            return WAITING
        case "paused" if running.explained:
            return MAY_LEAVE
        case "paused" if running.pause is not None:
            return pause_text(running.pause.cause, concerned=running.pause.side is side)
        case "paused":
            return OTHER_SIDE  # held for a monitor: what both sides are told of any check
        case "interrupted" if running.interruption is not None:
            checking = running.interruption.cause.startswith("moderation")
            return CHECKING_INTERRUPTED if checking else INTERRUPTED
        case "ended":
            return ENDED
        case _:
            return None
