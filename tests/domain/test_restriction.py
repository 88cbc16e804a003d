"""Restrictions: placed by one, lifted by two, with a reason; both of their days count."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain import restriction
from domain.event import Command, Event
from domain.prisoner.events import PrisonerReceived, PrisonerReleased
from domain.restriction import (
    LiftRestriction,
    PlaceRestriction,
    RestrictionKind,
    RestrictionLifted,
    RestrictionPlaced,
    Restrictions,
    holds,
)
from tests.asked import ask
from tests.facts import VISITOR, fact
from tests.scenario import given

here = fact(PrisonerReceived)
moved = fact(PrisonerReceived, prison="LEI", at=here.at + timedelta(hours=1))
placed = fact(RestrictionPlaced)
lifted = fact(RestrictionLifted)


def test_a_visitor_is_restricted() -> None:
    given(restriction, here).when(ask(PlaceRestriction)).then(placed)


@pytest.mark.parametrize(
    "stands",
    [[], [here, moved], [here, fact(PrisonerReleased, at=moved.at)]],
    ids=["unknown", "moved", "released"],
)
def test_only_the_prison_that_holds_somebody_restricts_who_calls_them(stands: list[Event]) -> None:
    given(restriction, *stands).when(ask(PlaceRestriction)).then_refused("prisoner_elsewhere")
    for_everybody = ask(PlaceRestriction, prisoner=None)
    given(restriction, *stands).when(for_everybody).then(fact(RestrictionPlaced, prisoner=None))


@pytest.mark.parametrize(
    "changes",
    [{"prisoner": None}, {"kind": RestrictionKind.CLOSED}, {"last": date(2026, 11, 20)}],
    ids=["for everybody", "of another kind", "for one day"],
)
def test_what_a_restriction_says_is_on_record(changes: dict[str, Any]) -> None:
    given(restriction, here).when(ask(PlaceRestriction, **changes)).then(fact(RestrictionPlaced, **changes))


def test_a_restriction_is_lifted_by_two() -> None:
    given(restriction, placed).when(ask(LiftRestriction)).then(lifted)
    alone = ask(LiftRestriction, approved_by="officer-1")
    given(restriction, placed).when(alone).then_refused("second_person")


@pytest.mark.parametrize("history", [[placed], [placed, lifted]], ids=["placed", "lifted"])
def test_the_same_restriction_again_changes_nothing(history: list[Event]) -> None:
    given(restriction, *history).when(ask(PlaceRestriction, reason="Something else")).then_nothing()


def test_what_was_lifted_stays_lifted_whatever_is_placed_after_it() -> None:
    another = fact(RestrictionPlaced, restriction="restriction-2")
    given(restriction, placed, lifted, another).when(ask(PlaceRestriction)).then_nothing()
    given(restriction, placed, lifted, another).when(ask(LiftRestriction)).then_nothing()


@pytest.mark.parametrize("whom", [{}, {"prisoner": None}], ids=["a pair", "everybody"])
def test_a_restriction_is_lifted_once(whom: dict[str, Any]) -> None:
    history = [fact(RestrictionPlaced, **whom), fact(RestrictionLifted, **whom)]
    given(restriction, *history).when(ask(LiftRestriction, **whom)).then_nothing()


@pytest.mark.parametrize(
    ("stands", "prison", "lifts"),
    [
        ([here], "LEI", False),
        ([here, moved], "MDI", True),
        ([here, moved], "LEI", True),
        ([here, moved], "NMI", False),
    ],
    ids=["another prison", "where it was placed", "where they are now", "neither"],
)
def test_a_restriction_is_lifted_where_it_was_placed_or_where_the_person_is(
    stands: list[Event], prison: str, lifts: bool
) -> None:
    asked = given(restriction, *stands, placed).when(ask(LiftRestriction, prison=prison))
    if lifts:
        asked.then(fact(RestrictionLifted, prison=prison))
    else:
        asked.then_refused("restriction_unknown")


def test_a_restriction_for_everybody_is_lifted_by_the_prison_that_placed_it() -> None:
    lift = ask(LiftRestriction, prisoner=None, prison="LEI")
    given(restriction, fact(RestrictionPlaced, prisoner=None)).when(lift).then_refused("restriction_unknown")


def test_a_restriction_that_was_not_placed_is_not_lifted() -> None:
    given(restriction).when(ask(LiftRestriction)).then_refused("restriction_unknown")
    other = fact(RestrictionPlaced, restriction="restriction-2")
    given(restriction, other).when(ask(LiftRestriction)).then_refused("restriction_unknown")


def test_a_restriction_is_found_by_whom_it_binds() -> None:
    for_everybody = fact(RestrictionPlaced, prisoner=None)
    given(restriction, for_everybody).when(ask(LiftRestriction)).then_refused("restriction_unknown")
    lift = ask(LiftRestriction, prisoner=None)
    given(restriction, for_everybody).when(lift).then(fact(RestrictionLifted, prisoner=None))
    assert for_everybody.tags() == fact(RestrictionLifted, prisoner=None).tags() == {f"restricted:{VISITOR}"}


@pytest.mark.parametrize("command", [PlaceRestriction, LiftRestriction])
@pytest.mark.parametrize("reason", ["", " \n"])
def test_every_restriction_has_a_reason(command: type[Command], reason: str) -> None:
    given(restriction).when(ask(command, reason=reason)).then_refused("reason_missing")


def test_a_reason_is_kept_without_the_space_around_it() -> None:
    said = ask(PlaceRestriction, reason="  Something that happened at a visit\n")
    given(restriction, here).when(said).then(placed)
    lift = ask(LiftRestriction, reason="  Decided after an appeal ")
    given(restriction, placed).when(lift).then(lifted)


def test_a_restriction_ends_on_its_first_day_or_later() -> None:
    reversed_days = ask(PlaceRestriction, last=date(2026, 11, 19))
    given(restriction, here).when(reversed_days).then_refused("days_reversed")
    assert given(restriction, here).when(ask(PlaceRestriction, last=date(2026, 11, 20))).outcome()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-03-29", "2026-03-29"),
        ("2026-10-25", "2026-10-25"),
        ("2028-02-28", "2028-03-01"),
        ("2026-11-30", "2026-12-01"),
    ],
    ids=["clock goes on", "clock goes back", "leap day", "month's end"],
)
def test_its_first_and_its_last_day_count(first: str, last: str) -> None:
    days = {"first": date.fromisoformat(first), "last": date.fromisoformat(last)}
    bound = fact(RestrictionPlaced, **days)
    one_day = date.resolution
    assert holds(bound, days["first"])
    assert holds(bound, days["last"])
    assert not holds(bound, days["first"] - one_day)
    assert not holds(bound, days["last"] + one_day)


def test_without_a_last_day_it_holds_until_it_is_lifted() -> None:
    assert holds(placed, date(2099, 12, 31))
    assert not holds(placed, date(2026, 11, 19))


def test_the_kinds_that_hold_on_a_day_are_told() -> None:
    closed = fact(RestrictionPlaced, restriction="two", kind=RestrictionKind.CLOSED, last=date(2026, 11, 22))
    state = restriction.evolve(restriction.evolve(Restrictions(), placed), closed)
    assert state.on(date(2026, 11, 22)) == {RestrictionKind.BAN, RestrictionKind.CLOSED}
    assert state.on(date(2026, 11, 23)) == {RestrictionKind.BAN}
    assert restriction.evolve(state, lifted).on(date(2026, 11, 22)) == {RestrictionKind.CLOSED}
