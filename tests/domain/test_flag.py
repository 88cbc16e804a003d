"""Flags: a fact changed under a call, so a person looks at it again."""

import pytest

from domain import flag
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    ReservationReleased,
)
from domain.event import Event
from domain.flag.decisions import FlagBooking, UnflagBooking
from domain.flag.events import BookingFlagged, BookingUnflagged, ClearedBecause, FlagKind
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from tests.asked import ask
from tests.facts import fact
from tests.scenario import given

asked_for = fact(CallRequested)
flagged = fact(BookingFlagged)
unflagged = fact(BookingUnflagged)
ENDS = [
    BookingCancelled,
    CallRequestRejected,
    CallRequestAutoRejected,
    CallRequestWithdrawn,
    CallCompleted,
    CallTerminated,
    CallMissed,
]
each_end = pytest.mark.parametrize("end", ENDS, ids=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", [CallRequested, CallBooked, BookingChanged], ids=lambda kind: kind.__name__)
def test_a_call_that_has_a_place_is_flagged(kind: type[Event]) -> None:
    given(flag, fact(kind)).when(ask(FlagBooking)).then(flagged)


@pytest.mark.parametrize("history", [[], [fact(CallReserved)]], ids=["unknown", "only kept"])
def test_what_nobody_asked_for_is_not_flagged(history: list[Event]) -> None:
    given(flag, *history).when(ask(FlagBooking)).then_nothing()


@each_end
def test_a_call_that_is_over_is_not_flagged(end: type[Event]) -> None:
    given(flag, asked_for, fact(CallStarted), fact(end)).when(ask(FlagBooking)).then_nothing()


def test_a_place_given_back_is_no_call() -> None:
    given(flag, fact(CallReserved), fact(ReservationReleased)).when(ask(FlagBooking)).then_nothing()


def test_a_flag_that_is_raised_during_the_call_says_so() -> None:
    during = fact(BookingFlagged, during_call=True)
    given(flag, asked_for, fact(CallStarted)).when(ask(FlagBooking)).then(during)


def test_a_flag_is_raised_once_also_after_it_was_cleared() -> None:
    given(flag, asked_for, flagged).when(ask(FlagBooking)).then_nothing()
    given(flag, asked_for, flagged, unflagged).when(ask(FlagBooking)).then_nothing()
    given(flag, asked_for, flagged).when(ask(FlagBooking, flag="flag-2")).then(
        fact(BookingFlagged, flag="flag-2")
    )


def test_what_changed_and_why_go_on_record() -> None:
    other = {"kind": FlagKind.DEVICE_WITHDRAWN, "cause": "event-7"}
    given(flag, fact(CallBooked, prison="LEI")).when(ask(FlagBooking, **other)).then(
        fact(BookingFlagged, prison="LEI", **other)
    )


def test_staff_clear_a_flag_and_say_why() -> None:
    given(flag, asked_for, flagged).when(ask(UnflagBooking)).then(unflagged)
    spaced = ask(UnflagBooking, reason="  Both were asked\n")
    given(flag, asked_for, flagged).when(spaced).then(unflagged)


@pytest.mark.parametrize("reason", [None, "", " \n"])
def test_nobody_clears_a_flag_without_a_reason(reason: str | None) -> None:
    given(flag, asked_for, flagged).when(ask(UnflagBooking, reason=reason)).then_refused("reason_missing")


@pytest.mark.parametrize("reason", [None, "", " "])
def test_a_rule_clears_a_flag_when_its_cause_is_gone(reason: str | None) -> None:
    by_rule = {"because": ClearedBecause.CAUSE_GONE, "cleared_by": None}
    command = ask(UnflagBooking, reason=reason, **by_rule)
    given(flag, asked_for, flagged).when(command).then(fact(BookingUnflagged, reason=None, **by_rule))


def test_a_flag_that_nobody_raised_is_not_cleared() -> None:
    given(flag, asked_for).when(ask(UnflagBooking)).then_refused("flag_unknown")
    given(flag, asked_for, fact(BookingFlagged, flag="flag-2")).when(ask(UnflagBooking)).then_refused(
        "flag_unknown"
    )


def test_a_flag_is_cleared_once() -> None:
    given(flag, asked_for, flagged, unflagged).when(ask(UnflagBooking)).then_nothing()


def test_one_flag_is_cleared_and_the_other_stays() -> None:
    two = fact(BookingFlagged, flag="flag-2", kind=FlagKind.NON_ASSOCIATION)
    history = [asked_for, flagged, two]
    given(flag, *history, unflagged).when(ask(UnflagBooking, flag="flag-2")).then(
        fact(BookingUnflagged, flag="flag-2")
    )


@each_end
def test_the_flags_of_a_call_that_is_over_are_past(end: type[Event]) -> None:
    given(flag, asked_for, flagged, fact(end)).when(ask(UnflagBooking)).then_nothing()


def test_another_calls_flags_are_its_own() -> None:
    elsewhere = fact(BookingFlagged, call="call-2")
    given(flag, asked_for, elsewhere).when(ask(FlagBooking)).then(flagged)
