"""Who was there when: a receipt is made of the facts of presence, whatever else is on record."""

from datetime import timedelta

from domain.attendance import Attendance, Ended, Presence, attendance
from domain.call.events import ParticipantLeft, ParticipantRejoined
from domain.clearance import Side
from domain.lifecycle import (
    CallCompleted,
    CallMinutesCredited,
    CallMissed,
    CallOutcome,
    CallStarted,
    CallTerminated,
    MissedBy,
)
from domain.waiting_room.events import ParticipantAdmitted, ParticipantArrived, WaitingRoomOpened
from tests.facts import NOON, fact

opened = fact(WaitingRoomOpened, -900)
prisoner_came = fact(ParticipantArrived, -300, side=Side.PRISONER)
visitor_came = fact(ParticipantArrived, -200, side=Side.VISITOR)
admitted = tuple(fact(ParticipantAdmitted, -30, side=side) for side in Side)
started = fact(CallStarted, 0)
missed = fact(CallMissed, 600)


def at(seconds: float) -> object:
    return NOON + timedelta(seconds=seconds)


def test_a_whole_call_is_told_from_the_first_arrival_to_the_end() -> None:
    done = fact(CallCompleted, 1800)
    assert attendance([opened, prisoner_came, visitor_came, *admitted, started, done]) == Attendance(
        prisoner=Presence(arrived_at=at(-300), admitted_at=at(-30), left_at=at(1800)),
        visitor=Presence(arrived_at=at(-200), admitted_at=at(-30), left_at=at(1800)),
        opened_at=at(-900),
        started_at=NOON,
        ended_at=at(1800),
        ended=Ended.COMPLETED,
        outcome=CallOutcome.COMPLETED_NORMALLY,
        talk_s=1780,
    )


def test_whoever_never_came_to_a_missed_call_was_absent() -> None:
    assert attendance([opened, prisoner_came, missed]).absent == (Side.VISITOR,)
    assert attendance([opened, missed]).absent == (Side.PRISONER, Side.VISITOR)


def test_whoever_waited_is_not_absent_even_if_the_record_blames_them() -> None:
    blamed = fact(CallMissed, 600, missed_by=MissedBy.VISITOR, arrived=())
    found = attendance([opened, visitor_came, blamed])
    assert found.absent == (Side.PRISONER,)
    assert found.visitor.arrived_at == at(-200)


def test_where_both_waited_nobody_is_absent() -> None:
    assert attendance([opened, prisoner_came, visitor_came, missed]).absent == ()


def test_nobody_is_absent_from_a_call_that_is_not_over() -> None:
    assert attendance([opened]).absent == ()


def test_whoever_came_back_has_not_left() -> None:
    lost = fact(ParticipantLeft, 100, side=Side.VISITOR)
    back = fact(ParticipantRejoined, 130, side=Side.VISITOR)
    before = (opened, prisoner_came, visitor_came, *admitted, started)
    assert attendance([*before, lost]).visitor.left_at == at(100)
    assert attendance([*before, lost, back]).visitor.left_at is None
    ended = attendance([*before, lost, fact(CallCompleted, 160)])
    assert (ended.visitor.left_at, ended.prisoner.left_at) == (at(100), at(160))


def test_a_call_that_an_officer_ended_says_so_and_what_is_given_back_is_added_up() -> None:
    credited = [fact(CallMinutesCredited, 50, seconds=20), fact(CallMinutesCredited, 100, seconds=45)]
    found = attendance([opened, *admitted, started, *credited, fact(CallTerminated, 120)])
    assert (found.ended, found.talk_s, found.credited_s) == (Ended.BY_STAFF, 60, 65)


def test_a_side_that_arrives_again_keeps_its_first_arrival() -> None:
    again = fact(ParticipantArrived, -10, side=Side.VISITOR)
    assert attendance([visitor_came, again]).visitor.arrived_at == at(-200)
