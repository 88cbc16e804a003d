"""The record of a person in prison: a mirror of what the prison's systems tell, in whatever order it arrives."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from domain import prisoner
from domain.event import Event
from domain.person import PersonKind, PersonRegistered
from domain.prisoner.decisions import TakeFact
from domain.prisoner.events import (
    AlertChanged,
    AlertCleared,
    AlertRaised,
    AppointmentCancelled,
    AppointmentRecorded,
    Conviction,
    FactsReceived,
    NonAssociationClosed,
    NonAssociationRecorded,
    PrisonerFact,
    PrisonerMerged,
    PrisonerProfileChanged,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
    ReceivedBecause,
    persons_of,
)
from domain.prisoner.record import Alert, Prisoner, all_records, earlier_records, kept_apart, told
from tests.facts import NOON, PRISONER, fact
from tests.scenario import given

HOUR = 3600
held = fact(PersonRegistered, -10 * HOUR)
second = fact(PersonRegistered, -10 * HOUR, person="prisoner-2")
ninth = fact(PersonRegistered, -10 * HOUR, person="prisoner-9")
everybody = [held, second, ninth]


def take(told_now: PrisonerFact) -> TakeFact:
    return TakeFact(at=NOON, fact=told_now)


def people(*events: Any) -> Mapping[str, Prisoner]:
    """What the records say after these facts."""
    prisoners: Mapping[str, Prisoner] = {}
    for event in events:
        prisoners = told(prisoners, event)
    return prisoners


def record(*events: Any) -> Prisoner:
    """What the record says of our person after these facts."""
    return people(*everybody, *events)[PRISONER]


SINGLE = [
    fact(PrisonerReceived),
    fact(PrisonerReleased),
    fact(PrisonerTransferred),
    fact(PrisonerMerged),
    fact(PrisonerProfileChanged),
    fact(AlertRaised),
    fact(AlertChanged),
    fact(AlertCleared),
    fact(NonAssociationRecorded),
    fact(NonAssociationClosed),
    fact(AppointmentRecorded),
]
each_fact = pytest.mark.parametrize("news", SINGLE, ids=lambda event: type(event).__name__)


@each_fact
def test_a_fact_is_taken_in(news: PrisonerFact) -> None:
    given(prisoner, *everybody).when(take(news)).then(news)


@each_fact
def test_a_fact_that_is_told_twice_changes_nothing(news: PrisonerFact) -> None:
    given(prisoner, *everybody, news).when(take(news)).then_nothing()


@each_fact
def test_nothing_is_taken_in_of_somebody_nobody_registered(news: PrisonerFact) -> None:
    given(prisoner).when(take(news)).then_refused("person_unknown")
    visitor = fact(PersonRegistered, kind=PersonKind.VISITOR)
    given(prisoner, visitor, ninth, second).when(take(news)).then_refused("person_unknown")


@pytest.mark.parametrize(
    "news", [fact(PrisonerMerged), fact(NonAssociationRecorded), fact(NonAssociationClosed)]
)
def test_both_of_two_people_must_be_registered(news: PrisonerFact) -> None:
    given(prisoner, held).when(take(news)).then_refused("person_unknown")


@pytest.mark.parametrize(
    "news",
    [
        fact(PrisonerMerged, removed=PRISONER),
        fact(NonAssociationRecorded, person=(PRISONER, PRISONER)),
    ],
)
def test_two_people_are_two(news: PrisonerFact) -> None:
    given(prisoner, *everybody).when(take(news)).then_refused("two_people")


# Late facts


@pytest.mark.parametrize(
    ("newer", "late"),
    [
        (fact(PrisonerReleased), fact(PrisonerReceived, -1)),
        (fact(PrisonerReceived), fact(PrisonerTransferred, -1)),
        (fact(PrisonerProfileChanged), fact(PrisonerProfileChanged, -1, category="B")),
        (fact(AlertCleared), fact(AlertRaised, -1)),
        (fact(AlertChanged), fact(AlertRaised, -1)),
        (fact(NonAssociationClosed), fact(NonAssociationRecorded, -1)),
        (fact(NonAssociationRecorded), fact(NonAssociationClosed, -1)),
    ],
)
def test_a_fact_that_comes_late_changes_nothing(newer: Event, late: PrisonerFact) -> None:
    given(prisoner, *everybody, newer).when(take(late)).then_nothing()


@pytest.mark.parametrize(
    ("before", "news"),
    [
        (fact(PrisonerReleased), fact(PrisonerReceived)),
        (fact(PrisonerReceived, -1), fact(PrisonerReleased)),
        (fact(PrisonerReceived, -1), fact(PrisonerTransferred)),
        (fact(AlertRaised, -1), fact(AlertChanged)),
        (fact(AlertRaised, -1), fact(AlertCleared)),
        (fact(PrisonerProfileChanged, -1), fact(PrisonerProfileChanged, location="B-1-001")),
        (fact(NonAssociationRecorded, -1), fact(NonAssociationClosed)),
        (fact(NonAssociationClosed, -1), fact(NonAssociationRecorded)),
    ],
)
def test_a_newer_fact_or_one_of_the_same_moment_counts(before: Event, news: PrisonerFact) -> None:
    given(prisoner, *everybody, before).when(take(news)).then(news)


@pytest.mark.parametrize(
    ("newer", "of_another_kind"),
    [
        (fact(PrisonerReleased), fact(PrisonerProfileChanged, -1)),
        (fact(AlertCleared), fact(AlertRaised, -1, alert="alert-2")),
        (fact(NonAssociationClosed), fact(NonAssociationRecorded, -1, non_association="apart-2")),
        (fact(PrisonerMerged), fact(PrisonerMerged, -1, removed="prisoner-2")),
        (fact(PrisonerMerged), fact(PrisonerReceived, -1)),
    ],
)
def test_a_late_fact_of_another_kind_is_news(newer: Event, of_another_kind: PrisonerFact) -> None:
    given(prisoner, *everybody, newer).when(take(of_another_kind)).then(of_another_kind)


def test_what_was_so_and_is_so_still_makes_what_comes_late_from_in_between_old_news() -> None:
    released, again = fact(PrisonerReleased), fact(PrisonerReleased, 2 * HOUR)
    given(prisoner, held, released).when(take(again)).then(again)
    between = fact(PrisonerReceived, HOUR, reason=ReceivedBecause.RETURN_FROM_COURT)
    given(prisoner, held, released, again).when(take(between)).then_nothing()


def test_a_profile_that_is_told_again_changes_nothing() -> None:
    same = fact(PrisonerProfileChanged, HOUR, category="C")
    given(prisoner, held, fact(PrisonerProfileChanged)).when(take(same)).then_nothing()


# What the record says then


@pytest.mark.parametrize(
    ("facts", "prison"),
    [
        ([], "MDI"),
        ([fact(PrisonerReleased)], None),
        ([fact(PrisonerTransferred)], "LEI"),
        ([fact(PrisonerReleased), fact(PrisonerReceived, prison="LEI")], "LEI"),
    ],
)
def test_where_somebody_is_held(facts: list[Event], prison: str | None) -> None:
    assert record(*facts).prison == prison
    assert record(*facts).registered


def test_what_a_profile_leaves_out_stays_as_it_was() -> None:
    for name, value in [
        ("category", "B"),
        ("incentive_level", "ENH"),
        ("location", "B-1"),
        ("conviction", Conviction.REMAND),
    ]:
        nothing = dict.fromkeys(("category", "incentive_level", "location", "conviction"))
        partly = record(
            fact(PrisonerProfileChanged), fact(PrisonerProfileChanged, **{**nothing, name: value})
        )
        usual = {
            "category": "C",
            "incentive_level": "STD",
            "location": "A-1-002",
            "conviction": Conviction.CONVICTED,
        }
        assert {key: getattr(partly, key) for key in usual} == {**usual, name: value}


def test_what_was_told_before_somebody_was_registered_stays_told() -> None:
    nobody_yet = people(fact(AlertRaised), held)[PRISONER]
    assert nobody_yet.registered
    assert nobody_yet.alert_codes(date(2026, 11, 23)) == {"XCSEA"}


def test_a_fact_about_the_prison_as_a_whole_is_about_nobody() -> None:
    assert persons_of(fact(FactsReceived)) == ()
    assert persons_of(fact(AppointmentRecorded)) == (PRISONER,)


def test_alerts_hold_until_their_last_day_or_until_they_are_cleared() -> None:
    known = record(fact(AlertRaised), fact(AlertRaised, alert="alert-2", code="C1"))
    assert known.alert_codes(date(2099, 1, 1)) == {"XCSEA", "C1"}
    changed = record(fact(AlertRaised), fact(AlertChanged, code="C2", until=date(2028, 2, 29)))
    assert changed.alerts == {"alert-1": Alert("C2", date(2028, 2, 29))}
    assert changed.alert_codes(date(2028, 2, 29)) == {"C2"}
    assert changed.alert_codes(date(2028, 3, 1)) == set()
    cleared = record(fact(AlertRaised), fact(AlertRaised, alert="alert-2", code="C1"), fact(AlertCleared))
    assert cleared.alert_codes(date(2026, 11, 23)) == {"C1"}


def test_a_non_association_is_known_of_both() -> None:
    both = people(*everybody, fact(NonAssociationRecorded))
    assert both[PRISONER].kept_from == {"prisoner-2"}
    assert both["prisoner-2"].kept_from == {PRISONER}
    assert both["prisoner-9"].kept_from == set()
    two = [
        fact(NonAssociationRecorded),
        fact(NonAssociationRecorded, non_association="apart-2", person=("prisoner-9", PRISONER)),
    ]
    assert record(*two).kept_from == {"prisoner-2", "prisoner-9"}
    assert record(*two, fact(NonAssociationClosed)).kept_from == {"prisoner-9"}


def test_a_merge_is_known_of_both() -> None:
    both = people(*everybody, fact(PrisonerMerged))
    assert both[PRISONER].merged == {"prisoner-9"}
    assert both[PRISONER].merged_into is None
    assert both["prisoner-9"].merged == set()
    assert both["prisoner-9"].merged_into == PRISONER
    twice = record(fact(PrisonerMerged), fact(PrisonerMerged, removed="prisoner-2"))
    assert twice.merged == {"prisoner-2", "prisoner-9"}


def merged(*pairs: tuple[str, str]) -> Mapping[str, Prisoner]:
    """The records after merges, each the removed one and the one that was kept."""
    return people(*(fact(PrisonerMerged, removed=removed, kept=kept) for removed, kept in pairs))


def test_every_record_of_a_person_is_found() -> None:
    family = merged(("a", "b"), ("b", "c"), ("d", "c"))
    assert earlier_records(family, "c") == {"a", "b", "d"}
    assert earlier_records(family, "b") == {"a"}
    assert earlier_records(family, "a") == set()
    assert all(all_records(family, one) == {"a", "b", "c", "d"} for one in "abcd")
    assert all_records(family, "e") == {"e"}


def test_records_that_were_merged_into_each_other_end_somewhere() -> None:
    round_about = merged(("a", "b"), ("b", "a"))
    assert earlier_records(round_about, "a") == {"b"}
    assert all_records(round_about, "a") == all_records(round_about, "b") == {"a", "b"}


def test_people_are_kept_apart_under_every_record() -> None:
    family = merged(("a", "b"), ("x", "y"))
    apart = told(family, fact(NonAssociationRecorded, person=("a", "x")))
    assert kept_apart(apart, ("b", "a")) == {"x", "y"}
    assert kept_apart(apart, ("b",)) == kept_apart(apart, ("nobody",)) == set()
    assert kept_apart(apart, ("y", "x")) == {"a", "b"}
    assert kept_apart(told(apart, fact(PrisonerMerged, removed="y", kept="b")), ("b", "a", "x", "y")) == set()


# Appointments, and how current the facts are


def test_an_appointment_is_cancelled_once() -> None:
    noted, cancelled = fact(AppointmentRecorded), fact(AppointmentCancelled)
    given(prisoner, held, noted).when(take(cancelled)).then(cancelled)
    given(prisoner, held, noted, cancelled).when(take(cancelled)).then_nothing()
    given(prisoner, held, noted, cancelled).when(take(noted)).then_nothing()


def test_an_appointment_nobody_noted_is_not_cancelled() -> None:
    given(prisoner, held).when(take(fact(AppointmentCancelled))).then_refused("appointment_unknown")
    another = fact(AppointmentRecorded, appointment="appointment-2")
    given(prisoner, held, another).when(take(fact(AppointmentCancelled))).then_refused("appointment_unknown")


def test_that_the_systems_were_heard_is_noted_once_an_hour() -> None:
    heard = fact(FactsReceived)
    given(prisoner).when(take(heard)).then(heard)
    for moment, noted in [
        (NOON + timedelta(minutes=59, seconds=59), True),
        (NOON + timedelta(hours=1), False),
    ]:
        again = fact(FactsReceived, as_of=moment)
        asked = given(prisoner, heard).when(take(again))
        asked.then_nothing() if noted else asked.then(again)


def test_each_source_and_each_prison_is_heard_by_itself() -> None:
    other = fact(FactsReceived, source="visits")
    given(prisoner, fact(FactsReceived)).when(take(other)).then(other)
    there = fact(FactsReceived, prison="LEI", facts_day="LEI/2026-11-23")
    given(prisoner, fact(FactsReceived)).when(take(there)).then(there)


def test_a_fact_rests_on_everybody_it_is_about() -> None:
    def tags(news: PrisonerFact) -> set[str]:
        return {tag for facts in prisoner.boundary(take(news)) for tag in facts.tags}

    assert tags(fact(AlertRaised)) == {f"person:{PRISONER}"}
    assert tags(fact(PrisonerMerged)) == {f"person:{PRISONER}", "person:prisoner-9"}
    assert tags(fact(NonAssociationClosed)) == {f"person:{PRISONER}", "person:prisoner-2"}
    assert tags(fact(AppointmentCancelled)) == {f"person:{PRISONER}", f"prisoner_month:{PRISONER}/2026-11"}
    assert tags(fact(FactsReceived)) == {"facts_day:MDI/2026-11-23"}
