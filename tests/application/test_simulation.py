"""A draft of a policy tried on given histories: what would have gone otherwise, and from where on nobody can tell."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from application.ports import EventStore
from application.simulation import Answer, Item, Simulation, simulate
from application.simulation.draft import checked
from domain.booking.events import (
    BookingCancelled,
    BookingChanged,
    BookingRefused,
    BookingRuleOverridden,
    CallBooked,
    CallRequestApproved,
    CallRequested,
    CallRequestRejected,
)
from domain.event import Event, Refused
from domain.identity import IdentityVerified
from domain.person import PersonKind, PersonRegistered
from domain.relationship import RelationshipApproved
from domain.timetable.events import SessionOpened
from tests.application.history import put
from tests.bookings import AHEAD, DAY, another, approved, held, opened, policy
from tests.facts import CALL, NOON, PRISON, PRISONER, SESSION, VISITOR, fact, recorded
from tests.stores import MemoryKeys

SINCE, UNTIL = NOON - timedelta(days=30), NOON + timedelta(days=30)
OTHERS = fact(RelationshipApproved, -39 * DAY, prisoner="prisoner-2", visitor="visitor-2")
HELD_TOO = fact(PersonRegistered, -40 * DAY, person="prisoner-2", number=("8e2d",))
BEFORE: tuple[Event, ...] = (held, HELD_TOO, opened, approved, OTHERS, policy())
ASKED = fact(CallRequested, AHEAD, for_staff=("policy", "identity", "age_unknown"))
ADULT: Mapping[str, int] = {VISITOR: 40}


def tried(changes: Mapping[str, Any], *history: Event, ages: Mapping[str, int] | None = None) -> list[Item]:
    """What a change finds in a history."""
    simulation = Simulation(PRISON, checked(changes), SINCE, UNTIL)
    for position, event in enumerate(history, 1):
        simulation.take(recorded(position, event), ages or {})
    return simulation.report.items


def answers(items: list[Item]) -> list[tuple[Answer, tuple[str, ...], bool]]:
    return [(item.answer, item.rules, item.comparable) for item in items]


def booking(**rules: Any) -> dict[str, Any]:
    return {"booking": rules}


def test_a_request_is_refused_where_the_draft_asks_for_more_notice() -> None:
    items = tried(booking(notice_days_min=4), *BEFORE, ASKED)
    assert answers(items) == [(Answer.REFUSED, ("notice_min",), True)]
    assert (items[0].call, items[0].position) == (CALL, 7)


def test_a_request_that_meets_the_draft_goes_as_it_went() -> None:
    assert tried(booking(notice_days_min=3), *BEFORE, ASKED) == []


def test_every_rule_of_the_draft_that_says_no_is_named() -> None:
    items = tried(booking(notice_days_min=4, call_minutes_max=15), *BEFORE, ASKED)
    assert answers(items) == [(Answer.REFUSED, ("call_length", "notice_min"), True)]


def test_the_months_time_is_counted_as_it_stood_at_that_moment() -> None:
    first = another(
        at=AHEAD - DAY,
        session="session-0",
        starts_at=NOON - timedelta(days=1),
        prisoner=PRISONER,
        prisoner_month=f"{PRISONER}/2026-11",
        for_staff=("policy", "identity", "age_unknown"),
    )
    session = fact(SessionOpened, session="session-0", starts_at=NOON - timedelta(days=1))
    pair = fact(RelationshipApproved, prisoner=PRISONER, visitor="visitor-2")
    items = tried(booking(minutes_a_month=30), *BEFORE, session, pair, first, ASKED)
    assert answers(items) == [(Answer.REFUSED, ("allowance",), True)]
    gone = BookingCancelled(
        **{name: getattr(first, name) for name in BookingCancelled.model_fields if hasattr(first, name)},
        outcome="prisoner_cancelled",
        cancelled_by="prisoner-1",
    )
    assert tried(booking(minutes_a_month=30), *BEFORE, session, pair, first, gone, ASKED) == []


def test_a_rule_that_was_set_aside_would_be_set_aside_again() -> None:
    aside = fact(BookingRuleOverridden, AHEAD, rules=("notice_min",))
    asked = ASKED.model_copy(update={"for_staff": ("policy", "identity", "age_unknown", "override")})
    assert tried(booking(notice_days_min=4), *BEFORE, aside, asked) == []


def test_a_rule_approves_what_staff_decided_where_every_check_passes() -> None:
    verified = fact(IdentityVerified, -30 * DAY)
    asked = ASKED.model_copy(update={"for_staff": ("policy",)})
    items = tried(booking(approval="auto"), *BEFORE, verified, asked, ages=ADULT)
    assert answers(items) == [(Answer.BY_RULE, ("policy",), True)]


def test_staff_decide_what_a_rule_approved() -> None:
    verified = fact(IdentityVerified, -30 * DAY)
    by_rule = (*BEFORE[:-1], policy(approval="auto"), verified)
    items = tried(booking(approval="staff"), *by_rule, fact(CallRequested, AHEAD), ages=ADULT)
    assert answers(items) == [(Answer.TO_STAFF, ("policy",), True)]


def test_what_the_record_no_longer_shows_cannot_be_told() -> None:
    for_nobody = ASKED.model_copy(update={"for_staff": ("alert",)})
    items = tried(booking(approval="auto"), *BEFORE, for_nobody)
    assert [item.answer for item in items] == [Answer.UNKNOWN]


def test_a_change_of_the_draft_is_tried_on_changes_of_calls_too() -> None:
    moved = fact(
        BookingChanged, AHEAD + 60, changed=("time",), for_staff=("policy", "identity", "age_unknown")
    )
    items = tried(booking(call_minutes_max=15), *BEFORE, ASKED, moved)
    assert [(item.what, item.answer) for item in items] == [
        ("request", Answer.REFUSED),
        ("change", Answer.REFUSED),
    ]


REFUSAL = fact(
    BookingRefused,
    AHEAD + 60,
    rule="notice_max",
    rules=("notice_max",),
    people=2,
    adults=1,
    children=1,
    minutes=30,
    starts_at=NOON + timedelta(days=28),
)


def test_a_refusal_by_numbers_is_decided_again() -> None:
    assert answers(tried(booking(notice_days_max=40), *BEFORE, REFUSAL)) == [
        (Answer.ACCEPTED, ("notice_max",), True)
    ]
    assert tried(booking(notice_days_max=30), *BEFORE, REFUSAL) == []


def test_a_refusal_stands_where_any_rule_against_it_is_left_alone() -> None:
    full_too = REFUSAL.model_copy(update={"rules": ("notice_max", "session_full")})
    assert tried(booking(notice_days_max=40), *BEFORE, full_too) == []


def test_a_refusal_stands_where_the_draft_refuses_it_for_another_number() -> None:
    assert tried(booking(notice_days_max=40, adults_max=1, visitors_max=1), *BEFORE, REFUSAL) == []


def test_a_refusal_that_rests_on_who_people_are_cannot_be_told() -> None:
    of_the_month = REFUSAL.model_copy(update={"rule": "allowance", "rules": ("allowance",)})
    assert answers(tried(booking(minutes_a_month=90), *BEFORE, of_the_month)) == [
        (Answer.UNKNOWN, ("allowance",), True)
    ]


def test_a_refusal_of_which_only_the_first_rule_was_kept_cannot_be_told() -> None:
    old = REFUSAL.model_copy(update={"rules": ()})
    assert [item.answer for item in tried(booking(notice_days_max=40), *BEFORE, old)] == [Answer.UNKNOWN]


LATER: dict[str, Any] = {"for_staff": ("policy", "identity", "age_unknown")}


@pytest.mark.parametrize(
    ("competes_for", "request_"),
    [
        ("the session", another(at=AHEAD - 2 * DAY, **LATER)),
        (
            "the prisoner's month",
            another(
                at=AHEAD - 2 * DAY,
                session="session-9",
                prisoner=PRISONER,
                prisoner_month=f"{PRISONER}/2026-11",
                **LATER,
            ),
        ),
        (
            "the visitor's day",
            another(
                at=AHEAD - 2 * DAY,
                session="session-9",
                visitors=(VISITOR,),
                visitor_day=(f"{VISITOR}/2026-11-23",),
                **LATER,
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_competes_with_a_difference_is_not_comparable_from_then_on(
    competes_for: str, request_: Event
) -> None:
    items = tried(booking(notice_days_min=4), *BEFORE, ASKED, request_)
    assert [item.comparable for item in items] == [True, False], competes_for
    assert items[1].since == items[0].position


def test_what_competes_for_nothing_stays_comparable() -> None:
    apart = another(at=AHEAD, session="session-9")
    items = tried(booking(notice_days_min=4), *BEFORE, ASKED, apart)
    assert [item.call for item in items if not item.comparable] == []


def test_what_was_asked_before_the_difference_stays_comparable() -> None:
    before = another(at=AHEAD - 2 * DAY, **LATER)
    items = tried(booking(notice_days_min=4), *BEFORE, before, ASKED)
    assert [(item.call, item.comparable) for item in items] == [(CALL, True)]


def test_an_accepted_refusal_takes_a_place_and_the_time_of_whoever_asked() -> None:
    in_session = another(at=AHEAD, **LATER)
    of_the_person = ASKED.model_copy(update={"session": "session-9", "starts_at": NOON + timedelta(days=2)})
    month = REFUSAL.model_copy(update={"starts_at": NOON + timedelta(days=5)})
    earlier = policy(notice_days_max=4)
    items = tried(booking(notice_days_max=28), *BEFORE[:-1], earlier, month, in_session, of_the_person)
    assert [(item.what, item.comparable) for item in items] == [
        ("refusal", True),
        ("request", False),
        ("request", False),
    ]


def test_a_place_that_staff_gave_back_and_a_rule_would_have_kept_is_a_difference() -> None:
    verified = fact(IdentityVerified, -30 * DAY)
    asked = ASKED.model_copy(update={"for_staff": ("policy",)})
    rejected = fact(CallRequestRejected, AHEAD + 60)
    early = another(at=AHEAD + 30, **LATER)
    late = another(at=AHEAD + 90, call="call-3", **LATER)
    items = tried(booking(approval="auto"), *BEFORE, verified, asked, early, rejected, late, ages=ADULT)
    assert {item.call: item.since for item in items if not item.comparable} == {"call-3": 8}


def test_approved_and_booked_events_are_no_requests() -> None:
    history = (*BEFORE, ASKED, fact(CallRequestApproved), fact(CallBooked, AHEAD + 60))
    simulation = Simulation(PRISON, checked(booking(notice_days_min=4)), SINCE, UNTIL)
    for position, event in enumerate(history, 1):
        simulation.take(recorded(position, event), {})
    summary = simulation.report.summary()
    assert (summary.requests, summary.changes, summary.refusals) == (1, 0, 0)
    assert summary.comparable == {"would_be_refused": 1, "as_it_was": 0}
    assert (summary.rules, summary.first_difference) == ({"notice_min": 1}, ASKED.at)


def test_only_requests_of_the_days_in_question_are_decided_again() -> None:
    simulation = Simulation(PRISON, checked(booking(notice_days_min=4)), NOON, UNTIL)
    for position, event in enumerate((*BEFORE, ASKED), 1):
        simulation.take(recorded(position, event), {})
    assert simulation.report.looked_at.total() == 0


def test_requests_of_another_prison_are_left_alone() -> None:
    simulation = Simulation("LEI", checked(booking(notice_days_min=4)), SINCE, UNTIL)
    for position, event in enumerate((*BEFORE, ASKED), 1):
        simulation.take(recorded(position, event), {})
    assert simulation.report.looked_at.total() == 0


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"nonsense": 1}, "policy_invalid"),
        ({"booking": {"notice_days_min": -1}}, "policy_invalid"),
        ({"time_zone": "Europe/Paris"}, "simulation_time_zone"),
    ],
)
def test_what_no_policy_can_hold_is_not_tried(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(changes)
    assert refused.value.rule == rule


async def test_ages_are_those_of_the_day_and_are_read_from_the_record(store: EventStore) -> None:
    grown = fact(
        PersonRegistered,
        -40 * DAY,
        person=VISITOR,
        kind=PersonKind.VISITOR,
        prison=None,
        number=(),
        prisoner_number=None,
        date_of_birth=date(2008, 11, 23).isoformat(),
    )
    await put(store, grown, *BEFORE, ASKED.model_copy(update={"for_staff": ("policy", "identity")}))
    keys = getattr(store, "_keys", None) or MemoryKeys()
    for age, found in ((18, []), (19, [(Answer.REFUSED, ("lead_adult",), True)])):
        simulation = Simulation(PRISON, checked(booking(lead_age=age)), SINCE, UNTIL)
        report = await simulate(store, keys, replace(simulation))
        assert answers(report.items) == found


def test_a_session_is_what_it_was() -> None:
    gone = [event for event in BEFORE if not isinstance(event, SessionOpened)]
    items = tried(booking(notice_days_min=4), *gone, ASKED)
    assert answers(items) == [(Answer.UNKNOWN, ("session_unknown",), True)]
    assert items[0].session == SESSION
