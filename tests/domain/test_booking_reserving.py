"""Reserving: a place is kept for a short while, for somebody who fills in a form or waited for one."""

from datetime import timedelta
from typing import Any

import pytest

from domain import booking
from domain.booking.commands import BookCall, ChangeCall, ReleaseReservation, ReserveCall
from domain.booking.events import CallReserved, ReservationReleased
from domain.event import Event
from domain.standby import StandbyOffered
from domain.timetable.events import SessionOpened
from tests.asked import ask
from tests.bookings import AHEAD, DAY, another, approved, held, opened, policy, usual
from tests.facts import NOON, fact
from tests.scenario import given

MINUTE = 60
WHEN = NOON + timedelta(seconds=AHEAD)
kept = fact(CallReserved, AHEAD, expires_at=WHEN + timedelta(minutes=10))
released = fact(ReservationReleased, AHEAD + MINUTE)
one_place = [held, fact(SessionOpened, stations=1), approved, policy()]


def kept_by_another(**changes: Any) -> Any:
    return another(CallReserved, expires_at=WHEN + timedelta(minutes=10), reserved_by="visitor-2", **changes)


def test_a_place_is_kept_while_a_form_is_filled_in() -> None:
    given(booking, *usual).when(ask(ReserveCall, AHEAD)).then(kept)


def test_the_policy_says_how_long_a_place_is_kept() -> None:
    history = [held, opened, approved, policy(reservation_minutes=3)]
    longer = fact(CallReserved, AHEAD, expires_at=WHEN + timedelta(minutes=3))
    given(booking, *history).when(ask(ReserveCall, AHEAD)).then(longer)


def test_a_place_is_kept_no_longer_than_to_the_call() -> None:
    history = [held, opened, approved, policy(notice_days_min=0)]
    given(booking, *history).when(ask(ReserveCall, -5 * MINUTE)).then(
        fact(CallReserved, -5 * MINUTE, expires_at=NOON)
    )


def test_who_waited_for_a_place_has_longer() -> None:
    offered = fact(StandbyOffered, AHEAD, expires_at=WHEN + timedelta(hours=2))
    longer = fact(CallReserved, AHEAD, expires_at=WHEN + timedelta(hours=2))
    given(booking, *usual).when(ask(ReserveCall, AHEAD, standby="standby-1")).then(longer, offered)


def test_the_policy_says_how_long_an_offer_stands() -> None:
    history = [held, opened, approved, policy(standby_offer_minutes=30)]
    first = given(booking, *history).when(ask(ReserveCall, AHEAD, standby="standby-1")).outcome()[0]
    assert isinstance(first, CallReserved)
    assert first.expires_at == WHEN + timedelta(minutes=30)


def test_a_place_is_kept_by_the_same_rules() -> None:
    given(booking, held, opened, policy()).when(ask(ReserveCall, AHEAD)).then_refused("relationship_missing")


def test_a_place_that_is_kept_is_taken_for_others() -> None:
    given(booking, *one_place, kept_by_another()).when(ask(BookCall, AHEAD + MINUTE)).then_refused(
        "session_full"
    )


def test_a_place_is_free_the_moment_its_time_is_over() -> None:
    almost = ask(BookCall, AHEAD + 10 * MINUTE - 1)
    given(booking, *one_place, kept_by_another()).when(almost).then_refused("session_full")
    assert given(booking, *one_place, kept_by_another()).when(ask(BookCall, AHEAD + 10 * MINUTE)).outcome()


def test_who_kept_a_place_takes_it_up() -> None:
    assert given(booking, *one_place, kept).when(ask(BookCall, AHEAD + MINUTE)).outcome()


def test_nobody_takes_up_what_is_kept_for_another() -> None:
    theirs = ask(BookCall, AHEAD + MINUTE, requested_by="visitor-2")
    given(booking, *usual, kept).when(theirs).then_refused("reserved_by_another")


@pytest.mark.parametrize("by", ["visitor-1", "visitor-2"])
def test_a_place_that_is_kept_is_kept_once_and_no_longer(by: str) -> None:
    again = ask(ReserveCall, AHEAD + MINUTE, reserved_by=by)
    given(booking, *usual, kept).when(again).then_refused("reserved_already")
    assert given(booking, *usual, kept).when(ask(ReserveCall, AHEAD + 10 * MINUTE, reserved_by=by)).outcome()


def test_a_place_that_lapsed_is_kept_for_nobody() -> None:
    theirs = ask(BookCall, AHEAD + 10 * MINUTE, requested_by="visitor-2")
    assert given(booking, *usual, kept).when(theirs).outcome()


def test_who_comes_back_after_their_place_lapsed_finds_it_taken() -> None:
    history = [*one_place, kept, another(at=AHEAD + 11 * MINUTE)]
    given(booking, *history).when(ask(BookCall, AHEAD + 12 * MINUTE)).then_refused("session_full")


def test_who_comes_back_after_their_place_lapsed_may_find_it_free() -> None:
    assert given(booking, *one_place, kept).when(ask(BookCall, AHEAD + 12 * MINUTE)).outcome()


def test_a_place_that_is_kept_is_no_call_that_could_be_changed() -> None:
    given(booking, *usual, kept).when(ask(ChangeCall, AHEAD + MINUTE)).then_refused("call_unknown")


def test_a_place_is_given_back() -> None:
    given(booking, kept).when(ask(ReleaseReservation, AHEAD + MINUTE)).then(released)
    assert (
        given(booking, *one_place, kept_by_another(), another(ReservationReleased))
        .when(ask(BookCall, AHEAD + MINUTE))
        .outcome()
    )


def test_a_place_is_given_back_by_whom_it_is_kept_for() -> None:
    theirs = ask(ReleaseReservation, AHEAD + MINUTE, released_by="visitor-2")
    given(booking, kept).when(theirs).then_refused("reserved_by_another")


@pytest.mark.parametrize("history", [[], [kept, released]], ids=["never kept", "given back"])
def test_what_is_not_kept_is_not_given_back(history: list[Event]) -> None:
    given(booking, *history).when(ask(ReleaseReservation, AHEAD + 2 * MINUTE)).then_nothing()


def test_after_it_was_given_back_a_call_may_be_asked_for_again() -> None:
    assert given(booking, *usual, kept, released).when(ask(BookCall, AHEAD + DAY // 24)).outcome()
