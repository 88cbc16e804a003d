"""Tells the media plane what is on record: who is expected, who was admitted, that a call runs, goes on, ends.

Opening waits for the record: a call starts or resumes in the media plane only when the event is in the
log and was read back here. Closing was done before it was recorded, so here it is only made sure of.
Every message may be repeated: it says how things are, not what changed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from application.handle import replay
from application.ports import EventStore, MediaEngine, Recorded, SeatTerms, Vault
from domain import call as call_decider
from domain import waiting_room
from domain.booking.events import BookingCancelled, Video
from domain.call.commands import CompleteCall
from domain.call.events import CallPaused, CallResumed
from domain.call.state import Call, Status
from domain.clearance import Side
from domain.decider import about
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.policy import Policy, PolicyPublished
from domain.timetable.events import CallType
from domain.waiting_room.commands import StartCall
from domain.waiting_room.events import ClearanceModeSet, Expected, WaitingRoomOpened
from domain.waiting_room.state import WaitingRoom

EVENTS = (
    WaitingRoomOpened,
    ClearanceModeSet,
    CallStarted,
    CallPaused,
    CallResumed,
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
            case ClearanceModeSet(side=side, mode=mode, people=people):
                await self.engine.admit(event.call, side, mode, people)
            case CallStarted(at=at):
                await self.engine.start(event.call, at)
            case CallPaused(cause=cause):
                await self.engine.hold(event.call, cause)
            case CallResumed(words=words):
                await self.engine.resume(event.call, {f"{w.side}/{w.track}": w.word.value for w in words})
            case CallCompleted() | CallTerminated() | CallMissed() | BookingCancelled():
                await self.engine.end(event.call)
            case _:
                return

    async def open(self, call: str) -> None:
        """Make room for a call in the media plane, as the log has it now: before, while or after it was lost.

        A call that is over, or that nobody may enter yet, is not opened.
        """
        room, running = await self._state(call)
        opened = room.opened
        if opened is None or room.cancelled or running.status is Status.ENDED:
            return
        document = await self._policy(opened, room)
        seats = [
            await self._seat(opened.prisoner, Side.PRISONER, room),
            await self._seat(opened.visitor, Side.VISITOR, room, shown=opened.video is Video.BOTH_WAYS),
        ]
        await self.engine.open_call(
            call, opened.prison, opened.policy_version, document, seats, started_at=running.started_at
        )

    async def _state(self, call: str) -> tuple[WaitingRoom, Call]:
        now = datetime.min.replace(tzinfo=UTC)  # no rule is asked, only what happened
        room = await replay(self.store, waiting_room, StartCall(at=now, call=call))
        return room, await replay(self.store, call_decider, CompleteCall(at=now, call=call))

    async def _policy(self, opened: WaitingRoomOpened, room: WaitingRoom) -> dict[str, Any]:
        """The policy of the call's version, as it is for calls of its type."""
        facts, _ = await self.store.read((about(f"policy:{opened.prison}", PolicyPublished),))
        published = (fact.event for fact in facts)
        document = next(event.document for event in published if event.name == opened.policy_version)
        call_type = CallType.SOCIAL if room.booked is None else room.booked.call_type
        return Policy.model_validate(document).of(call_type).document()

    async def _seat(
        self, expected: Expected, side: Side, room: WaitingRoom, *, shown: bool = True
    ) -> SeatTerms:
        templates = [await self._template(face.template) for face in expected.faces]
        return SeatTerms(
            side=side,
            people=len(expected.persons),
            templates=tuple(templates),
            persons=tuple(face.person for face in expected.faces),
            mode=expected.mode,
            admitted=side in room.admitted,
            shown=shown,
        )

    async def _template(self, reference: str) -> tuple[float, ...]:
        content = await self.vault.get(reference)
        if content is None:
            raise LookupError("A template named by an enrolment is not in the vault.")
        return msgspec.json.decode(content, type=tuple[float, ...])


def template_bytes(template: tuple[float, ...]) -> bytes:
    """A template as the vault keeps it."""
    return msgspec.json.encode(template)
