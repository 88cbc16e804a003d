"""What becomes of a request: approved, rejected, out of time, taken back."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain import booking
from domain.booking.commands import (
    ApproveCall,
    AutoRejectCall,
    BookCall,
    CancelCall,
    Deciding,
    RejectCall,
    WithdrawCall,
)
from domain.booking.events import (
    AutoRejectedBecause,
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestApproved,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    PlacedCall,
)
from domain.clearance import Side
from domain.conduct import SanctionImposed
from domain.event import Command, Event, Refused
from domain.flag.events import STOPS, BookingFlagged, BookingUnflagged, FlagKind
from domain.prisoner.events import PrisonerMerged
from domain.relationship import RelationshipApproved, VisitorUnapproved
from domain.restriction import RestrictionKind, RestrictionLifted, RestrictionPlaced
from tests.asked import ask
from tests.bookings import AHEAD, DAY, approved, held, opened, policy, usual
from tests.facts import CALL, NOON, PRISON, PRISONER, VISITOR, fact
from tests.scenario import given

BY = NOON - timedelta(days=1)
waiting = fact(CallRequested, AHEAD, for_staff=("policy",), decide_by=BY)
booked = fact(CallBooked, AHEAD)
kept = fact(CallReserved, AHEAD)
ENDS = [
    fact(CallRequestRejected, -2 * DAY),
    fact(CallRequestAutoRejected, -2 * DAY),
    fact(CallRequestWithdrawn, -2 * DAY),
    fact(BookingCancelled, -2 * DAY),
]
each_end = pytest.mark.parametrize("end", ENDS, ids=lambda event: type(event).__name__)
NOT_ASKED_FOR = pytest.mark.parametrize("history", [[], [kept]], ids=["unknown", "only kept"])


def test_the_whole_place_goes_on_record_with_every_decision() -> None:
    """A decision names the place it is about, whatever place the request has by then."""
    other = {
        "session": "session-2",
        "minutes": 60,
        "device": "device-1",
        "device_day": ("device-1/2026-11-23",),
    }
    request = fact(CallRequested, AHEAD, decide_by=BY, **other)
    for kind in (ApproveCall, RejectCall, AutoRejectCall, WithdrawCall, CancelCall):
        last: Any = given(booking, approved, request).when(ask(kind, -DAY)).outcome()[-1]
        assert isinstance(last, PlacedCall)
        assert {name: getattr(last, name) for name in other} == other
        assert last.at == NOON - timedelta(days=1)


# Approved


@pytest.mark.parametrize("kind", sorted(STOPS))
def test_a_request_with_a_stopping_flag_is_not_approved(kind: FlagKind) -> None:
    flagged = fact(BookingFlagged, kind=kind)
    given(booking, approved, waiting, flagged).when(ask(ApproveCall, -DAY)).then_refused("flagged")


@pytest.mark.parametrize("kind", sorted(set(FlagKind) - STOPS))
def test_any_other_flag_stops_nothing(kind: FlagKind) -> None:
    assert (
        given(booking, approved, waiting, fact(BookingFlagged, kind=kind))
        .when(ask(ApproveCall, -DAY))
        .outcome()
    )


def test_the_flags_that_stop_a_call_are_these() -> None:
    assert {
        "non_association",
        "prisoner_released",
        "prisoner_transferred",
        "relationship_restriction",
        "visitor_restriction",
        "visitor_unapproved",
        "visitor_sanctioned",
        "prisoner_sanctioned",
    } == STOPS


def test_once_its_flags_are_cleared_a_request_is_approved() -> None:
    two = [fact(BookingFlagged), fact(BookingFlagged, flag="flag-2", kind=FlagKind.NON_ASSOCIATION)]
    cleared = [fact(BookingUnflagged), fact(BookingUnflagged, flag="flag-2")]
    given(booking, approved, waiting, *two, cleared[0]).when(ask(ApproveCall, -DAY)).then_refused("flagged")
    given(booking, approved, waiting, *two, cleared[1]).when(ask(ApproveCall, -DAY)).then_refused("flagged")
    assert given(booking, approved, waiting, *two, *cleared).when(ask(ApproveCall, -DAY)).outcome()


def test_once_the_flag_that_stops_it_is_cleared_another_flag_stops_nothing() -> None:
    harmless = fact(BookingFlagged, flag="flag-2", kind=FlagKind.DEVICE_WITHDRAWN)
    history = [approved, waiting, fact(BookingFlagged), harmless, fact(BookingUnflagged)]
    assert given(booking, *history).when(ask(ApproveCall, -DAY)).outcome()


def test_a_call_that_stays_booked_after_a_change_needs_no_approval() -> None:
    changed = fact(BookingChanged, -2 * DAY, booked=True)
    given(booking, approved, waiting, booked, changed).when(ask(ApproveCall, -DAY)).then_nothing()


def test_a_flag_of_another_call_stops_nothing() -> None:
    assert (
        given(booking, approved, waiting, fact(BookingFlagged, call="call-2"))
        .when(ask(ApproveCall, -DAY))
        .outcome()
    )


def test_a_time_that_has_passed_is_not_approved() -> None:
    given(booking, approved, waiting).when(ask(ApproveCall, 0)).then_refused("session_over")
    assert given(booking, approved, waiting).when(ask(ApproveCall, -1)).outcome()


def test_whoever_decides_stands_on_record() -> None:
    said = fact(CallRequestApproved, -DAY, approved_by="officer-2")
    given(booking, approved, waiting).when(ask(ApproveCall, -DAY, approved_by="officer-2")).then(
        said, fact(CallBooked, -DAY)
    )


@NOT_ASKED_FOR
def test_what_nobody_asked_for_is_not_approved(history: list[Event]) -> None:
    given(booking, *history).when(ask(ApproveCall, -DAY)).then_refused("call_unknown")


@each_end
def test_what_is_over_is_not_approved(end: Event) -> None:
    given(booking, approved, waiting, end).when(ask(ApproveCall, -DAY)).then_refused("call_unknown")


RESTRICTED = fact(RestrictionPlaced, -2 * DAY)
UNAPPROVED = fact(VisitorUnapproved, -2 * DAY)


@pytest.mark.parametrize(
    ("since", "rules"),
    [
        ([RESTRICTED], ("barred",)),
        ([fact(RestrictionPlaced, -2 * DAY, prisoner=None)], ("barred",)),
        ([fact(SanctionImposed, -2 * DAY)], ("barred",)),
        ([fact(SanctionImposed, -2 * DAY, person=PRISONER, side=Side.PRISONER)], ("barred",)),
        ([UNAPPROVED], ("relationship_missing",)),
        ([UNAPPROVED, RESTRICTED], ("relationship_missing", "barred")),
    ],
    ids=[
        "this pair is banned",
        "the visitor is banned",
        "a sanction",
        "a sanction in prison",
        "no longer approved",
        "both",
    ],
)
def test_nobody_approves_a_call_of_people_who_may_no_longer_call_each_other(
    since: list[Event], rules: tuple[str, ...]
) -> None:
    """Also before a flag is raised: what follows from a ban may come a moment after the officer's yes."""
    asked = given(booking, policy(), approved, waiting, *since).when(ask(ApproveCall, -DAY))
    with pytest.raises(Refused) as refused:
        asked.outcome()
    assert refused.value.rules == rules
    assert len(refused.value.also) == len(rules) - 1


@pytest.mark.parametrize(
    "since",
    [
        [fact(RestrictionPlaced, -2 * DAY, first=date(2026, 11, 24))],
        [fact(RestrictionPlaced, -2 * DAY, kind=RestrictionKind.CHILD)],
        [RESTRICTED, fact(RestrictionLifted, -2 * DAY)],
        [UNAPPROVED, fact(RelationshipApproved, -2 * DAY)],
    ],
    ids=["banned from another day on", "staff decide", "lifted", "approved again"],
)
def test_what_does_not_hold_on_the_day_of_the_call_stops_no_approval(since: list[Event]) -> None:
    assert given(booking, policy(), approved, waiting, *since).when(ask(ApproveCall, -DAY)).outcome()


def test_an_approval_rests_on_the_people_who_are_on_the_call_now() -> None:
    changed = fact(BookingChanged, -2 * DAY, visitors=(VISITOR, "visitor-2"), booked=False)
    history = [approved, waiting, changed]
    given(booking, *history).when(ask(ApproveCall, -DAY)).then_refused("facts_changed")


def test_an_approval_under_an_earlier_record_of_the_person_counts() -> None:
    merged = fact(PrisonerMerged, -3 * DAY, removed="prisoner-0", kept=PRISONER)
    earlier = fact(RelationshipApproved, prisoner="prisoner-0")
    history = [earlier, merged, waiting]
    given(booking, *history).when(ask(ApproveCall, -DAY)).then_refused("facts_changed")
    assert given(booking, *history).when(ask(ApproveCall, -DAY, merged=("prisoner-0",))).outcome()


# Rejected


def test_an_officer_says_no_and_why() -> None:
    given(booking, waiting).when(ask(RejectCall, -DAY)).then(fact(CallRequestRejected, -DAY))
    spaced = ask(RejectCall, -DAY, reason="  The room is being painted\n")
    given(booking, waiting).when(spaced).then(fact(CallRequestRejected, -DAY))


@pytest.mark.parametrize("reason", ["", " \t"])
def test_nobody_says_no_without_a_reason(reason: str) -> None:
    given(booking, waiting).when(ask(RejectCall, -DAY, reason=reason)).then_refused("reason_missing")


def test_a_booked_call_is_cancelled_and_not_rejected() -> None:
    given(booking, waiting, booked).when(ask(RejectCall, -DAY)).then_refused("call_booked")


@NOT_ASKED_FOR
def test_what_nobody_asked_for_is_not_rejected(history: list[Event]) -> None:
    given(booking, *history).when(ask(RejectCall, -DAY)).then_refused("call_unknown")


# Out of time


def test_nobody_is_rejected_before_the_time_is_over() -> None:
    given(booking, waiting).when(ask(AutoRejectCall, -DAY - 1)).then_nothing()
    given(booking, waiting).when(ask(AutoRejectCall, -DAY)).then(fact(CallRequestAutoRejected, -DAY))


def test_without_a_time_nobody_is_rejected() -> None:
    open_ended = fact(CallRequested, AHEAD)
    given(booking, open_ended).when(ask(AutoRejectCall, DAY)).then_nothing()


def test_a_change_has_a_time_of_its_own() -> None:
    moved = fact(BookingChanged, -2 * DAY, booked=False, decide_by=BY + timedelta(hours=1))
    given(booking, waiting, moved).when(ask(AutoRejectCall, -DAY)).then_nothing()
    given(booking, waiting, moved).when(ask(AutoRejectCall, -DAY + 3600)).then(
        fact(CallRequestAutoRejected, -DAY + 3600)
    )


@pytest.mark.parametrize("because", [AutoRejectedBecause.RELEASED, AutoRejectedBecause.TRANSFERRED])
def test_who_is_no_longer_held_does_not_wait(because: AutoRejectedBecause) -> None:
    given(booking, waiting).when(ask(AutoRejectCall, -2 * DAY, because=because)).then(
        fact(CallRequestAutoRejected, -2 * DAY, because=because)
    )


@pytest.mark.parametrize(
    "history",
    [[], [kept], [waiting, booked], *([waiting, end] for end in ENDS)],
    ids=["unknown", "only kept", "booked", "rejected", "out of time", "withdrawn", "cancelled"],
)
@pytest.mark.parametrize("because", list(AutoRejectedBecause))
def test_what_was_decided_stays_decided(history: list[Event], because: AutoRejectedBecause) -> None:
    given(booking, *history).when(ask(AutoRejectCall, -DAY, because=because)).then_nothing()


def test_a_booked_call_that_waits_again_can_run_out_of_time() -> None:
    again = fact(BookingChanged, -2 * DAY, booked=False, decide_by=BY)
    given(booking, waiting, booked, again).when(ask(AutoRejectCall, -DAY)).then(
        fact(CallRequestAutoRejected, -DAY)
    )
    given(booking, waiting, fact(BookingChanged, -2 * DAY, booked=True)).when(
        ask(AutoRejectCall, -DAY)
    ).then_nothing()


# Taken back, given up


def test_a_request_is_taken_back() -> None:
    given(booking, waiting).when(ask(WithdrawCall, -DAY)).then(fact(CallRequestWithdrawn, -DAY))
    staff = ask(WithdrawCall, -DAY, withdrawn_by="officer-1")
    given(booking, waiting).when(staff).then(fact(CallRequestWithdrawn, -DAY, withdrawn_by="officer-1"))


def test_a_booked_call_is_cancelled_and_not_withdrawn() -> None:
    given(booking, waiting, booked).when(ask(WithdrawCall, -DAY)).then_refused("call_booked")


@NOT_ASKED_FOR
@pytest.mark.parametrize("command", [WithdrawCall, CancelCall])
def test_what_nobody_asked_for_is_not_given_up(history: list[Event], command: type[Command]) -> None:
    given(booking, *history).when(ask(command, -DAY)).then_refused("call_unknown")


@each_end
@pytest.mark.parametrize("command", [RejectCall, WithdrawCall, CancelCall])
def test_what_is_over_is_over(end: Event, command: type[Command]) -> None:
    given(booking, waiting, end).when(ask(command, -DAY)).then_nothing()


@each_end
def test_whatever_ends_a_call_gives_its_place_and_its_time_back(end: Any) -> None:
    one = [held, fact(type(opened), stations=1), approved, policy(minutes_a_month=30)]
    theirs = {"call": "call-2"}
    before = [fact(CallRequested, **theirs), fact(CallBooked, **theirs)]
    ask_again = ask(BookCall, AHEAD)
    given(booking, *one, *before).when(ask_again).then_refused("double_booking")
    assert given(booking, *one, *before, end.model_copy(update=theirs)).when(ask_again).outcome()


@each_end
def test_a_call_that_is_over_is_not_asked_for_again(end: Event) -> None:
    given(booking, *usual, waiting, end).when(ask(BookCall, AHEAD + 60)).then_refused("call_known")


@pytest.mark.parametrize(
    "command", [ask(kind) for kind in (RejectCall, AutoRejectCall, WithdrawCall, CancelCall)]
)
def test_every_decision_but_an_approval_is_about_one_call(command: Deciding) -> None:
    assert {tag for facts in booking.boundary(command) for tag in facts.tags} == {f"call:{CALL}"}


def test_an_approval_is_about_one_call_and_what_is_between_its_people() -> None:
    assert {tag for facts in booking.boundary(ask(ApproveCall)) for tag in facts.tags} == {
        f"call:{CALL}",
        f"policy:{PRISON}",
        f"person:{PRISONER}",
        f"person:{VISITOR}",
        f"relationship:{PRISONER}/{VISITOR}",
        f"restricted:{VISITOR}",
        f"restricted:{PRISONER}/{VISITOR}",
    }
    nobodys = ask(ApproveCall, prison="", prisoner="", visitors=())
    assert {tag for facts in booking.boundary(nobodys) for tag in facts.tags} == {f"call:{CALL}"}
