"""All calls of a prison are stopped by one act: running ones end with their time given back, none starts."""

import pytest

from domain import call, standstill, waiting_room
from domain.attendance import attendance
from domain.booking.events import CallBooked
from domain.call.commands import StopCall
from domain.call.events import CallPaused
from domain.clearance import Side
from domain.event import Event
from domain.lifecycle import (
    CallCompleted,
    CallMinutesCredited,
    CallMissed,
    CallOutcome,
    CallStarted,
    MissedBecause,
    MissedBy,
)
from domain.standstill import BlockCalls, CallsBlocked, CallsUnblocked, UnblockCalls
from domain.waiting_room.commands import ArriveParticipant, MissCall, OpenWaitingRoom, StartCall
from domain.waiting_room.events import ParticipantAdmitted, ParticipantArrived, WaitingRoomOpened
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

opened = fact(WaitingRoomOpened, -900)
blocked = fact(CallsBlocked, -60)
lifted = fact(CallsUnblocked, -30)
admitted = [fact(ParticipantAdmitted, -90, side=side) for side in Side]


def test_all_calls_are_stopped_once_and_let_go_on_once() -> None:
    given(standstill).when(ask(BlockCalls, -60)).then(blocked)
    given(standstill, blocked).when(ask(BlockCalls, -50, block="block-2")).then_nothing()
    given(standstill, blocked).when(ask(UnblockCalls, -30)).then(lifted)
    given(standstill, blocked, lifted).when(ask(UnblockCalls)).then_refused("calls_not_blocked")
    given(standstill, blocked, lifted).when(ask(BlockCalls, block="block-2")).then(
        fact(CallsBlocked, block="block-2")
    )


@pytest.mark.parametrize("command", [ask(BlockCalls, reason=" "), ask(UnblockCalls, reason="")])
def test_neither_is_done_without_a_reason(command: BlockCalls | UnblockCalls) -> None:
    given(standstill).when(command).then_refused("reason_missing")


def test_another_prison_is_not_concerned() -> None:
    elsewhere = fact(CallsBlocked, -60, prison="LEI")
    given(standstill, elsewhere).when(ask(UnblockCalls)).then_refused("calls_not_blocked")
    given(waiting_room, opened, *admitted, elsewhere).when(ask(StartCall)).then(fact(CallStarted))


def test_nobody_enters_and_no_call_starts_while_all_are_stopped() -> None:
    given(waiting_room, opened, blocked).when(ask(ArriveParticipant)).then_refused("calls_blocked")
    given(waiting_room, opened, *admitted, blocked).when(ask(StartCall)).then_nothing()


def test_people_enter_and_calls_start_when_that_was_lifted() -> None:
    given(waiting_room, opened, blocked, lifted).when(ask(ArriveParticipant)).then(fact(ParticipantArrived))
    given(waiting_room, opened, *admitted, blocked, lifted).when(ask(StartCall)).then(fact(CallStarted))


@pytest.mark.parametrize(
    "history",
    [[fact(CallsBlocked, -1000), opened], [opened, blocked], [opened, blocked, lifted]],
    ids=["stopped before the room opened", "stopped since", "and lifted too late"],
)
def test_nobody_is_said_to_have_missed_a_call_that_could_not_be_entered(history: list[Event]) -> None:
    missed = fact(
        CallMissed, 600, missed_by=MissedBy.ESTABLISHMENT, arrived=(), because=MissedBecause.ESTABLISHMENT
    )
    given(waiting_room, *history).when(ask(MissCall, 600)).then(missed)
    assert attendance([opened, missed]).absent == ()


def test_a_standstill_that_was_over_before_the_room_opened_excuses_nobody() -> None:
    history = [fact(CallsBlocked, -2000), fact(CallsUnblocked, -1000), opened]
    given(waiting_room, *history).when(ask(MissCall, 600)).then(
        fact(CallMissed, 600, missed_by=MissedBy.BOTH, arrived=(), because=MissedBecause.NOBODY_CAME)
    )


def test_the_opening_does_not_rest_on_it() -> None:
    """Whoever could not come must be found in the record of a room that was there."""
    assert all(CallsBlocked not in facts.types for facts in waiting_room.boundary(ask(OpenWaitingRoom)))


# Calls that run

booked, started = fact(CallBooked, -9000), fact(CallStarted)


def test_a_call_that_runs_ends_and_what_was_left_of_its_time_is_given_back() -> None:
    given(call, booked, started).when(ask(StopCall, 600)).then(
        fact(CallCompleted, 600, outcome=CallOutcome.ESTABLISHMENT_ENDED, talk_ms=600_000, paused_ms=0),
        fact(CallMinutesCredited, 600, seconds=1200, cause="calls_blocked"),
    )


def test_a_pause_that_is_given_back_is_given_back_too() -> None:
    paused = fact(CallPaused, 540)
    completed, credited = given(call, booked, started, paused).when(ask(StopCall, 600)).outcome()
    assert isinstance(completed, CallCompleted)
    assert (completed.talk_ms, completed.paused_ms) == (540_000, 60_000)
    assert isinstance(credited, CallMinutesCredited)
    assert credited.seconds == 60 + (1800 - 600)  # the pause, and what was left


def test_a_call_at_its_very_end_has_nothing_left_to_give_back() -> None:
    (completed,) = given(call, booked, started).when(ask(StopCall, 1800)).outcome()
    assert isinstance(completed, CallCompleted)


def test_a_call_that_ended_meanwhile_is_left_alone() -> None:
    given(call, booked, started, fact(CallCompleted, 500)).when(ask(StopCall, 600)).then_nothing()
