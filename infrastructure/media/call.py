"""One live call in a media worker: who sees whom, and how it stops.

Stopping is immediate and comes before its report: gates are closed, queues and retransmission history purged,
the slate sent, and only then is it put on record. Opening always comes from the API, after the record.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic
from typing import Any

import structlog

from application.ports import Listening, SeatTerms, Still
from domain import texts
from domain.audio_only import AudioOnlyBecause
from domain.clearance import ClearanceMode, Side
from domain.event import Refused
from domain.moderation.kind import Action, FaceWord
from domain.moderation.step import Word
from domain.moderation.verdict import Raised
from domain.mute import MediaKind
from domain.takeover import GivenBack
from domain.waiting_room.events import TOOK_OVER
from infrastructure.media.eyes import Eyes
from infrastructure.media.frame import Codec
from infrastructure.media.judge import Judged, waited_s
from infrastructure.media.quality import Quality
from infrastructure.media.side import CallSide, Surroundings
from infrastructure.media.slate import slate

BLIND_SLATE_S = 2.0  # without a verdict: the slate
BLIND_INTERRUPTED_S = 15.0  # without a verdict: the call is interrupted
NOT_CONNECTED = "not_connected"  # why a side is missing at the start
_SLATE_S = 0.5  # a slate is repeated so often
_TICK_S = 0.1

log = structlog.get_logger()


class State(StrEnum):
    """Where the call is, as this worker holds it."""

    WAITING = "waiting"
    LIVE = "live"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


class LiveCall:
    """A call in this worker, from `open_call` to `end`."""

    def __init__(
        self, seats: Sequence[SeatTerms], around: Surroundings, started_at: datetime | None = None
    ) -> None:
        self._around, self._facts = around, around.facts
        self._epoch = monotonic()
        self._sides = {terms.side: CallSide(terms, around, self) for terms in seats}
        self._quality = Quality(self._sides, around.line, around.facts)
        self._codec: Codec | None = None
        self._blind: dict[Side, float] = {}  # since when, monotonic seconds, a side has no verdict
        self._blind_cause: str | None = None  # the interruption is for that
        self._dark = False  # what happens cannot be recorded
        self._eyes = Eyes(self._sides, around.facts, self._withhold, self._tell_withheld)
        self._slated = 0.0
        self._ticking = asyncio.create_task(self._tick())
        self._ending = asyncio.Lock()
        self.state = State.WAITING
        if started_at is not None:
            self._begin(started_at)
            self.state = State.INTERRUPTED  # its worker died: dark until both are back
            for side in self._sides.values():
                side.away = True

    # What the API asks

    async def join(self, side: Side, offer: str, connection: str, *, light: bool = False) -> str:
        """A side's (new) connection. Raises `OfferRefused`."""
        shown = self._sides[side.other]
        codec = shown.codec if shown.connection is not None else None
        answer = await self._sides[side].join(connection, offer, self._epoch, codec, shown)
        self._sides[side].save_data(light)
        return answer

    def save_data(self, side: Side, *, light: bool) -> None:
        """A side saves data from now on, or does so no longer."""
        self._sides[side].save_data(light)

    def sound_alone(self, side: Side, because: AudioOnlyBecause | None) -> None:
        """That a side's picture is left out, or no longer, is on record."""
        shown = self._sides[side]
        shown.sound_alone(because)
        if because is not None and self.state is State.LIVE:
            self._show_slates()
            self._facts.slate(side.other, "audio_only", texts.AUDIO_ONLY, shown.direction.last_ms)

    async def admit(self, side: Side, mode: ClearanceMode, people: int) -> None:
        """The side's clearance mode is on record."""
        await self._sides[side].admit(mode, people)

    def start(self, at: datetime) -> None:
        """CallStarted is on record: `at` is media time 0. Does nothing when it has started."""
        if self.state is not State.WAITING:
            return
        self._begin(at)
        missing = [side for side in self._sides.values() if side.is_missing]
        if not missing:
            self._open()
            return
        self._stop(State.INTERRUPTED)  # whoever was let in may have been cut off while they waited
        for side in missing:
            side.away = True
            self._facts.lost(side.side, NOT_CONNECTED, None)
        self._tell_slates(NOT_CONNECTED, dict.fromkeys(Side, texts.INTERRUPTED))

    def pause(self, cause: str, text_key: str, reason: str, context: Mapping[str, Any]) -> None:
        """An officer has the call closed. `text_key` is what both sides are told.

        One that is interrupted is dark already, and goes on into the pause when what interrupted it is over.
        """
        if self.state in (State.WAITING, State.ENDED):
            return
        stops = self.state is not State.INTERRUPTED
        if stops:
            self._stop(State.PAUSED)
        self._facts.paused(cause, reason, context)
        if stops:
            self._tell_slates(cause, dict.fromkeys(Side, text_key))

    def hold(self, cause: str, concerned: Side | None) -> None:
        """CallPaused is on record: be closed. What interrupts the call meanwhile goes on record as well.

        `concerned`: the side whose picture it is about.
        """
        if self.state is State.LIVE or (self.state is State.INTERRUPTED and not self._is_broken()):
            self._stop(State.PAUSED)
            told = {side: texts.pause_text(cause, concerned=side is concerned) for side in Side}
            self._tell_slates(cause, told)

    async def resume(self, words: Mapping[str, str]) -> None:
        """CallResumed is on record: go on with judged key frames."""
        if self.state not in (State.PAUSED, State.INTERRUPTED):
            return
        for key, word in words.items():
            side, _, track = key.partition("/")
            await self._sides[Side(side)].hear(Word(0, int(track), FaceWord(word)))
        if self._is_broken():
            self.state = State.INTERRUPTED  # again meanwhile, which is on its way to the record
            return
        self._open()

    def mute(self, side: Side, kind: MediaKind, reason: str, context: Mapping[str, Any]) -> None:
        """An officer takes a side's sound or picture from the other side. Raises `Refused` before the start."""
        if self.state is State.WAITING:
            raise Refused("This call has not started.", "call_not_started")
        if self.state is State.ENDED:
            return
        flowed = self._silence(side, kind)
        self._facts.muted(side, kind, reason, context)
        if flowed:
            self._tell_blanked(self._sides[side])

    def muted(self, side: Side, kind: MediaKind) -> None:
        """StreamMuted is on record: be closed."""
        if self._silence(side, kind):
            self._tell_blanked(self._sides[side])

    def unmute(self, side: Side, kind: MediaKind) -> None:
        """StreamUnmuted is on record: let it flow again."""
        self._sides[side].direction.unmute(kind)
        self._sides[side].mark("unmuted", kind.value)

    def take_over(self, side: Side, takeover: str, viewer: str) -> None:
        """JudgingTakenOver is on record: an officer who looks judges this side, for as long as they see it.

        Nothing opens where checking answers again, or where nobody looks any more; that is reported.
        """
        if self.state is State.ENDED or self._eyes.known(takeover):
            return
        self._eyes.take_over(side, takeover, viewer, lost=side in self._blind)
        self._go_on(TOOK_OVER)

    def give_back(self, side: Side, context: Mapping[str, Any]) -> None:
        """An officer no longer judges this side: its pictures stop at once."""
        self._eyes.give_back(side, GivenBack.OFFICER, context)

    def given_back(self, takeover: str) -> None:
        """JudgingGivenBack is on record: be closed, if for any reason it is not closed yet."""
        self._eyes.over(takeover)

    def out_of_reach(self) -> None:
        """No officer can stop this call at the moment: none judges it either."""
        for side in Side:
            self._eyes.give_back(side, GivenBack.OUT_OF_REACH)

    def looks(self, side: Side, viewer: str) -> bool:
        """Whether a side's raw pictures reach that officer now."""
        return self._sides[side].looks(viewer)

    async def end(self) -> None:
        """Close both directions for good and take the call down."""
        async with self._ending:
            if self.state is State.ENDED:
                return
            self.state = State.ENDED
            self._ticking.cancel()
            for side in self._sides.values():
                side.direction.close()
            for side in self._sides.values():
                side.state_changed()
                await side.end_beside()
                await self._measure(side)
            await asyncio.gather(*(side.close() for side in self._sides.values()))
            await asyncio.gather(self._ticking, return_exceptions=True)

    async def close_taps(self, side: Side) -> None:
        """Nobody but the other side reads this side's stream from now on: the authorisation for it is over."""
        self._eyes.give_back(side, GivenBack.OFFICER_GONE)
        await self._sides[side].close_taps()
        self._see_again(self._sides[side])  # nothing waits for a verdict any more

    def stop_listening(self) -> None:
        """Whoever looks hears nothing from now on."""
        for side in self._sides.values():
            side.stop_listening()

    async def watch(self, side: Side, viewer: str, offer: str, listening: Listening | None) -> str:
        """Look. Raises `TapForbidden` where the mode allows none."""
        return await self._sides[side].watch(viewer, offer, listening)

    async def still(self, side: Side, *, bare: bool = False) -> Still | None:
        """The newest judged sample of a side."""
        return await self._sides[side].still(bare=bare)

    def darken(self, cause: str) -> None:
        """What happens can no longer be recorded: nothing may happen."""
        self._dark = True
        self.out_of_reach()
        if self.state in (State.LIVE, State.PAUSED):
            self._interrupt(cause)

    def lighten(self, cause: str) -> None:
        """It can be recorded again."""
        self._dark = False
        if self.state is State.INTERRUPTED and self._blind_cause is None:
            self._facts.over(cause)

    async def status(self) -> dict[str, Any]:
        """Numbers for operators and rehearsals."""
        sides = {side.value: await one.numbers() for side, one in self._sides.items()}
        return {"state": self.state.value, "sides": sides}

    # What the sides tell

    def judged(self, side: CallSide, judged: Judged) -> None:
        """See `SideEvents`."""
        self._see_again(side)
        if self.state is State.WAITING:
            return
        for raised in judged.verdict.raised:
            self._act(side, raised, judged)
        for cleared in judged.verdict.cleared:
            self._facts.cleared(side.side, cleared)

    def lost(self, side: CallSide, cause: str) -> None:
        """See `SideEvents`."""
        if self.state in (State.WAITING, State.ENDED):
            return
        stops = self.state is not State.INTERRUPTED
        if stops:
            self._stop(State.INTERRUPTED)
        self._facts.lost(side.side, cause, side.direction.last_ms)
        if stops:
            self._tell_slates(cause, dict.fromkeys(Side, texts.INTERRUPTED))

    def back(self, side: CallSide) -> None:
        """See `SideEvents`."""
        if self.state not in (State.WAITING, State.ENDED):
            self._facts.back(side.side)

    def unrecorded(self, cause: str) -> None:
        """See `SideEvents`. The call goes on, unless the policy says that it may not."""
        if self._around.recording.required and self.state in (State.LIVE, State.PAUSED):
            log.error("A call that must be recorded is not.", call=self._around.call, kind=cause)
            self._interrupt("recording_failed")

    def unwatched(self, side: CallSide) -> None:
        """See `SideEvents`."""
        self._eyes.look()

    # How it stops and goes on

    def _begin(self, at: datetime) -> None:
        self._epoch = monotonic() - (datetime.now(UTC) - at).total_seconds()
        for side in self._sides.values():
            side.begin(self._epoch)

    def _open(self) -> None:
        self.state = State.LIVE
        self._blind_cause = None
        for side in self._sides.values():
            side.state_changed()
            side.record_on(self._epoch)
            side.mark("live")
            side.direction.open()
            if not side.terms.shown:
                self._facts.slate(side.side.other, "one_way", texts.ONE_WAY, None)
            self._tell_blanked(side)
        self._show_slates()

    def _stop(self, state: State) -> None:
        """Close both directions at once and show the slate. What is reported is reported afterwards."""
        self.state = state
        for side in self._sides.values():
            side.direction.close()
            side.mark(state.value)
        self._show_slates()

    def _silence(self, side: Side, kind: MediaKind) -> bool:
        flowed = self._sides[side].direction.mute(kind)
        if flowed:
            self._sides[side].mark("muted", kind.value)
        self._show_slates()
        return flowed

    def _tell_blanked(self, side: CallSide) -> None:
        """Report that the other side sees the slate because this side's pictures are muted."""
        if self.state is State.LIVE and side.terms.shown and side.direction.blanked:
            told = texts.muted_text(MediaKind.PICTURE, concerned=False)
            self._facts.slate(side.side.other, "muted", told, side.direction.last_ms)

    def _tell_slates(self, reason: str, text_keys: Mapping[Side, str]) -> None:
        """Report what each side sees now, and what was observed up to here."""
        for side in self._sides.values():
            last_ms = self._sides[side.side.other].direction.last_ms
            self._facts.slate(side.side, reason, text_keys[side.side], last_ms)
            side.state_changed()

    def _is_broken(self) -> bool:
        """Whether something that interrupts the call still lasts."""
        return self._dark or self._blind_cause is not None or any(one.away for one in self._sides.values())

    def _interrupt(self, cause: str) -> None:
        self._stop(State.INTERRUPTED)
        last = [s.direction.last_ms for s in self._sides.values() if s.direction.last_ms is not None]
        self._facts.interrupted(cause, max(last, default=None))
        self._tell_slates(cause, dict.fromkeys(Side, texts.INTERRUPTED))

    def _act(self, side: CallSide, raised: Raised, judged: Judged) -> None:
        """Do what the rules found necessary, and report it."""
        pauses = raised.action is Action.PAUSE and self.state is State.LIVE
        if pauses:
            self._stop(State.PAUSED)
        side.keep_picture(self._facts.raised(side.side, raised, judged.verdict), raised, judged)
        side.mark("violation", raised.kind.value)
        if pauses:
            told = {s: texts.pause_text(raised.kind, concerned=s is side.side) for s in Side}
            self._tell_slates(raised.kind.value, told)
        if raised.action is Action.COACH and self.state is State.LIVE:
            self._facts.coached(side.side, raised)

    async def _measure(self, side: CallSide) -> None:
        numbers = await side.numbers()
        counts = {
            "pictures": numbers["decoded"],
            "judged": numbers["judged"],
            "embeddings": numbers["embeddings"],
        }
        self._facts.measured(side.side, counts, side.latency.summary())

    # Time

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._eyes.look()
            for side in self._sides.values():
                if side.unauthorised(datetime.now(UTC)):
                    await self.close_taps(side.side)
                if self.state is State.LIVE:
                    self._look_for_blindness(side)
            if self.state is State.LIVE:
                await self._quality.look()
            if monotonic() - self._slated >= _SLATE_S:
                self._show_slates()

    def _look_for_blindness(self, side: CallSide) -> None:
        """Fail-closed needs no timer; this tells people why they see nothing."""
        if side.direction.by_eye:
            return
        waited = waited_s(side.judge) if side.judge is not None else 0.0
        if waited >= BLIND_SLATE_S and side.side not in self._blind:
            self._blind[side.side] = monotonic() - waited
            self._withhold(side)
            self._facts.moderation_lost(side.side, "no_verdict", side.direction.last_ms)
            self._tell_withheld(side)
        if waited >= BLIND_INTERRUPTED_S:
            self._blind_cause = "moderation_lost"
            self._interrupt(self._blind_cause)

    def _withhold(self, side: CallSide) -> None:
        side.direction.withhold()
        side.mark("unchecked")
        self._show_slates()

    def _tell_withheld(self, side: CallSide) -> None:
        """Report the slate; while the call is stopped another is shown."""
        viewer, last_ms = side.side.other, side.direction.last_ms
        if self.state is State.LIVE:
            self._facts.slate(viewer, "moderation_lost", texts.CHECKING_INTERRUPTED, last_ms)

    def _go_on(self, cause: str) -> None:
        """The interruption is over when every side is judged again, by the checks or by an officer."""
        judged = all(self._sides[side].direction.by_eye for side in self._blind)
        if self._blind_cause is not None and self.state is State.INTERRUPTED and judged:
            self._blind_cause = None
            if not self._dark:
                self._facts.over(cause)

    def _see_again(self, side: CallSide) -> None:
        self._eyes.give_back(side.side, GivenBack.CHECKING_BACK)
        since = self._blind.pop(side.side, None)
        if since is not None:
            self._facts.moderation_restored(side.side, round((monotonic() - since) * 1000))
            side.direction.restore()
            self._tell_blanked(side)
        self._go_on("moderation_restored")

    def _show_slates(self) -> None:
        """The slate, to whoever is to see it now in place of pictures."""
        self._slated = monotonic()
        for side in self._sides.values():
            unchecked = side.side in self._blind and not side.direction.by_eye
            stopped = self.state in (State.PAUSED, State.INTERRUPTED) or unchecked
            unseen = side.audio_only is not None or side.direction.blanked or not side.terms.shown
            stopped = stopped or (self.state is State.LIVE and unseen)
            if stopped and side.direction.viewer is not None and side.codec is not None:
                side.direction.viewer.slate(slate(side.codec))
