"""What no rule can answer is decided on by staff; and until when they may."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain import booking
from domain.booking.commands import BookCall
from domain.booking.events import AskedAs, CallBooked, CallRequested, Method
from domain.event import Event
from domain.identity import IdentityVerified
from domain.prisoner.events import AlertChanged, AlertCleared, AlertRaised, PrisonerMerged
from domain.relationship import RelationshipApproved
from domain.restriction import RestrictionKind, RestrictionPlaced
from domain.timetable.events import CallType
from tests.asked import ask
from tests.bookings import (
    AHEAD,
    CHILD,
    DAY,
    KNOWN_AGE,
    approved,
    by_rule,
    child_approved,
    family,
    held,
    opened,
    policy,
    policy_with,
    verified,
    vouched,
)
from tests.facts import NOON, VISITOR, fact
from tests.scenario import given


def checks(history: list[Event], **changes: Any) -> tuple[str, ...]:
    """Which checks staff are asked to make; none: the call was booked at once."""
    events = given(booking, *history).when(ask(BookCall, AHEAD, **{**KNOWN_AGE, **changes})).outcome()
    assert isinstance(events[0], CallRequested)
    assert isinstance(events[-1], CallBooked) is (not events[0].for_staff)
    assert (events[0].decide_by is None) is (not events[0].for_staff)
    return events[0].for_staff


def test_where_every_check_passes_a_rule_says_yes() -> None:
    assert checks(by_rule) == ()


def test_where_the_prison_decides_itself_staff_are_asked() -> None:
    assert checks([held, opened, approved, verified, policy()]) == ("policy",)


@pytest.mark.parametrize(
    ("call_type", "asked"),
    [
        (CallType.SOCIAL, ("policy",)),
        (CallType.LEGAL, ()),
        (CallType.COURT, ()),
        (CallType.INTERVIEW, ("policy",)),
    ],
)
def test_some_types_of_call_are_approved_by_rule(call_type: CallType, asked: tuple[str, ...]) -> None:
    assert checks([held, opened, approved, verified, policy()], call_type=call_type) == asked


@pytest.mark.parametrize("code", ["C1", "XCSEA", "SC"])
def test_staff_are_asked_about_somebody_with_such_an_alert(code: str) -> None:
    assert checks([*by_rule, fact(AlertRaised, code=code)]) == ("alert",)


@pytest.mark.parametrize(
    "alerts",
    [
        [fact(AlertRaised, code="VEG")],
        [fact(AlertRaised), fact(AlertCleared)],
        [fact(AlertRaised), fact(AlertChanged, until=date(2026, 11, 22))],
        [fact(AlertRaised, person="prisoner-2")],
    ],
    ids=["of no such kind", "cleared", "over by then", "of somebody else"],
)
def test_another_alert_asks_nothing(alerts: list[Event]) -> None:
    assert checks([*by_rule, *alerts]) == ()


def test_an_alert_under_an_earlier_record_counts() -> None:
    history = [*by_rule, fact(PrisonerMerged), fact(AlertRaised, person="prisoner-9")]
    assert checks(history, merged=("prisoner-9",)) == ("alert",)


def test_the_policy_says_which_alerts_matter() -> None:
    own = policy(approval="auto", alerts_for_staff=("VEG",))
    history = [held, opened, approved, verified, own]
    assert checks([*history, fact(AlertRaised)]) == ()
    assert checks([*history, fact(AlertRaised, code="VEG")]) == ("alert",)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (RestrictionKind.CHILD, ("restriction",)),
        (RestrictionKind.PREINF, ("restriction",)),
        (RestrictionKind.RESTRICT, ("restriction",)),
        (RestrictionKind.CLOSED, ("one_way",)),
        (RestrictionKind.NONCON, ("one_way",)),
    ],
)
def test_staff_are_asked_about_a_restriction(kind: RestrictionKind, asked: tuple[str, ...]) -> None:
    assert checks([*by_rule, fact(RestrictionPlaced, kind=kind)]) == asked


def test_every_adult_is_known_to_be_who_they_say() -> None:
    history = [held, opened, approved, policy(approval="auto")]
    assert checks(history) == ("identity",)
    both: dict[str, Any] = {"visitors": (VISITOR, "visitor-2"), "ages": {VISITOR: 40, "visitor-2": 41}}
    second = fact(RelationshipApproved, visitor="visitor-2")
    assert checks([*by_rule, second], **both) == ("identity",)
    assert checks([*by_rule, second, fact(IdentityVerified, person="visitor-2")], **both) == ()


def test_a_child_needs_no_document_of_its_own() -> None:
    assert checks([*by_rule, child_approved, vouched], **family) == ()


def test_staff_are_asked_about_whose_age_nobody_knows() -> None:
    assert checks(by_rule, ages={}) == ("age_unknown",)
    known_child = fact(IdentityVerified, person=CHILD)
    assert checks([*by_rule, child_approved, vouched, known_child], **{**family, "ages": {VISITOR: 40}}) == (
        "age_unknown",
    )


@pytest.mark.parametrize(
    "rules",
    [{"people": {"identity_required": False}}, {"call_types": {"social": {"identity_required": False}}}],
    ids=["in this prison", "for this type of call"],
)
def test_where_no_identity_is_required_neither_document_nor_age_is(rules: dict[str, Any]) -> None:
    history = [held, opened, approved, policy_with(booking={"approval": "auto"}, **rules)]
    assert checks(history, ages={}) == ()


def test_staff_are_asked_for_what_somebody_needs_to_take_part() -> None:
    assert checks(by_rule, support="A sign language interpreter") == ("support",)
    assert checks(by_rule, support=" \n") == ()
    assert checks(by_rule, support=None) == ()


def test_what_somebody_needs_is_kept_without_the_space_around_it() -> None:
    for said, kept in [("  An interpreter\n", "An interpreter"), (" \n", None), (None, None)]:
        requested = (
            given(booking, *by_rule).when(ask(BookCall, AHEAD, **KNOWN_AGE, support=said)).outcome()[0]
        )
        assert isinstance(requested, CallRequested)
        assert requested.support == kept


def test_how_and_as_whom_somebody_asked_is_on_record() -> None:
    wish = ask(BookCall, AHEAD, method=Method.PHONE, asked_as=AskedAs.STAFF, requested_by="officer-1")
    requested = given(booking, *by_rule).when(wish).outcome()[0]
    assert isinstance(requested, CallRequested)
    assert requested.method is Method.PHONE
    assert requested.asked_as is AskedAs.STAFF
    assert requested.requested_by == "officer-1"


def test_everything_staff_are_asked_is_told_together() -> None:
    history = [
        held,
        opened,
        approved,
        policy(),
        fact(AlertRaised),
        fact(RestrictionPlaced, kind=RestrictionKind.CHILD),
    ]
    asked = checks(history, ages={}, support="An interpreter")
    assert asked == ("policy", "alert", "restriction", "identity", "age_unknown", "support")


# Until when staff may decide


def decide_by(asked: float, **rules: Any) -> datetime | None:
    requested = (
        given(booking, held, opened, approved, policy(**rules)).when(ask(BookCall, asked)).outcome()[0]
    )
    assert isinstance(requested, CallRequested)
    return requested.decide_by


def test_staff_decide_by_the_set_time_of_the_last_day_of_notice() -> None:
    assert decide_by(AHEAD) == datetime(2026, 11, 21, 20, tzinfo=UTC)
    assert decide_by(AHEAD, notice_days_min=1) == datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert decide_by(AHEAD, auto_reject_at="09:15") == datetime(2026, 11, 21, 9, 15, tzinfo=UTC)


def test_who_asks_after_the_set_time_waits_to_the_call_itself() -> None:
    set_time = -(40 * 3600)  # 20:00 on 21 November
    assert decide_by(set_time - 1) == datetime(2026, 11, 21, 20, tzinfo=UTC)
    assert decide_by(set_time) == NOON
    assert decide_by(set_time + 1) == NOON


def test_nobody_waits_past_the_call_itself() -> None:
    assert decide_by(-DAY, notice_days_min=0) == NOON  # 20:00 of the day is after the call
    assert decide_by(-DAY, notice_days_min=0, auto_reject_at="12:00") == NOON
    assert decide_by(-DAY, notice_days_min=0, auto_reject_at="11:59") == NOON - timedelta(minutes=1)
