"""What a call is given back at its end: to the month, each second once, unless it was added to the call."""

from datetime import timedelta
from typing import Any

import pytest

from domain import call
from domain.booking.events import BookingChanged, CallBooked
from domain.call.commands import CompleteCall, EndCall, LeaveCall, ResumeCall
from domain.call.events import (
    CallInterrupted,
    CallPaused,
    CallResumed,
    ParticipantLeft,
    ParticipantRejoined,
    PausedBy,
)
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import CallExtended, CallMinutesCredited, CallStarted
from domain.moderation.kind import Kind, Severity
from domain.violation import ReviewOutcome, ViolationRaised, ViolationReviewed
from domain.waiting_room.events import CallHeldForMonitor, MonitorJoined
from tests.asked import ask
from tests.facts import CALL, NOON, OFFICER, PRISONER, fact
from tests.scenario import given

booked, started = fact(CallBooked, -86400), fact(CallStarted)
paused = fact(CallPaused, 10)
live: list[Event] = [booked, started]
stopped: list[Event] = [*live, fact(ViolationRaised, 10), paused]
covered = fact(CallPaused, 10, cause=Kind.CAMERA_COVERED, severity=Severity.LOW, for_staff=False)
by_staff = fact(CallPaused, 10, paused_by=PausedBy.STAFF, officer=OFFICER, cause="staff", violation=None)


def interrupted(seconds: float) -> CallInterrupted:
    """The visitors’ line failed."""
    until = NOON + timedelta(seconds=seconds + 60)
    return fact(CallInterrupted, seconds, cause="connection_lost", side=Side.VISITOR, rejoin_until=until)


def moved(event: CallPaused, seconds: float) -> CallPaused:
    """The same pause, at another moment."""
    return event.model_copy(update={"at": NOON + timedelta(seconds=seconds)})


def credited(history: list[Event], at: float, command: Any = EndCall) -> int:
    """The seconds that the month is given when the call ends then."""
    events = given(call, *history).when(ask(command, at)).outcome()
    given_back = [event for event in events if isinstance(event, CallMinutesCredited)]
    assert len(given_back) <= 1
    return given_back[0].seconds if given_back else 0


def test_what_the_machine_stopped_is_given_back_at_the_end() -> None:
    events = given(call, *stopped).when(ask(EndCall, 60)).outcome()
    assert events[1] == fact(CallMinutesCredited, 60, seconds=50, cause=Kind.UNAPPROVED_FACE)


def test_nothing_is_given_before_the_end_for_it_may_still_be_added_to_the_call() -> None:
    assert given(call, *stopped).when(ask(ResumeCall, 30)).outcome() == [fact(CallResumed, 30)]
    assert credited([*stopped, fact(CallResumed, 30)], 60) == 20


def test_every_stop_is_given_back() -> None:
    assert credited([*stopped, fact(CallResumed, 30), moved(paused, 60), fact(CallResumed, 67)], 90) == 27


def test_less_than_half_a_second_is_not_given_back() -> None:
    assert credited([*stopped, fact(CallResumed, 10.4)], 60) == 0


def test_what_staff_stopped_is_not_given_back() -> None:
    assert credited([*live, by_staff, fact(CallResumed, 30)], 60) == 0
    assert credited([*live, by_staff], 60) == 0


def test_the_automatic_part_of_a_pause_that_staff_took_over_is_given_back() -> None:
    assert credited([*live, covered, moved(by_staff, 14), fact(CallResumed, 30)], 60) == 4


def test_of_a_pause_by_staff_that_was_interrupted_only_the_interruption_is_given_back() -> None:
    assert credited([*live, by_staff, interrupted(15), moved(by_staff, 20), fact(CallResumed, 40)], 60) == 5


def test_an_interruption_in_which_an_officer_asked_for_a_pause_is_given_back() -> None:
    gone = [fact(ParticipantLeft, 30), interrupted(30), moved(by_staff, 40)]
    assert credited([*live, *gone], 90, CompleteCall) == 60


def test_the_time_in_which_nobody_watched_is_given_back() -> None:
    history = [*live, fact(CallHeldForMonitor, 20), fact(MonitorJoined, 45), fact(CallResumed, 45)]
    assert credited(history, 60) == 25
    assert credited([*live, fact(CallHeldForMonitor, 20)], 60) == 40


def test_a_pause_whose_violation_staff_confirmed_before_it_ended_is_not_given_back() -> None:
    assert credited([*stopped, fact(ViolationReviewed, 20), fact(CallResumed, 30)], 60) == 0
    assert credited([*stopped, fact(ViolationReviewed, 20)], 60) == 0


@pytest.mark.parametrize(
    "review",
    [{"outcome": ReviewOutcome.DISMISSED}, {"outcome": ReviewOutcome.UNCLEAR}, {"violation": "violation-2"}],
    ids=["dismissed", "unclear", "another violation"],
)
def test_any_other_review_leaves_the_time_given_back(review: dict[str, Any]) -> None:
    assert credited([*stopped, fact(ViolationReviewed, 20, **review), fact(CallResumed, 30)], 60) == 20


def test_a_later_confirmation_takes_nothing_back() -> None:
    history = [*stopped, fact(CallResumed, 30), fact(ViolationReviewed, 50)]
    assert credited(history, 60) == 20
    assert credited([*history, moved(paused, 60), fact(CallResumed, 67)], 90) == 27


def test_an_interruption_is_given_back_whatever_staff_confirmed() -> None:
    gone = [fact(ParticipantLeft, 30), interrupted(30), fact(ParticipantRejoined, 50), moved(paused, 50)]
    assert credited([*stopped, fact(ViolationReviewed, 20), *gone, fact(CallResumed, 60)], 90) == 20


def test_what_was_added_to_the_call_is_not_credited_as_well() -> None:
    added = fact(CallExtended, 1750, seconds=20)
    assert credited([*stopped, fact(CallResumed, 30), added], 1820, CompleteCall) == 0
    later = [moved(paused, 1760), fact(CallResumed, 1767)]
    assert credited([*stopped, fact(CallResumed, 30), added, *later], 1820, CompleteCall) == 7


def test_what_an_earlier_release_credited_at_once_is_not_credited_again() -> None:
    history = [*stopped, fact(CallResumed, 30), fact(CallMinutesCredited, 30, seconds=20)]
    assert credited(history, 1800, CompleteCall) == 0


def test_a_call_that_takes_nothing_from_the_month_gives_nothing_to_it() -> None:
    official = fact(CallBooked, -86400, counted=False)
    assert credited([official, *stopped[1:], fact(CallResumed, 30)], 60) == 0


def test_the_month_is_that_of_the_place_the_call_has_now() -> None:
    changed = fact(BookingChanged, -80000, prisoner_month=f"{PRISONER}/2026-12")
    events = given(call, booked, changed, *stopped[1:]).when(ask(EndCall, 60)).outcome()
    assert isinstance(events[1], CallMinutesCredited)
    assert events[1].prisoner_month == f"{PRISONER}/2026-12"


# What could not be held


def test_who_leaves_a_pause_that_nobody_decided_on_keeps_all_that_was_left() -> None:
    assert credited(stopped, 10 + 299, LeaveCall) == 299
    assert credited(stopped, 10 + 300, LeaveCall) == 1790


@pytest.mark.parametrize(
    ("away", "seconds"),
    [([Side.VISITOR], 60), ([Side.PRISONER], 1770), ([Side.PRISONER, Side.VISITOR], 1770), ([], 1770)],
    ids=["visitors’ line", "the prison’s line", "both", "checking"],
)
def test_what_was_left_is_kept_unless_the_visitors_own_line_failed(away: list[Side], seconds: int) -> None:
    gone = [fact(ParticipantLeft, 30, side=side) for side in away]
    assert credited([*live, *gone, interrupted(30)], 90, CompleteCall) == seconds


def test_only_what_it_lost_is_given_back_of_a_call_that_an_officer_ended() -> None:
    assert credited(stopped, 60) == 50


def test_what_is_given_back_names_what_took_it() -> None:
    events = given(call, *stopped, fact(CallResumed, 30)).when(ask(EndCall, 60)).outcome()
    assert isinstance(events[1], CallMinutesCredited)
    assert (events[1].call, events[1].cause) == (CALL, "unapproved_face")
