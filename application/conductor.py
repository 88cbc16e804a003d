"""Tells the media plane what is on record: who is expected, who was admitted, that a call runs, goes on, ends.

Opening waits for the record: a call starts or resumes in the media plane only when the event is in the
log and was read back here. Closing was done before it was recorded, so here it is only made sure of.
Every message may be repeated: it says how things are, not what changed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid5

from application.handle import handle, replay
from application.ports import (
    Actor,
    ActorKind,
    Context,
    EventStore,
    MediaEngine,
    Recorded,
    SeatTerms,
    Vault,
)
from application.templates import template_of, templates_of
from domain import audio_only, mute, waiting_room
from domain import call as call_decider
from domain.audio_only import AudioOnly, AudioOnlyEntered, AudioOnlyLeft, LeaveAudioOnly, PictureBecause
from domain.booking.events import BookingCancelled, Video
from domain.call.commands import CompleteCall, ReportInterrupted
from domain.call.events import CallPaused, CallResumed
from domain.call.state import WORKER_LOST, Call, Status, stopped_by
from domain.clearance import ClearanceMode, Side
from domain.decider import about
from domain.event import Refused
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.looking import CLOSING, ListeningStopped
from domain.mute import MediaKind, Mutes, StreamMuted, StreamUnmuted, UnmuteStream
from domain.policy import Policy, PolicyPublished
from domain.takeover import TAKEOVER_CAUSES, JudgingGivenBack, JudgingTakenOver
from domain.timetable.events import CallType
from domain.waiting_room.commands import StartCall
from domain.waiting_room.events import CallHeldForMonitor, ClearanceModeSet, WaitingRoomOpened
from domain.waiting_room.state import WaitingRoom

EVENTS = (
    WaitingRoomOpened,
    ClearanceModeSet,
    ListeningStopped,
    CallStarted,
    CallPaused,
    CallHeldForMonitor,
    CallResumed,
    AudioOnlyEntered,
    AudioOnlyLeft,
    StreamMuted,
    StreamUnmuted,
    JudgingTakenOver,
    JudgingGivenBack,
    CallCompleted,
    CallTerminated,
    CallMissed,
    BookingCancelled,
)


@dataclass(frozen=True)
class Conductor:
    """Between the log and the media plane."""

    store: EventStore
    vault: Vault
    engine: MediaEngine

    async def take(self, recorded: Recorded[Any]) -> None:
        """Pass on what one event means for the media plane."""
        event = recorded.event
        match event:
            case WaitingRoomOpened():
                await self.open(event.call)
            case ClearanceModeSet(side=side, cause=cause) if cause in CLOSING:
                await self.engine.close_taps(event.call, side)
            case ListeningStopped():
                await self.engine.stop_listening(event.call)
            case ClearanceModeSet(cause=cause) if cause in TAKEOVER_CAUSES:
                return  # who judges is told by the takeover itself; as what a side was admitted stays
            case ClearanceModeSet(side=side, mode=mode, people=people):
                await self.engine.admit(event.call, side, mode, people)
            case CallStarted():
                await self._start(recorded)
            case CallPaused() | CallHeldForMonitor():
                await self._hold(event.call)
            case CallResumed(words=words):
                await self.engine.resume(event.call, {f"{w.side}/{w.track}": w.word.value for w in words})
            case AudioOnlyEntered(side=side, cause=because):
                await self.engine.sound_alone(event.call, side, because)
            case AudioOnlyLeft(side=side):
                await self.engine.sound_alone(event.call, side, None)
            case StreamMuted(side=side, kind=kind):
                await self.engine.muted(event.call, side, kind)
            case StreamUnmuted(side=side, kind=kind):
                await self.engine.unmute(event.call, side, kind)
            case JudgingTakenOver(side=side, takeover=takeover, viewer=viewer):
                await self.engine.by_eye(event.call, side, takeover, viewer)
            case JudgingGivenBack(takeover=takeover):
                await self.engine.given_back(event.call, takeover)
            case CallCompleted() | CallTerminated() | CallMissed() | BookingCancelled():
                await self.engine.end(event.call)
            case _:
                return

    async def open(self, call: str) -> None:
        """Make room for a call in the media plane, as the log has it now: before, while or after it was lost.

        A call that is over, or that nobody may enter yet, is not opened.
        """
        room, running, mutes = await self._state(call)
        alone = await self._alone(call)
        opened = room.opened
        missed = room.over and running.status is Status.NOT_STARTED
        if opened is None or room.cancelled or missed or running.status is Status.ENDED:
            return
        document = await self._policy(opened, room)
        seats = [
            await self._seat(opened, Side.PRISONER, room, alone, mutes),
            await self._seat(opened, Side.VISITOR, room, alone, mutes),
        ]
        await self.engine.open_call(
            call, opened.prison, opened.policy_version, document, seats, started_at=running.started_at
        )

    async def _start(self, recorded: Recorded[CallStarted]) -> None:
        """Where nobody carries the call it began as one that lost its worker: both sides may come back."""
        started = recorded.event
        try:
            await self.engine.start(started.call, started.at)
        except Refused:
            lost = ReportInterrupted(at=started.at, call=started.call, cause=WORKER_LOST, last_media_ms=None)
            by = Actor(ActorKind.SERVICE, "conductor")
            cmd = uuid5(recorded.id, "nobody carries it")
            await handle(self.store, call_decider, lost, Context(by, cmd, recorded.corr, recorded.id))

    async def _hold(self, call: str) -> None:
        """Make sure of a stop that lasts. One that an interruption covers is dark, and looked at again after it."""
        _, running, _ = await self._state(call)
        if running.status in (Status.PAUSED, Status.HELD):
            pause = running.pause if running.status is Status.PAUSED else None
            await self.engine.hold(call, stopped_by(running), pause.side if pause is not None else None)

    async def _state(self, call: str) -> tuple[WaitingRoom, Call, Mutes]:
        now = datetime.min.replace(tzinfo=UTC)  # no rule is asked, only what happened
        room = await replay(self.store, waiting_room, StartCall(at=now, call=call))
        running = await replay(self.store, call_decider, CompleteCall(at=now, call=call))
        asked = UnmuteStream(
            at=now, call=call, side=Side.VISITOR, kind=MediaKind.SOUND, officer="", reason=""
        )
        return room, running, await replay(self.store, mute, asked)

    async def _alone(self, call: str) -> AudioOnly:
        """Whose picture is left out."""
        question = LeaveAudioOnly(
            at=datetime.min.replace(tzinfo=UTC), call=call, side=Side.VISITOR, cause=PictureBecause.CHOICE
        )
        return await replay(self.store, audio_only, question)

    async def _policy(self, opened: WaitingRoomOpened, room: WaitingRoom) -> dict[str, Any]:
        """The policy of the call's version, as it is for calls of its type."""
        facts, _ = await self.store.read((about(f"policy:{opened.prison}", PolicyPublished),))
        published = (fact.event for fact in facts)
        document = next(event.document for event in published if event.name == opened.policy_version)
        call_type = CallType.SOCIAL if room.booked is None else room.booked.call_type
        return Policy.model_validate(document).of(call_type).document()

    async def _seat(
        self,
        opened: WaitingRoomOpened,
        side: Side,
        room: WaitingRoom,
        alone: AudioOnly,
        mutes: Mutes,
    ) -> SeatTerms:
        left_out = alone.entered.get(side)
        expected = opened.prisoner if side is Side.PRISONER else opened.visitor
        mode = room.modes.get(side, expected.mode)
        if mode is ClearanceMode.OPEN:
            expected = expected.model_copy(update={"faces": ()})
        return SeatTerms(
            side=side,
            people=len(expected.persons),
            templates=await templates_of(self.vault, expected),
            persons=tuple(face.person for face in expected.faces),
            mode=mode,
            admitted=side in room.admitted,
            shown=side is Side.PRISONER or opened.video is Video.BOTH_WAYS,
            audio_only=left_out.cause if left_out is not None else None,
            muted=mutes.of(side),
            until=opened.authorised_until if mode is ClearanceMode.IMAGE_ONLY else None,
            recorded=opened.recorded,
            pictured=opened.evidence_pictures,
            with_child=bool(expected.children),
            barred=await self._barred(opened, mode) if side is Side.VISITOR else (),
        )

    async def _barred(self, opened: WaitingRoomOpened, mode: ClearanceMode) -> tuple[tuple[float, ...], ...]:
        """Templates of the faces that are barred from the call; one that was taken off since is no longer there."""
        if mode is not ClearanceMode.MATCH:
            return ()
        contents = [await self.vault.get(face.template) for face in opened.barred]
        return tuple(template_of(content) for content in contents if content is not None)
