"""Authorisations: asked by one, granted by another for a time, reviewed, and over when their time is."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain import monitoring
from domain.event import Event
from domain.monitoring.commands import (
    AskMonitoring,
    AuthoriseMonitoring,
    EndMonitoring,
    LapseMonitoring,
    RejectMonitoring,
    ReviewMonitoring,
)
from domain.monitoring.events import (
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringEnded,
    MonitoringKind,
    MonitoringLapsed,
    MonitoringRejected,
    MonitoringReview,
    MonitoringReviewed,
)
from domain.monitoring.state import covering, with_fact
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.prisoner.events import PrisonerTransferred
from tests.asked import ask
from tests.facts import NOON, OFFICER, PRISON, PRISONER, fact
from tests.scenario import given

DAY = 86_400
held = fact(PersonRegistered, -DAY)
policy = fact(PolicyPublished, -DAY)
asked = fact(MonitoringAsked, -60)
granted = fact(MonitoringAuthorised)
END = 28 * DAY


def asked_for(kind: MonitoringKind) -> list[Event]:
    return [policy, fact(MonitoringAsked, -60, kind=kind)]


# Asking


def test_an_officer_asks_and_says_why() -> None:
    given(monitoring, held).when(ask(AskMonitoring, -60)).then(asked)


def test_the_same_is_asked_once() -> None:
    given(monitoring, held, asked).when(ask(AskMonitoring)).then_nothing()


@pytest.mark.parametrize("missing", ["necessity", "proportionality"])
def test_both_necessity_and_proportionality_have_to_be_said(missing: str) -> None:
    given(monitoring, held).when(ask(AskMonitoring, **{missing: " "})).then_refused("reason_missing")


def test_only_the_prison_that_holds_somebody_may_ask() -> None:
    moved = fact(PrisonerTransferred, -30, to_prison="LEI")
    for history in ([], [held, moved]):
        given(monitoring, *history).when(ask(AskMonitoring)).then_refused("prisoner_elsewhere")


# Deciding


def test_another_person_allows_it_for_a_time() -> None:
    given(monitoring, policy, asked).when(ask(AuthoriseMonitoring)).then(granted)


@pytest.mark.parametrize(
    "command",
    [
        ask(AuthoriseMonitoring, authorised_by=OFFICER),
        ask(RejectMonitoring, rejected_by=OFFICER),
        ask(ReviewMonitoring, 60, reviewed_by=OFFICER),
    ],
    ids=lambda command: type(command).__name__,
)
def test_whoever_asked_does_not_decide(command: Any) -> None:
    history = [policy, asked] if not isinstance(command, ReviewMonitoring) else [policy, asked, granted]
    given(monitoring, *history).when(command).then_refused("second_person")


@pytest.mark.parametrize(
    ("kind", "days_max"),
    [
        (MonitoringKind.OFFENCE, 90),
        (MonitoringKind.INTELLIGENCE, 28),
        (MonitoringKind.RANDOM, 28),
        (MonitoringKind.LEGAL_IMAGE_ONLY, 28),
    ],
)
def test_each_kind_has_its_own_longest_time(kind: MonitoringKind, days_max: int) -> None:
    (event,) = given(monitoring, *asked_for(kind)).when(ask(AuthoriseMonitoring, days=days_max)).outcome()
    assert isinstance(event, MonitoringAuthorised)
    assert event.expires_at == NOON + timedelta(days=days_max)
    for days in (0, days_max + 1):
        given(monitoring, *asked_for(kind)).when(ask(AuthoriseMonitoring, days=days)).then_refused(
            "monitoring_too_long"
        )


def test_a_prison_may_allow_less_and_no_prison_more_than_the_law() -> None:
    shorter = Policy().merged({"monitoring": {"offence_days_max": 30}}).document()
    strict = fact(PolicyPublished, -DAY, document=shorter)
    given(monitoring, strict, asked).when(ask(AuthoriseMonitoring, days=31)).then_refused(
        "monitoring_too_long"
    )
    with pytest.raises(ValueError, match="offence_days_max"):
        Policy().merged({"monitoring": {"offence_days_max": 93}})


@pytest.mark.parametrize("decided", [granted, fact(MonitoringRejected)], ids=["granted", "rejected"])
@pytest.mark.parametrize("command", [AuthoriseMonitoring, RejectMonitoring])
def test_it_is_decided_once(decided: Event, command: Any) -> None:
    given(monitoring, policy, asked, decided).when(ask(command, 60)).then_refused("monitoring_decided")


def test_it_is_not_allowed_with_a_reason() -> None:
    given(monitoring, asked).when(ask(RejectMonitoring)).then(fact(MonitoringRejected))


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (AuthoriseMonitoring, "consideration"),
        (RejectMonitoring, "reason"),
        (ReviewMonitoring, "reason"),
        (EndMonitoring, "reason"),
    ],
)
def test_every_decision_says_why(command: Any, field: str) -> None:
    history = [policy, asked] if field == "consideration" or command is RejectMonitoring else [
        policy, asked, granted,
    ]  # fmt: skip
    given(monitoring, *history).when(ask(command, 60, **{field: " "})).then_refused("reason_missing")


@pytest.mark.parametrize("command", [AuthoriseMonitoring, RejectMonitoring, ReviewMonitoring, EndMonitoring])
def test_another_prison_knows_nothing_of_it(command: Any) -> None:
    given(monitoring, policy, asked, granted).when(ask(command, prison="LEI")).then_refused(
        "monitoring_unknown"
    )


# Afterwards


def test_a_review_gives_it_more_time_or_ends_it() -> None:
    history = [policy, asked, granted]
    given(monitoring, *history).when(ask(ReviewMonitoring)).then(fact(MonitoringReviewed))
    end = ask(ReviewMonitoring, result=MonitoringReview.END, days=None)
    given(monitoring, *history).when(end).then(
        fact(MonitoringReviewed, result=MonitoringReview.END, expires_at=None)
    )


def test_a_review_says_for_how_long_and_not_longer_than_allowed() -> None:
    history = [policy, asked, granted]
    given(monitoring, *history).when(ask(ReviewMonitoring, days=None)).then_refused("days_missing")
    given(monitoring, *history).when(ask(ReviewMonitoring, days=91)).then_refused("monitoring_too_long")


@pytest.mark.parametrize("command", [ReviewMonitoring, EndMonitoring])
@pytest.mark.parametrize(
    ("over", "at"),
    [([], END), ([fact(MonitoringEnded, 30)], 60), ([fact(MonitoringLapsed, END)], END + 60)],
    ids=["time over, noted by nobody", "taken back", "lapsed"],
)
def test_what_is_over_is_asked_for_anew(command: Any, over: list[Event], at: float) -> None:
    given(monitoring, policy, asked, granted, *over).when(ask(command, at)).then_refused("monitoring_over")


def test_it_is_taken_back_at_once() -> None:
    given(monitoring, asked, granted).when(ask(EndMonitoring, 60)).then(fact(MonitoringEnded, 60))


def test_that_it_lapsed_is_noted_once_and_not_before_its_time() -> None:
    given(monitoring, asked, granted).when(ask(LapseMonitoring, END - 1)).then_nothing()
    given(monitoring, asked, granted).when(ask(LapseMonitoring, END)).then(fact(MonitoringLapsed, END))
    again = [asked, granted, fact(MonitoringLapsed, END)]
    given(monitoring, *again).when(ask(LapseMonitoring, END)).then_nothing()


@pytest.mark.parametrize(
    "since", [fact(MonitoringReviewed, DAY), fact(MonitoringEnded, DAY)], ids=["reviewed", "taken back"]
)
def test_what_was_reviewed_or_taken_back_does_not_lapse_at_its_old_time(since: Event) -> None:
    given(monitoring, asked, granted, since).when(ask(LapseMonitoring, END)).then_nothing()


# What rests on it


@drawn(
    days=st.integers(1, 90),
    moment=st.integers(-DAY, 100 * DAY),
    ended=st.none() | st.integers(1, 95 * DAY),
    lapse_noted=st.booleans(),
)
def test_nothing_rests_on_an_authorisation_outside_its_time(
    days: int, moment: int, ended: int | None, lapse_noted: bool
) -> None:
    """From the grant to the end that is known, and never by what somebody noted or failed to note."""
    until = days * DAY
    facts: list[Any] = [asked, fact(MonitoringAuthorised, expires_at=NOON + timedelta(seconds=until))]
    if ended is not None and ended < until:
        facts.append(fact(MonitoringEnded, ended))
        until = ended
    if lapse_noted:
        facts.append(fact(MonitoringLapsed, until))
    known: Any = {}
    for event in facts:
        known = with_fact(known, event)
    at = NOON + timedelta(seconds=moment)
    found = covering(known, PRISONER, PRISON, at, legal=False)
    assert (found is not None) is (0 <= moment < until)
    assert covering(known, PRISONER, PRISON, at, legal=True) is None
    assert covering(known, PRISONER, "LEI", at, legal=False) is None
    assert covering(known, "prisoner-2", PRISON, at, legal=False) is None
