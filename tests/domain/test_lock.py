"""A locked call lets nobody in and does not start, and nobody who was kept out is to blame."""

import pytest

from domain import lock, waiting_room
from domain.clearance import Side
from domain.lifecycle import CallLocked, CallMissed, CallStarted, CallUnlocked, MissedBecause, MissedBy
from domain.lock import LockCall, UnlockCall
from domain.waiting_room.commands import ArriveParticipant, MissCall, StartCall
from domain.waiting_room.events import ParticipantAdmitted, ParticipantArrived, WaitingRoomOpened
from tests.asked import ask
from tests.facts import PRISONER, fact
from tests.scenario import given

opened = fact(WaitingRoomOpened, -900)
locked = fact(CallLocked, -60)
unlocked = fact(CallUnlocked, -30)
here = [fact(ParticipantArrived, -100), fact(ParticipantArrived, -99, side=Side.PRISONER, person=PRISONER)]
admitted = [fact(ParticipantAdmitted, -90, side=side) for side in Side]


def test_an_officer_locks_a_call_and_unlocks_it() -> None:
    given(lock, opened).when(ask(LockCall, -60)).then(locked)
    given(lock, opened, locked).when(ask(UnlockCall, -30)).then(unlocked)


def test_a_locked_call_is_not_locked_again_and_an_open_one_not_unlocked() -> None:
    given(lock, opened, locked).when(ask(LockCall)).then_nothing()
    given(lock, opened, locked, unlocked).when(ask(UnlockCall)).then_refused("not_locked")


@pytest.mark.parametrize("command", [ask(LockCall, reason=" "), ask(UnlockCall, reason="")])
def test_neither_is_done_without_a_reason(command: LockCall | UnlockCall) -> None:
    given(lock, opened, locked).when(command).then_refused("reason_missing")


def test_a_room_that_is_not_open_needs_no_lock() -> None:
    given(lock).when(ask(LockCall)).then_refused("waiting_room_closed")


def test_nobody_enters_a_locked_call_nor_comes_back_to_one() -> None:
    given(waiting_room, opened, locked).when(ask(ArriveParticipant)).then_refused("call_locked")
    back = given(waiting_room, opened, *here, *admitted, fact(CallStarted), locked)
    back.when(ask(ArriveParticipant, 60)).then_refused("call_locked")


def test_people_enter_again_when_it_was_unlocked() -> None:
    given(waiting_room, opened, locked, unlocked).when(ask(ArriveParticipant)).then(fact(ParticipantArrived))


def test_a_locked_call_does_not_start_and_starts_when_it_was_unlocked() -> None:
    given(waiting_room, opened, *here, *admitted, locked).when(ask(StartCall)).then_nothing()
    given(waiting_room, opened, *here, *admitted, locked, unlocked).when(ask(StartCall)).then(
        fact(CallStarted)
    )


@pytest.mark.parametrize("history", [[locked], [locked, unlocked]], ids=["locked", "unlocked late"])
def test_nobody_who_was_kept_out_is_said_to_have_missed_the_call(
    history: list[CallLocked | CallUnlocked],
) -> None:
    given(waiting_room, opened, *history).when(ask(MissCall, 600)).then(
        fact(
            CallMissed, 600, missed_by=MissedBy.ESTABLISHMENT, arrived=(), because=MissedBecause.ESTABLISHMENT
        )
    )
