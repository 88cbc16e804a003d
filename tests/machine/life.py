"""One call's life in any order: what leaves the media worker is what the log allows, and both are in one state.

The deciders through `handle`, the reactions, the deadlines and the conductor work on one side; the media
worker on the other, with the log between them. See `tests.machine.edge` for what is not real.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from application.ports import ActorKind
from application.templates import template_bytes
from domain import audio_only, call, flag, mute, violation, waiting_room
from domain.audio_only import EnterAudioOnly, LeaveAudioOnly
from domain.booking.events import CallBooked, Video
from domain.call.commands import CompleteCall, EndCall, LeaveCall, ResumeCall
from domain.call.events import WordOnFace
from domain.call.state import FLOWS, Call, Status
from domain.clearance import Side
from domain.enrolment.events import BiometricConsentGiven, FaceTemplateEnrolled
from domain.event import Event, Refused
from domain.flag.decisions import FlagBooking, UnflagBooking
from domain.flag.events import ClearedBecause, FlagKind
from domain.moderation.kind import FaceWord
from domain.mute import MediaKind, UnmuteStream
from domain.policy import Policy, PolicyPublished
from domain.texts import OTHER_SIDE
from domain.timetable.events import SessionOpened
from domain.violation import ReviewOutcome, ReviewViolation
from domain.waiting_room.commands import (
    AdmitParticipant,
    ArriveParticipant,
    JoinAsMonitor,
    LeaveAsMonitor,
    MakeDeclaration,
    NoteRefusalToAttend,
    RefuseParticipant,
)
from infrastructure.media.call import LiveCall
from infrastructure.rpc import PeerRefused
from tests.asked import ask
from tests.facts import CALL, PRISON, PRISONER, VISITOR, fact
from tests.machine.edge import OPENS_S, SCENES, SITTER, STRANGER, JumpingLoop, Line, without_a_network
from tests.machine.service import Service
from tests.machine.watching import Watching

MINUTES = 3
SHORT = {"opens_before_s": OPENS_S, "missed_after_s": 90}
VAULT = {"sha256:aa": template_bytes((0.0,) * 128), "sha256:bb": template_bytes((0.0,) * 128)}
IN_MEDIA = {
    Status.NOT_STARTED: "waiting",
    Status.LIVE: "live",
    Status.PAUSED: "paused",
    Status.HELD: "paused",
    Status.INTERRUPTED: "interrupted",
}
"""How the media worker names the state of a call that is not over: one that is held stands still like a pause."""

PERSONS = {Side.PRISONER: PRISONER, Side.VISITOR: VISITOR}
sides = st.sampled_from(list(Side))
moments = st.sampled_from([0.1, 0.5, 1.3, 4.0, 4.0, 22.0, 65.0, 310.0])


class AnyLife(RuleBasedStateMachine):
    """One call of three minutes, from its booking on."""

    hits: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.loop = JumpingLoop()
        self.open = contextlib.ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="kinline-life-", dir=_memory()))
        self.open.callback(shutil.rmtree, self.folder)
        self.open.callback(self.loop.close)
        self.open.enter_context(without_a_network(self.loop))
        self.lines: dict[str, Line] = {}  # by the name of the connection
        self.numbers = 0
        self.watching = Watching(self.hits)
        Line.opened = staticmethod(self._line_opened)
        Line.sent = staticmethod(self.watching.left)
        self.service = self.run(self._served())

    @property
    def state(self) -> Call:
        """The call, as far as the media plane was told."""
        return self.watching.state

    def _line_opened(self, line: Line) -> None:
        self.lines[line.name] = line

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Wait for it; time jumps meanwhile."""
        return self.loop.run_until_complete(work)

    async def _served(self) -> Service:
        service = Service(self.loop, self.folder, VAULT)
        service.on_told = self.watching.told
        await service.start()
        return service

    @initialize(
        matched=st.booleans(),
        one_way=st.sampled_from([False, False, True]),
        free=st.booleans(),
        begun=st.sampled_from([True, True, True, False]),
        declared=st.sampled_from([False, False, True]),
        phase=st.integers(0, 7),
    )
    def is_booked(
        self, matched: bool, one_way: bool, free: bool, begun: bool, declared: bool, phase: int
    ) -> None:
        self.loop.phase = phase
        rules = {"waiting_room": {**SHORT, "declaration": declared}}
        self.watching.one_way = one_way
        day = (f"{PRISON}/2026-11-23",)
        known: list[Event] = [
            fact(FaceTemplateEnrolled, -8000),
            fact(BiometricConsentGiven, -8000),
            fact(FaceTemplateEnrolled, -7900, person=VISITOR, template="sha256:bb"),
        ]
        booked = fact(CallBooked, -7000, minutes=MINUTES, video=Video.ONE_WAY if one_way else Video.BOTH_WAYS)
        facts: list[Event] = [
            fact(PolicyPublished, -9000, document=Policy().merged(rules).document()),
            fact(SessionOpened, -9000, minutes=60 if free else MINUTES, timetable_day=day),
            *(known if matched else []),
            booked,
        ]
        if not free:  # the time after this one is full
            after = {"session": "after", "starts_at": booked.starts_at.replace(minute=MINUTES)}
            facts.append(fact(SessionOpened, -8900, **after, stations=0, timetable_day=day))
        self.run(self.service.put(*facts))
        if begun:
            self.begins()
            self.time_passes(seconds=2.0)

    # In the waiting room

    @rule(side=sides, told=st.booleans())
    def confirms_the_rules(self, side: Side, told: bool) -> None:
        at, person = self.service.now(), PERSONS[side]
        confirm = ask(MakeDeclaration, at=at, side=side, person=person, told_by_staff=told)
        self.run(self.service.ask(waiting_room, confirm, ActorKind.PUBLIC))

    @rule(side=sides)
    def connects(self, side: Side) -> None:
        self.run(self._connects(side))

    async def _connects(self, side: Side) -> None:
        self.numbers += 1
        at = self.service.now()
        arrive = ask(ArriveParticipant, at=at, side=side, person=PERSONS[side])
        if self.state.status is Status.ENDED or await self.service.ask(
            waiting_room, arrive, ActorKind.PUBLIC
        ):
            return
        with contextlib.suppress(Refused, PeerRefused):
            await self.service.conductor.open(CALL)
            await self.service.workers.join(CALL, side, "offer", f"{side}-{self.numbers}")

    @rule(side=sides)
    def is_let_in(self, side: Side) -> None:
        self.run(self.service.ask(waiting_room, ask(AdmitParticipant, at=self.service.now(), side=side)))

    @precondition(lambda self: self.state.status is Status.NOT_STARTED)
    @rule(side=sides)
    def is_not_let_in(self, side: Side) -> None:
        self.run(self.service.ask(waiting_room, ask(RefuseParticipant, at=self.service.now(), side=side)))

    @precondition(lambda self: self.state.status is Status.NOT_STARTED)
    @rule()
    def will_not_take_part(self) -> None:
        self.run(self.service.ask(waiting_room, ask(NoteRefusalToAttend, at=self.service.now())))

    @rule(joins=st.booleans())
    def an_officer_watches_or_leaves(self, joins: bool) -> None:
        kind = JoinAsMonitor if joins else LeaveAsMonitor
        self.run(self.service.ask(waiting_room, ask(kind, at=self.service.now())))

    @precondition(lambda self: self.state.status is Status.NOT_STARTED and not self.watching.over)
    @rule()
    def begins(self) -> None:
        self.run(self.service.settle())
        self.an_officer_watches_or_leaves(joins=True)
        for side in Side:
            self.confirms_the_rules(side, told=side is Side.PRISONER)
            self.connects(side)
            self.run(self.service.settle())
            self.is_let_in(side)
        self.time_passes(seconds=OPENS_S)

    # In front of the cameras, and on the lines

    def line_of(self, side: Side) -> Line | None:
        """The side's newest connection."""
        mine = [line for name, line in self.lines.items() if name.startswith(f"{side}-")]
        return mine[-1] if mine else None

    @rule(
        side=sides, scene=st.sampled_from([*SCENES, STRANGER, SITTER]), seconds=st.sampled_from([0, 3, 7, 24])
    )
    def something_is_in_the_picture(self, side: Side, scene: bytes, seconds: float) -> None:
        line = self.line_of(side)
        if line is not None:
            line.scene = scene
            self.time_passes(seconds)

    something_else_is = and_something_else = something_is_in_the_picture  # most of what happens in a call

    @rule(side=sides, cut=st.booleans(), seconds=st.sampled_from([0, 3]))
    def a_line_fails_or_comes_back(self, side: Side, cut: bool, seconds: float) -> None:
        line = self.line_of(side)
        if line is not None:
            line.cut = cut
            self.time_passes(seconds)

    @rule(away=st.booleans(), seconds=st.sampled_from([0, 3, 16]))
    def moderation_answers_or_does_not(self, away: bool, seconds: float) -> None:
        self.service.eyes.away = away
        self.time_passes(seconds)

    @rule(away=st.sampled_from([True, False, False]), seconds=st.sampled_from([0, 3, 70]))
    def the_log_can_be_reached_or_not(self, away: bool, seconds: float) -> None:
        self.service.recorder_end.away = away
        self.time_passes(seconds)

    @precondition(lambda self: self.numbers > 3)
    @rule()
    def the_worker_dies(self) -> None:
        self.service.recorder_end.away = False
        self.run(self.service.settle())
        self.run(self.service.worker_dies())

    @rule(seconds=moments)
    def time_passes(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    # At the desk

    @rule()
    def an_officer_pauses(self) -> None:
        self.run(self._pauses())

    async def _pauses(self) -> None:
        with contextlib.suppress(Refused, PeerRefused):
            asked = self.service.context()
            await self.service.workers.pause(CALL, asked, "staff", OTHER_SIDE, "I want to look")

    @rule()
    def an_officer_resumes(self) -> None:
        seen = self.state.open_violations
        words = tuple(
            WordOnFace(side=v.side, track=v.track, word=FaceWord.GONE) for v in seen if v.track is not None
        )
        self.run(self.service.ask(call, ask(ResumeCall, at=self.service.now(), words=words)))

    @rule(
        side=sides, kind=st.sampled_from(list(MediaKind)), on=st.booleans(), seconds=st.sampled_from([0, 2])
    )
    def an_officer_mutes_or_unmutes(self, side: Side, kind: MediaKind, on: bool, seconds: float) -> None:
        self.run(self._mutes(side, kind) if on else self._unmutes(side, kind))
        self.time_passes(seconds)

    async def _mutes(self, side: Side, kind: MediaKind) -> None:
        with contextlib.suppress(Refused, PeerRefused):
            await self.service.workers.mute(CALL, self.service.context(), side, kind, "It was too loud")

    async def _unmutes(self, side: Side, kind: MediaKind) -> None:
        await self.service.ask(mute, ask(UnmuteStream, at=self.service.now(), side=side, kind=kind))

    @rule(side=sides, on=st.booleans(), seconds=st.sampled_from([0, 2]))
    def a_side_leaves_its_picture_out_or_not(self, side: Side, on: bool, seconds: float) -> None:
        kind = EnterAudioOnly if on else LeaveAudioOnly
        self.run(self.service.ask(audio_only, ask(kind, at=self.service.now(), side=side), ActorKind.PUBLIC))
        self.time_passes(seconds)

    @precondition(lambda self: self.state.status not in FLOWS)
    @rule()
    def all_is_well_again(self) -> None:
        self.service.recorder_end.away = self.service.eyes.away = False
        for side in Side:
            line = self.line_of(side)
            if side in self.state.lost:
                self.connects(side)
            elif line is not None:
                line.cut, line.scene = False, SITTER
        self.an_officer_watches_or_leaves(joins=True)
        self.time_passes(seconds=4.0)
        self.run(self.service.settle())
        self.an_officer_resumes()
        self.time_passes(seconds=2.0)

    @rule(outcome=st.sampled_from(list(ReviewOutcome)))
    def an_officer_reviews(self, outcome: ReviewOutcome) -> None:
        for name in sorted(self.state.blamed):
            review = ask(ReviewViolation, at=self.service.now(), violation=name, outcome=outcome)
            self.run(self.service.ask(violation, review))

    @rule(kind=st.sampled_from([FlagKind.VISITOR_RESTRICTION, FlagKind.PRISONER_ALERTS_UPDATED]))
    def a_fact_changes(self, kind: FlagKind) -> None:
        self.numbers += 1
        flagged = ask(FlagBooking, at=self.service.now(), flag=f"flag-{self.numbers}", kind=kind)
        self.run(self.service.ask(flag, flagged, ActorKind.SYSTEM))

    @rule()
    def an_officer_decides_on_what_changed(self) -> None:
        for name in sorted(self.state.flags):
            clear = ask(UnflagBooking, at=self.service.now(), flag=name, because=ClearedBecause.DO_NOT_CHANGE)
            self.run(self.service.ask(flag, clear))

    @precondition(lambda self: self.numbers > 4)
    @rule(kind=st.sampled_from([EndCall, LeaveCall]))
    def somebody_ends_it(self, kind: type[Any]) -> None:
        self.run(self.service.ask(call, ask(kind, at=self.service.now())))

    # What must hold

    @invariant()
    def what_left_was_allowed_and_the_media_worker_is_in_the_state_of_the_log(self) -> None:
        """With everything recorded and passed on. While the log is away the worker may only be more closed."""
        self.run(self.service.settle())
        assert self.watching.wrong == []
        live = self._live_call()
        log = self.run(self._call_of_the_log())
        over = log.status is Status.ENDED or self.watching.over
        if live is None or over:
            assert not (live is not None and over), "the call is over, and the worker still carries it"
            return
        in_media = live.state.value
        if self.service.recorder_end.away:
            assert in_media != "live" or log.status in FLOWS
            return
        assert in_media == IN_MEDIA[log.status], f"media {in_media}, log {log.status}"
        for side, one in live._sides.items():
            assert one.direction.is_open == (log.status in FLOWS), f"{side} in {log.status}"

    def _live_call(self) -> LiveCall | None:
        assert self.service.worker is not None
        carried: dict[str, LiveCall] = self.service.worker._calls
        return carried.get(CALL)

    async def _call_of_the_log(self) -> Call:
        state: Call = call.initial
        for recorded in await self.service.read(call.boundary(ask(CompleteCall))):
            state = call.evolve(state, recorded.event)
        return state

    def teardown(self) -> None:
        self.hits["walks"] += 1
        try:
            self.run(self.service.stop())
        finally:
            self.open.close()


def _memory() -> str | None:
    """Where a journal costs no disk, if there is such a place."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
