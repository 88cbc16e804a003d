"""Who watches which call: one officer, who is there, and has no more at once than the prison allows."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain import allocation
from domain.allocation.decisions import (
    AllocateCall,
    DeallocateCall,
    NoteAvailable,
    NoteUnavailable,
    days_of,
)
from domain.allocation.events import (
    CallAllocated,
    CallDeallocated,
    DeallocatedBecause,
    OfficerAvailable,
    OfficerUnavailable,
)
from domain.allocation.state import Allocations
from domain.booking.events import BookingCancelled, BookingChanged, CallBooked
from domain.event import Event
from domain.person import PersonKind, PersonRegistered
from domain.policy import Policy, PolicyPublished
from tests.asked import ask
from tests.facts import CALL, NOON, OFFICER, fact
from tests.scenario import given

OTHER = "officer-2"
CHANGED = DeallocatedBecause.CALL_CHANGED


def officer(person: str = OFFICER, **changes: Any) -> PersonRegistered:
    return fact(PersonRegistered, -9000, person=person, kind=PersonKind.STAFF, number=(), **changes)


def elsewhere(number: int, minutes_from_noon: float = 0, minutes: int = 30) -> CallAllocated:
    """Another call that the officer has."""
    starts_at = NOON + timedelta(minutes=minutes_from_noon)
    return fact(CallAllocated, -60, call=f"call-{number + 1}", starts_at=starts_at, minutes=minutes)


def at_most(calls: int) -> PolicyPublished:
    document = Policy().merged({"waiting_room": {"calls_per_monitor": calls}}).document()
    return fact(PolicyPublished, -9000, document=document)


booked = fact(CallBooked, -8000)
known: tuple[Event, ...] = (officer(), booked)
allocated = fact(CallAllocated, -60)
later = fact(BookingChanged, -30, starts_at=NOON + timedelta(hours=1))


def test_an_officer_is_given_a_call() -> None:
    given(allocation, *known).when(ask(AllocateCall)).then(fact(CallAllocated))


def test_giving_it_again_changes_nothing() -> None:
    given(allocation, *known, allocated).when(ask(AllocateCall)).then_nothing()


def test_a_call_has_one_officer_and_changes_hands_only_by_naming_who_has_it() -> None:
    history = [*known, officer(OTHER), allocated]
    day = (f"{OTHER}/2026-11-23",)
    given(allocation, *history).when(ask(AllocateCall, officer=OTHER)).then_refused("call_allocated")
    given(allocation, *history).when(ask(AllocateCall, officer=OTHER, instead_of=OFFICER)).then(
        fact(CallDeallocated), fact(CallAllocated, officer=OTHER, officer_day=day)
    )


@pytest.mark.parametrize(
    "history",
    [(officer(),), (*known, fact(BookingCancelled, -60)), (*known, fact(BookingChanged, -60, booked=False))],
    ids=["unknown", "cancelled", "to be decided again"],
)
def test_only_a_booked_call_is_given_to_anybody(history: tuple[Event, ...]) -> None:
    given(allocation, *history).when(ask(AllocateCall)).then_refused("call_unknown")


def test_a_call_that_moved_meanwhile_is_looked_at_again() -> None:
    given(allocation, *known, later).when(ask(AllocateCall)).then_refused("call_moved")


@pytest.mark.parametrize(
    "somebody",
    [
        (),
        (officer(prison="LEI"),),
        (fact(PersonRegistered, -9000, person=OFFICER, kind=PersonKind.VISITOR, prison=None, number=()),),
    ],
    ids=["nobody", "of another prison", "a visitor"],
)
def test_only_whoever_works_here_is_given_calls(somebody: tuple[Event, ...]) -> None:
    given(allocation, *somebody, booked).when(ask(AllocateCall)).then_refused("officer_unknown")


# How many at once


def test_an_officer_has_no_more_calls_at_once_than_the_prison_allows() -> None:
    history = [*known, at_most(2), elsewhere(1), elsewhere(2, 29)]
    given(allocation, *history).when(ask(AllocateCall)).then_refused("officer_full")
    given(allocation, *known, at_most(3), *history[3:]).when(ask(AllocateCall)).then(fact(CallAllocated))


def test_calls_after_one_another_are_not_at_once() -> None:
    after_each_other = [elsewhere(1, -30), elsewhere(2, 30), elsewhere(3, 0, 15), elsewhere(4, 15, 15)]
    given(allocation, *known, at_most(2), *after_each_other).when(ask(AllocateCall)).then(fact(CallAllocated))


def test_a_call_that_was_taken_from_them_does_not_count() -> None:
    gone = fact(CallDeallocated, -30, call="call-2")
    given(allocation, *known, at_most(1), elsewhere(1), gone).when(ask(AllocateCall)).then(
        fact(CallAllocated)
    )


spans = st.lists(st.tuples(st.integers(-90, 90), st.integers(1, 90)), max_size=8)


@for_all(spans)
def test_the_busiest_moment_is_found_whichever_it_is(others: list[tuple[int, int]]) -> None:
    calls = {f"call-{n + 1}": elsewhere(n, start, minutes) for n, (start, minutes) in enumerate(others, 1)}
    state = Allocations(allocated=calls)
    every_minute = max(
        sum(start <= minute < start + length for start, length in others) for minute in range(30)
    )
    assert state.at_once(CALL, NOON, NOON + timedelta(minutes=30)) == every_minute


# When they cannot


def test_an_officer_who_is_away_is_given_no_call_of_that_time() -> None:
    away = fact(OfficerUnavailable, -60, since=NOON + timedelta(minutes=29))
    given(allocation, *known, away).when(ask(AllocateCall)).then_refused("officer_unavailable")
    back = fact(OfficerAvailable, -30)
    given(allocation, *known, away, back).when(ask(AllocateCall)).then(fact(CallAllocated))


def test_an_absence_before_or_after_the_call_does_not_matter() -> None:
    until = fact(OfficerUnavailable, -60, since=NOON - timedelta(hours=1), until=NOON)
    since = fact(OfficerUnavailable, -60, unavailability="away-2", since=NOON + timedelta(minutes=30))
    given(allocation, *known, until, since).when(ask(AllocateCall)).then(fact(CallAllocated))


def test_that_somebody_cannot_come_is_noted_once_and_taken_back() -> None:
    away = fact(OfficerUnavailable)
    given(allocation, officer()).when(ask(NoteUnavailable)).then(away)
    given(allocation, officer(), away).when(ask(NoteUnavailable)).then_nothing()
    given(allocation, officer(), away).when(ask(NoteAvailable)).then(fact(OfficerAvailable))
    given(allocation, officer()).when(ask(NoteAvailable)).then_nothing()


@pytest.mark.parametrize("lasts", [timedelta(), timedelta(hours=-1), timedelta(days=31, seconds=1)])
def test_an_absence_ends_after_it_begins_and_is_not_endless(lasts: timedelta) -> None:
    given(allocation, officer()).when(ask(NoteUnavailable, until=NOON + lasts)).then_refused("away_days")


def test_nobody_notes_absences_of_people_who_do_not_work_here() -> None:
    given(allocation).when(ask(NoteUnavailable)).then_refused("officer_unknown")
    given(allocation, officer(prison="LEI")).when(ask(NoteAvailable)).then_refused("officer_unknown")


# Taken away again


def test_a_call_is_taken_from_whoever_has_it() -> None:
    given(allocation, booked, allocated).when(ask(DeallocateCall)).then(fact(CallDeallocated))
    given(allocation, booked).when(ask(DeallocateCall)).then_nothing()


def test_a_call_that_moved_needs_an_officer_again_and_one_with_other_people_does_not() -> None:
    rule: dict[str, Any] = {"because": CHANGED, "deallocated_by": None}
    given(allocation, booked, allocated, later).when(ask(DeallocateCall, **rule)).then(
        fact(CallDeallocated, **rule)
    )
    people = fact(BookingChanged, -30, changed=("people",))
    given(allocation, booked, allocated, people).when(ask(DeallocateCall, **rule)).then_nothing()


def test_an_absence_takes_calls_from_the_one_who_is_away_alone() -> None:
    because = DeallocatedBecause.OFFICER_UNAVAILABLE
    rule: dict[str, Any] = {"because": because, "deallocated_by": None}
    given(allocation, booked, allocated).when(ask(DeallocateCall, **rule, officer=OFFICER)).then(
        fact(CallDeallocated, **rule)
    )
    given(allocation, booked, allocated).when(ask(DeallocateCall, **rule, officer=OTHER)).then_nothing()


def test_the_days_of_a_time_are_those_it_touches() -> None:
    midnight = NOON.replace(hour=0)
    assert days_of("o", NOON, NOON + timedelta(minutes=30)) == ("o/2026-11-23",)
    assert days_of("o", midnight - timedelta(minutes=10), midnight) == ("o/2026-11-22",)
    assert days_of("o", midnight - timedelta(minutes=10), midnight + timedelta(minutes=1)) == (
        "o/2026-11-22",
        "o/2026-11-23",
    )
