"""A call under any sequence of requests and reports: what must hold whatever happens."""

from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain import call, flag, waiting_room
from domain.booking.events import CallBooked
from domain.call import ending
from domain.call.commands import (
    Beyond,
    CompleteCall,
    EndCall,
    EscalatePause,
    GoOn,
    HoldForMonitor,
    LeaveCall,
    PauseFlagged,
    ReportBack,
    ReportCleared,
    ReportInterrupted,
    ReportLost,
    ReportOver,
    ReportPause,
    ReportViolation,
    ResumeCall,
)
from domain.call.events import (
    CallInterrupted,
    CallPaused,
    CallResumed,
    InterruptionOver,
    ParticipantRejoined,
    PausedBy,
    WordOnFace,
)
from domain.call.going_on import FACES
from domain.call.over import KEPT
from domain.call.state import Call, Status
from domain.clearance import Side
from domain.event import Command, Event, Refused, milliseconds
from domain.flag.decisions import FlagBooking
from domain.flag.events import BookingFlagged, FlagKind
from domain.lifecycle import (
    CallCompleted,
    CallExtended,
    CallMinutesCredited,
    CallMissed,
    CallStarted,
    CallTerminated,
)
from domain.moderation.kind import Action, FaceWord, Kind
from domain.policy import CallPolicy
from domain.violation import ViolationCleared
from domain.waiting_room.commands import (
    AdmitParticipant,
    ArriveParticipant,
    JoinAsMonitor,
    LeaveAsMonitor,
    MissCall,
    ReportIdentity,
    StartCall,
)
from domain.waiting_room.events import (
    CallHeldForMonitor,
    IdentityResult,
    MonitorJoined,
    MonitorLeft,
    WaitingRoomOpened,
)
from projections import call_wall
from projections.call_wall import WallCall, WallStatus
from tests.asked import ask
from tests.facts import COUNTED_VISITORS, NOON, PRISON, PRISONER, SESSION, VISITOR, fact, recorded
from tests.scenario import selected

WAITING_ON: list[type[Command]] = [JoinAsMonitor, LeaveAsMonitor, StartCall, StartCall, MissCall]
sides = st.sampled_from(list(Side))
kinds = st.sampled_from([Kind.UNAPPROVED_FACE, Kind.CAMERA_COVERED, Kind.FACE_ABSENT, Kind.HEAD_COUNT_ABOVE])
tracks = st.sampled_from([None, 1, 2])
pauses_often = st.sampled_from([Action.PAUSE, Action.PAUSE, Action.COACH])
BEYOND = Beyond(
    prison=PRISON,
    zone="Europe/London",
    session=SESSION,
    records=(PRISONER,),
    visitors=(VISITOR,),
    device=None,
    sessions=(),
    until=NOON + timedelta(days=1),
)
ENDS = (CallCompleted, CallTerminated, CallMissed)
ON_THE_WALL = {
    Status.NOT_STARTED: {WallStatus.WAITING, WallStatus.HELD_FOR_MONITOR, WallStatus.ENDED},
    Status.LIVE: {WallStatus.LIVE, WallStatus.FROZEN},
    Status.PAUSED: {WallStatus.PAUSED},
    Status.INTERRUPTED: {WallStatus.INTERRUPTED},
    Status.HELD: {WallStatus.HELD_FOR_MONITOR},
    Status.ENDED: {WallStatus.ENDED},
}


class AnyCall(RuleBasedStateMachine):
    """One call of three minutes, from its waiting room on, with a clock that only goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.log: list[Event] = []
        self.numbers = 0
        self.place_is_free = True

    @initialize(counted=st.booleans(), place_is_free=st.booleans())
    def opens(self, counted: bool, place_is_free: bool) -> None:
        self.place_is_free = place_is_free
        room: dict[str, Any] = {"minutes": 3}
        if counted:
            room |= {"visitor": COUNTED_VISITORS, "monitor_required": True}
        self.log = [fact(CallBooked, -86400, minutes=3), fact(WaitingRoomOpened, -900, **room)]

    @rule(seconds=st.sampled_from([0.2, 1, 5, 21, 61, 130]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    def happens(self, decider: Any, kind: type[Command], /, **changes: Any) -> None:
        """Decide as the application does, and keep what follows; what reactions do about it follows as well."""
        command = ask(kind, self.now, **changes)
        facts = selected(self.log, decider.boundary(command))
        try:
            events = decider.decide(reduce(decider.evolve, facts, decider.initial), command)
        except Refused:
            return
        self.log += events
        for event in events:
            if isinstance(event, ParticipantRejoined | ViolationCleared | InterruptionOver | MonitorJoined):
                self.happens(call, GoOn)
            if isinstance(event, MonitorLeft):
                self.happens(call, HoldForMonitor)
            if isinstance(event, BookingFlagged):
                self.happens(call, PauseFlagged, kind=event.kind)

    # In the waiting room

    @rule(side=sides)
    def arrives(self, side: Side) -> None:
        person = PRISONER if side is Side.PRISONER else VISITOR
        self.happens(waiting_room, ArriveParticipant, side=side, person=person)

    @rule(side=sides, result=st.sampled_from(list(IdentityResult)))
    def is_compared(self, side: Side, result: IdentityResult) -> None:
        self.happens(waiting_room, ReportIdentity, side=side, result=result)

    @rule(side=sides)
    def is_let_in(self, side: Side) -> None:
        self.happens(waiting_room, AdmitParticipant, side=side)

    @rule(kind=st.sampled_from(WAITING_ON))
    def goes_on_in_the_waiting_room(self, kind: type[Command]) -> None:
        self.happens(waiting_room, kind)

    @precondition(lambda self: not self.has(CallStarted))
    @rule()
    def begins(self) -> None:
        for side in Side:
            self.arrives(side)
            self.is_let_in(side)
        self.happens(waiting_room, JoinAsMonitor)
        self.happens(waiting_room, StartCall)

    # In the call

    @rule(kind=kinds, side=sides, track=tracks, action=pauses_often)
    def something_is_seen(self, kind: Kind, side: Side, track: int | None, action: Action) -> None:
        self.numbers += 1
        changes = {"kind": kind, "side": side, "track": track, "action": action}
        self.happens(call, ReportViolation, violation=f"violation-{self.numbers}", **changes)

    @rule(kind=kinds, side=sides)
    def it_is_gone(self, kind: Kind, side: Side) -> None:
        self.happens(call, ReportCleared, kind=kind, side=side)

    @rule()
    def an_officer_pauses(self) -> None:
        self.happens(call, ReportPause)

    @rule(says_of_each_face=st.booleans())
    def an_officer_resumes(self, says_of_each_face: bool) -> None:
        words = [WordOnFace(side=side, track=track, word=FaceWord.GONE) for side in Side for track in (1, 2)]
        self.happens(call, ResumeCall, words=tuple(words) if says_of_each_face else ())

    @rule(kind=st.sampled_from([ReportLost, ReportBack]), side=sides)
    def a_line_fails_or_comes_back(self, kind: type[Command], side: Side) -> None:
        self.happens(call, kind, side=side)

    @rule(cause=st.sampled_from(["moderation_lost", "worker_lost"]))
    def checking_fails(self, cause: str) -> None:
        self.happens(call, ReportInterrupted, cause=cause)

    @rule()
    def checking_works_again(self) -> None:
        self.happens(call, ReportOver)

    @precondition(lambda self: self.has(CallStarted))
    @rule(kind=st.sampled_from([FlagKind.VISITOR_RESTRICTION, FlagKind.PRISONER_ALERTS_UPDATED]))
    def a_fact_changes(self, kind: FlagKind) -> None:
        self.numbers += 1
        self.happens(flag, FlagBooking, flag=f"flag-{self.numbers}", kind=kind)

    @rule()
    def a_deadline_comes(self) -> None:
        pauses = [event for event in self.log if isinstance(event, CallPaused)]
        if pauses:
            self.happens(call, EscalatePause, paused_at=pauses[-1].at)
        self.happens(ending, CompleteCall, beyond=BEYOND if self.place_is_free else None)

    @precondition(lambda self: len(self.log) > 12)
    @rule(kind=st.sampled_from([EndCall, LeaveCall]))
    def somebody_ends_it(self, kind: type[Command]) -> None:
        self.happens(call, kind)

    # What must hold

    def has(self, *kinds: type[Event]) -> bool:
        return any(isinstance(event, kinds) for event in self.log)

    @property
    def state(self) -> Call:
        return state_of(self.log)

    @invariant()
    def a_call_that_is_over_stays_over(self) -> None:
        ends = [event for event in self.log if isinstance(event, ENDS)]
        assert len(ends) <= 1
        if ends and not isinstance(ends[0], CallMissed):
            after = self.log[self.log.index(ends[0]) + 1 :]
            assert all(isinstance(each, CallMinutesCredited | MonitorJoined | MonitorLeft) for each in after)
            assert self.state.status is Status.ENDED

    @invariant()
    def a_call_starts_once_and_never_after_it_was_missed(self) -> None:
        assert sum(isinstance(event, CallStarted) for event in self.log) <= 1
        assert not (self.has(CallStarted) and self.has(CallMissed))

    @invariant()
    def nobody_is_away_from_a_live_call(self) -> None:
        assert self.state.status is not Status.LIVE or not self.state.lost

    @invariant()
    def a_call_that_somebody_has_to_watch_is_never_live_without(self) -> None:
        assert self.state.status is not Status.LIVE or not self.state.unwatched

    @invariant()
    def nobody_is_shown_while_a_fact_waits_for_a_decision(self) -> None:
        assert self.state.status is not Status.LIVE or not self.state.stopping_flags

    @invariant()
    def a_pause_for_staff_is_left_by_an_officer_or_the_end_only(self) -> None:
        waits = False
        for event in self.log:
            if isinstance(event, CallPaused):
                assert event.for_staff or not waits
                waits = event.for_staff
            if isinstance(event, CallResumed):
                assert event.officer is not None or not waits
                waits = False

    @invariant()
    def whoever_resumes_said_a_word_on_each_face(self) -> None:
        for number, event in enumerate(self.log):
            if isinstance(event, CallResumed) and event.officer is not None:
                open_then = state_of(self.log[:number]).open_violations
                owed = {(v.side, v.track) for v in open_then if v.kind in FACES and v.track is not None}
                assert owed <= {(word.side, word.track) for word in event.words}

    @invariant()
    def what_the_machine_took_is_added_or_credited_and_never_both(self) -> None:
        """Counted from the log alone, moment by moment, against what was added and what was credited."""
        added = sum(event.seconds for event in self.log if isinstance(event, CallExtended))
        credited = sum(event.seconds for event in self.log if isinstance(event, CallMinutesCredited))
        taken, stops = machine_time(self.log, self.now)
        more = sum(isinstance(event, CallExtended) for event in self.log)
        assert added <= CallPolicy().extension_max_s
        assert added <= taken + more * CallPolicy().extension_min_s + 0.5 * stops
        over = next((e for e in self.log if isinstance(e, CallCompleted | CallTerminated)), None)
        if over is None:
            assert credited == 0
            return
        kept = left_ms(over, self.state) / 1000
        assert abs(max(0.0, taken - added) + kept - credited) <= 0.5 * (stops + more + 1)

    @invariant()
    def talk_and_pauses_add_up_to_the_length_of_the_call(self) -> None:
        for event in self.log:
            if isinstance(event, CallCompleted | CallTerminated):
                (started,) = (each for each in self.log if isinstance(each, CallStarted))
                assert event.talk_ms + event.paused_ms == milliseconds(event.at, started.at)
                assert event.paused_ms == stopped_ms(self.log)

    @invariant()
    def the_wall_says_what_the_rules_say(self) -> None:
        row = wall(self.log)
        if row is None:
            return
        state = self.state
        assert row.status in ON_THE_WALL[state.status]
        if state.status in (Status.LIVE, Status.PAUSED, Status.INTERRUPTED):
            assert (row.stopped_at, row.ends_at) == (state.stopped_at, state.ends_at)
            assert set(row.away) == state.lost
        if state.status is Status.PAUSED and state.pause is not None:
            assert (row.for_staff, row.cause, row.escalated) == (
                state.pause.for_staff,
                state.pause.cause,
                state.escalated,
            )
            assert [v.violation for v in row.violations] == [v.violation for v in state.open_violations]


def state_of(log: list[Event]) -> Call:
    """The call as its decisions see it."""
    state: Call = call.initial
    evolve: Callable[[Any, Any], Call] = call.evolve
    return reduce(evolve, selected(log, call.boundary(ask(CompleteCall))), state)


def left_ms(over: CallCompleted | CallTerminated, state: Call) -> int:
    """What was left of a call that could not be held, by nobody's fault who was on it."""
    if not isinstance(over, CallCompleted) or over.outcome not in KEPT or state.ends_at is None:
        return 0
    return max(0, milliseconds(state.ends_at, over.at))


def machine_time(log: list[Event], now: float) -> tuple[float, int]:
    """Seconds in which the machine kept the call stopped up to now, and how many stops there were."""
    taken, parts = 0.0, 0
    why, since, waits = "live", NOON, False
    for event in log:
        before = why
        match event:
            case CallPaused(paused_by=PausedBy.STAFF) if why == "interrupted" and not waits:
                waits = True  # an officer asks for a pause while the call is interrupted anyway
                continue
            case CallPaused(paused_by=by, for_staff=for_staff):
                why, waits = by.value, for_staff
            case CallInterrupted():
                why = "interrupted"
            case CallHeldForMonitor() if any(isinstance(e, CallStarted) for e in log[: log.index(event)]):
                why, waits = "interrupted", False
            case CallResumed() | CallCompleted() | CallTerminated():
                why, waits = "live", False
            case _:
                continue
        taken += (event.at - since).total_seconds() if before in {"auto", "interrupted"} else 0
        parts += why != "live"
        since = event.at
    lasts = (NOON + timedelta(seconds=now) - since).total_seconds() if why in {"auto", "interrupted"} else 0
    return taken + lasts, parts


def stopped_ms(log: list[Event]) -> int:
    """Milliseconds in which nobody saw the other side, from the start to the end."""
    total, since = 0, None
    for event in log:
        match event:
            case CallStarted():
                since = None  # it may have been held before
            case CallPaused() | CallInterrupted() | CallHeldForMonitor():
                since = since or event.at
            case CallResumed() | CallCompleted() | CallTerminated() if since is not None:
                total, since = total + milliseconds(event.at, since), None
            case _:
                pass
    return total


def wall(log: list[Event]) -> WallCall | None:
    """The call's row on the wall."""
    row: WallCall | None = None
    for position, event in enumerate(log, 1):
        if isinstance(event, call_wall.EVENTS):
            row = call_wall.after(row, recorded(position, event))
    return row


TestAnyCall = AnyCall.TestCase
TestAnyCall.settings = settings(max_examples=80, stateful_step_count=40, deadline=None, derandomize=True)


known_to: list[tuple[Any, list[type[Event]]]] = [
    (
        decider,
        sorted({t for facts in decider.boundary(command) for t in facts.types}, key=lambda t: t.__name__),
    )
    for decider, command in ((call, ask(CompleteCall)), (waiting_room, ask(StartCall)))
]


@settings(max_examples=80, deadline=None, derandomize=True)
@for_all(which=st.sampled_from([0, 1]), data=st.data())
def test_no_order_of_events_is_too_much_for_evolve(which: int, data: st.DataObject) -> None:
    decider, types = known_to[which]
    events = st.builds(fact, st.sampled_from(types), st.integers(0, 600))
    evolve: Callable[[Any, Any], Any] = decider.evolve
    reduce(evolve, data.draw(st.lists(events, max_size=30)), decider.initial)
