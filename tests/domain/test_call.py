"""A call: what stops it, who lets it go on, what is given back, and how it ends."""

from datetime import timedelta
from typing import Any

import pytest

from domain import call
from domain.booking.events import CallBooked
from domain.call.commands import (
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
    ParticipantLeft,
    ParticipantRejoined,
    PausedBy,
    PauseEscalated,
    PauseExplained,
    WordOnFace,
)
from domain.clearance import Side
from domain.event import Command, Event
from domain.flag.events import BookingFlagged, BookingUnflagged, FlagKind
from domain.lifecycle import CallCompleted, CallOutcome, CallStarted, CallTerminated
from domain.moderation.kind import Action, FaceWord, Kind, Severity
from domain.policy import CallPolicy
from domain.violation import ViolationCleared, ViolationRaised
from domain.waiting_room.events import CallHeldForMonitor, MonitorJoined, MonitorLeft, WaitingRoomOpened
from tests.asked import USUAL as ASKED
from tests.asked import ask
from tests.facts import CALL, COUNTED_VISITORS, NOON, OFFICER, fact
from tests.scenario import given

booked = fact(CallBooked, -86400)
started = fact(CallStarted)
raised = fact(ViolationRaised, 10)
paused = fact(CallPaused, 10)
live: list[Event] = [booked, started]
stopped: list[Event] = [booked, started, raised, paused]

covered: dict[str, Any] = {"kind": Kind.CAMERA_COVERED, "severity": Severity.LOW, "track": None}
covered_raised = fact(ViolationRaised, 10, **covered)
covered_paused = fact(CallPaused, 10, cause=Kind.CAMERA_COVERED, severity=Severity.LOW, for_staff=False)
self_clearing: list[Event] = [booked, started, covered_raised, covered_paused]

by_staff = fact(
    CallPaused,
    10,
    cause="staff",
    paused_by=PausedBy.STAFF,
    officer=OFFICER,
    side=None,
    violation=None,
    media_ms=None,
    reason="I want to look",
)
gone = fact(ParticipantLeft, 30)


def interrupted(seconds: float, **changes: Any) -> CallInterrupted:
    """The usual interruption, with its grace of a minute."""
    until = NOON + timedelta(seconds=seconds + 60)
    usual: dict[str, Any] = {"cause": "moderation_lost", "rejoin_until": until}
    return fact(CallInterrupted, seconds, **{**usual, **changes})


lost = interrupted(30, cause="connection_lost", side=Side.VISITOR)


# Before the start and after the end

COMMANDS: list[Command] = [ask(kind, 50) for kind in ASKED if kind.__module__ == "domain.call.commands"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_nothing_is_decided_about_a_call_that_has_not_started(command: Command) -> None:
    given(call, booked).when(command).then_refused("call_not_started")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("end", [CallCompleted, CallTerminated], ids=lambda kind: kind.__name__)
def test_whatever_comes_after_the_end_changes_nothing(command: Command, end: type[Event]) -> None:
    given(call, *stopped, fact(end, 40)).when(command).then_nothing()


# Violations


def test_a_violation_pauses_a_live_call_in_the_same_breath() -> None:
    given(call, *live).when(ask(ReportViolation, 10)).then(raised, paused)


@pytest.mark.parametrize("action", [Action.COACH, Action.ALERT])
def test_a_violation_that_asks_for_no_pause_is_recorded_and_stops_nothing(action: Action) -> None:
    command = ask(ReportViolation, 10, action=action)
    given(call, *live).when(command).then(fact(ViolationRaised, 10, action=action))


def test_the_same_violation_of_a_live_call_is_told_once() -> None:
    coached = fact(ViolationRaised, 5, action=Action.COACH)
    given(call, *live, coached).when(ask(ReportViolation, 10, action=Action.COACH)).then_nothing()


def test_what_was_only_coached_pauses_the_call_when_it_asks_for_it() -> None:
    coached = fact(ViolationRaised, 5, action=Action.COACH)
    given(call, *live, coached).when(ask(ReportViolation, 10)).then(raised, paused)


@pytest.mark.parametrize(
    "other",
    [{"kind": Kind.IDENTITY_SWAP}, {"side": Side.PRISONER}, {"track": 3}],
    ids=["another kind", "the other side", "another face"],
)
def test_in_a_pause_each_further_thing_is_recorded(other: dict[str, Any]) -> None:
    command = ask(ReportViolation, 12, violation="violation-2", **other)
    given(call, *stopped).when(command).then(fact(ViolationRaised, 12, violation="violation-2", **other))


def test_in_a_pause_the_same_thing_is_recorded_once() -> None:
    given(call, *stopped).when(ask(ReportViolation, 12, violation="violation-2")).then_nothing()


def test_a_pause_whose_cause_can_clear_waits_for_no_officer() -> None:
    given(call, *live).when(ask(ReportViolation, 10, **covered)).then(covered_raised, covered_paused)


def test_a_grave_violation_during_a_pause_that_clears_itself_hands_the_call_to_staff() -> None:
    command = ask(ReportViolation, 12, violation="violation-2")
    given(call, *self_clearing).when(command).then(
        fact(ViolationRaised, 12, violation="violation-2"), fact(CallPaused, 12, violation="violation-2")
    )


def test_a_light_violation_during_a_pause_that_clears_itself_is_only_recorded() -> None:
    absent = {**covered, "kind": Kind.FACE_ABSENT, "violation": "violation-2"}
    given(call, *self_clearing).when(ask(ReportViolation, 12, **absent)).then(
        fact(ViolationRaised, 12, **absent)
    )


def cycles(*seconds: float) -> list[Event]:
    """Automatic pauses at these moments, each cleared after a second."""
    return [
        event
        for second in seconds
        for event in (
            covered_paused.model_copy(update={"at": NOON + timedelta(seconds=second)}),
            fact(CallResumed, second + 1, cause="cleared", officer=None, words=(), paused_ms=1000),
        )
    ]


def test_the_third_automatic_pause_within_the_window_goes_to_staff() -> None:
    history = [*live, *cycles(10, 300)]
    for_staff = covered_paused.model_copy(update={"at": NOON + timedelta(seconds=310), "for_staff": True})
    given(call, *history).when(ask(ReportViolation, 310, **covered)).then(
        fact(ViolationRaised, 310, **covered), for_staff
    )


def test_an_automatic_pause_long_ago_is_not_counted() -> None:
    history = [*live, *cycles(9, 300)]
    events = given(call, *history).when(ask(ReportViolation, 310, **covered)).outcome()
    assert isinstance(events[1], CallPaused)
    assert not events[1].for_staff


def test_a_pause_that_was_handed_to_staff_is_counted_once() -> None:
    handed = covered_paused.model_copy(update={"at": NOON + timedelta(seconds=30), "for_staff": True})
    history = [*self_clearing, handed, fact(CallResumed, 40)]
    events = given(call, *history).when(ask(ReportViolation, 50, **covered)).outcome()
    assert isinstance(events[1], CallPaused)
    assert not events[1].for_staff


def test_a_pause_by_staff_is_not_counted_among_the_automatic_ones() -> None:
    history = [*live, *cycles(10), by_staff, fact(CallResumed, 20)]
    events = given(call, *history).when(ask(ReportViolation, 30, **covered)).outcome()
    assert isinstance(events[1], CallPaused)
    assert not events[1].for_staff


# Causes that are gone


def by_itself(seconds: float, cause: str, paused_ms: int = 20000) -> CallResumed:
    """The call goes on without an officer."""
    fields: dict[str, Any] = {"officer": None, "words": (), "reason": None}
    return fact(CallResumed, seconds, cause=cause, paused_ms=paused_ms, **fields)


def test_a_pause_that_clears_itself_ends_when_its_cause_is_gone() -> None:
    cleared = fact(ViolationCleared, 15, kind=Kind.CAMERA_COVERED)
    given(call, *self_clearing).when(ask(ReportCleared, 15, kind=Kind.CAMERA_COVERED)).then(cleared)
    given(call, *self_clearing, cleared).when(ask(GoOn, 15, cause="cleared")).then(
        by_itself(15, "cleared", 5000)
    )


def test_a_pause_does_not_end_while_its_cause_is_there() -> None:
    given(call, *self_clearing).when(ask(GoOn, 15, cause="cleared")).then_nothing()


def test_a_live_call_does_not_go_on_twice() -> None:
    given(call, *live).when(ask(GoOn, 15)).then_nothing()


def test_a_pause_for_staff_does_not_end_when_its_cause_is_gone() -> None:
    given(call, *stopped).when(ask(ReportCleared, 15)).then(fact(ViolationCleared, 15))
    given(call, *stopped, fact(ViolationCleared, 15)).when(ask(GoOn, 15)).then_nothing()


@pytest.mark.parametrize(
    "other", [{"kind": Kind.FACE_ABSENT}, {"kind": Kind.CAMERA_COVERED, "side": Side.PRISONER}]
)
def test_another_cause_that_is_gone_ends_no_pause(other: dict[str, Any]) -> None:
    given(call, *self_clearing).when(ask(ReportCleared, 15, **other)).then_nothing()


def test_what_is_gone_while_the_call_is_live_is_recorded() -> None:
    coached = fact(ViolationRaised, 5, action=Action.COACH)
    given(call, *live, coached).when(ask(ReportCleared, 15)).then(fact(ViolationCleared, 15))


def test_what_was_cleared_may_be_raised_again() -> None:
    history = [*live, fact(ViolationRaised, 5, action=Action.COACH), fact(ViolationCleared, 6)]
    assert given(call, *history).when(ask(ReportViolation, 10, action=Action.COACH)).outcome()


def test_a_cleared_cause_does_not_end_an_interruption() -> None:
    history = [*self_clearing, interrupted(12)]
    cleared = fact(ViolationCleared, 15, kind=Kind.CAMERA_COVERED)
    given(call, *history).when(ask(ReportCleared, 15, kind=Kind.CAMERA_COVERED)).then(cleared)
    given(call, *history, cleared).when(ask(GoOn, 15)).then_nothing()


# Staff


def test_an_officer_pauses_a_live_call_with_a_reason() -> None:
    given(call, *live).when(ask(ReportPause, 10)).then(by_staff)


def test_an_officer_takes_over_a_pause_that_would_clear_itself() -> None:
    given(call, *self_clearing).when(ask(ReportPause, 12)).then(
        by_staff.model_copy(update={"at": NOON + timedelta(seconds=12)})
    )


def test_a_call_that_waits_for_staff_is_not_paused_again() -> None:
    given(call, *stopped).when(ask(ReportPause, 12)).then_nothing()


def test_a_call_is_not_paused_without_a_reason() -> None:
    given(call, *live).when(ask(ReportPause, reason=" ")).then_refused("reason_missing")


def test_an_officer_resumes_with_a_reason_and_a_word_on_the_face() -> None:
    given(call, *stopped).when(ask(ResumeCall, 30, reason=" The neighbour has left ")).then(
        fact(CallResumed, 30)
    )


def test_a_call_is_not_resumed_without_a_reason() -> None:
    given(call, *stopped).when(ask(ResumeCall, 30, reason="\n")).then_refused("reason_missing")


def test_only_a_paused_call_is_resumed() -> None:
    given(call, *live).when(ask(ResumeCall, 30)).then_refused("not_paused")
    given(call, *stopped, interrupted(20)).when(ask(ResumeCall, 30)).then_refused("not_paused")


@pytest.mark.parametrize(
    "kind", [Kind.UNAPPROVED_FACE, Kind.IDENTITY_SWAP, Kind.HEAD_COUNT_ABOVE, Kind.LIVENESS_FAILED]
)
def test_a_call_is_not_resumed_without_a_word_on_each_face(kind: Kind) -> None:
    second = fact(ViolationRaised, 12, violation="violation-2", kind=kind, track=5)
    given(call, *stopped, second).when(ask(ResumeCall, 30)).then_refused("word_missing")


@pytest.mark.parametrize("word", list(FaceWord))
def test_any_word_on_each_face_lets_the_call_go_on(word: FaceWord) -> None:
    second = fact(ViolationRaised, 12, violation="violation-2", track=5)
    words = tuple(WordOnFace(side=Side.VISITOR, track=track, word=word) for track in (2, 5))
    events = given(call, *stopped, second).when(ask(ResumeCall, 30, words=words)).outcome()
    assert isinstance(events[0], CallResumed)
    assert events[0].words == words


def test_a_word_on_a_face_of_the_other_side_is_no_word() -> None:
    other = (WordOnFace(side=Side.PRISONER, track=2, word=FaceWord.GONE),)
    given(call, *stopped).when(ask(ResumeCall, 30, words=other)).then_refused("word_missing")


def test_no_word_is_owed_on_what_is_no_face_or_was_cleared() -> None:
    nudity = fact(ViolationRaised, 12, violation="violation-2", kind=Kind.EXPLICIT_NUDITY, track=7)
    nobody = fact(ViolationRaised, 13, violation="violation-3", kind=Kind.HEAD_COUNT_ABOVE, track=None)
    cleared = fact(ViolationCleared, 14)
    history = [*stopped, nudity, nobody, cleared]
    assert given(call, *history).when(ask(ResumeCall, 30, words=())).outcome()


def test_no_word_is_owed_twice() -> None:
    history = [*stopped, fact(CallResumed, 30), fact(CallPaused, 60, violation="violation-2")]
    assert given(call, *history).when(ask(ResumeCall, 70, words=())).outcome()


def test_an_officer_ends_a_call_with_a_reason() -> None:
    given(call, *live).when(ask(EndCall, 60, reason=" The visitor was asked twice ")).then(
        fact(CallTerminated, 60, talk_ms=60000, paused_ms=0)
    )


def test_a_call_is_not_ended_without_a_reason() -> None:
    given(call, *live).when(ask(EndCall, 60, reason=" ")).then_refused("reason_missing")


def test_an_officers_pause_during_an_interruption_holds_the_call_after_it() -> None:
    asked = by_staff.model_copy(update={"at": NOON + timedelta(seconds=40)})
    given(call, *live, gone, lost).when(ask(ReportPause, 40)).then(asked)
    given(call, *live, gone, lost, asked).when(ask(ReportPause, 41)).then_nothing()
    given(call, *live, gone, lost, asked).when(ask(ResumeCall, 45)).then_refused("not_paused")
    back = fact(ParticipantRejoined, 50)
    given(call, *live, gone, lost, asked, back).when(ask(GoOn, 50)).then(
        by_staff.model_copy(update={"at": NOON + timedelta(seconds=50)})
    )


def test_an_officer_may_also_hold_a_call_whose_automatic_pause_was_interrupted() -> None:
    asked = by_staff.model_copy(update={"at": NOON + timedelta(seconds=20)})
    history = [*self_clearing, interrupted(12), asked, fact(InterruptionOver, 30)]
    given(call, *history).when(ask(GoOn, 30)).then(
        by_staff.model_copy(update={"at": NOON + timedelta(seconds=30)})
    )


def test_an_officers_pause_during_an_interruption_leaves_its_end_in_place() -> None:
    asked = by_staff.model_copy(update={"at": NOON + timedelta(seconds=40)})
    events = given(call, *live, gone, lost, asked).when(ask(CompleteCall, 90)).outcome()
    assert isinstance(events[0], CallCompleted)


# Time for a decision

escalate = 10 + 120


def test_a_pause_nobody_decided_on_is_escalated_once() -> None:
    given(call, *stopped).when(ask(EscalatePause, escalate)).then(fact(PauseEscalated, escalate))
    given(call, *stopped, fact(PauseEscalated, escalate)).when(ask(EscalatePause, escalate)).then_nothing()


def test_a_pause_is_not_escalated_before_its_time() -> None:
    given(call, *stopped).when(ask(EscalatePause, escalate - 1)).then_nothing()


@pytest.mark.parametrize("now", [[fact(CallResumed, 30)], [interrupted(30)]], ids=["live", "interrupted"])
def test_a_call_that_is_not_paused_is_not_escalated(now: list[Event]) -> None:
    given(call, *stopped, *now).when(ask(EscalatePause, escalate)).then_nothing()


def test_the_time_of_an_earlier_pause_says_nothing_about_a_later_one() -> None:
    history = [*stopped, fact(CallResumed, 30), fact(CallPaused, 40)]
    given(call, *history).when(ask(EscalatePause, 500)).then_nothing()


def test_an_automatic_pause_that_does_not_clear_in_time_goes_to_staff() -> None:
    for_staff = covered_paused.model_copy(update={"at": NOON + timedelta(seconds=30), "for_staff": True})
    given(call, *self_clearing).when(ask(EscalatePause, 30)).then(for_staff)
    given(call, *self_clearing).when(ask(EscalatePause, 29)).then_nothing()


def test_a_pause_that_went_to_staff_is_escalated_in_its_turn() -> None:
    for_staff = covered_paused.model_copy(update={"at": NOON + timedelta(seconds=30), "for_staff": True})
    command = ask(EscalatePause, 150, paused_at=for_staff.at)
    given(call, *self_clearing, for_staff).when(command).then(
        fact(PauseEscalated, 150, cause=Kind.CAMERA_COVERED)
    )


undecided = 10 + 300


def test_when_nobody_decides_for_too_long_both_sides_are_told_once_that_they_may_leave() -> None:
    history = [*stopped, fact(PauseEscalated, escalate)]
    told = fact(PauseExplained, undecided)
    given(call, *history).when(ask(EscalatePause, undecided - 1)).then_nothing()
    given(call, *history).when(ask(EscalatePause, undecided)).then(told)
    given(call, *history, told).when(ask(EscalatePause, undecided)).then_nothing()


def test_the_times_are_those_of_the_policy_pinned_at_the_start() -> None:
    quick = fact(CallStarted, rules=CallPolicy(escalate_after_s=5, interruption_grace_s=7))
    given(call, booked, quick, raised, paused).when(ask(EscalatePause, 15)).then(fact(PauseEscalated, 15))
    events = given(call, booked, quick).when(ask(ReportInterrupted, 30)).outcome()
    assert events == [interrupted(30, rejoin_until=NOON + timedelta(seconds=37))]


# Connections and checking lost


def test_a_side_that_is_lost_interrupts_the_call() -> None:
    given(call, *live).when(ask(ReportLost, 30)).then(gone, lost)


def test_a_side_is_lost_once() -> None:
    given(call, *live, gone, lost).when(ask(ReportLost, 31)).then_nothing()


def test_the_other_side_may_be_lost_too() -> None:
    other = fact(ParticipantLeft, 31, side=Side.PRISONER)
    given(call, *live, gone, lost).when(ask(ReportLost, 31, side=Side.PRISONER)).then(other)


def test_a_call_goes_on_when_who_was_lost_is_back() -> None:
    back = fact(ParticipantRejoined, 50)
    given(call, *live, gone, lost).when(ask(ReportBack, 50)).then(back)
    given(call, *live, gone, lost, back).when(ask(GoOn, 50)).then(by_itself(50, "rejoined"))


def test_a_call_does_not_go_on_before_both_are_back() -> None:
    other = fact(ParticipantLeft, 31, side=Side.PRISONER)
    back = fact(ParticipantRejoined, 50)
    given(call, *live, gone, lost, other).when(ask(ReportBack, 50)).then(back)
    given(call, *live, gone, lost, other, back).when(ask(GoOn, 50)).then_nothing()


def test_a_call_does_not_go_on_while_nothing_can_be_judged_though_everybody_is_back() -> None:
    history = [*live, interrupted(30), gone, fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then_nothing()
    given(call, *history, fact(InterruptionOver, 55)).when(ask(GoOn, 55)).then(
        by_itself(55, "rejoined", 25000)
    )


def test_a_call_that_must_be_recorded_and_is_not_does_not_go_on_when_something_else_is_over() -> None:
    failed = interrupted(30, cause="recording_failed")
    history = [*live, failed, fact(InterruptionOver, 50, cause="log_back")]
    given(call, *history).when(ask(GoOn, 50, cause="log_back")).then_nothing()


def test_what_the_worker_could_not_judge_is_forgotten_with_the_worker() -> None:
    both = [fact(ParticipantLeft, 40, side=side, cause="worker_lost") for side in Side]
    back = [fact(ParticipantRejoined, 50, side=side) for side in Side]
    history = [*live, interrupted(30), *both, *back]
    given(call, *history).when(ask(GoOn, 50)).then(by_itself(50, "rejoined"))


def test_who_was_never_lost_is_not_back() -> None:
    given(call, *live).when(ask(ReportBack, 50)).then_nothing()


def test_after_an_interruption_a_pause_for_staff_is_still_a_pause_for_staff() -> None:
    history = [*stopped, gone, lost, fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(
        paused.model_copy(update={"at": NOON + timedelta(seconds=50)})
    )


def test_after_an_interruption_a_pause_that_clears_itself_is_over() -> None:
    history = [*self_clearing, gone, lost, fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(by_itself(50, "rejoined", 40000))


def test_what_was_seen_during_an_interruption_waits_for_staff_after_it() -> None:
    seen = fact(ViolationRaised, 40)
    given(call, *live, gone, lost).when(ask(ReportViolation, 40)).then(seen)
    history = [*live, gone, lost, seen, fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(fact(CallPaused, 50))


def test_a_call_that_waits_for_staff_after_an_interruption_is_resumed_by_staff() -> None:
    back: list[Event] = [fact(ViolationRaised, 40), fact(ParticipantRejoined, 50), fact(CallPaused, 50)]
    events = given(call, *live, gone, lost, *back).when(ask(ResumeCall, 60)).outcome()
    assert events[0] == fact(CallResumed, 60, paused_ms=30000)


def test_a_grave_violation_is_only_recorded_while_an_automatic_pause_is_interrupted() -> None:
    command = ask(ReportViolation, 15, violation="violation-2")
    given(call, *self_clearing, interrupted(12)).when(command).then(
        fact(ViolationRaised, 15, violation="violation-2")
    )


def test_a_side_that_came_back_may_be_lost_again() -> None:
    back = [fact(ParticipantRejoined, 40), fact(CallResumed, 40)]
    again = interrupted(50, cause="connection_lost", side=Side.VISITOR)
    given(call, *live, gone, lost, *back).when(ask(ReportLost, 50)).then(fact(ParticipantLeft, 50), again)


@pytest.mark.parametrize(
    "harmless",
    [fact(ViolationRaised, 40, action=Action.COACH), fact(ViolationRaised, 40, **covered)],
    ids=["coached", "clears itself"],
)
def test_what_needs_no_staff_does_not_hold_a_call_after_an_interruption(harmless: Event) -> None:
    history = [*live, gone, lost, harmless, fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(by_itself(50, "rejoined"))


def test_lost_checking_interrupts_the_call() -> None:
    given(call, *live).when(ask(ReportInterrupted, 30)).then(interrupted(30))


def test_a_call_is_interrupted_once() -> None:
    given(call, *live, interrupted(30)).when(ask(ReportInterrupted, 31)).then_nothing()


def test_the_grace_is_counted_from_when_an_interruption_was_noticed() -> None:
    command = ask(ReportInterrupted, 30, noticed_at=NOON + timedelta(seconds=33))
    until = NOON + timedelta(seconds=93)
    given(call, *live).when(command).then(interrupted(30, rejoin_until=until))


def test_a_dead_worker_takes_both_sides_with_it() -> None:
    both = [fact(ParticipantLeft, 30, side=side, cause="worker_lost") for side in Side]
    command = ask(ReportInterrupted, 30, cause="worker_lost")
    given(call, *live).when(command).then(interrupted(30, cause="worker_lost"), *both)
    given(call, *live, gone, lost).when(command).then(both[0])


def test_a_call_goes_on_when_checking_is_possible_again() -> None:
    over = fact(InterruptionOver, 50)
    given(call, *live, interrupted(30)).when(ask(ReportOver, 50)).then(over)
    given(call, *live, interrupted(30), over).when(ask(GoOn, 50, cause="moderation_restored")).then(
        by_itself(50, "moderation_restored")
    )


@pytest.mark.parametrize("history", [live, stopped, [*live, gone, lost]], ids=["live", "paused", "side lost"])
def test_checking_that_is_possible_again_lets_nothing_else_go_on(history: list[Event]) -> None:
    given(call, *history).when(ask(ReportOver, 50)).then_nothing()


# Somebody has to watch

counted = fact(WaitingRoomOpened, -900, visitor=COUNTED_VISITORS, monitor_required=True)
watched: list[Event] = [booked, counted, fact(MonitorJoined, -10), started]
unwatched: list[Event] = [*watched, fact(MonitorLeft, 20)]
held = fact(CallHeldForMonitor, 20)


def test_a_call_that_needs_a_monitor_stands_still_when_the_last_one_leaves() -> None:
    given(call, *unwatched).when(ask(HoldForMonitor, 20)).then(held)
    second = fact(MonitorJoined, 15, officer="officer-2")
    given(call, *watched, second, fact(MonitorLeft, 20)).when(ask(HoldForMonitor, 20)).then_nothing()


@pytest.mark.parametrize(
    "history",
    [
        [booked, fact(WaitingRoomOpened, -900), fact(MonitorJoined, -10), started, fact(MonitorLeft, 20)],
        [*unwatched, held],
        [*watched, raised, paused, fact(MonitorLeft, 20)],
    ],
    ids=["no monitor needed", "held already", "paused already"],
)
def test_only_a_live_call_that_needs_a_monitor_is_held(history: list[Event]) -> None:
    given(call, *history).when(ask(HoldForMonitor, 20)).then_nothing()


def test_a_held_call_goes_on_when_an_officer_watches() -> None:
    given(call, *unwatched, held).when(ask(GoOn, 40, cause="monitor_joined")).then_nothing()
    history = [*unwatched, held, fact(MonitorJoined, 40)]
    given(call, *history).when(ask(GoOn, 40, cause="monitor_joined")).then(by_itself(40, "monitor_joined"))


def test_after_an_interruption_a_call_without_its_monitor_is_held() -> None:
    history = [*watched, gone, lost, fact(MonitorLeft, 35), fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(fact(CallHeldForMonitor, 50))


def test_a_held_call_may_be_interrupted_and_is_held_again_after_it() -> None:
    given(call, *unwatched, held).when(ask(ReportLost, 30)).then(gone, lost)
    history = [*unwatched, held, gone, lost, fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(fact(CallHeldForMonitor, 50))


def test_what_is_seen_in_a_held_call_is_decided_on_before_it_goes_on() -> None:
    seen = fact(ViolationRaised, 30)
    given(call, *unwatched, held).when(ask(ReportViolation, 30)).then(seen)
    history = [*unwatched, held, seen, fact(MonitorJoined, 40)]
    given(call, *history).when(ask(GoOn, 40, cause="monitor_joined")).then(fact(CallPaused, 40))


def test_an_officer_resumes_a_call_that_needs_a_monitor_only_while_one_watches() -> None:
    history = [*watched, raised, paused, fact(MonitorLeft, 20)]
    given(call, *history).when(ask(ResumeCall, 30)).then_refused("monitor_missing")
    given(call, *history, fact(MonitorJoined, 25)).when(ask(ResumeCall, 30)).then(fact(CallResumed, 30))


# A fact changes during the call

banned = fact(BookingFlagged, 20, kind=FlagKind.VISITOR_RESTRICTION, during_call=True)
for_the_ban = fact(
    CallPaused, 20, cause="visitor_restriction", side=None, violation=None, media_ms=None, for_staff=True
)


def test_a_ban_that_arrives_during_the_call_pauses_it_for_staff() -> None:
    given(call, *live, banned).when(ask(PauseFlagged, 20)).then(for_the_ban)


def test_a_fact_that_stops_no_call_pauses_none() -> None:
    given(call, *live).when(ask(PauseFlagged, 20, kind=FlagKind.PRISONER_ALERTS_UPDATED)).then_nothing()


def test_where_the_policy_says_so_a_ban_only_asks_for_a_decision() -> None:
    calm = fact(CallStarted, rules=CallPolicy(pause_when_flagged=False))
    given(call, booked, calm, banned).when(ask(PauseFlagged, 20)).then_nothing()
    history = [booked, calm, banned, gone, lost, fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(by_itself(50, "rejoined"))


def test_a_call_that_waits_for_staff_already_is_not_paused_for_the_ban_as_well() -> None:
    given(call, *stopped, banned).when(ask(PauseFlagged, 20)).then_nothing()


def test_a_ban_that_arrives_while_the_call_is_interrupted_is_decided_on_after_it() -> None:
    arrived = banned.model_copy(update={"at": NOON + timedelta(seconds=40)})
    given(call, *live, gone, lost, arrived).when(ask(PauseFlagged, 40)).then_nothing()
    history = [*live, gone, lost, arrived, fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(
        for_the_ban.model_copy(update={"at": NOON + timedelta(seconds=50)})
    )


def test_whoever_lets_the_call_go_on_has_decided_on_the_ban() -> None:
    decided = fact(CallResumed, 30, words=(), paused_ms=10000)
    history = [*live, banned, for_the_ban, decided, fact(ParticipantLeft, 60)]
    history += [interrupted(60, cause="connection_lost", side=Side.VISITOR), fact(ParticipantRejoined, 80)]
    given(call, *history).when(ask(GoOn, 80)).then(by_itself(80, "rejoined"))


def test_a_ban_that_was_lifted_no_longer_holds_the_call() -> None:
    history = [*live, gone, lost, banned, fact(BookingUnflagged, 45), fact(ParticipantRejoined, 50)]
    given(call, *history).when(ask(GoOn, 50)).then(by_itself(50, "rejoined"))


# The end


def test_a_call_is_over_when_its_time_is_up() -> None:
    given(call, *live).when(ask(CompleteCall, 1800)).then(
        fact(CallCompleted, 1800, talk_ms=1800000, paused_ms=0)
    )


def test_a_call_is_not_over_before_its_time() -> None:
    given(call, *live).when(ask(CompleteCall, 1799)).then_nothing()


def test_a_call_that_staff_paused_is_over_at_its_time() -> None:
    given(call, *live, by_staff).when(ask(CompleteCall, 1799)).then_nothing()
    given(call, *live, by_staff).when(ask(CompleteCall, 1800)).then(
        fact(CallCompleted, 1800, talk_ms=10000, paused_ms=1790000)
    )


@pytest.mark.parametrize(
    ("away", "outcome"),
    [
        ([Side.VISITOR], CallOutcome.TECHNICAL_FAILURE_VISITOR),
        ([Side.PRISONER], CallOutcome.TECHNICAL_FAILURE_PRISON),
        ([Side.PRISONER, Side.VISITOR], CallOutcome.TECHNICAL_FAILURE_SERVICE),
        ([], CallOutcome.TECHNICAL_FAILURE_SERVICE),
    ],
    ids=["visitor", "prisoner", "both", "checking"],
)
def test_a_call_to_which_nobody_came_back_is_over_and_says_whose_line_failed(
    away: list[Side], outcome: CallOutcome
) -> None:
    history = [*live, *(fact(ParticipantLeft, 30, side=side) for side in away), interrupted(30)]
    given(call, *history).when(ask(CompleteCall, 89)).then_nothing()
    events = given(call, *history).when(ask(CompleteCall, 90)).outcome()
    assert events[0] == fact(CallCompleted, 90, outcome=outcome, talk_ms=30000, paused_ms=60000)


@pytest.mark.parametrize(
    ("side", "outcome"),
    [
        (Side.PRISONER, CallOutcome.PRISONER_COMPLETED_EARLY),
        (Side.VISITOR, CallOutcome.VISITOR_COMPLETED_EARLY),
    ],
)
def test_a_side_may_leave(side: Side, outcome: CallOutcome) -> None:
    given(call, *live).when(ask(LeaveCall, 60, side=side)).then(
        fact(ParticipantLeft, 60, side=side, cause="left", last_media_ms=None),
        fact(CallCompleted, 60, outcome=outcome, talk_ms=60000, paused_ms=0),
    )


def test_who_leaves_because_nobody_decided_is_not_to_blame() -> None:
    early = given(call, *stopped).when(ask(LeaveCall, 10 + 299)).outcome()
    late = given(call, *stopped).when(ask(LeaveCall, 10 + 300)).outcome()
    assert isinstance(early[1], CallCompleted)
    assert isinstance(late[1], CallCompleted)
    assert early[1].outcome is CallOutcome.VISITOR_COMPLETED_EARLY
    assert late[1].outcome is CallOutcome.TECHNICAL_FAILURE_SERVICE


def test_a_decision_reads_its_own_call_only() -> None:
    (facts,) = call.boundary(ask(CompleteCall))
    assert facts.tags == {f"call:{CALL}"}
