"""One side of a call in the worker: its connection, what it sends, what it is shown, and who judges it."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Any, Protocol

import structlog

from application.ports import Listening, SeatTerms, Still
from domain.audio_only import AudioOnlyBecause
from domain.clearance import TAPS, ClearanceMode, Side, Tap
from domain.event import Refused
from domain.evidence_picture import is_pictured
from domain.moderation.kind import Kind
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import Word
from domain.moderation.verdict import Raised, StreamTerms, Verdict
from domain.policy import LinePolicy
from domain.policy.keeping import RecordingPolicy
from domain.waiting_room.events import IdentityResult
from infrastructure.media.beside import AskOfStream, beside
from infrastructure.media.bitrate import Ceiling
from infrastructure.media.clearance import Grant
from infrastructure.media.direction import Direction, Flow
from infrastructure.media.egress import Egress
from infrastructure.media.evidence import Evidence
from infrastructure.media.facts import CallFacts
from infrastructure.media.frame import Codec, EncodedFrame, EncodedSound
from infrastructure.media.identity import Admission
from infrastructure.media.judge import Judge, Judged, Observer
from infrastructure.media.latency import AddedLatency
from infrastructure.media.seat import Connection, Ingress, NetworkTerms, Secured
from infrastructure.media.staff import StaffViewer, Watchers
from infrastructure.media.still import still_of
from infrastructure.media.streamrecord import StreamRecord
from infrastructure.media.tapes import Tapes

STILL_S = 0.25  # a still is drawn at most as often as a stream is judged; the wall asks once a second
_ANSWER_S = 1.0
_ASSESSABLE = (Kind.EXPLICIT_NUDITY, Kind.LIVENESS_FAILED)
"""Kinds that not every set-up can tell: the record says when they were not assessed."""
_SEEDS = {Side.PRISONER: 0, Side.VISITOR: 1 << 40}
"""So that the samples of one side tell nothing of those of the other: beyond every number of rounds."""

log = structlog.get_logger()


class SideEvents(Protocol):
    """What a call is told of its sides."""

    def judged(self, side: "CallSide", judged: Judged) -> None:
        """A sample of this side has its verdict."""

    def lost(self, side: "CallSide", cause: str) -> None:
        """The side's media stopped coming."""

    def back(self, side: "CallSide") -> None:
        """It comes again."""

    def unrecorded(self, cause: str) -> None:
        """What a side shows can be recorded no longer."""

    def unwatched(self, side: "CallSide") -> None:
        """An officer no longer looks at it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every side of a call shares."""

    call: str
    policy: ModerationPolicy
    line: LinePolicy
    network: NetworkTerms
    facts: CallFacts
    observer: Callable[[str, SeatTerms, ClearanceMode, ModerationPolicy], Observer]  # of one stream
    seed: int
    recording: RecordingPolicy = field(default_factory=RecordingPolicy)
    tried: AskOfStream | None = None  # a stream's newest judged picture under an engine on trial


class CallSide:
    """One end of the call, from the waiting room to the end."""

    def __init__(self, terms: SeatTerms, around: Surroundings, events: SideEvents) -> None:
        self.terms, self._around, self._events = terms, around, events
        self.side: Side = terms.side
        self.latency = AddedLatency()
        self.direction = Direction(around.policy.release, self, self.request_key, shown=terms.shown)
        self.ceiling = Ceiling(around.line)
        self.light = False  # it saves data
        self.audio_only = terms.audio_only
        for kind in terms.muted:
            self.direction.mute(kind)
        self.record = StreamRecord(around.call, terms.side, around.policy, around.facts)
        stream = f"{around.call}/{terms.side}"
        self._beside = beside(around.policy, terms.mode, stream, terms.side, around.facts, around.tried)
        self._tapes = Tapes(around.call, self.side, around.facts, lambda: self.codec, events.unrecorded)
        self.connection: Connection | None = None
        self.codec: Codec | None = None
        self.away = False  # its media stopped, or never came again after its worker died
        self.running = False  # the call has started
        self._admission = Admission(terms.persons)
        self._engine_told: str | None = None
        self._told: set[IdentityResult] = set()
        self._watchers = Watchers()
        self._joining = asyncio.Lock()
        self._drawing = asyncio.Lock()  # a decoded picture crashes when two threads scale it at once
        self._still: tuple[float, Still] | None = None
        facts = around.facts
        self._evidence = Evidence(
            around.call, self.side, lambda content: facts.picture(self.side, content), facts, self._drawing
        )
        self.judge = self._judge_of(terms.mode)
        if terms.admitted:
            self.direction.admit(terms.mode)
        if terms.audio_only is not None:
            self.direction.sound_alone(True)

    @property
    def is_missing(self) -> bool:
        """Whether nothing comes from this side."""
        return self.connection is None or self.away

    async def join(self, name: str, offer: str, epoch: float, codec: Codec | None, shown: "CallSide") -> str:
        """Connect, in place of an earlier connection. `shown` is the other side. Raises `OfferRefused`."""
        async with self._joining:
            await self._require_an_engine()
            egress = Egress(shown.request_key, shown.latency.add, shown.viewer_carries)
            connection = Connection(
                name, self._around.network, self._secured, lambda cause: self._lost(name, cause)
            )
            ingress = Ingress(
                epoch,
                lambda frame: self._picture(connection, frame),
                lambda sound: self._sound(connection, sound),
                lambda estimate: self.ceiling.bits_per_s(estimate, light=self.light or shown.light),
            )
            answer = await connection.answer(offer, egress, ingress, codec)
            before, self.connection, self.codec = self.connection, connection, connection.codec
            shown.ceiling.forget()
            shown.direction.show_to(egress)
            shown.request_key()
            self.direction.reconnected()
            if self.judge is not None:
                self.judge.connected(connection.codec)
                self._begin_anew(self.judge)
            if before is not None:
                await before.close()
            return answer

    async def watch(self, viewer: str, offer: str, listening: Listening | None) -> str:
        """Let an officer look, and hear where there is leave for it. Raises `TapForbidden` or `OfferRefused`."""
        egress = Egress(self.request_key)
        connection = Connection(
            viewer, self._around.network, _ignore, lambda _: self._unwatch(viewer, connection)
        )
        looking = StaffViewer.admit(self.terms.mode, egress, connection, listening)
        answer = await connection.answer(offer, egress, None, self.codec)
        before = self._watchers.put(viewer, looking)
        self.request_key()
        if before is not None:
            await before.connection.close()
        return answer

    async def admit(self, mode: ClearanceMode, people: int) -> None:
        """The side's mode is on record: its clean pictures may leave once the call runs.

        A stream that nobody may read stays so, also where its taps were closed while this was on its way.
        """
        if self.terms.mode is ClearanceMode.OPEN:
            mode = ClearanceMode.OPEN
        self.terms = replace(self.terms, people=people, mode=mode, admitted=True)
        if self.judge is None or self.judge.terms.mode is not _judged_as(self.terms):
            await self._judge_anew(mode)
        else:
            self.judge.admitted(people)
        self.direction.admit(mode)

    def unauthorised(self, at: datetime) -> bool:
        """Whether the authorisation on which this side's pictures are read has run out."""
        return self.terms.until is not None and at >= self.terms.until

    async def close_taps(self) -> None:
        """From now on nobody but the other side reads this stream. All at once; what closes, closes afterwards."""
        if self.terms.mode is ClearanceMode.OPEN:
            return
        self.terms = replace(self.terms, mode=ClearanceMode.OPEN, templates=(), persons=(), until=None)
        judge, self.judge, self._still = self.judge, None, None
        self.record.state_changed()
        if self.terms.admitted:
            self.direction.admit(ClearanceMode.OPEN)
        await self._watchers.close()
        if judge is not None:
            await judge.close()

    def looks(self, viewer: str) -> bool:
        """Whether this side's pictures reach that officer now."""
        return self._watchers.sees(viewer)

    def stop_listening(self) -> None:
        """Officers who look go on without sound."""
        self._watchers.stop_listening()

    def begin(self, epoch: float) -> None:
        """The call has started: media time 0 is at `epoch`, monotonic seconds."""
        self.running = True
        if self.connection is not None:
            self.connection.set_epoch(epoch)
        if self.judge is not None:
            self.judge.restart(afresh=True)
            self._begin_anew(self.judge)

    def record_on(self, epoch: float) -> None:
        """The call goes on: record what reaches the other side, where the policy asks for it and the mode allows it."""
        if not self.terms.recorded or Tap.RECORDING not in TAPS[self.terms.mode]:
            return
        tape = self._tapes.begin(self.terms.mode, epoch)
        if tape is not None:
            self.direction.record(tape)

    def keep_picture(self, violation: str, raised: Raised, judged: Judged) -> None:
        """Keep a picture of what was just found, where the policy asks for it and the mode allows it."""
        terms = self.terms
        if terms.pictured and Tap.EVIDENCE in TAPS[terms.mode]:
            bystanders = self._around.policy.bystanders.on(self.side)
            if is_pictured(raised, judged.verdict, bystanders):
                self._evidence.keep(Grant(terms.mode, Tap.EVIDENCE), violation, raised, judged)

    def mark(self, what: str, detail: str = "") -> None:
        """Mark in the recording, where there is one, what happens now."""
        self._tapes.mark(what, detail)

    def save_data(self, light: bool) -> None:
        """The side saves data, or does so no longer."""
        if light is not self.light:
            self.light = light
            self._around.facts.data_light(self.side, light)

    def viewer_carries(self, bits_per_s: int) -> None:
        """What whoever sees this side says about their line; it tells something only while pictures flow."""
        if self.direction.flow is Flow.RELEASED:
            self.ceiling.heard(bits_per_s)
        else:
            self.ceiling.forget()

    def sound_alone(self, because: AudioOnlyBecause | None) -> None:
        """The side's picture is left out, and not judged, or it flows again once it was."""
        self.audio_only = because
        if self.judge is not None:
            self.judge.restart(decoder=True)  # what comes meanwhile is not decoded
            self._begin_anew(self.judge)
        self.direction.sound_alone(because is not None)
        self.mark("picture" if because is None else "sound_alone")

    @property
    def counted(self) -> Connection | None:
        """The connection whose packets tell how good the side's line is."""
        return None if self.away else self.connection

    def request_key(self) -> None:
        """Ask this side for a key frame; it will be judged as soon as it is here."""
        if self.connection is not None:
            self.connection.request_key()
        if self.judge is not None:
            self.judge.await_key()

    async def hear(self, word: Word) -> None:
        """An officer's word on one of this side's faces."""
        if self.judge is not None:
            await self.judge.hear(word)

    async def still(self, *, bare: bool = False) -> Still | None:
        """The newest judged sample; None where nothing is judged. A bare one is drawn once and not kept."""
        newest = self.judge.newest if self.judge is not None else None
        if newest is None:
            return None
        Grant(self.terms.mode, Tap.STAFF_PICTURE)
        async with self._drawing:
            if bare:
                return await asyncio.to_thread(still_of, newest, bare=True)
            if self._still is None or monotonic() - self._still[0] >= STILL_S:
                self._still = monotonic(), await asyncio.to_thread(still_of, newest)
            return self._still[1]

    async def numbers(self) -> dict[str, Any]:
        """What this side did so far, for operators and rehearsals."""
        judge, viewer = self.judge, self.direction.viewer
        return {
            "flow": self.direction.flow.value,
            "mode": self.terms.mode.value,
            "connected": self.connection is not None and not self.away,
            "last_media_ms": self.direction.last_ms,
            "decoded": judge.decoded if judge is not None else 0,
            "judged": judge.judgements if judge is not None else 0,
            "embeddings": await self._embeddings(),
            "pictures": viewer.pictures if viewer is not None else 0,
            "slates": viewer.slates if viewer is not None else 0,
            "key_requests": self.connection.key_requests if self.connection is not None else 0,
            "added_latency_ms": self.latency.summary(),
        }

    async def _embeddings(self) -> int:
        """Vectors computed in this stream, as moderation counts them; 0 when it does not answer in time."""
        if self.judge is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ANSWER_S):
                    return await self.judge.observer.embeddings()
        return 0

    async def end_beside(self) -> None:
        """Nobody looks on any more, and how much was looked at is told."""
        for looking in self._beside:
            await looking.end()

    async def close(self) -> None:
        """Take everything of this side down."""
        self.direction.close()
        await self._tapes.stop()
        await self._evidence.stop()
        own = [] if self.connection is None else [self.connection.close()]
        await asyncio.gather(*own, self._watchers.close())
        if self.judge is not None:
            await self.judge.close()

    def released(self, media_ms: int) -> None:
        """See `DirectionEvents`."""
        self._around.facts.released(self.side, media_ms, by_eye=self.direction.by_eye)
        self.mark("released")

    def frozen(self, verdict: Verdict, last_ms: int | None) -> None:
        """See `DirectionEvents`."""
        self._around.facts.frozen(self.side, verdict, last_ms)
        self.mark("frozen", "" if verdict.cause is None else verdict.cause.value)

    def _judge_of(self, mode: ClearanceMode) -> Judge | None:
        """The judge of this side; none for a stream that nobody may read."""
        if mode is ClearanceMode.OPEN:
            return None
        around = self._around
        stream = f"{around.call}/{self.side}"
        return Judge(
            Grant(mode, Tap.SAMPLER),
            around.policy,
            self._stream_terms(),
            around.seed ^ _SEEDS[self.side],
            around.observer(stream, self.terms, _judged_as(self.terms), around.policy),
            on_judged=self._judged,
            on_heard=self._heard,
            on_broken=self._broken,
        )

    def _stream_terms(self) -> StreamTerms:
        terms = self.terms
        return StreamTerms(
            self.side, _judged_as(terms), terms.people, len(terms.templates), with_child=terms.with_child
        )

    async def _judge_anew(self, mode: ClearanceMode) -> None:
        before, self.judge = self.judge, self._judge_of(mode)
        if self.judge is not None:
            if self.codec is not None:
                self.judge.connected(self.codec)
            self._begin_anew(self.judge)
        if before is not None:
            await before.close()

    def _begin_anew(self, judge: Judge) -> None:
        """Whoever is seen from here on must be proved again."""
        self.record.began_anew(judge.state)
        for looking in self._beside:
            looking.began_anew(judge.state)

    def state_changed(self) -> None:
        """The call paused, went on or ended: what was seen up to here goes on record."""
        self.record.state_changed()
        for looking in self._beside:
            looking.state_changed()

    async def _require_an_engine(self) -> None:
        """What the policy requires must be assessed by something. Raises `Refused`."""
        engine = await self.judge.observer.engine() if self.judge is not None else None
        if engine is not None and not set(self._around.policy.required) <= set(engine.assessed):
            raise Refused("The checks that this prison requires cannot be made here.", "not_assessed")

    def _picture(self, connection: Connection, frame: EncodedFrame) -> None:
        if connection is not self.connection:
            return  # of a connection that was replaced
        self._heard_from()
        self._watchers.show(frame)
        if self.audio_only is not None:
            return
        self.direction.picture(frame)
        if self.judge is not None:
            self.judge.picture(frame)

    def _sound(self, connection: Connection, sound: EncodedSound) -> None:
        if connection is not self.connection:
            return
        self._watchers.pass_on(sound)
        self.direction.sound(sound)

    def _heard_from(self) -> None:
        if self.away:
            self.away = False
            self._events.back(self)

    def _judged(self, judged: Judged) -> None:
        if self.judge is None:
            return  # its taps were closed while this was judged
        if self.running:
            self._tell_engine(judged)
            self.record.judged(judged, self.judge.terms)
        elif not self.terms.admitted:
            self._check_identity(judged)
        self._events.judged(self, judged)
        self.direction.judged(judged.verdict, unexplained_change=judged.unexplained_change)
        for looking in self._beside if self.running else ():
            looking.judged(judged.observation, self.judge.terms)  # last: it delays nothing

    def _tell_engine(self, judged: Judged) -> None:
        """Put on record what judges this side, at the start and whenever it changes."""
        engine, assessed = judged.observation.engine, judged.observation.assessed
        if engine != self._engine_told:
            self._engine_told = engine
            missing = [kind.value for kind in _ASSESSABLE if kind not in assessed]
            setup = engine.partition(":")[0]
            self._around.facts.moderation_started(self.side, setup, {"engine": engine}, missing)

    def _check_identity(self, judged: Judged) -> None:
        if self.terms.mode is not ClearanceMode.MATCH:
            return  # staff see to it
        result = self._admission.judged(judged.verdict)
        if result is None or result in self._told:
            return
        self._told.add(result)
        faces = self._admission.faces(judged.verdict)
        threshold = self._around.policy.matching.accept
        self._around.facts.identity(self.side, result, faces, threshold, judged.observation.engine)

    def _heard(self, word: Word, terms: StreamTerms) -> None:
        self.record.heard(word, terms)
        for looking in self._beside:
            looking.heard(word, terms)

    def _broken(self) -> None:
        """A picture that cannot be decoded here may not be sent: begin again with a key frame."""
        self.direction.restart()

    def _secured(self, secured: Secured) -> None:
        if self.connection is not None:
            self._around.facts.connected(self.side, self.connection.name, secured)

    def _lost(self, name: str, cause: str) -> None:
        current = self.connection is not None and self.connection.name == name
        if current and not self.away:
            self.away = True
            self._events.lost(self, cause)

    def _unwatch(self, viewer: str, connection: Connection) -> None:
        if self._watchers.left(viewer, connection):
            self._events.unwatched(self)


def _judged_as(terms: SeatTerms) -> ClearanceMode:
    """Pictures of a legal call under authorisation are judged by template where there are templates."""
    if terms.mode is ClearanceMode.IMAGE_ONLY:
        return ClearanceMode.MATCH if terms.templates else ClearanceMode.COUNT
    return terms.mode


def _ignore(_: Secured) -> None:
    """An officer's connection is not part of what the sides saw; the look itself is on record."""
